package io.quorate.xa;

import io.quorate.base.ErrorCode;
import io.quorate.base.InvariantViolation;
import io.quorate.base.QuorateException;
import io.quorate.client.QuorateClient;
import io.quorate.client.channel.Timer;
import io.quorate.txn.Coordinator;
import io.quorate.txn.CoordinatorActions;
import io.quorate.txn.CoordinatorState;
import io.quorate.txn.Decision;
import io.quorate.txn.Protocol;
import io.quorate.txn.Vote;
import io.quorate.xa.branch.Ballot;
import io.quorate.xa.branch.Branch;
import io.quorate.xa.branch.Finish;
import io.quorate.xa.branch.OnePhase;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Ends one transaction: runs its {@link Coordinator} over branches, the decision log and the time
 * that passes.
 *
 * <p>Events come on many threads, and go to the coordinator one at a time; what it wants is done
 * after that, without a lock held. Orders to one branch go out one at a time; what isn't answered
 * surely is ordered again, after a pause, for as long as it takes. Whoever waits is told when every
 * branch was reached once or couldn't be: a database that is down holds up no answer.
 */
final class GlobalTransaction {
  /** Who began it is answered so long after it was decided, whatever branches do. */
  private static final long SETTLE_NANOS_MAX = 10_000_000_000L;

  /** Who began it is told that nobody knows, if nothing was decided for so long. */
  private static final long ANSWER_NANOS_MAX = 30_000_000_000L;

  private static final System.Logger LOG = System.getLogger(GlobalTransaction.class.getName());

  private final QuorateClient client;
  private final Timer timer;
  private final Incarnation incarnation;
  private final Heuristics heuristics;
  private final long sequence;
  private final List<Line> lines = new ArrayList<>();
  private final StoreWork work;
  private final Runnable over;
  private final Coordinator coordinator;
  private final CompletableFuture<Outcome> outcome = new CompletableFuture<>();

  // Guarded by this.
  private final List<Runnable> wanted = new ArrayList<>();
  private final List<String> contradicted = new ArrayList<>();

  /** How many steps still give their orders: who isn't ordered yet isn't reached either. */
  private int steps;

  private Outcome.@Nullable Kind told;
  private long sinceNanos;
  private @Nullable Throwable reason;
  private boolean decided;
  private boolean hasEnded;

  /**
   * @param over runs once nothing more is to be done for it
   */
  GlobalTransaction(
      QuorateClient client,
      Incarnation incarnation,
      Heuristics heuristics,
      long sequence,
      List<Enlisted> branches,
      StoreWork work,
      Runnable over) {
    this.client = client;
    timer = client.timer();
    this.incarnation = incarnation;
    this.heuristics = heuristics;
    this.sequence = sequence;
    this.work = work;
    this.over = over;
    sinceNanos = timer.nanoTime();
    for (Enlisted each : branches) {
      lines.add(new Line(lines.size(), each));
    }
    coordinator =
        new Coordinator(Protocol.RECORD_DECIDES, branches.size(), !work.isEmpty(), new Wanted());
  }

  /** A branch, and the name of where it is. */
  record Enlisted(String resource, Branch branch) {}

  /** What a branch is ordered. */
  private enum Order {
    PREPARE,
    ONE_PHASE,
    COMMIT,
    ABORT
  }

  /**
   * Orders to one branch: one is under way at a time, and one that failed is given after a pause.
   */
  private static final class Line {
    private final int number;
    private final Enlisted enlisted;

    // Guarded by the transaction.
    private @Nullable Order order;
    private boolean busy;
    private boolean pauses;
    private @Nullable Runnable next;
    private int failures;
    private @Nullable Ballot ballot;

    Line(int number, Enlisted enlisted) {
      this.number = number;
      this.enlisted = enlisted;
    }
  }

  /** Whoever began it wants it committed. */
  CompletableFuture<Outcome> commit() {
    step(coordinator::commit);
    return outcome;
  }

  /** It shall be undone, unless its decision is under way. */
  CompletableFuture<Outcome> rollBack(Throwable why) {
    step(() -> {
      if (told == null) {
        because(why);
      }
      coordinator.rollBack();
    });
    synchronized (this) {
      if (told == Outcome.Kind.ABORTED) {
        lines.stream()
            .filter(line -> line.busy)
            .forEach(line -> line.enlisted.branch.doom(String.valueOf(why.getMessage())));
      }
    }
    return outcome;
  }

  /** Whether it isn't too late to undo it, as far as is known here. */
  synchronized boolean mayStillRollBack() {
    return coordinator.state() == CoordinatorState.WAITING_PREPARE;
  }

  /** Looks at the time: nobody waits for ever. */
  void look(long nowNanos) {
    boolean settles;
    boolean unknown;
    synchronized (this) {
      long nanos = nowNanos - sinceNanos;
      settles = told != null && nanos > SETTLE_NANOS_MAX;
      unknown = told == null && nanos > ANSWER_NANOS_MAX;
    }
    if (settles) {
      settle(true);
    } else if (unknown) {
      QuorateException why =
          QuorateException.of(
              ErrorCode.OUTCOME_UNKNOWN,
              "neither the store nor the only database has answered whether it is committed; that"
                  + " will be found out, and finished");
      outcome.complete(new Outcome(Outcome.Kind.UNKNOWN, why, lines.size(), List.of()));
    }
  }

  // ---- one step --------------------------------------------------------------------------------

  private void step(Runnable event) {
    List<Runnable> todo;
    boolean ended;
    try {
      synchronized (this) {
        event.run();
        todo = List.copyOf(wanted);
        wanted.clear();
        ended = coordinator.isOver() && !hasEnded;
        hasEnded |= ended;
        steps++;
      }
    } catch (InvariantViolation e) {
      LOG.log(System.Logger.Level.ERROR, "transaction broken sequence=" + sequence, e);
      outcome.completeExceptionally(e);
      throw e;
    }
    try {
      todo.forEach(Runnable::run);
    } finally {
      synchronized (this) {
        steps--;
      }
    }
    if (ended) {
      over.run();
    }
    settle(false);
  }

  /** Called with the lock held: the first reason is the reason. */
  private void because(@Nullable Throwable why) {
    if (reason == null) {
      reason = why;
    }
  }

  /** Answers whoever waits, once all branches were reached or couldn't be. */
  private void settle(boolean now) {
    Outcome known;
    synchronized (this) {
      if (told == null || outcome.isDone()) {
        return;
      }
      boolean reached =
          steps == 0
              && lines.stream()
                  .noneMatch(line -> (line.busy && line.failures == 0) || line.next != null);
      if (!now && !reached && !coordinator.isOver()) {
        return;
      }
      Throwable why = told == Outcome.Kind.COMMITTED ? null : reason;
      int participants =
          (work.isEmpty() ? 0 : 1)
              + (int)
                  lines.stream().filter(line -> line.ballot == null || isYes(line.ballot)).count();
      known = new Outcome(told, why, participants, contradicted);
    }
    outcome.complete(known);
  }

  private static boolean isYes(Ballot ballot) {
    return ballot.vote() == Vote.YES;
  }

  // ---- orders to branches ----------------------------------------------------------------------

  private <T> void order(
      Line line,
      Order order,
      Supplier<CompletableFuture<T>> giving,
      BiConsumer<@Nullable T, @Nullable Throwable> answer) {
    synchronized (this) {
      if (line.order == order && (line.busy || line.pauses)) {
        return; // it is under way, or will be given again when its pause is over
      }
      if (line.busy) {
        line.next = () -> order(line, order, giving, answer);
        return;
      }
      line.order = order;
      line.busy = true;
    }
    CompletableFuture<T> answered;
    try {
      answered = giving.get();
    } catch (RuntimeException e) { // as good as no answer
      answered = CompletableFuture.failedFuture(e);
    }
    var unused =
        answered.whenComplete((what, failure) -> {
          synchronized (this) {
            line.failures = failure == null ? 0 : line.failures + 1;
          }
          answer.accept(what, failure);
          Runnable next;
          synchronized (this) { // not before: whoever waits shall be told of this answer too
            line.busy = false;
            next = line.next;
            line.next = null;
          }
          if (next != null) {
            next.run();
          }
          settle(false);
        });
  }

  private void prepare(Line line) {
    Branch branch = line.enlisted.branch;
    order(
        line,
        Order.PREPARE,
        branch::prepare,
        (ballot, failure) ->
            step(() -> {
              if (failure != null || ballot == null) {
                because(failure);
                coordinator.rollBack();
              } else {
                line.ballot = ballot;
                because(ballot.reason());
                coordinator.voted(line.number, ballot.vote());
              }
            }));
  }

  private void commitOnePhase(Line line) {
    order(
        line,
        Order.ONE_PHASE,
        line.enlisted.branch::commitOnePhase,
        (what, failure) -> {
          if (failure != null || what == null) {
            again(line);
          } else {
            step(() -> onePhase(line, what));
          }
        });
  }

  private void onePhase(Line line, OnePhase what) {
    because(what.reason());
    switch (what.outcome()) {
      case COMMITTED -> coordinator.voted(line.number, Vote.YES);
      case ABORTED -> coordinator.voted(line.number, Vote.NO);
      case LOST -> coordinator.outcomeLost();
    }
  }

  private void finish(Line line, Decision decision) {
    Branch branch = line.enlisted.branch;
    order(
        line,
        decision == Decision.COMMIT ? Order.COMMIT : Order.ABORT,
        () ->
            recorded(
                line, decision, decision == Decision.COMMIT ? branch.commit() : branch.abort()),
        (finish, failure) -> {
          if (failure != null || finish == null) {
            again(line);
          } else if (finish == Finish.DONE) {
            step(() -> coordinator.done(line.number));
          } else {
            step(() -> coordinator.didOtherwise(line.number));
          }
        });
  }

  /** A branch that did otherwise has answered only once that is written down. */
  private CompletableFuture<Finish> recorded(
      Line line, Decision decision, CompletableFuture<Finish> answered) {
    return answered.thenCompose(finish ->
        finish == Finish.OTHERWISE
            ? heuristics
                .record(incarnation.number(), sequence, line.enlisted.resource, decision)
                .thenApply(unused -> {
                  line.enlisted.branch.forget();
                  return finish;
                })
            : answered);
  }

  private void again(Line line) {
    if (client.isClosed()) { // its timer doesn't wait any more; what is left is others'
      lines.forEach(each -> each.enlisted.branch.leave());
      settle(true);
      return;
    }
    int failures;
    synchronized (this) {
      failures = line.failures;
      line.pauses = true;
    }
    timer.after(Pause.ofOrder(failures), () -> resend(line));
    settle(false);
  }

  private void resend(Line line) {
    synchronized (this) {
      line.pauses = false;
    }
    step(coordinator::resend);
  }

  // ---- the decision ----------------------------------------------------------------------------

  private void decide() {
    List<DecisionRecord.Prepared> prepared = new ArrayList<>();
    synchronized (this) {
      if (decided) {
        return; // the log asks until it knows
      }
      decided = true;
      for (Line each : lines) {
        Ballot ballot = each.ballot;
        if (ballot != null && isYes(ballot)) {
          prepared.add(
              new DecisionRecord.Prepared(
                  each.enlisted.resource,
                  each.enlisted.branch.id().branch(),
                  each.enlisted.branch.id().session(),
                  ballot.evidence()));
        }
      }
    }
    DecisionRecord record = DecisionRecord.commit(timer.wallMillis(), prepared);
    var unused =
        incarnation
            .log()
            .decide(sequence, record, work)
            .thenAccept(ruling -> step(() -> ruled(ruling)));
  }

  private void ruled(DecisionLog.Ruling ruling) {
    if (ruling instanceof DecisionLog.Ruling.Taken) {
      coordinator.decided(Decision.COMMIT);
    } else if (ruling instanceof DecisionLog.Ruling.Refused refused) {
      because(refused.reason());
      coordinator.decided(Decision.ABORT);
    } else if (ruling instanceof DecisionLog.Ruling.Lost lost) {
      because(lost.reason());
      coordinator.decisionLost();
    }
  }

  // ---- what the coordinator wants --------------------------------------------------------------

  private final class Wanted implements CoordinatorActions {
    @Override
    public void prepare(int participant) {
      wanted.add(() -> GlobalTransaction.this.prepare(lines.get(participant)));
    }

    @Override
    public void commitOnePhase(int participant) {
      wanted.add(() -> GlobalTransaction.this.commitOnePhase(lines.get(participant)));
    }

    @Override
    public void decide(Decision decision) {
      wanted.add(GlobalTransaction.this::decide);
    }

    @Override
    public void commit(int participant) {
      wanted.add(() -> finish(lines.get(participant), Decision.COMMIT));
    }

    @Override
    public void abort(int participant) {
      wanted.add(() -> finish(lines.get(participant), Decision.ABORT));
    }

    @Override
    public void tell(Decision decision) {
      told(decision == Decision.COMMIT ? Outcome.Kind.COMMITTED : Outcome.Kind.ABORTED);
    }

    @Override
    public void tellUnknown() {
      told(Outcome.Kind.UNKNOWN);
      lines.forEach(line -> wanted.add(line.enlisted.branch::leave));
    }

    private void told(Outcome.Kind kind) {
      told = kind;
      sinceNanos = timer.nanoTime();
    }

    @Override
    public void contradicted(int participant, Decision ordered) {
      contradicted.add(lines.get(participant).enlisted.resource);
    }

    @Override
    public void forget() {
      if (coordinator.state() == CoordinatorState.COMMITTED && decided) {
        wanted.add(() -> incarnation.forgetting().finished(sequence));
      } else {
        wanted.add(() -> incarnation.forgetting().overWithout(sequence));
      }
    }
  }

  /** How the failure of a transaction that was not committed is told. */
  static QuorateException aborted(Outcome outcome) {
    Throwable why = outcome.reason();
    if (why instanceof QuorateException known
        && (known.code() == ErrorCode.STATE_MOVED
            || known.code() == ErrorCode.TRANSACTION_ABORTED)) {
      return known;
    }
    return QuorateException.of(
        ErrorCode.TRANSACTION_ABORTED,
        "the transaction was rolled back" + (why == null ? "" : ": " + why.getMessage()),
        why);
  }
}

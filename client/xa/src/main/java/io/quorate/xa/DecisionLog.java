package io.quorate.xa;

import io.quorate.base.Bytes;
import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.client.Compare;
import io.quorate.client.KeyValue;
import io.quorate.client.Kv;
import io.quorate.client.Op;
import io.quorate.client.OpResponse;
import io.quorate.client.Put;
import io.quorate.client.QuorateClient;
import io.quorate.client.Range;
import io.quorate.client.RangeResponse;
import io.quorate.client.Txn;
import io.quorate.client.TxnResponse;
import io.quorate.client.channel.Timer;
import io.quorate.txn.Decision;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Writes an incarnation's decisions to commit: all that wait, in one transaction of the store,
 * which takes effect only if the incarnation lives. What comes while one is under way waits for its
 * answer, and goes together then, unless it fills another one; those that bring work of their own
 * for the store each go by themselves, since what fails for one would fail for all.
 *
 * <p><b>What a lost answer means.</b> A decision that may be on its way is looked for. If it is
 * there, or its bit in the history is, it has been taken. If it isn't, and the incarnation is over,
 * it can never be. If it isn't and the incarnation lives, it is sent again: should the first
 * sending arrive as well, later than everything else, it only repeats what was decided. That isn't
 * so for one that brings work of its own for the store: that would be done twice. So it is sent
 * once, and then something else is put in its place, a {@linkplain DecisionRecord#abort record of
 * an abort}; what is there first holds.
 *
 * <p>Decisions that surely weren't taken, as no member could be asked, are aborted at once.
 *
 * <p>Safe for use by many threads. Nothing here waits.
 */
final class DecisionLog {
  /** What became of a decision that was asked for. */
  sealed interface Ruling {
    /** It was taken. */
    record Taken() implements Ruling {}

    /** It was not, and never will be. */
    record Refused(Throwable reason) implements Ruling {}

    /** Too long ago: the store doesn't know any more. */
    record Lost(Throwable reason) implements Ruling {}
  }

  /** Of etcd's 128 operations a transaction; looking for one takes three. */
  private static final int BATCH_MAX = 40;

  /** Of etcd's 1.5 MiB a request. */
  private static final int BATCH_BYTES_MAX = 1 << 20;

  /** So many batches are under way at a time, if those that wait fill another one. */
  private static final int BATCHES_MAX = 4;

  /** What comes doesn't wait for the answer of a batch that has been under way for so long. */
  private static final long STALLED_NANOS = 100_000_000L;

  /** So many that bring work of their own, each by itself. */
  private static final int WORKING_MAX = 32;

  private final QuorateClient client;
  private final Kv kv;
  private final Timer timer;
  private final DomainKeys keys;
  private final Incarnation incarnation;

  // Guarded by this.
  private final ArrayDeque<Request> waiting = new ArrayDeque<>();
  private final ArrayDeque<Request> waitingWithWork = new ArrayDeque<>();
  private int batches;
  private int working;
  private boolean pumping;
  private long sentNanos;

  DecisionLog(QuorateClient client, DomainKeys keys, Incarnation incarnation) {
    this.client = client;
    kv = client.kv();
    timer = client.timer();
    this.keys = keys;
    this.incarnation = incarnation;
  }

  /** A decision that is asked for. */
  private static final class Request {
    private final long sequence;
    private final Bytes key;
    private final Put put;
    private final StoreWork work;
    private final CompletableFuture<Ruling> ruling = new CompletableFuture<>();

    Request(long sequence, Bytes key, DecisionRecord record, StoreWork work) {
      this.sequence = sequence;
      this.key = key;
      this.work = work;
      put = Put.of(key, record.encoded());
    }

    int bytes() {
      return put.key().length() + put.value().length();
    }
  }

  /** Decisions that go together. */
  private static final class Batch {
    private final List<Request> requests;
    private int failures;

    /** Whether another may be under way in its place. */
    private boolean gaveWay;

    /** Whether it may have arrived, or may still. */
    private boolean sent;

    Batch(List<Request> requests) {
      this.requests = requests;
    }

    Request first() {
      return requests.get(0);
    }

    boolean hasWork() {
      return !first().work.isEmpty();
    }
  }

  /** Asks for a decision to commit; completes when it is known whether it was taken. */
  CompletableFuture<Ruling> decide(long sequence, DecisionRecord record, StoreWork work) {
    Request request =
        new Request(sequence, keys.decision(incarnation.number(), sequence), record, work);
    synchronized (this) {
      (work.isEmpty() ? waiting : waitingWithWork).add(request);
    }
    pump();
    return request.ruling;
  }

  private void pump() {
    synchronized (this) {
      if (pumping) {
        return; // whoever does looks again
      }
      pumping = true;
    }
    boolean ended = false;
    try {
      for (Batch next = next(); next != null; next = next()) {
        send(next);
      }
      ended = true;
    } finally {
      if (!ended) {
        synchronized (this) {
          pumping = false;
        }
      }
    }
  }

  /** Null ends the pumping. */
  private synchronized @Nullable Batch next() {
    Batch next = nextOrNone();
    pumping = next != null;
    return next;
  }

  /** Called with the lock held. */
  private @Nullable Batch nextOrNone() {
    if (working < WORKING_MAX && !waitingWithWork.isEmpty()) {
      working++;
      return new Batch(List.of(waitingWithWork.remove()));
    }
    boolean fills = waiting.size() >= BATCH_MAX || timer.nanoTime() - sentNanos > STALLED_NANOS;
    if (waiting.isEmpty() || (batches > 0 && (batches >= BATCHES_MAX || !fills))) {
      return null;
    }
    batches++;
    sentNanos = timer.nanoTime();
    return take();
  }

  /** Called with the lock held. */
  private Batch take() {
    List<Request> together = new ArrayList<>();
    int bytes = 0;
    while (!waiting.isEmpty() && together.size() < BATCH_MAX) {
      bytes += waiting.element().bytes();
      if (!together.isEmpty() && bytes > BATCH_BYTES_MAX) {
        break;
      }
      together.add(waiting.remove());
    }
    return new Batch(together);
  }

  /** Some time has passed. */
  void look() {
    pump();
  }

  /** Something else may go in a batch's place; told again, it does nothing. */
  private void giveWay(Batch batch) {
    synchronized (this) {
      if (batch.gaveWay) {
        return;
      }
      batch.gaveWay = true;
      if (batch.hasWork()) {
        working--;
      } else {
        batches--;
      }
    }
    pump();
  }

  private void send(Batch batch) {
    Request first = batch.first();
    Txn txn = Txn.when(incarnation.lives(), Compare.absent(first.key));
    for (Compare each : first.work.compares()) {
      txn = txn.and(each);
    }
    List<Op> ops = new ArrayList<>();
    for (Request each : batch.requests) {
      ops.add(each.put);
    }
    ops.addAll(first.work.ops());
    var unused =
        kv.txnAsync(txn.then(ops.toArray(new Op[0])))
            .whenComplete((response, failure) -> sent(batch, response, failure));
  }

  private void sent(Batch batch, @Nullable TxnResponse response, @Nullable Throwable failure) {
    if (response != null && response.succeeded()) {
      over(batch, new Ruling.Taken());
    } else if (failure == null) {
      look(batch, true);
    } else {
      QuorateException why = QuorateException.reason(failure);
      boolean unknown = why.code().kind() == ErrorCode.Kind.INDETERMINATE;
      if (!unknown && !batch.sent) {
        over(batch, new Ruling.Refused(why));
      } else {
        batch.sent |= unknown;
        later(batch, () -> look(batch, false));
      }
    }
  }

  private void over(Batch batch, Ruling ruling) {
    try {
      giveWay(batch); // first: who waits shall not wait for what is done with these
    } finally {
      batch.requests.forEach(each -> each.ruling.complete(ruling));
    }
  }

  private void later(Batch batch, Runnable step) {
    if (client.isClosed()) {
      over(batch, lost(QuorateException.of(ErrorCode.STOPPED, "the client was closed")));
      return;
    }
    giveWay(batch);
    timer.after(Pause.ofStore(batch.failures++), step);
  }

  // ---- what was not answered as hoped ----------------------------------------------------------

  /**
   * What the store knows of a batch.
   *
   * @param refused whether the store has said that a comparison failed
   */
  private void look(Batch batch, boolean refused) {
    if (batch.hasWork() && batch.sent) {
      putInPlace(batch);
      return;
    }
    var unused =
        kv.txnAsync(Txn.always(questions(batch)))
            .whenComplete((response, failure) -> {
              if (failure != null) {
                later(batch, () -> look(batch, refused));
              } else {
                judgeOrGiveUp(batch, response, refused);
              }
            });
  }

  /** If the decision isn't there, it can't come any more. */
  private void putInPlace(Batch batch) {
    Request request = batch.first();
    Put abort = Put.of(request.key, DecisionRecord.abort(timer.wallMillis()).encoded());
    Txn txn =
        Txn.when(incarnation.lives(), Compare.absent(request.key))
            .then(abort)
            .otherwise(questions(batch));
    var unused =
        kv.txnAsync(txn)
            .whenComplete((response, failure) -> {
              if (failure != null) {
                later(batch, () -> putInPlace(batch));
              } else if (response.succeeded()) {
                over(batch, new Ruling.Refused(lostOnTheWay()));
              } else {
                judgeOrGiveUp(batch, response, false);
              }
            });
  }

  private static QuorateException lostOnTheWay() {
    return QuorateException.of(
        ErrorCode.TRANSACTION_ABORTED,
        "the store did not answer whether it was committed, so it was aborted; try it again");
  }

  private Op[] questions(Batch batch) {
    List<Op> questions = new ArrayList<>();
    questions.add(Range.key(incarnation.key()));
    for (Request each : batch.requests) {
      questions.add(Range.key(each.key));
      questions.add(Range.key(keys.history(incarnation.number(), History.chunk(each.sequence))));
      questions.add(Range.key(keys.known(incarnation.number(), Period.of(each.sequence))));
    }
    return questions.toArray(new Op[0]);
  }

  /** What was read, in the order of the questions. */
  private static final class Answers {
    private final Iterator<OpResponse> all;

    Answers(List<OpResponse> all) {
      this.all = all.iterator();
    }

    Optional<KeyValue> next() {
      return ((RangeResponse) all.next()).first();
    }
  }

  private void judgeOrGiveUp(Batch batch, TxnResponse response, boolean refused) {
    try {
      judge(batch, new Answers(response.responses()), refused);
    } catch (QuorateException e) { // somebody else has written there
      over(batch, lost(e));
    }
  }

  private void judge(Batch batch, Answers answers, boolean refused) {
    boolean lives =
        answers.next().filter(key -> key.createRevision() == incarnation.number()).isPresent();
    if (!lives) {
      incarnation.abandon();
    }
    List<Request> open = new ArrayList<>();
    for (Request each : batch.requests) {
      Optional<DecisionRecord> record =
          answers.next().map(there -> DecisionRecord.decode(there.value()));
      boolean finished =
          answers.next().filter(bits -> History.has(bits.value(), each.sequence)).isPresent();
      boolean known = answers.next().isPresent();
      Ruling ruling =
          record
              .map(there -> there.decision() == Decision.COMMIT ? taken() : refused(lostOnTheWay()))
              .orElseGet(() -> finished ? taken() : none(lives, known));
      if (ruling instanceof Ruling.Refused none && lives) {
        // It may still be sent; but what was asked of the state didn't hold.
        if (record.isPresent()) {
          each.ruling.complete(none);
        } else if (refused && !each.work.isEmpty()) {
          each.ruling.complete(refused(stateMoved()));
        } else {
          open.add(each);
        }
      } else {
        each.ruling.complete(ruling);
      }
    }
    if (open.isEmpty()) {
      giveWay(batch);
      return;
    }
    Batch rest = new Batch(open);
    rest.sent = batch.sent;
    rest.failures = batch.failures;
    rest.gaveWay = batch.gaveWay;
    later(rest, () -> send(rest));
  }

  private static Ruling taken() {
    return new Ruling.Taken();
  }

  private static Ruling lost(Throwable reason) {
    return new Ruling.Lost(reason);
  }

  private static Ruling refused(Throwable reason) {
    return new Ruling.Refused(reason);
  }

  /** What follows from there being nothing. */
  private static Ruling none(boolean lives, boolean known) {
    return lives || known
        ? refused(
            QuorateException.of(
                ErrorCode.TRANSACTION_ABORTED,
                "the coordinator's lease ended before the decision to commit arrived"))
        : lost(
            QuorateException.of(
                ErrorCode.OUTCOME_UNKNOWN,
                "the coordinator was cut off for so long that the store has forgotten its"
                    + " transactions"));
  }

  private static QuorateException stateMoved() {
    return QuorateException.of(
        ErrorCode.STATE_MOVED, "what the transaction asked of the store's keys did not hold");
  }
}

package io.quorate.recipes;

import io.quorate.base.Bytes;
import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.client.CachedPrefix;
import io.quorate.client.KeyValue;
import io.quorate.client.Listening;
import io.quorate.client.Session;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.ForkJoinPool;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * An election: of all who campaign, one leads, until it resigns or its session ends.
 *
 * <pre>{@code
 * LeaderElection election = LeaderElection.of(session, "elections/scheduler");
 * election.observe(now -> log.info("leader: {}", now));
 * try (LeaderHandle leader = election.campaign("10.0.0.7:8080")) {
 *   while (leader.isLeader()) {
 *     leader.guarded(Put.of("schedule", nextSchedule()));
 *   }
 * }
 * }</pre>
 *
 * <p>Candidates lead in the order in which they began to campaign. The keys are those of {@code
 * etcdctl elect}.
 *
 * <p>Safe for use by many threads.
 */
public final class LeaderElection {
  private final Session session;
  private final LockName name;

  private LeaderElection(Session session, LockName name) {
    this.session = session;
    this.name = name;
  }

  /**
   * The election of this name.
   *
   * @param name not empty, and not ending with a slash
   */
  public static LeaderElection of(Session session, String name) {
    return of(session, LockName.of(name));
  }

  /** The same, of a name that need not be text. */
  public static LeaderElection of(Session session, LockName name) {
    return new LeaderElection(session, name);
  }

  private LockQueue here() {
    return LockQueue.of(session, name, 0); // what the next one says of itself is to be seen
  }

  private Wanted wanted() {
    return new Wanted(session, Ownership.LEADERSHIP, name());
  }

  private CompletableFuture<LockHandle> turn(Bytes value) {
    return wanted().acquired(() -> here().acquire(value));
  }

  /** Its name. */
  public String name() {
    return name.toString();
  }

  /**
   * Waits until it leads.
   *
   * @param value what the others are told of it
   * @throws QuorateException.Conflict with {@link ErrorCode#SESSION_LOST} if the session ends, or
   *     {@link ErrorCode#OWNERSHIP_LOST} if somebody deletes its candidacy
   * @throws QuorateException.Unavailable with {@link ErrorCode#INTERRUPTED}; it is no candidate
   *     then
   */
  public LeaderHandle campaign(String value) {
    return campaign(value, null).orElseThrow();
  }

  /** Waits until it leads, for so long at most; then it is no candidate any more. */
  public Optional<LeaderHandle> tryCampaign(String value, Duration atMost) {
    return campaign(value, atMost);
  }

  /** Leads if nobody does at this moment: in one round trip, which writes nothing otherwise. */
  public Optional<LeaderHandle> tryCampaign(String value) {
    return tryCampaign(Bytes.utf8(value));
  }

  /** The same, with a value that need not be text. */
  public Optional<LeaderHandle> tryCampaign(Bytes value) {
    return Waiting.atOnce(session.client(), () -> wanted().tried(() -> here().tryAcquire(value)))
        .map(LeaderHandle::new);
  }

  private Optional<LeaderHandle> campaign(String value, @Nullable Duration atMost) {
    return Waiting.forTurn(session.client(), turn(Bytes.utf8(value)), atMost)
        .map(LeaderHandle::new);
  }

  /**
   * Completes when it leads; cancelling the future ends the candidacy.
   *
   * @param value what the others are told of it
   */
  public CompletableFuture<LeaderHandle> campaignAsync(String value) {
    return campaignAsync(Bytes.utf8(value));
  }

  /** The same, with a value that need not be text. */
  public CompletableFuture<LeaderHandle> campaignAsync(Bytes value) {
    CompletableFuture<LockHandle> turn = turn(value);
    CompletableFuture<LeaderHandle> leads = turn.thenApply(LeaderHandle::new);
    var unused =
        leads.whenComplete((leader, failure) -> {
          if (failure != null) {
            giveUp(turn);
          }
        });
    return leads;
  }

  private static void giveUp(CompletableFuture<LockHandle> turn) {
    if (!turn.cancel(false)) {
      var unused = turn.thenCompose(LockHandle::releaseAsync); // it had come already
    }
  }

  /** Leads once: waits for it, does the work, and resigns. */
  public void lead(String value, LeaderWork work) throws Exception {
    try (LeaderHandle leader = campaign(value)) {
      Thread worker = Thread.currentThread();
      Interruption interruption = new Interruption(worker);
      Listening telling =
          leader.onEvent(
              event -> {
                if (event instanceof OwnershipEvent.Lost) {
                  interruption.happen();
                }
              },
              Runnable::run);
      try {
        work.run(leader);
      } finally {
        telling.close();
        interruption.end();
      }
    }
  }

  /** Interrupts a thread as long as it is at its work, and takes its own interrupt back. */
  private static final class Interruption {
    private final Thread worker;
    private boolean over;
    private boolean happened;

    Interruption(Thread worker) {
      this.worker = worker;
    }

    synchronized void happen() {
      if (!over) {
        happened = true;
        worker.interrupt();
      }
    }

    synchronized void end() {
      over = true;
      if (happened) {
        var unused = Thread.interrupted();
      }
    }
  }

  // ---- who leads -------------------------------------------------------------------------------

  /** Tells who leads, now and whenever that changes, on the common pool. */
  public CompletableFuture<Listening> observe(Consumer<? super Leadership> listener) {
    return observe(listener, ForkJoinPool.commonPool());
  }

  /**
   * Tells who leads, now and whenever that, or what the leader says, changes; also that nobody
   * does.
   *
   * @param executor runs the listener, which may block there
   * @return completes once the first is on its way, and ends the telling; cancelling it does so
   *     before
   */
  public CompletableFuture<Listening> observe(
      Consumer<? super Leadership> listener, Executor executor) {
    return Observing.begin(session.client(), name.prefix(), this::of, listener, executor);
  }

  /** Who leads, and who would next, in the order in which they began to campaign. */
  public List<QueueEntry> queue() {
    return name.entries(session.client().kv().range(name.inOrder()).kvs());
  }

  /** Who leads at this moment. */
  public Leadership leader() {
    return of(
        session.client().kv().range(name.inOrder()).kvs().stream()
            .filter(name::contends)
            .findFirst());
  }

  private Leadership of(Optional<KeyValue> first) {
    if (first.isEmpty()) {
      return new Leadership.NoLeader();
    }
    KeyValue kv = first.get();
    return kv.lease() == session.lease()
        ? new Leadership.Leader(kv.value().toUtf8(), kv.createRevision())
        : new Leadership.Follower(kv.value().toUtf8(), kv.lease(), kv.createRevision());
  }

  private Leadership of(CachedPrefix.View view) {
    return of(
        view.entries().values().stream()
            .filter(name::contends)
            .min(Comparator.comparingLong(KeyValue::createRevision)));
  }
}

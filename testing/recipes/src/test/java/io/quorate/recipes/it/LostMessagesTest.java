package io.quorate.recipes.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quorate.base.Bytes;
import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.client.KeyValue;
import io.quorate.client.Put;
import io.quorate.client.QuorateClient;
import io.quorate.client.Range;
import io.quorate.client.Session;
import io.quorate.client.Txn;
import io.quorate.client.channel.Answer;
import io.quorate.client.channel.StatusCode;
import io.quorate.recipes.Barrier;
import io.quorate.recipes.CountDownLatch;
import io.quorate.recipes.DistributedLock;
import io.quorate.recipes.FencingToken;
import io.quorate.recipes.LeaderElection;
import io.quorate.recipes.LeaderHandle;
import io.quorate.recipes.LockHandle;
import io.quorate.recipes.OwnershipEvent;
import io.quorate.recipes.Released;
import io.quorate.system.Store;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What is lost or late on the way to the store costs time, and leaves nothing behind. */
@ParameterizedClass(name = "{0}")
@EnumSource(Store.class)
@Execution(ExecutionMode.CONCURRENT) // most of it is waiting
@Timeout(60)
class LostMessagesTest extends RecipeCase {
  /** So long that nothing is looked at again meanwhile, and no renewal is due. */
  private static final Duration LONG = Duration.ofSeconds(90);

  /** Half of it is soon over. */
  private static final Duration SHORT = Duration.ofSeconds(4);

  private static final long SOON = TimeUnit.SECONDS.toNanos(15);

  /** A busy machine is allowed as much again as there is. */
  private static final long TTL_NANOS = 2 * SHORT.toNanos();

  LostMessagesTest(Store store) {
    super(store, "lost");
  }

  private List<KeyValue> places(LockKind kind) {
    return client.kv().range(Range.prefix(kind.places(name))).kvs();
  }

  private void awaitPlaces(LockKind kind, int count) {
    awaitKeys(kind.places(name), count);
  }

  private static <T> T soon(CompletableFuture<T> future) throws Exception {
    return future.get(SOON, TimeUnit.NANOSECONDS);
  }

  private static void assertLost(CompletableFuture<?> turn) {
    assertThatThrownBy(() -> soon(turn)).hasCauseInstanceOf(QuorateException.Conflict.class);
  }

  // ---- what a session is told ------------------------------------------------------------------

  /** etcd before 3.5.23 answers renewals of a revoked lease as if it lived. */
  @ParameterizedTest
  @EnumSource
  void a_holder_whose_renewals_are_answered_without_a_lease_is_told_by_its_key(LockKind kind)
      throws Exception {
    TroubledWay way = way();
    Session dies = session(way, LONG);
    LockHandle held = kind.of(dies, name).acquire();
    BlockingQueue<OwnershipEvent> told = new LinkedBlockingQueue<>();
    held.onEvent(told::add);
    way.awaitStreams("Watch", 2); // its own key's, and the epoch's
    way.tellsOfRenewals(dies.lease(), LONG);
    client.lease().revoke(dies.lease());
    assertThat(told.poll(SOON, TimeUnit.NANOSECONDS)).isInstanceOf(OwnershipEvent.Lost.class);
    assertThat(held.isHeld()).isFalse();
  }

  @ParameterizedTest
  @EnumSource
  void a_holder_that_is_told_of_nothing_looks_within_its_ttl(LockKind kind) throws Exception {
    TroubledWay way = way();
    Session dies = session(way, SHORT);
    LockHandle held = kind.of(dies, name).acquire();
    BlockingQueue<OwnershipEvent> told = new LinkedBlockingQueue<>();
    held.onEvent(told::add);
    way.tellsOfRenewals(dies.lease(), dies.ttl());
    way.tellsOfNoDeletion(name);
    client.lease().revoke(dies.lease());
    assertThat(told.poll(TTL_NANOS, TimeUnit.NANOSECONDS)).isInstanceOf(OwnershipEvent.Lost.class);
  }

  /** etcd's RWMutex goes on waiting, and is let in (etcd#16221). */
  @ParameterizedTest
  @EnumSource
  void a_waiter_without_a_lease_fails_at_once_by_its_key(LockKind kind) {
    LockHandle held = kind.of(session(), name).acquire();
    TroubledWay way = way();
    Session dies = session(way, LONG);
    CompletableFuture<LockHandle> waits = kind.of(dies, name).acquireAsync();
    awaitPlaces(kind, 2);
    way.tellsOfRenewals(dies.lease(), LONG);
    client.lease().revoke(dies.lease());
    assertLost(waits);
    held.close();
    awaitPlaces(kind, 0);
  }

  /** The turn would come to one whose key is gone, which it wasn't told: the store is asked. */
  @ParameterizedTest
  @EnumSource
  void a_waiter_that_has_not_heard_of_its_end_is_not_let_in(LockKind kind) {
    LockHandle held = kind.of(session(), name).acquire();
    TroubledWay way = way();
    Session dies = session(way, LONG);
    CompletableFuture<LockHandle> waits = kind.of(dies, name).acquireAsync();
    awaitPlaces(kind, 2);
    way.awaitStreams("Watch", 3); // its own key's, the other's, and the epoch's
    way.tellsOfRenewals(dies.lease(), LONG);
    way.tellsOfNoDeletion(Long.toHexString(dies.lease()));
    client.lease().revoke(dies.lease());
    held.close();
    assertLost(waits);
  }

  /** Its session is suspect, confirmed, and given back: whatever is thrown, the next is told. */
  @Test
  void a_listener_that_throws_hears_of_what_comes_next() throws Exception {
    TroubledWay way = way();
    Session session = session(way, LONG);
    LockHandle held = LockKind.MUTEX.of(session, name).acquire();
    BlockingQueue<OwnershipEvent> told = new LinkedBlockingQueue<>();
    held.onEvent(event -> {
      told.add(event);
      throw new StackOverflowError("thrown by a listener");
    });
    BlockingQueue<OwnershipEvent> refused = new LinkedBlockingQueue<>();
    held.onEvent(
        refused::add,
        task -> {
          throw new RejectedExecutionException("it takes nothing");
        });
    way.stop();
    way.setWall(LONG);
    assertThat(session.remaining()).isZero();
    assertThat(told.poll(SOON, TimeUnit.NANOSECONDS)).isInstanceOf(OwnershipEvent.Suspect.class);
    way.goOn(); // a renewal is answered
    assertThat(told.poll(SOON, TimeUnit.NANOSECONDS)).isInstanceOf(OwnershipEvent.Confirmed.class);
    held.close();
    assertThat(told.poll(SOON, TimeUnit.NANOSECONDS)).isInstanceOf(OwnershipEvent.Given.class);
    while (!(refused.poll(SOON, TimeUnit.NANOSECONDS) instanceof OwnershipEvent.Given)) {
      // what came before is told as well
    }
  }

  // ---- what a waiter is told -------------------------------------------------------------------

  /** etcd before 3.5.18 lost events around a compaction. */
  @ParameterizedTest
  @EnumSource
  void a_waiter_that_is_told_of_no_release_looks_within_its_ttl(LockKind kind) throws Exception {
    LockHandle held = kind.of(session(), name).acquire();
    TroubledWay way = way();
    Session deaf = session(way, SHORT);
    way.tellsOfNoDeletion(name);
    CompletableFuture<LockHandle> waits = kind.of(deaf, name).acquireAsync();
    awaitPlaces(kind, 2);
    held.close();
    assertThat(waits.get(TTL_NANOS, TimeUnit.NANOSECONDS).isHeld()).isTrue();
  }

  @ParameterizedTest
  @EnumSource
  void a_waiter_whose_history_was_compacted_looks_again(LockKind kind) throws Exception {
    LockHandle held = kind.of(session(), name).acquire();
    TroubledWay way = way();
    Session late = session(way, LONG);
    CompletableFuture<LockHandle> waits = kind.of(late, name).acquireAsync();
    awaitPlaces(kind, 2);
    way.awaitStreams("Watch", 3);
    way.stop();
    way.breakStreams("Watch");
    held.close();
    long now = client.kv().put(name + "-later", "so that history can go").header().revision();
    compact(now);
    way.goOn();
    assertThat(soon(waits).isHeld()).isTrue();
  }

  @ParameterizedTest
  @EnumSource
  void a_waiter_whose_history_was_compacted_still_hears_of_its_own_end(LockKind kind) {
    LockHandle held = kind.of(session(), name).acquire();
    TroubledWay way = way();
    Session dies = session(way, LONG);
    CompletableFuture<LockHandle> waits = kind.of(dies, name).acquireAsync();
    awaitPlaces(kind, 2);
    way.awaitStreams("Watch", 3);
    way.stop();
    way.breakStreams("Watch");
    long now = client.kv().put(name + "-later", "so that history can go").header().revision();
    compact(now);
    way.goOn();
    way.awaitStreams("Watch", 3);
    way.tellsOfRenewals(dies.lease(), LONG);
    client.lease().revoke(dies.lease());
    assertLost(waits);
    held.close();
  }

  /** etcd's Campaign forgets its session when its watch fails, and never resigns (etcd#21128). */
  @Test
  void a_candidate_whose_watches_break_leaves_when_it_gives_up_and_when_it_resigns()
      throws Exception {
    LeaderHandle leader = LeaderElection.of(session(), name).campaign("leader");
    TroubledWay way = way();
    LeaderElection election = LeaderElection.of(session(way, LONG), name);
    CompletableFuture<LeaderHandle> givesUp = election.campaignAsync("gives up");
    awaitKeys(name, 2);
    way.awaitStreams("Watch", 3);
    way.breakStreams("Watch");
    givesUp.cancel(false);
    awaitKeys(name, 1);
    CompletableFuture<LeaderHandle> next = election.campaignAsync("next");
    awaitKeys(name, 2);
    way.awaitStreams("Watch", 3);
    way.breakStreams("Watch");
    leader.close();
    LeaderHandle leads = soon(next);
    way.breakStreams("Watch");
    assertThat(leads.resign()).isEqualTo(Released.RELEASED);
    awaitKeys(name, 0);
  }

  @Test
  void a_party_that_is_told_of_no_passing_looks_within_its_ttl() throws Exception {
    TroubledWay way = way();
    Session deaf = session(way, SHORT);
    CompletableFuture<Long> waits = Barrier.of(deaf, name, 2).awaitAsync();
    awaitKeys(name + "/g/0/", 1);
    way.awaitStreams("Watch", 2);
    way.tells("Watch", response -> null);
    assertThat(Barrier.of(session(), name, 2).await()).isZero();
    assertThat(waits.get(TTL_NANOS, TimeUnit.NANOSECONDS)).isZero();
  }

  /** What waits without a session ends with its client. */
  @Test
  void who_waits_for_a_latch_whose_client_is_closed_is_told_so() {
    TroubledWay way = way();
    QuorateClient other = way.client(SHORT);
    CompletableFuture<Boolean> opens = CountDownLatch.of(other, name).awaitAsync();
    way.awaitStreams("Watch", 1);
    other.close();
    assertThatThrownBy(() -> soon(opens))
        .cause()
        .satisfies(why -> assertThat(ErrorCode.STOPPED.isOf(why)).isTrue());
  }

  // ---- giving up -------------------------------------------------------------------------------

  /** jetcd#291: who waits no longer stays in the queue, and all wait for it. */
  @ParameterizedTest
  @EnumSource
  void who_gives_up_at_whatever_step_leaves_no_key(LockKind kind) throws Exception {
    TroubledWay way = way();
    Session session = session(way, LONG);
    DistributedLock lock = kind.of(session, name);
    lock.acquire().close(); // what is done once in a session is done
    for (boolean free : new boolean[] {true, false}) {
      LockHandle held = free ? null : kind.of(session(), name).acquire();
      for (int step = 0; step < 4; step++) {
        for (boolean answered : new boolean[] {true, false}) {
          giveUp(way, lock, step, answered);
          awaitPlaces(kind, free ? 0 : 1);
        }
      }
      if (held != null) {
        held.close();
      }
    }
    lock.acquire().close();
    awaitPlaces(kind, 0);
  }

  /** Asks for a lock, and gives up when a call of so many is sent, or answered. */
  private static void giveUp(TroubledWay way, DistributedLock lock, int step, boolean answered)
      throws Exception {
    CompletableFuture<CompletableFuture<LockHandle>> asked = new CompletableFuture<>();
    AtomicInteger calls = new AtomicInteger();
    way.next(
        call -> !call.method().contains("Lease") && calls.getAndIncrement() == step,
        sends ->
            answered
                ? sends
                    .get()
                    .thenCombine(
                        asked,
                        (answer, turn) -> {
                          turn.cancel(false);
                          return answer;
                        })
                : asked.thenCompose(turn -> {
                  turn.cancel(false);
                  return sends.get();
                }));
    CompletableFuture<LockHandle> turn = lock.acquireAsync();
    asked.complete(turn);
    try {
      turn.get(100, TimeUnit.MILLISECONDS).close(); // it came before that step
    } catch (CancellationException e) {
      assertThat(turn).isCancelled();
    } catch (TimeoutException e) {
      turn.cancel(false); // it waits, and there is no further step
    }
    way.forgetPlans();
  }

  // ---- answers that are lost -------------------------------------------------------------------

  private static void isHeldBy(LockHandle held, List<KeyValue> places) {
    assertThat(held.isHeld()).isTrue();
    assertThat(places)
        .first()
        .satisfies(kv -> assertThat(kv.createRevision()).isEqualTo(held.token().revision()));
  }

  /** Whether it was done or not: asking again finds the own key, and doesn't queue behind it. */
  @ParameterizedTest
  @EnumSource
  void an_acquisition_whose_answer_is_lost_finds_its_own_key(LockKind kind) throws Exception {
    TroubledWay way = way();
    Session session = session(way, LONG);
    DistributedLock lock = kind.of(session, name);
    for (TroubledWay.Fate fate : List.of(TroubledWay.ANSWER_LOST, TroubledWay.CALL_LOST)) {
      way.next(call -> call.isTxnOn(name), fate);
      LockHandle held = lock.acquire(Duration.ofSeconds(10));
      isHeldBy(held, places(kind));
      held.close();
      awaitPlaces(kind, 0);

      way.next(call -> call.isTxnOn(name), fate);
      LockHandle tried = lock.tryAcquire().orElseThrow();
      isHeldBy(tried, places(kind));
      tried.close();
      awaitPlaces(kind, 0);

      LockHandle first = kind.of(session(), name).acquire();
      way.next(call -> call.isTxnOn(name), fate);
      CompletableFuture<LockHandle> waits = lock.acquireAsync();
      awaitPlaces(kind, 2);
      first.close();
      LockHandle then = soon(waits);
      isHeldBy(then, places(kind));
      then.close();
      awaitPlaces(kind, 0);
    }
  }

  /** A copy that arrives when all is over makes a key that nobody wants: it is swept. */
  @ParameterizedTest
  @EnumSource
  void an_acquisition_that_arrives_after_its_release_stays_in_nobodys_way(LockKind kind) {
    TroubledWay way = way();
    DistributedLock lock = kind.of(session(way, LONG), name);
    TroubledWay.Late late = new TroubledWay.Late();
    way.next(call -> call.isTxnOn(name), late);
    lock.acquire(Duration.ofSeconds(10)).close();
    awaitPlaces(kind, 0);
    late.arrive();
    awaitPlaces(kind, 1);
    awaitPlaces(kind, 0);
    kind.of(session(), name).acquire(Duration.ofSeconds(10)).close();
  }

  /** Curator#1193: what the process forgot stays in the store, and nobody gets it any more. */
  @ParameterizedTest
  @EnumSource
  void a_release_whose_answer_is_lost_is_one(LockKind kind) {
    TroubledWay way = way();
    Session session = session(way, LONG);
    DistributedLock lock = kind.of(session, name);
    FencingToken last = new FencingToken(0, 0, 0);
    for (TroubledWay.Fate fate : List.of(TroubledWay.ANSWER_LOST, TroubledWay.CALL_LOST)) {
      LockHandle held = lock.acquire();
      way.next(call -> call.isTxnOn(name), fate);
      assertThat(held.release()).isEqualTo(Released.RELEASED);
      assertThat(places(kind)).isEmpty();
      assertThat(held.token().isAfter(last)).isTrue();
      last = held.token();
    }
    LockHandle again = lock.acquire();
    assertThat(again.token().isAfter(last)).isTrue();
    again.close();
  }

  /** It says which key it means, by when that was made. */
  @ParameterizedTest
  @EnumSource
  void a_release_that_arrives_late_takes_nothing_from_who_has_it_then(LockKind kind) {
    TroubledWay way = way();
    Session session = session(way, LONG);
    DistributedLock lock = kind.of(session, name);
    LockHandle first = lock.acquire();
    TroubledWay.Late late = new TroubledWay.Late();
    way.next(call -> call.isTxnOn(name), late);
    assertThat(first.release()).isEqualTo(Released.RELEASED);
    LockHandle second = lock.acquire();
    assertThat(late.arrive().status()).isEqualTo(StatusCode.OK);
    isHeldBy(second, places(kind));
    second.guarded(Put.of(name + "-guarded", "still"));
    second.close();
  }

  /** What the lock was for took effect already, or never does. */
  @ParameterizedTest
  @EnumSource
  void a_write_that_arrives_when_another_has_the_lock_takes_no_effect(LockKind kind)
      throws Exception {
    TroubledWay way = way();
    Session dies = session(way, LONG);
    LockHandle held = kind.of(dies, name).acquire();
    TroubledWay.Late late = new TroubledWay.Late();
    way.next(call -> call.isTxnOn(name + "-guarded"), late);
    CompletableFuture<?> writes = held.guardedAsync(Txn.always(Put.of(name + "-guarded", "late")));
    assertThatThrownBy(() -> soon(writes)).hasCauseInstanceOf(QuorateException.Indeterminate.class);
    client.lease().revoke(dies.lease());
    LockHandle next = kind.of(session(), name).acquire();
    next.guarded(Put.of(name + "-guarded", "in time"));
    assertThat(late.arrive().status()).isEqualTo(StatusCode.OK);
    assertThat(client.kv().get(name + "-guarded").orElseThrow().value().toUtf8())
        .isEqualTo("in time");
  }

  // ---- what belongs to another -----------------------------------------------------------------

  /** Curator#1121: after a reconnection the key of the session before was taken for the own one. */
  @ParameterizedTest
  @EnumSource
  void a_key_of_the_session_before_is_anothers(LockKind kind) throws Exception {
    TroubledWay way = way();
    Session before = session(way, LONG);
    LockHandle held = kind.of(before, name).acquire();
    Session after = before.client().session(LONG);
    DistributedLock lock = kind.of(after, name);
    CompletableFuture<LockHandle> waits = lock.acquireAsync();
    awaitPlaces(kind, 2);
    assertThat(lock.tryAcquire()).isEmpty();
    assertThat(waits).isNotDone();
    client.lease().revoke(before.lease());
    LockHandle then = soon(waits);
    assertThat(then.token().isAfter(held.token())).isTrue();
    assertThat(held.release()).isEqualTo(Released.NOT_HELD);
    isHeldBy(then, places(kind));
  }

  /** etcd's unlock deletes whatever it is given, and says that it has. */
  @ParameterizedTest
  @EnumSource
  void who_had_it_before_releases_nothing_of_who_has_it_now(LockKind kind) {
    Session session = session();
    DistributedLock lock = kind.of(session, name);
    LockHandle first = lock.acquire();
    assertThat(first.release()).isEqualTo(Released.RELEASED);
    LockHandle second = lock.acquire(); // of the same session
    assertThat(first.release()).isEqualTo(Released.NOT_HELD);
    isHeldBy(second, places(kind));
    client.lease().revoke(session.lease());
    LockHandle third = kind.of(session(), name).acquire();
    assertThat(second.release()).isEqualTo(Released.NOT_HELD);
    isHeldBy(third, places(kind));
    third.close();
  }

  /** Its key goes before another place of the session has it. */
  @Test
  void a_place_that_is_refused_takes_nothing_from_the_next_of_its_session() throws Exception {
    LockHandle held = LockKind.MUTEX.of(session(), name).acquire();
    TroubledWay way = way();
    Session session = session(way, LONG);
    DistributedLock lock = LockKind.MUTEX.of(session, name);
    Answer refusal =
        Answer.failed(StatusCode.PERMISSION_DENIED, "etcdserver: permission denied", "");
    CompletableFuture<Void> goes = new CompletableFuture<>();
    way.next(call -> call.isTxnOn(name), Supplier::get); // it enters,
    way.next(
        call -> call.isTxnOn(name), // looks,
        sends -> CompletableFuture.completedFuture(refusal));
    way.next(
        call -> call.isTxnOn(name), // and leaves
        sends -> goes.thenCompose(now -> sends.get()));
    CompletableFuture<LockHandle> refused = lock.acquireAsync();
    assertThatThrownBy(() -> soon(refused)).hasCauseInstanceOf(QuorateException.Rejected.class);
    CompletableFuture<LockHandle> next = lock.acquireAsync();
    assertThat(session.client().kv().get(name + "-nothing")).isEmpty();
    goes.complete(null);
    held.close();
    assertThat(soon(next).isHeld()).isTrue();
  }

  /** Somebody has put another lease's key where a session's own one would be. */
  @Test
  void a_key_under_another_lease_is_not_taken_for_ones_own() {
    Session mine = session();
    String key = name + "/" + Long.toHexString(mine.lease());
    client.kv().put(Put.of(Bytes.utf8(key), Bytes.EMPTY).lease(session().lease()));
    DistributedLock lock = LockKind.MUTEX.of(mine, name);
    assertThat(lock.tryAcquire()).isEmpty();
    assertThatThrownBy(lock::acquire)
        .satisfies(e -> assertThat(ErrorCode.OWNERSHIP_LOST.isOf(e)).isTrue())
        .hasMessageContaining("another lease");
    assertThat(client.kv().get(key)).isPresent();
  }
}

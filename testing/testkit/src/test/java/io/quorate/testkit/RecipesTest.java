package io.quorate.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.client.Put;
import io.quorate.client.Session;
import io.quorate.client.SessionState;
import io.quorate.recipes.LeaderElection;
import io.quorate.recipes.LeaderHandle;
import io.quorate.recipes.Leadership;
import io.quorate.recipes.LockHandle;
import io.quorate.recipes.Mutex;
import io.quorate.recipes.OwnershipEvent;
import io.quorate.recipes.ids.SnowflakeIds;
import io.quorate.recipes.ids.SnowflakeLayout;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Locks, elections, sessions and ids, and what becomes of them when things go wrong. */
@QuorateTest(members = 3)
@Timeout(60)
class RecipesTest {
  private static final Duration TTL = Duration.ofSeconds(10);

  private static <T> T next(BlockingQueue<T> told) throws InterruptedException {
    T next = told.poll(30, TimeUnit.SECONDS);
    assertThat(next).as("somebody should have been told").isNotNull();
    return next;
  }

  @Test
  void a_holder_that_was_paused_for_too_long_has_lost_its_lock(
      Cluster cluster, ClientProcess slow, ClientProcess quick) {
    LockHandle held = Mutex.of(slow.client().session(TTL), "locks/orders").acquire();
    CompletableFuture<LockHandle> waits =
        Mutex.of(quick.client().session(TTL), "locks/orders").acquireAsync();
    slow.pauseFor(TTL.multipliedBy(2));
    LockHandle now = quick.client().await(waits);
    assertThat(held.isHeld()).isFalse();
    assertThat(now.token().isAfter(held.token())).isTrue();
    assertThatThrownBy(() -> held.guarded(Put.of("orders/42", "of the slow one")))
        .isInstanceOf(QuorateException.Conflict.class)
        .matches(ErrorCode.OWNERSHIP_LOST::isOf);
    now.guarded(Put.of("orders/42", "of the quick one"));
    assertThat(cluster.client().kv().get("orders/42").orElseThrow().value().toUtf8())
        .isEqualTo("of the quick one");
  }

  /** Shows that the store refuses it, where the holder has no way to know. */
  @Test
  void a_holder_that_knows_nothing_of_its_loss_writes_nothing(
      Cluster cluster, ClientProcess process) {
    Session session = process.client().session(TTL);
    LockHandle held = Mutex.of(session, "locks/orders").acquire();
    cluster.expire(session);
    assertThat(held.isHeld()).as("nobody has told it").isTrue();
    assertThatThrownBy(() -> held.guarded(Put.of("orders/42", "of nobody")))
        .matches(ErrorCode.OWNERSHIP_LOST::isOf);
    assertThat(cluster.client().kv().get("orders/42")).isEmpty();
  }

  @Test
  void a_lock_is_kept_through_a_pause_that_is_short_enough(Cluster cluster, ClientProcess process) {
    LockHandle held = Mutex.of(process.client().session(TTL), "locks/orders").acquire();
    process.pauseFor(TTL.dividedBy(2));
    cluster.advance(TTL.multipliedBy(10));
    held.guarded(Put.of("orders/42", "still its own"));
  }

  /** The monotonic clock says nothing of it; the wall's does. */
  @Test
  void a_holder_whose_machine_was_suspended_knows_that_it_may_have_lost(
      Cluster cluster, ClientProcess process) {
    LockHandle held = Mutex.of(process.client().session(TTL), "locks/orders").acquire();
    long before = process.clock().nanoTime();
    Duration lived;
    boolean stillHeld;
    try (Fault _ = process.suspend()) {
      cluster.advance(TTL.multipliedBy(2));
      lived = Duration.ofNanos(process.clock().nanoTime() - before);
      stillHeld = held.isHeld();
    }
    assertThat(lived).isLessThan(TTL);
    assertThat(stillHeld).isFalse();
  }

  @Test
  void a_lock_whose_acquiring_got_no_answer_is_had_by_nobody_else(
      Cluster cluster, ClientProcess one, ClientProcess other) {
    Session session = one.client().session(TTL);
    Fault lost = one.loseReplies(Requests.writes().mentioning("locks/orders").first(1));
    LockHandle held = Mutex.of(session, "locks/orders").acquire();
    assertThat(lost.hits()).isEqualTo(1);
    assertThat(Mutex.of(other.client().session(TTL), "locks/orders").tryAcquire()).isEmpty();
    held.guarded(Put.of("orders/42", "once"));
    assertThat(cluster.client().kv().get("orders/42").orElseThrow().version()).isEqualTo(1);
  }

  @Test
  void a_session_whose_lease_is_lost_tells_its_listeners(Cluster cluster, ClientProcess process)
      throws Exception {
    Session session = process.client().session(TTL);
    LockHandle held = Mutex.of(session, "locks/orders").acquire();
    BlockingQueue<SessionState> states = new LinkedBlockingQueue<>();
    BlockingQueue<OwnershipEvent> events = new LinkedBlockingQueue<>();
    try (var _ = session.onChange(states::add);
        var _ = held.onEvent(events::add)) {
      cluster.expire(session);
      cluster.advance(TTL);
      assertThat(next(states)).isInstanceOf(SessionState.Lost.class);
      assertThat(next(events)).isInstanceOf(OwnershipEvent.Lost.class);
    }
  }

  @Test
  void a_session_that_reaches_nobody_is_suspect_and_then_lost(
      Cluster cluster, ClientProcess process) throws Exception {
    Session session = process.client().session(TTL);
    BlockingQueue<SessionState> states = new LinkedBlockingQueue<>();
    try (Fault _ = cluster.partition(process);
        var _ = session.onChange(states::add)) {
      cluster.advance(TTL.multipliedBy(9).dividedBy(10));
      assertThat(next(states)).isInstanceOf(SessionState.Suspect.class);
      cluster.advance(TTL);
      assertThat(next(states)).isInstanceOf(SessionState.Lost.class);
    }
  }

  @Test
  void a_session_lives_through_a_change_of_leader(Cluster cluster, ClientProcess process) {
    Session session = process.client().session(TTL);
    for (int i = 0; i < 3; i++) {
      try (Fault _ = cluster.leader().kill()) {
        cluster.advance(Duration.ofSeconds(5));
      }
    }
    cluster.advance(TTL.multipliedBy(3));
    session.requireActive();
  }

  @Test
  void an_election_goes_to_another_when_its_leader_is_killed(
      Cluster cluster, ClientProcess first, ClientProcess second, ClientProcess observer)
      throws Exception {
    LeaderHandle leads =
        LeaderElection.of(first.client().session(TTL), "elections/scheduler").campaign("first");
    CompletableFuture<LeaderHandle> waits =
        LeaderElection.of(second.client().session(TTL), "elections/scheduler")
            .campaignAsync("second");
    BlockingQueue<Leadership> told = new LinkedBlockingQueue<>();
    try (var _ =
        observer
            .client()
            .await(
                LeaderElection.of(observer.client().session(TTL), "elections/scheduler")
                    .observe(told::add))) {
      assertThat(next(told)).asString().contains("first");
      first.kill();
      assertThat(waits).isNotDone();
      cluster.advance(TTL.multipliedBy(2));
      assertThat(second.client().await(waits).isLeader()).isTrue();
      assertThat(leads.isLeader()).isFalse();
      Leadership last = next(told);
      while (!last.toString().contains("second")) {
        last = next(told);
      }
    }
  }

  /** A generator uses no time but what was reserved for it, so that clocks can't repeat an id. */
  @Test
  void ids_are_never_made_twice_though_clocks_jump(
      Cluster cluster, ClientProcess one, ClientProcess other) {
    SnowflakeLayout few = new SnowflakeLayout(SnowflakeLayout.TWITTER.epoch(), 41, 1, 1, 12);
    Set<Long> all = new HashSet<>();
    int made = 0;
    for (Duration jump :
        new Duration[] {Duration.ZERO, Duration.ofHours(1), Duration.ofHours(-1)}) {
      for (ClientProcess process : new ClientProcess[] {one, other}) {
        try (Fault _ = process.jumpClock(jump);
            SnowflakeIds ids =
                SnowflakeIds.builder(process.client(), "orders")
                    .layout(few)
                    .clock(process.clock())
                    .open()) {
          for (int i = 0; i < 100; i++) {
            all.add(ids.nextId());
            made++;
          }
          try (Fault _ = process.jumpClock(Duration.ofHours(-2))) {
            all.add(ids.nextId());
            made++;
          }
        }
      }
    }
    assertThat(all).hasSize(made);
    assertThat(cluster.faults()).isEmpty();
  }
}

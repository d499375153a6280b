package io.quorate.recipes.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quorate.base.ErrorCode;
import io.quorate.client.Put;
import io.quorate.client.Session;
import io.quorate.client.SessionState;
import io.quorate.recipes.LockHandle;
import io.quorate.recipes.Mutex;
import io.quorate.recipes.OwnershipEvent;
import io.quorate.system.RunningCommand;
import io.quorate.system.Store;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Who stood still for too long knows it before it does anything, and does nothing any more. */
@ParameterizedClass(name = "{0}")
@EnumSource(Store.class)
@Execution(ExecutionMode.CONCURRENT) // most of it is waiting
@Timeout(60)
class PauseTest extends RecipeCase {
  private static final Duration TTL = Duration.ofSeconds(4);
  private static final Duration LONG = Duration.ofSeconds(90);
  private static final Duration MOST_OF_LONG = LONG.multipliedBy(9).dividedBy(10);

  private final String endpoint;

  PauseTest(Store store) {
    super(store, "pauses");
    endpoint = store.endpoint();
  }

  /** How a process can stand still. */
  enum Standstill {
    /** Both of its clocks are right when it goes on. */
    STOPPED(TroubledWay::stop),
    /** Its monotonic clock stood still as well. */
    SUSPENDED(TroubledWay::suspend);

    @SuppressWarnings("ImmutableEnumChecker") // a method's name
    private final Consumer<TroubledWay> how;

    Standstill(Consumer<TroubledWay> how) {
      this.how = how;
    }
  }

  private static void assertOwnershipLost(Throwable thrown) {
    assertThat(ErrorCode.OWNERSHIP_LOST.isOf(thrown)).as("%s", thrown).isTrue();
  }

  @ParameterizedTest
  @EnumSource
  void a_holder_that_stood_still_for_its_ttl_knows_it_before_anything_is_sent(Standstill standstill)
      throws Exception {
    TroubledWay way = way();
    Session session = session(way, TTL);
    LockHandle held = Mutex.of(session, name).acquire();
    BlockingQueue<OwnershipEvent> told = new LinkedBlockingQueue<>();
    held.onEvent(told::add);
    standstill.how.accept(way);
    LockHandle next = Mutex.of(session(), name).acquire();
    next.guarded(Put.of(name + "-guarded", "by the next"));
    assertThat(way.takeCalls()).isNotEmpty();

    assertThat(held.isHeld()).isFalse();
    assertThat(held.remaining()).isZero();
    assertThatThrownBy(held::requireHeld).satisfies(PauseTest::assertOwnershipLost);
    assertThatThrownBy(() -> held.guarded(Put.of(name + "-guarded", "late")))
        .satisfies(PauseTest::assertOwnershipLost);
    assertThat(way.takeCalls()).as("calls of one that has lost it").isEmpty();

    way.goOn();
    while (!(told.poll(20, TimeUnit.SECONDS) instanceof OwnershipEvent.Lost)) {
      // it may be suspect first
    }
    assertThat(client.kv().get(name + "-guarded").orElseThrow().value().toUtf8())
        .isEqualTo("by the next");
    assertThat(next.isHeld()).isTrue();
  }

  /** A real process, and the signal that stops it. */
  @Test
  void a_process_that_a_signal_stopped_for_its_ttl_writes_nothing_any_more() {
    try (RunningCommand process = RunningCommand.java(HolderProcess.class, endpoint, name)) {
      assertThat(process.next()).startsWith("holds");
      process.pause();
      LockHandle next = Mutex.of(session(), name).acquire();
      next.guarded(Put.of(name + "-guarded", "by the next"));
      process.resume();
      process.type("go on");
      assertThat(process.next()).isEqualTo("held: OWNERSHIP_LOST");
      assertThat(process.next()).isEqualTo("write: OWNERSHIP_LOST");
      assertThat(process.next()).isEqualTo("release: NOT_HELD");
      assertThat(client.kv().get(name + "-guarded").orElseThrow().value().toUtf8())
          .isEqualTo("by the next");
      assertThat(next.isHeld()).isTrue();
    }
  }

  /** What is known is how long it lives from the asking on, not from the answer. */
  @Test
  void a_session_whose_beginning_or_renewal_is_answered_late_has_no_more_time_for_that()
      throws Exception {
    TroubledWay way = way();
    way.tells("LeaseKeepAlive", answer -> null);
    way.next(
        call -> call.method().endsWith("/LeaseGrant"),
        sends ->
            sends
                .get()
                .thenApply(answer -> {
                  way.pass(MOST_OF_LONG);
                  return answer;
                }));
    Session session = session(way, LONG);
    assertThat(session.remaining()).isZero();
    assertThat(session.state()).isInstanceOf(SessionState.Suspect.class);

    BlockingQueue<SessionState> told = new LinkedBlockingQueue<>();
    session.onChange(told::add, Runnable::run);
    way.tells("LeaseKeepAlive", answer -> answer);
    way.breakStreams("LeaseKeepAlive"); // it asks again
    assertThat(told.poll(20, TimeUnit.SECONDS)).isInstanceOf(SessionState.Active.class);
    AtomicBoolean late = new AtomicBoolean();
    way.tells(
        "LeaseKeepAlive",
        answer -> {
          if (late.compareAndSet(false, true)) {
            way.pass(MOST_OF_LONG);
          }
          return answer;
        });
    way.breakStreams("LeaseKeepAlive");
    assertThat(told.poll(20, TimeUnit.SECONDS)).isInstanceOf(SessionState.Suspect.class);
  }

  /** etcd grants no less than one and a half times the time of an election. */
  @Test
  void a_session_says_for_how_long_it_was_granted_and_not_for_how_long_it_was_asked_for() {
    Session session = client.session(Duration.ofMillis(500));
    sessions.add(session);
    long granted = client.lease().timeToLive(session.lease(), false).grantedTtlSeconds();
    assertThat(session.ttl()).isEqualTo(Duration.ofSeconds(granted));
    assertThat(session.ttl()).isGreaterThan(Duration.ofSeconds(1));
    assertThat(session.remaining()).isPositive().isLessThan(session.ttl());
  }
}

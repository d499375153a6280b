package io.quorate.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quorate.base.Bytes;
import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.base.wire.ProtoWriter;
import io.quorate.client.FakeWorld.FakeStream;
import io.quorate.client.channel.Answer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a session says of itself is true, by any clock, at the moment that it is asked. */
class SessionTest {
  private static final long MILLI = TimeUnit.MILLISECONDS.toNanos(1);
  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);
  private static final long LEASE = 7;
  private static final Duration TTL = Duration.ofSeconds(8); // the margin is a second

  private final FakeWorld world = new FakeWorld();
  private final QuorateClient client = QuorateClient.over(world, world, ClientOptions.DEFAULT);
  private final List<String> told = new ArrayList<>();

  private Session begin() {
    return begin(0);
  }

  /**
   * @param delay after which the grant is answered
   */
  private Session begin(long delay) {
    CompletableFuture<Session> begun = client.sessionAsync(TTL);
    world.pass(delay);
    world.open.remove(0).complete(Answer.ok(lease(8), "a"));
    Session session = begun.join();
    session.onChange(
        state ->
            told.add(
                state.match(
                    active -> "active",
                    suspect -> "suspect: " + suspect.reason(),
                    lost -> "lost " + lost.code() + ": " + lost.reason())),
        Runnable::run);
    return session;
  }

  private static Bytes lease(long ttlSeconds) {
    return new ProtoWriter(16).number(2, LEASE).number(3, ttlSeconds).toBytes();
  }

  private FakeStream stream() {
    return world.streams.get(world.streams.size() - 1);
  }

  private void renewed() {
    stream().message(lease(8));
  }

  @Test
  void its_time_counts_from_when_the_grant_was_sent() {
    Session session = begin(2 * SECOND);
    assertThat(session.ttl()).isEqualTo(TTL);
    assertThat(session.remaining()).isEqualTo(Duration.ofSeconds(8 - 1 - 2));
  }

  /** Hazard 3: an answer that takes most of the TTL says little. */
  @Test
  void a_renewal_that_is_answered_late_counts_from_when_it_was_sent() {
    Session session = begin();
    long asked = world.nanoTime(); // the stream asks as it opens
    world.pass(2 * SECOND);
    renewed();
    long passed = world.nanoTime() - asked;
    assertThat(session.remaining()).isEqualTo(Duration.ofNanos(7 * SECOND - passed));
  }

  @Test
  void without_renewals_it_is_suspect_before_its_end_and_lost_at_it() {
    Session session = begin();
    world.pass(7 * SECOND - 1);
    assertThat(session.state()).isInstanceOf(SessionState.Active.class);
    assertThat(told).isEmpty();
    world.pass(1);
    assertThat(told)
        .containsExactly("suspect: no renewal was answered that was sent within the last 7000 ms");
    assertThat(session.remaining()).isZero();
    assertThatThrownBy(session::requireActive)
        .isInstanceOf(QuorateException.Conflict.class)
        .satisfies(e -> assertThat(ErrorCode.SESSION_LOST.isOf(e)).isTrue());
    world.pass(SECOND);
    assertThat(told).hasSize(2).last().asString().startsWith("lost UNREACHABLE");
    assertThat(session.state()).isInstanceOf(SessionState.Lost.class);
    renewed();
    assertThat(session.state()).as("no state follows").isInstanceOf(SessionState.Lost.class);
  }

  @Test
  void a_suspect_session_is_active_again_with_the_next_renewal() {
    Session session = begin();
    world.pass(2 * SECOND);
    world.pass(5 * SECOND + 500 * MILLI);
    assertThat(session.state()).isInstanceOf(SessionState.Suspect.class);
    long since = world.streams.size();
    assertThat(since).as("a silent member is left for another").isGreaterThan(1);
    renewed();
    assertThat(session.state()).isInstanceOf(SessionState.Active.class);
    assertThat(told).hasSize(2).last().isEqualTo("active");
  }

  /** Hazard 2: monotonic time stood still, and a deadline by it looks good. */
  @Test
  void a_machine_that_was_suspended_finds_its_session_suspect_at_once_and_asks() {
    Session session = begin();
    renewed();
    int asked = stream().sent.size();
    world.wallAheadMillis = 3_600_000;
    assertThat(session.remaining()).isZero();
    assertThat(told).hasSize(1).first().asString().contains("stood still");
    assertThat(stream().sent).as("a renewal").hasSize(asked + 1);
    renewed();
    assertThat(session.state()).isInstanceOf(SessionState.Active.class);
    assertThat(session.remaining()).isEqualTo(Duration.ofSeconds(7));
  }

  @Test
  void a_wall_clock_that_is_set_back_changes_nothing() {
    Session session = begin();
    world.wallAheadMillis = -3_600_000;
    assertThat(session.remaining()).isEqualTo(Duration.ofSeconds(7));
    world.pass(7 * SECOND);
    assertThat(session.state()).isInstanceOf(SessionState.Suspect.class);
  }

  /** Hazard 1: who was stopped for longer than the TTL hears of it before anything else. */
  @Test
  void after_a_pause_the_first_question_is_answered_right_before_any_listener_was_told() {
    Session session = begin();
    renewed();
    world.stop(20 * SECOND);
    assertThat(told).isEmpty();
    assertThat(session.remaining()).isZero();
    assertThatThrownBy(session::requireActive).hasMessageContaining("may be over");
    world.pass(MILLI);
    assertThat(told).last().asString().startsWith("lost UNREACHABLE");
  }

  @Test
  void a_member_that_knows_no_such_lease_ends_it_at_once() {
    Session session = begin();
    stream().message(lease(0));
    assertThat(told).containsExactly("lost NOT_FOUND: etcdserver: requested lease not found");
    assertThat(session.remaining()).isZero();
  }

  @Test
  void closing_it_ends_its_lease() {
    Session session = begin();
    CompletableFuture<Void> closed = session.closeAsync();
    assertThat(told).containsExactly("lost STOPPED: it was closed");
    assertThat(world.attempts.get(world.attempts.size() - 1).method())
        .isEqualTo("etcdserverpb.Lease/LeaseRevoke");
    world.open.remove(0).complete(Answer.ok(Bytes.EMPTY, "a"));
    assertThat(closed).isCompleted();
    assertThat(stream().cancelled).isTrue();
  }

  @Test
  void who_ends_listening_hears_no_more() throws Exception {
    Session session = begin();
    List<SessionState> heard = new ArrayList<>();
    AutoCloseable listening = session.onChange(heard::add, Runnable::run);
    world.pass(7 * SECOND);
    listening.close();
    world.pass(SECOND);
    assertThat(heard).hasSize(1);
    assertThat(told).hasSize(2);
  }

  @Test
  void a_companion_is_made_once() {
    Session session = begin();
    List<Object> made = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      Object companion =
          session.companion(
              "name",
              Object.class,
              () -> {
                Object it = new Object();
                made.add(it);
                return it;
              });
      assertThat(companion).isSameAs(made.get(0));
    }
    assertThat(made).hasSize(1);
  }

  /** Whoever makes one may ask the session, and wait for others that do. */
  @Test
  @Timeout(60)
  void a_companion_is_made_without_the_sessions_lock_and_the_first_that_is_made_counts() {
    Session session = begin();
    Object companion =
        session.companion(
            "name",
            String.class,
            () ->
                CompletableFuture.supplyAsync(
                        () -> {
                          session.requireActive();
                          return session.companion("name", String.class, () -> "another's");
                        })
                    .thenApply(quicker -> "too late after " + quicker)
                    .join());
    assertThat(companion).isEqualTo("another's");
    assertThat(session.companion("name", String.class, () -> "late")).isEqualTo("another's");
  }

  @Test
  void a_ttl_is_rounded_up_to_seconds() {
    var unused = client.sessionAsync(Duration.ofMillis(1_001));
    assertThat(world.attempts.get(0).request()).isEqualTo(Encode.leaseGrant(2, 0));
    assertThatThrownBy(() -> client.sessionAsync(Duration.ZERO))
        .isInstanceOf(IllegalArgumentException.class);
  }
}

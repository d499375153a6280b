package io.quorate.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.quorate.base.Bytes;
import io.quorate.base.ErrorCode;
import io.quorate.base.wire.ProtoWriter;
import io.quorate.client.FakeWorld.FakeStream;
import io.quorate.client.channel.Answer;
import io.quorate.client.channel.StatusCode;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Shows for how long a lease is kept against all odds, and when it is lost. */
class LeaseKeeperTest {
  private static final long MILLI = TimeUnit.MILLISECONDS.toNanos(1);
  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);
  private static final long LEASE = 7;
  private static final Answer NOBODY =
      Answer.notProcessed(StatusCode.UNAVAILABLE, "no member can be reached", "");

  private final FakeWorld world = new FakeWorld();
  private final QuorateClient client = QuorateClient.over(world, world, ClientOptions.DEFAULT);
  private final List<String> fate = new ArrayList<>();
  private int ended;

  private final LeaseListener listener =
      new LeaseListener() {
        @Override
        public void kept(LeaseKeepAliveResponse response) {
          fate.add("kept");
        }

        @Override
        public void lost(ErrorCode code, String reason) {
          fate.add("lost " + code + " " + reason);
        }
      };

  @Test
  void a_lease_of_a_minute_outlives_an_outage_of_less_though_no_renewal_was_answered_yet() {
    granted(60);
    world.pass(SECOND);
    keep();
    failUntil(world.nanoTime() + 58 * SECOND, NOBODY);
    assertThat(fate).isEmpty();
    last().message(kept(60));
    assertThat(fate).containsExactly("kept");
  }

  @Test
  void a_lease_is_lost_when_its_time_has_passed_since_the_grant_was_asked_for() {
    long asked = world.nanoTime();
    CompletableFuture<LeaseGrantResponse> grant = client.lease().grantAsync(60);
    world.pass(2 * SECOND); // the answer takes its time, and the lease may have begun before
    world.open.get(0).complete(Answer.ok(kept(60), "a"));
    assertThat(grant).isCompleted();
    keep();
    failUntil(asked + 60 * SECOND - 1, NOBODY);
    assertThat(fate).isEmpty();
    world.pass(1);
    assertThat(fate)
        .containsExactly(
            "lost UNREACHABLE the lease could not be renewed in time: no member can be reached");
  }

  @Test
  void a_late_answer_counts_from_when_it_was_asked_for() {
    granted(9);
    keep();
    long asked = world.nanoTime();
    world.pass(2 * SECOND);
    last().message(kept(9));
    failUntil(asked + 9 * SECOND - 1, NOBODY);
    assertThat(fate).containsExactly("kept");
    world.pass(1);
    assertThat(fate.get(1)).startsWith("lost UNREACHABLE");
  }

  @ParameterizedTest
  @EnumSource(
      value = StatusCode.class,
      names = {
        "OK",
        "CANCELLED",
        "UNKNOWN",
        "DEADLINE_EXCEEDED",
        "RESOURCE_EXHAUSTED",
        "FAILED_PRECONDITION",
        "ABORTED",
        "INTERNAL",
        "UNAVAILABLE",
        "DATA_LOSS"
      })
  void whatever_else_a_stream_ends_with_the_lease_is_kept_by_another(StatusCode status) {
    granted(9);
    keep();
    for (int i = 0; i < 8; i++) {
      world.streams.get(i).listener.ended(Answer.failed(status, "something new", "a"));
      world.pass(SECOND); // no pause is longer
    }
    assertThat(fate).isEmpty();
    world.streams.get(8).message(kept(9));
    assertThat(fate).containsExactly("kept");
  }

  @ParameterizedTest
  @CsvSource({
    "NOT_FOUND, NOT_FOUND",
    "PERMISSION_DENIED, PERMISSION_DENIED",
    "UNIMPLEMENTED, NOT_SUPPORTED"
  })
  void a_members_refusal_by_name_is_the_end_at_once(StatusCode status, ErrorCode code) {
    granted(9);
    keep();
    last().listener.ended(Answer.failed(status, "no", "a"));
    assertThat(fate).containsExactly("lost " + code + " no");
  }

  @Test
  void pauses_are_short_enough_for_a_lease_of_a_second() {
    granted(1);
    keep();
    long from = world.nanoTime();
    failUntil(from + SECOND - 1, NOBODY);
    assertThat(world.streams.size()).isGreaterThan(6);
    for (int i = 1; i < world.streams.size(); i++) {
      long pause = world.streams.get(i).atNanos - world.streams.get(i - 1).atNanos;
      assertThat(pause).isLessThanOrEqualTo(SECOND / 3 + MILLI);
    }
    assertThat(fate).isEmpty();
  }

  @Test
  void a_silent_member_is_left_in_the_time_of_a_call_however_long_the_lease() {
    granted(36_000);
    keep();
    world.pass(10 * SECOND);
    assertThat(world.streams.get(0).cancelled).isTrue();
    world.pass(SECOND);
    assertThat(world.streams.get(1).avoid).isEqualTo("fake");
    world.streams.get(1).message(kept(36_000));
    world.pass(11_999 * SECOND);
    assertThat(world.streams.get(1).sent).hasSize(1);
    world.pass(2 * SECOND);
    assertThat(world.streams.get(1).sent).hasSize(2);
  }

  @Test
  void an_answer_that_can_not_be_read_sends_it_to_another_member() {
    granted(9);
    keep();
    last().message(Bytes.wrap(new byte[] {10, 99}));
    assertThat(world.streams.get(0).cancelled).isTrue();
    world.pass(SECOND);
    world.streams.get(1).message(kept(9));
    assertThat(fate).containsExactly("kept");
  }

  @Test
  void tokens_that_expire_one_after_the_other_are_replaced_while_the_lease_lives() {
    QuorateClient user =
        QuorateClient.over(
            world, world, ClientOptions.DEFAULT.credentials(new Credentials("u", "pw")));
    world.then(token("t0"));
    var unused = user.lease().keepAlive(LEASE, listener);
    for (int i = 0; i < 8; i++) {
      assertThat(last().metadata.first("token")).isEqualTo("t" + i);
      world.then(token("t" + (i + 1)));
      last()
          .listener
          .ended(Answer.failed(StatusCode.UNAUTHENTICATED, "etcdserver: invalid auth token", "a"));
      world.pass(SECOND);
    }
    assertThat(fate).isEmpty();
  }

  @Test
  void a_listener_that_throws_does_not_stop_it() {
    granted(9);
    LeaseListener broken =
        new LeaseListener() {
          @Override
          public void kept(LeaseKeepAliveResponse response) {
            throw new StackOverflowError("deep");
          }

          @Override
          public void lost(ErrorCode code, String reason) {
            fate.add("lost " + code);
          }
        };
    var unused = client.lease().keepAlive(LEASE, broken);
    for (int i = 0; i < 10; i++) {
      last().message(kept(9));
      assertThat(last().sent).hasSize(i + 1);
      world.pass(3 * SECOND);
    }
    assertThat(fate).isEmpty();
    last().message(kept(0));
    assertThat(fate).containsExactly("lost NOT_FOUND");
  }

  @Test
  @Timeout(60)
  void an_executor_that_refuses_does_not_stop_it_and_its_loss_is_told_all_the_same()
      throws Exception {
    granted(9);
    CompletableFuture<ErrorCode> lost = new CompletableFuture<>();
    LeaseListener listening = (code, reason) -> lost.complete(code);
    var unused =
        client
            .lease()
            .keepAlive(
                LEASE,
                listening,
                task -> {
                  throw new RejectedExecutionException("full");
                });
    last().message(kept(9));
    world.pass(3 * SECOND);
    assertThat(last().sent).hasSize(2);
    last().message(kept(0));
    assertThat(lost.get(30, TimeUnit.SECONDS)).isEqualTo(ErrorCode.NOT_FOUND);
  }

  private void granted(long ttlSeconds) {
    world.then(Answer.ok(kept(ttlSeconds), "a"));
    assertThat(client.lease().grantAsync(ttlSeconds)).isCompleted();
  }

  private void keep() {
    var unused = client.lease().keepAlive(LEASE, listener);
  }

  private FakeStream last() {
    return world.streams.get(world.streams.size() - 1);
  }

  /** Every stream ends so, as soon as it is opened, until then; the last one is left. */
  private void failUntil(long nanos, Answer end) {
    while (world.nanoTime() < nanos) {
      while (ended < world.streams.size()) {
        world.streams.get(ended++).listener.ended(end);
      }
      world.pass(Math.min(MILLI, nanos - world.nanoTime()));
    }
    world.pass(0);
  }

  /** An answer to a grant or to a renewal. */
  private static Bytes kept(long ttlSeconds) {
    return new ProtoWriter(16).number(2, LEASE).number(3, ttlSeconds).toBytes();
  }

  private static Answer token(String token) {
    return Answer.ok(new ProtoWriter(16).bytes(2, Bytes.utf8(token)).toBytes(), "a");
  }
}

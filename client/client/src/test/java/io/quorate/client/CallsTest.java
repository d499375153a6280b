package io.quorate.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quorate.base.Bytes;
import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.base.wire.ProtoWriter;
import io.quorate.client.channel.Answer;
import io.quorate.client.channel.StatusCode;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Shows what is tried again, what is not, and what the caller is told. */
class CallsTest {
  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);
  private static final Bytes EMPTY_RESPONSE = new ProtoWriter(16).toBytes();
  private static final Answer GOOD = Answer.ok(EMPTY_RESPONSE, "a");
  private static final Answer UNSENT =
      Answer.notProcessed(StatusCode.UNAVAILABLE, "no member can be reached", "a");
  private static final Answer LOST =
      Answer.lost(StatusCode.UNAVAILABLE, "the connection ended", "a");

  private final FakeWorld world = new FakeWorld();
  private final Kv kv = QuorateClient.over(world, world, ClientOptions.DEFAULT).kv();

  @Test
  void a_read_whose_answer_was_lost_is_made_again_by_way_of_another_member() {
    world.then(LOST).then(GOOD);
    CompletableFuture<RangeResponse> read = kv.rangeAsync(Range.key("k"));
    assertThat(read).isNotDone();
    world.pass(SECOND);
    assertThat(read).isCompleted();
    assertThat(world.attempts).hasSize(2);
    assertThat(world.attempts.get(0).options().avoid()).isEmpty();
    assertThat(world.attempts.get(1).options().avoid()).isEqualTo("a");
  }

  @Test
  void a_write_whose_answer_was_lost_is_never_made_again() {
    world.then(LOST);
    CompletableFuture<PutResponse> put = kv.putAsync(Put.of("k", "v"));
    world.pass(60 * SECOND);
    assertThat(world.attempts).hasSize(1);
    assertFails(put, QuorateException.Indeterminate.class, ErrorCode.OUTCOME_UNKNOWN);
  }

  @Test
  void a_write_that_surely_no_member_acted_on_is_made_again() {
    world.then(UNSENT).then(UNSENT).then(GOOD);
    CompletableFuture<PutResponse> put = kv.putAsync(Put.of("k", "v"));
    world.pass(SECOND);
    assertThat(put).isCompleted();
    assertThat(world.attempts).hasSize(3);
  }

  @Test
  void a_transaction_that_only_reads_is_a_read_and_any_other_a_write() {
    world.then(LOST).then(GOOD);
    CompletableFuture<TxnResponse> reads =
        kv.txnAsync(Txn.when(Compare.version("k").is(1)).then(Range.key("k")));
    world.pass(SECOND);
    assertThat(reads).isCompleted();

    world.then(LOST);
    CompletableFuture<TxnResponse> writes =
        kv.txnAsync(Txn.always(Txn.always(Range.key("k")).otherwise(Delete.key("k"))));
    world.pass(SECOND);
    assertFails(writes, QuorateException.Indeterminate.class, ErrorCode.OUTCOME_UNKNOWN);
  }

  @Test
  void pauses_between_attempts_double_up_to_a_second_and_vary() {
    for (int i = 0; i < 100; i++) {
      world.then(UNSENT);
    }
    CompletableFuture<PutResponse> put = kv.putAsync(Put.of("k", "v"));
    world.pass(11 * SECOND);
    assertFails(put, QuorateException.Unavailable.class, ErrorCode.UNREACHABLE);
    for (int i = 1; i < world.attempts.size(); i++) {
      long pause = world.attempts.get(i).atNanos() - world.attempts.get(i - 1).atNanos();
      long longest = Math.min(SECOND, TimeUnit.MILLISECONDS.toNanos(20) << (i - 1));
      assertThat(pause).isBetween(longest / 2, longest);
    }
    assertThat(world.attempts.size()).isBetween(14, 26);
  }

  @Test
  void every_attempt_is_given_the_time_that_is_left() {
    world.then(UNSENT).then(GOOD);
    CompletableFuture<PutResponse> put = kv.putAsync(Put.of("k", "v"));
    world.pass(SECOND);
    assertThat(put).isCompleted();
    long between = world.attempts.get(1).atNanos() - world.attempts.get(0).atNanos();
    assertThat(world.attempts.get(0).options().timeoutNanos()).isEqualTo(10 * SECOND);
    assertThat(world.attempts.get(1).options().timeoutNanos()).isEqualTo(10 * SECOND - between);
  }

  @Test
  void a_shorter_patience_for_unreachable_members_ends_the_call_earlier() {
    QuorateClient client =
        QuorateClient.over(
            world, world, ClientOptions.DEFAULT.reachTimeout(Duration.ofMillis(500)));
    for (int i = 0; i < 100; i++) {
      world.then(UNSENT);
    }
    CompletableFuture<RangeResponse> read = client.kv().rangeAsync(Range.key("k"));
    world.pass(SECOND / 2);
    assertFails(read, QuorateException.Unavailable.class, ErrorCode.UNREACHABLE);
  }

  @ParameterizedTest
  @CsvSource({
    "INVALID_ARGUMENT, etcdserver: key is not provided, INVALID_REQUEST",
    "NOT_FOUND, etcdserver: requested lease not found, NOT_FOUND",
    "OUT_OF_RANGE, etcdserver: mvcc: required revision has been compacted, REVISION_COMPACTED",
    "OUT_OF_RANGE, etcdserver: mvcc: required revision is a future revision, REVISION_IN_FUTURE",
    "RESOURCE_EXHAUSTED, etcdserver: mvcc: database space exceeded, SPACE_EXCEEDED",
    "PERMISSION_DENIED, etcdserver: permission denied, PERMISSION_DENIED",
    "UNAUTHENTICATED, etcdserver: invalid auth token, PERMISSION_DENIED",
    "UNIMPLEMENTED, unknown service, NOT_SUPPORTED",
    "FAILED_PRECONDITION, etcdserver: lease already exists, STATE_MOVED",
    "DATA_LOSS, etcdserver: corrupt cluster, DATA_DAMAGED",
    "UNAVAILABLE, etcdserver: request timed out, TIMED_OUT",
    "UNAVAILABLE, 'etcdserver: request timed out, possibly due to connection lost', TIMED_OUT",
    "UNAVAILABLE, etcdserver: leader changed, OUTCOME_UNKNOWN",
    "UNAVAILABLE, etcdserver: server stopped, OUTCOME_UNKNOWN",
    "DEADLINE_EXCEEDED, '', TIMED_OUT",
    "UNKNOWN, something, OUTCOME_UNKNOWN",
    "INTERNAL, '', OUTCOME_UNKNOWN",
  })
  void a_members_refusal_of_a_write_is_told_by_its_code_and_words(
      StatusCode status, String words, ErrorCode code) {
    world.then(Answer.failed(status, words, "a"));
    CompletableFuture<PutResponse> put = kv.putAsync(Put.of("k", "v"));
    world.pass(60 * SECOND);
    assertThat(world.attempts).hasSize(1);
    assertThatThrownBy(put::join)
        .cause()
        .isInstanceOfSatisfying(
            QuorateException.class, failure -> assertThat(failure.code()).isEqualTo(code))
        .hasMessage(words.isEmpty() ? status.name() : words);
  }

  @ParameterizedTest
  @CsvSource({
    "UNAVAILABLE, etcdserver: no leader",
    "RESOURCE_EXHAUSTED, etcdserver: too many requests",
    "UNKNOWN, raft proposal dropped",
  })
  void a_refusal_that_comes_before_acting_is_followed_by_another_attempt(
      StatusCode status, String words) {
    world.then(Answer.failed(status, words, "a")).then(GOOD);
    CompletableFuture<PutResponse> put = kv.putAsync(Put.of("k", "v"));
    world.pass(SECOND);
    assertThat(put).isCompleted();
  }

  @ParameterizedTest
  @CsvSource({
    "UNAVAILABLE, etcdserver: leader changed",
    "UNAVAILABLE, etcdserver: request timed out",
    "UNAVAILABLE, anything",
  })
  void a_read_outlives_a_change_of_leader(StatusCode status, String words) {
    world.then(Answer.failed(status, words, "a")).then(GOOD);
    CompletableFuture<RangeResponse> read = kv.rangeAsync(Range.key("k"));
    world.pass(SECOND);
    assertThat(read).isCompleted();
  }

  @Test
  void cancelling_a_call_gives_up_the_attempt_under_way_and_makes_no_other() {
    CompletableFuture<RangeResponse> read = kv.rangeAsync(Range.key("k"));
    assertThat(read.cancel(false)).isTrue();
    assertThat(world.open.get(0)).isCancelled();

    world.then(LOST);
    CompletableFuture<RangeResponse> pausing = kv.rangeAsync(Range.key("k"));
    pausing.cancel(false);
    world.pass(60 * SECOND);
    assertThat(world.attempts).hasSize(2);
  }

  @Test
  void an_unreadable_response_to_a_write_leaves_its_outcome_open() {
    world.then(Answer.ok(Bytes.wrap(new byte[] {10, 99}), "a"));
    assertFails(
        kv.putAsync(Put.of("k", "v")),
        QuorateException.Indeterminate.class,
        ErrorCode.OUTCOME_UNKNOWN);
  }

  @Test
  void a_closed_channel_ends_calls_at_once() {
    world.then(Answer.notProcessed(StatusCode.CANCELLED, "the client is closed", ""));
    assertFails(
        kv.putAsync(Put.of("k", "v")), QuorateException.Unavailable.class, ErrorCode.STOPPED);
  }

  @Test
  void waiting_where_answers_complete_is_refused_instead_of_never_ending() {
    world.mustNotBlock = true;
    assertThatThrownBy(() -> kv.put("k", "v"))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("asynchronous");
  }

  @Test
  void a_waiting_call_fails_with_the_callers_stack_and_the_first_failure_as_cause() {
    world.then(Answer.failed(StatusCode.NOT_FOUND, "etcdserver: requested lease not found", "a"));
    assertThatThrownBy(() -> kv.put(Put.of("k", "v").lease(1)))
        .isInstanceOf(QuorateException.Rejected.class)
        .hasMessage("etcdserver: requested lease not found")
        .hasCauseInstanceOf(QuorateException.Rejected.class)
        .hasStackTraceContaining("CallsTest");
  }

  /** A proxy that knows only some services answers 404, which tells as much as a member would. */
  @Test
  void a_method_that_nobody_serves_is_not_supported_whoever_says_so() {
    for (Answer answer :
        List.of(
            Answer.failed(StatusCode.UNIMPLEMENTED, "unknown service", "a"),
            Answer.lost(StatusCode.UNIMPLEMENTED, "HTTP status 404", "a"))) {
      world.then(answer);
      assertThatThrownBy(() -> kv.put(Put.of("k", "v")))
          .isInstanceOfSatisfying(
              QuorateException.Rejected.class,
              e -> assertThat(e.code()).isEqualTo(ErrorCode.NOT_SUPPORTED));
    }
  }

  /** A member that lives, and does nothing: no sign of life finds it out. */
  @Test
  void a_member_on_which_a_calls_time_ran_out_is_passed_over_by_the_next_call() {
    world.then(Answer.lost(StatusCode.DEADLINE_EXCEEDED, "no answer in time", "a")).then(GOOD);
    assertThat(kv.putAsync(Put.of("k", "v"))).isCompletedExceptionally();
    assertThat(kv.putAsync(Put.of("k", "v"))).isCompleted();
    assertThat(world.attempts.get(1).options().avoid()).isEqualTo("a");
    world
        .then(Answer.failed(StatusCode.UNAVAILABLE, "etcdserver: request timed out", "b"))
        .then(GOOD)
        .then(GOOD);
    assertThat(kv.putAsync(Put.of("k", "v"))).isCompletedExceptionally();
    assertThat(kv.putAsync(Put.of("k", "v"))).isCompleted();
    assertThat(kv.putAsync(Put.of("k", "v"))).isCompleted();
    assertThat(world.attempts.subList(3, 5))
        .extracting(attempt -> attempt.options().avoid())
        .containsExactly("b", "");
  }

  @Test
  void a_lock_that_is_held_by_another_says_nothing_of_its_member() {
    world.then(Answer.lost(StatusCode.DEADLINE_EXCEEDED, "no answer in time", "a")).then(GOOD);
    LockService locks = QuorateClient.over(world, world, ClientOptions.DEFAULT).lock();
    assertThat(locks.lockAsync(Bytes.utf8("l"), 0, Duration.ofNanos(1))).isCompletedExceptionally();
    assertThat(locks.unlockAsync(Bytes.utf8("l"))).isCompleted();
    assertThat(world.attempts.get(1).options().avoid()).isEmpty();
  }

  @Test
  void an_error_thrown_in_the_client_itself_ends_the_call() {
    Calls calls =
        new Calls(world, world, ClientOptions.DEFAULT, world::mustNotBlock, Observers.NONE);
    Rpc<String> broken =
        new Rpc<>(
            "s.S/M",
            message -> {
              throw new LinkageError("no such decoder");
            });
    world.then(GOOD);
    assertFails(
        calls.read(broken, Bytes.EMPTY),
        QuorateException.Indeterminate.class,
        ErrorCode.OUTCOME_UNKNOWN);

    world
        .then(UNSENT)
        .then(attempt -> {
          throw new OutOfMemoryError("no room for an attempt");
        });
    CompletableFuture<RangeResponse> read = kv.rangeAsync(Range.key("k"));
    world.pass(SECOND);
    assertFails(read, QuorateException.Indeterminate.class, ErrorCode.OUTCOME_UNKNOWN);
    assertThatThrownBy(read::join).hasMessageContaining("no room for an attempt");
  }

  private static void assertFails(
      CompletableFuture<?> call, Class<? extends QuorateException> type, ErrorCode code) {
    assertThat(call).isCompletedExceptionally();
    assertThatThrownBy(call::join)
        .cause()
        .isInstanceOf(type)
        .isInstanceOfSatisfying(
            QuorateException.class, failure -> assertThat(failure.code()).isEqualTo(code));
  }
}

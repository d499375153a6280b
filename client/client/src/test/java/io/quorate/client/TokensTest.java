package io.quorate.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quorate.base.Bytes;
import io.quorate.base.ErrorCode;
import io.quorate.base.wire.ProtoWriter;
import io.quorate.client.channel.Answer;
import io.quorate.client.channel.StatusCode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Shows which token travels with what, and what becomes of calls and watches when one expires. */
class TokensTest {
  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);
  private static final Answer GOOD = Answer.ok(Bytes.EMPTY, "a");
  private static final Answer LOST = Answer.lost(StatusCode.UNAVAILABLE, "gone", "a");
  private static final Answer EXPIRED =
      Answer.failed(StatusCode.UNAUTHENTICATED, "etcdserver: invalid auth token", "a");

  private final FakeWorld world = new FakeWorld();
  private final QuorateClient client =
      QuorateClient.over(
          world, world, ClientOptions.DEFAULT.credentials(new Credentials("u", "pw")));
  private final List<String> told = new ArrayList<>();

  private final WatchListener listener =
      new WatchListener() {
        @Override
        public void events(WatchResponse response) {
          told.add("events");
        }

        @Override
        public void ended(WatchEnd end) {
          told.add("ended " + end.code());
        }
      };

  @Test
  void a_watch_whose_tokens_expire_one_after_the_other_goes_on_though_nothing_happened_between() {
    login("t0");
    var unused = client.watch().start(WatchRequest.key("k").from(5), listener);
    for (int i = 0; i < 20; i++) {
      FakeWorld.FakeStream stream = world.streams.get(i);
      assertThat(stream.metadata.first("token")).isEqualTo("t" + i);
      stream.message(created());
      login("t" + (i + 1));
      if (i % 2 == 0) {
        stream.listener.ended(EXPIRED);
      } else {
        stream.message(canceled("etcdserver: invalid auth token"));
      }
      world.pass(2 * SECOND);
    }
    assertThat(world.streams).hasSize(21);
    assertThat(told).isEmpty();
  }

  @Test
  void a_watch_for_which_no_token_is_good_ends() {
    for (int i = 0; i < 100; i++) {
      login("t" + i);
    }
    var unused = client.watch().start(WatchRequest.key("k").from(5), listener);
    for (int i = 0; i < world.streams.size(); i++) {
      world.streams.get(i).listener.ended(EXPIRED);
      world.pass(2 * SECOND);
    }
    assertThat(world.streams).hasSize(Tokens.REFUSALS_MAX);
    assertThat(told).containsExactly("ended PERMISSION_DENIED");
  }

  @Test
  void a_call_whose_tokens_expire_one_after_the_other_gets_another_each_time() {
    login("t0").then(EXPIRED);
    login("t1").then(LOST).then(EXPIRED);
    login("t2").then(GOOD);
    CompletableFuture<RangeResponse> read = client.kv().rangeAsync(Range.key("k"));
    world.pass(2 * SECOND);
    assertThat(read).isCompleted();
    assertThat(tokensSent()).containsExactly("t0", "t1", "t1", "t2");
  }

  @Test
  void a_transfer_that_was_refused_its_token_begins_with_another() {
    login("t0");
    List<String> parts = new ArrayList<>();
    CompletableFuture<Void> transfer =
        client.maintenance().snapshot(part -> parts.add("part"), Runnable::run);
    login("t1");
    world.streams.get(0).listener.ended(EXPIRED);
    world.pass(SECOND);
    assertThat(world.streams.get(1).metadata.first("token")).isEqualTo("t1");
    world.streams.get(1).message(Bytes.EMPTY);
    assertThat(parts).hasSize(1);
    world.streams.get(1).listener.ended(EXPIRED); // not from the beginning again
    assertThat(transfer).isCompletedExceptionally();
    assertThat(world.streams).hasSize(2);
  }

  @Test
  void only_the_refused_token_is_dropped_and_all_calls_share_one_login() {
    login("t0").then(GOOD);
    assertThat(client.kv().rangeAsync(Range.key("k"))).isCompleted();
    List<CompletableFuture<RangeResponse>> reads = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      reads.add(client.kv().rangeAsync(Range.key("k")));
    }
    List<CompletableFuture<Answer>> first = List.copyOf(world.open);
    first.get(0).complete(EXPIRED); // begins a login
    first.get(1).complete(EXPIRED); // waits for the same
    CompletableFuture<Answer> login = world.open.get(10);
    login.complete(Answer.ok(token("t1"), "a"));
    for (int i = 2; i < 10; i++) {
      first.get(i).complete(EXPIRED); // the token of before: the new one is as good as it was
    }
    for (CompletableFuture<Answer> again : world.open.subList(11, 21)) {
      again.complete(GOOD);
    }
    assertThat(reads).allMatch(CompletableFuture::isDone);
    assertThat(logins()).isEqualTo(2);
    assertThat(tokensSent().subList(11, 21)).containsOnly("t1");
  }

  @Test
  void a_call_waits_for_a_login_no_longer_than_for_all_the_rest() {
    CompletableFuture<LockResponse> lock =
        client.lock().lockAsync(Bytes.utf8("l"), 1, Duration.ofMillis(200));
    assertThat(logins()).isEqualTo(1);
    world.pass(SECOND / 5);
    assertThatThrownBy(lock::join).cause().matches(ErrorCode.UNREACHABLE::isOf);
    CompletableFuture<RangeResponse> other = client.kv().rangeAsync(Range.key("k"));
    world.then(GOOD);
    world.open.get(0).complete(Answer.ok(token("t0"), "a")); // it goes on for who waits longer
    assertThat(other).isCompleted();
    assertThat(logins()).isEqualTo(1);
  }

  private FakeWorld login(String token) {
    return world.then(Answer.ok(token(token), "a"));
  }

  private long logins() {
    return world.attempts.stream().filter(one -> one.method().endsWith("Authenticate")).count();
  }

  private List<String> tokensSent() {
    List<String> sent = new ArrayList<>();
    for (FakeWorld.Attempt attempt : world.attempts) {
      if (!attempt.method().endsWith("Authenticate")) {
        sent.add(String.valueOf(attempt.options().metadata().first("token")));
      }
    }
    return sent;
  }

  private static Bytes token(String token) {
    return new ProtoWriter(16).bytes(2, Bytes.utf8(token)).toBytes();
  }

  private static Bytes created() {
    return new ProtoWriter(16).flag(3, true).toBytes();
  }

  private static Bytes canceled(String reason) {
    return new ProtoWriter(64).flag(4, true).bytes(6, Bytes.utf8(reason)).toBytes();
  }
}

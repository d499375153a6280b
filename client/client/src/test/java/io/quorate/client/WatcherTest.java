package io.quorate.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quorate.base.Bytes;
import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.base.wire.ProtoReader;
import io.quorate.base.wire.ProtoWriter;
import io.quorate.client.FakeWorld.FakeStream;
import io.quorate.client.channel.Answer;
import io.quorate.client.channel.StatusCode;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Shows how a watch goes on when its stream breaks, and how it ends, in a world without chance. */
class WatcherTest {
  private static final Answer OVERLOADED =
      Answer.failed(StatusCode.RESOURCE_EXHAUSTED, "etcdserver: too many requests", "a");

  private final FakeWorld world = new FakeWorld();
  private final List<String> told = new ArrayList<>();
  private final List<Runnable> waiting = new ArrayList<>();
  private boolean passesGaps;

  private final WatchListener listener =
      new WatchListener() {
        @Override
        public void events(WatchResponse response) {
          response.events().forEach(event -> told.add("event " + event.kv().modRevision()));
        }

        @Override
        public void ended(WatchEnd end) {
          told.add("ended " + end.code() + " " + end.compactRevision());
        }

        @Override
        public void created(Header header) {
          told.add("created " + header.revision());
        }

        @Override
        public boolean gap(WatchGap gap) {
          if (passesGaps) {
            told.add("gap " + gap.from() + " " + gap.to());
          }
          return passesGaps;
        }

        @Override
        public void progress(Header header) {
          told.add("progress " + header.revision());
        }

        @Override
        public void interrupted(QuorateException why) {
          told.add("interrupted");
        }
      };

  @Test
  void a_broken_stream_is_taken_up_behind_the_last_event_at_another_member() {
    watch(0);
    stream(0).message(created(7));
    stream(0).message(events(9, 8, 9));
    stream(0).listener.ended(Answer.lost(StatusCode.UNAVAILABLE, "gone", "a"));
    assertThat(world.streams).hasSize(1);
    world.pass(TimeUnit.SECONDS.toNanos(1));
    assertThat(stream(1).avoid).isEqualTo("a");
    assertThat(startRevision(stream(1))).isEqualTo(10);
    stream(1).message(created(20));
    stream(1).message(events(21, 10));
    assertThat(told)
        .containsExactly(
            "created 7", "event 8", "event 9", "interrupted", "created 20", "event 10");
  }

  @Test
  void what_was_quiet_is_taken_up_where_it_was_created_or_known_to_be_quiet() {
    watch(0);
    stream(0).message(created(7));
    end(0);
    assertThat(startRevision(stream(1))).isEqualTo(8);
    stream(1).message(created(30));
    end(1);
    assertThat(startRevision(stream(2))).isEqualTo(8); // it wasn't told of anything after 7
    stream(2).message(created(30));
    stream(2).message(events(33));
    end(2);
    assertThat(startRevision(stream(3))).isEqualTo(34);
  }

  @Test
  void it_goes_on_for_as_long_as_nobody_can_be_reached() {
    watch(5);
    for (int i = 0; i < 100; i++) {
      stream(i).listener.ended(Answer.notProcessed(StatusCode.UNAVAILABLE, "nobody", ""));
      world.pass(TimeUnit.SECONDS.toNanos(2));
    }
    assertThat(world.streams).hasSize(101);
    assertThat(startRevision(stream(100))).isEqualTo(5);
  }

  @Test
  void a_watch_whose_listener_wants_that_goes_on_behind_a_gap_that_it_is_told() {
    passesGaps = true;
    watch(5);
    stream(0).message(created(20));
    stream(0).message(response(20, 12, true, false));
    world.pass(TimeUnit.SECONDS.toNanos(1));
    assertThat(stream(0).cancelled).isTrue();
    assertThat(startRevision(stream(1))).isEqualTo(13);
    stream(1).message(created(20));
    stream(1).message(events(20, 13, 20));
    end(1);
    assertThat(startRevision(stream(2))).isEqualTo(21);
    assertThat(told)
        .containsExactly(
            "created 20", "gap 5 12", "created 20", "event 13", "event 20", "interrupted");
  }

  @Test
  void a_gap_whose_end_is_not_known_is_the_end() {
    passesGaps = true;
    watch(5);
    stream(0).message(canceled("etcdserver: mvcc: required revision has been compacted"));
    assertThat(told).containsExactly("ended REVISION_COMPACTED 0");
  }

  @Test
  void a_gap_is_told_with_where_history_begins_and_is_the_end() {
    watch(5);
    stream(0).message(created(40));
    stream(0).message(response(0, 12, true, false));
    assertThat(stream(0).cancelled).isTrue();
    assertThat(told).containsExactly("created 40", "ended REVISION_COMPACTED 12");
    world.pass(TimeUnit.MINUTES.toNanos(1));
    assertThat(world.streams).hasSize(1);
  }

  @Test
  void a_refusal_is_the_end() {
    watch(5);
    stream(0)
        .listener
        .ended(Answer.failed(StatusCode.PERMISSION_DENIED, "etcdserver: permission denied", "a"));
    assertThat(told).containsExactly("ended " + ErrorCode.PERMISSION_DENIED + " 0");
  }

  @Test
  void fragments_are_put_together_and_half_of_them_is_never_told() {
    watch(5);
    stream(0).message(created(9));
    stream(0).message(fragment(6, 6));
    end(0);
    assertThat(startRevision(stream(1))).isEqualTo(5);
    stream(1).message(created(9));
    stream(1).message(fragment(6, 6));
    stream(1).message(events(9, 6, 7));
    assertThat(told)
        .containsExactly(
            "created 9", "interrupted", "created 9", "event 6", "event 6", "event 6", "event 7");
  }

  @Test
  void nothing_more_is_taken_while_the_listener_is_busy() {
    QuorateClient client = QuorateClient.over(world, world, ClientOptions.DEFAULT);
    var unused = client.watch().start(WatchRequest.key("k").from(2), listener, waiting::add);
    stream(0).message(created(9));
    assertThat(stream(0).wanted).isZero();
    waiting.remove(0).run();
    assertThat(stream(0).wanted).isEqualTo(1);
    stream(0).message(events(9, 3));
    assertThat(stream(0).wanted).isZero();
    assertThat(told).containsExactly("created 9");
    waiting.remove(0).run();
    assertThat(told).containsExactly("created 9", "event 3");
    assertThat(stream(0).wanted).isEqualTo(1);
  }

  @Test
  void a_closed_watch_tells_nothing_and_is_not_taken_up_again() {
    Watcher watcher = watch(5);
    stream(0).message(created(9));
    watcher.close();
    assertThat(stream(0).cancelled).isTrue();
    world.pass(TimeUnit.MINUTES.toNanos(1));
    assertThat(world.streams).hasSize(1);
    assertThat(told).containsExactly("created 9");
  }

  @Test
  void a_lease_whose_member_falls_silent_is_kept_through_another_and_lost_in_time() {
    List<String> fate = new ArrayList<>();
    QuorateClient client = QuorateClient.over(world, world, ClientOptions.DEFAULT);
    var unused =
        client
            .lease()
            .keepAlive(
                7,
                new LeaseListener() {
                  @Override
                  public void kept(LeaseKeepAliveResponse response) {
                    fate.add("kept");
                  }

                  @Override
                  public void lost(ErrorCode code, String reason) {
                    fate.add("lost " + code);
                  }
                });
    Bytes kept = new ProtoWriter(16).number(2, 7).number(3, 9).toBytes();
    stream(0).message(kept);
    world.pass(TimeUnit.SECONDS.toNanos(3) + 1);
    assertThat(stream(0).sent).hasSize(2);
    world.pass(TimeUnit.SECONDS.toNanos(4));
    assertThat(stream(0).cancelled).isTrue(); // no answer for a third of the lease's time
    assertThat(stream(1).avoid).isEqualTo("fake");
    stream(1).message(kept);
    assertThat(fate).containsExactly("kept", "kept");
    world.pass(TimeUnit.SECONDS.toNanos(10));
    assertThat(fate).containsExactly("kept", "kept", "lost UNREACHABLE");
  }

  /** One that takes the watch up and drops it at once is no better than one that doesn't. */
  @Test
  void an_overloaded_member_is_waited_out_with_pauses_that_grow_vary_and_can_be_repeated() {
    List<Long> first = pausesOfAnOverloadedWatch(world);
    for (int i = 0; i < first.size(); i++) {
      long longest =
          Math.min(
              TimeUnit.SECONDS.toNanos(1), TimeUnit.MILLISECONDS.toNanos(20) << Math.min(i, 10));
      assertThat(first.get(i)).isBetween(longest / 2, longest);
    }
    assertThat(first.subList(10, 40)).doesNotHaveDuplicates();
    assertThat(told.toString()).doesNotContain("ended");
    assertThat(pausesOfAnOverloadedWatch(new FakeWorld())).isEqualTo(first);
    FakeStream kept = world.streams.get(40);
    kept.message(created(9));
    world.pass(TimeUnit.SECONDS.toNanos(1));
    kept.listener.ended(OVERLOADED);
    long ended = world.nanoTime();
    world.pass(TimeUnit.SECONDS.toNanos(1));
    assertThat(stream(41).atNanos - ended).isLessThanOrEqualTo(TimeUnit.MILLISECONDS.toNanos(20));
  }

  private List<Long> pausesOfAnOverloadedWatch(FakeWorld over) {
    List<Long> pauses = new ArrayList<>();
    QuorateClient client = QuorateClient.over(over, over, ClientOptions.DEFAULT);
    var unused = client.watch().start(WatchRequest.key("k").from(2), listener);
    for (int i = 0; i < 40; i++) {
      if (i % 2 == 1) {
        over.streams.get(i).message(created(9));
      }
      if (i % 3 == 0) {
        over.streams.get(i).message(canceled("etcdserver: too many requests"));
      } else {
        over.streams.get(i).listener.ended(OVERLOADED);
      }
      long ended = over.nanoTime();
      over.pass(TimeUnit.SECONDS.toNanos(1));
      pauses.add(over.streams.get(i + 1).atNanos - ended);
    }
    return pauses;
  }

  @Test
  void a_watch_that_a_member_does_not_take_up_is_taken_elsewhere_in_the_time_of_a_call() {
    watch(5);
    world.pass(TimeUnit.SECONDS.toNanos(10) - 1);
    assertThat(stream(0).cancelled).isFalse();
    world.pass(1);
    assertThat(stream(0).cancelled).isTrue();
    world.pass(TimeUnit.SECONDS.toNanos(1));
    assertThat(stream(1).avoid).isEqualTo("fake");
    stream(1).unsent = true;
    world.pass(TimeUnit.SECONDS.toNanos(10));
    assertThat(stream(1).cancelled).isTrue();
    world.pass(TimeUnit.SECONDS.toNanos(1));
    stream(2).message(created(9));
    world.pass(TimeUnit.HOURS.toNanos(1)); // a quiet watch is none that hangs
    assertThat(world.streams).hasSize(3);
    assertThat(told).containsExactly("interrupted", "interrupted", "created 9");
  }

  @Test
  void a_watch_outlives_an_error_where_its_stream_should_be_opened() {
    watch(5);
    stream(0).message(created(9));
    world.noStreams = new OutOfMemoryError("no room for a stream");
    end(0);
    world.noStreams = null;
    world.pass(TimeUnit.SECONDS.toNanos(2));
    assertThat(startRevision(stream(1))).isEqualTo(5);
    assertThat(told.subList(0, 3)).containsExactly("created 9", "interrupted", "interrupted");
  }

  @ParameterizedTest
  @CsvSource({
    "UNKNOWN, something new, true",
    "DEADLINE_EXCEEDED, '', true",
    "ABORTED, '', true",
    "CANCELLED, grpc: the client connection is closing, true",
    "RESOURCE_EXHAUSTED, etcdserver: too many requests, true",
    "RESOURCE_EXHAUSTED, grpc: received message larger than max, false",
    "UNIMPLEMENTED, unknown service, false",
    "INVALID_ARGUMENT, etcdserver: key is not provided, false",
    "DATA_LOSS, etcdserver: corrupt cluster, false",
  })
  void only_a_refusal_that_names_its_reason_ends_a_watch(
      StatusCode status, String words, boolean goesOn) {
    watch(5);
    stream(0).listener.ended(Answer.failed(status, words, "a"));
    world.pass(TimeUnit.SECONDS.toNanos(1));
    assertThat(world.streams).hasSize(goesOn ? 2 : 1);
    assertThat(told.get(0)).startsWith(goesOn ? "interrupted" : "ended");
  }

  @Test
  void a_response_longer_than_is_accepted_ends_a_watch_instead_of_being_fetched_for_ever() {
    watch(5);
    String why = "a response of 9 bytes; at most 8 bytes are accepted"; // HttpChannelTest's, too
    stream(0).listener.ended(Answer.lost(StatusCode.RESOURCE_EXHAUSTED, why, "a"));
    assertThat(told).containsExactly("ended INVALID_REQUEST 0");
  }

  @Test
  void an_error_thrown_by_a_listener_ends_its_watch_and_is_told() {
    WatchListener broken =
        new WatchListener() {
          @Override
          public void events(WatchResponse response) {
            throw new StackOverflowError("deep");
          }

          @Override
          public void ended(WatchEnd end) {
            told.add(end.code() + " " + end.reason());
            throw new AssertionError("and again");
          }
        };
    QuorateClient client = QuorateClient.over(world, world, ClientOptions.DEFAULT);
    var unused = client.watch().start(WatchRequest.key("k").from(2), broken);
    stream(0).message(created(9));
    stream(0).message(events(9, 3));
    assertThat(stream(0).cancelled).isTrue();
    assertThat(told).singleElement().asString().startsWith("OUTCOME_UNKNOWN").contains("deep");
  }

  @Test
  @Timeout(60)
  void a_watch_whose_executor_takes_no_more_ends_and_is_told_so_off_the_caller() throws Exception {
    CompletableFuture<WatchEnd> ended = new CompletableFuture<>();
    WatchListener listening =
        new WatchListener() {
          @Override
          public void events(WatchResponse response) {
            ended.completeExceptionally(new AssertionError("after the refusal"));
          }

          @Override
          public void ended(WatchEnd end) {
            if (Thread.currentThread().getName().equals("main")) {
              ended.completeExceptionally(new AssertionError("on the caller"));
            }
            ended.complete(end);
          }
        };
    QuorateClient client = QuorateClient.over(world, world, ClientOptions.DEFAULT);
    Executor refusing =
        task -> {
          throw new RejectedExecutionException("shut down");
        };
    var unused = client.watch().start(WatchRequest.key("k").from(2), listening, refusing);
    stream(0).message(created(9));
    WatchEnd end = ended.get(30, TimeUnit.SECONDS);
    assertThat(end.code()).isEqualTo(ErrorCode.OUTCOME_UNKNOWN);
    assertThat(end.reason()).contains("shut down");
    assertThat(stream(0).cancelled).isTrue();
  }

  @Test
  @Timeout(60)
  void a_transfer_whose_reader_fails_or_whose_executor_refuses_it_fails() {
    QuorateClient client = QuorateClient.over(world, world, ClientOptions.DEFAULT);
    CompletableFuture<Void> failing =
        client
            .maintenance()
            .snapshot(
                part -> {
                  throw new LinkageError("no sink");
                },
                Runnable::run);
    stream(0).message(new ProtoWriter(8).bytes(3, Bytes.utf8("x")).toBytes());
    assertThat(stream(0).cancelled).isTrue();
    assertThatThrownBy(failing::get).hasMessageContaining("no sink");
    CompletableFuture<Void> refused =
        client
            .maintenance()
            .snapshot(
                part -> {},
                task -> {
                  throw new RejectedExecutionException("shut down");
                });
    stream(1).listener.ended(Answer.ok(Bytes.EMPTY, "a"));
    assertThatThrownBy(refused::get).hasMessageContaining("shut down");
  }

  private Watcher watch(long from) {
    QuorateClient client = QuorateClient.over(world, world, ClientOptions.DEFAULT);
    return client.watch().start(WatchRequest.prefix("k").from(from), listener);
  }

  private FakeStream stream(int number) {
    return world.streams.get(number);
  }

  private void end(int number) {
    stream(number).listener.ended(Answer.lost(StatusCode.UNAVAILABLE, "gone", "a"));
    world.pass(TimeUnit.SECONDS.toNanos(2));
  }

  private static long startRevision(FakeStream stream) {
    ProtoReader request = new ProtoReader(stream.sent.get(0));
    assertThat(request.next()).isTrue();
    ProtoReader create = request.message();
    while (create.next()) {
      if (create.field() == 3) {
        return create.number();
      }
    }
    return 0;
  }

  static Bytes created(long revision) {
    return header(revision).flag(3, true).toBytes();
  }

  static Bytes events(long revision, long... modRevisions) {
    return withEvents(header(revision), modRevisions).toBytes();
  }

  private static Bytes fragment(long... modRevisions) {
    return withEvents(header(9).flag(7, true), modRevisions).toBytes();
  }

  static Bytes response(long revision, long compactRevision, boolean canceled, boolean created) {
    return header(revision).flag(3, created).flag(4, canceled).number(5, compactRevision).toBytes();
  }

  private static Bytes canceled(String reason) {
    return header(9).flag(4, true).bytes(6, Bytes.utf8(reason)).toBytes();
  }

  private static ProtoWriter header(long revision) {
    ProtoWriter out = new ProtoWriter(64);
    int mark = out.open(1);
    return out.number(3, revision).close(mark);
  }

  private static ProtoWriter withEvents(ProtoWriter out, long... modRevisions) {
    for (long revision : modRevisions) {
      int event = out.open(11);
      int kv = out.open(2);
      out.bytes(1, Bytes.utf8("k")).number(3, revision).close(kv);
      out.close(event);
    }
    return out;
  }
}

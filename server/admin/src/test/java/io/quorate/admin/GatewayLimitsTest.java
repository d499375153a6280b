package io.quorate.admin;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.embedded.EmbeddedChannel;
import io.quorate.base.Bytes;
import io.quorate.base.Limits;
import io.quorate.grpc.Call;
import io.quorate.grpc.ServiceRegistry;
import io.quorate.grpc.StreamListener;
import io.quorate.protocol.etcdserverpb.PutResponse;
import io.quorate.protocol.etcdserverpb.RangeResponse;
import io.quorate.protocol.etcdserverpb.WatchResponse;
import io.quorate.protocol.mvccpb.KeyValue;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Shows what a client of the pages and of the JSON gateway can't do: talk without end, keep what it
 * doesn't read, or have the loop do what workers are for.
 */
class GatewayLimitsTest {
  private static final int MESSAGE_BYTES_MAX = 1_000_000;
  private static final String CONVERSATION =
      "POST /v3/watch HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n";
  private static final String MESSAGE = "{\"create_request\":{\"key\":\"YQ==\"}}";
  private static final String ANSWER = "{\"result\":{\"created\":true}}";

  private final FakeReplica replica = new FakeReplica();
  private final List<String> events = new ArrayList<>();
  private boolean workersBusy;

  /** Whether the watch wants no more than one message. */
  private boolean pauses;

  private @Nullable Call watch;

  private final SlowChannel channel =
      new SlowChannel(
          new AdminHttp(
                  replica,
                  new AdminSettings(0xabcL, "3.6.14", "3.6.0", "3.6.0", 10_000),
                  new MemberMetrics(),
                  HttpAccess.STANDARD,
                  new JsonGateway(
                      new ServiceRegistry()
                          .unary("/etcdserverpb.KV/Range", this::range)
                          .unary("/etcdserverpb.KV/Put", this::put)
                          .streaming("/etcdserverpb.Watch/Watch", Watch::new),
                      replica.loop(),
                      this::work,
                      MESSAGE_BYTES_MAX))
              .get());

  @BeforeEach
  void stopTheClock() {
    channel.freezeTime();
  }

  @AfterEach
  void close() {
    channel.takes = Integer.MAX_VALUE;
    channel.finishAndReleaseAll();
  }

  private void work(Runnable task) {
    if (workersBusy) {
      throw new RejectedExecutionException("busy");
    }
    task.run();
  }

  /** Answers with a value that is too large for the loop. */
  private void range(Call call, Bytes message) {
    call.reply(
        Bytes.wrap(
            RangeResponse.newBuilder()
                .addKvs(KeyValue.newBuilder().setValue(ByteString.copyFrom(new byte[200_000])))
                .build()
                .toByteArray()));
  }

  private void put(Call call, Bytes message) {
    events.add("put");
    call.reply(Bytes.wrap(PutResponse.getDefaultInstance().toByteArray()));
  }

  /** Answers every message. */
  private final class Watch implements StreamListener {
    private final Call call;

    Watch(Call call) {
      this.call = call;
      watch = call;
    }

    @Override
    public void onMessage(Bytes message) {
      if (pauses) {
        call.pause();
      }
      call.send(Bytes.wrap(WatchResponse.newBuilder().setCreated(true).build().toByteArray()));
    }

    @Override
    public void onHalfClose() {}

    @Override
    public void onCancel() {
      events.add("cancelled");
    }
  }

  /** A socket whose client takes so many bytes of each flush, from each turn on. */
  private static final class SlowChannel extends EmbeddedChannel {
    private int takes = Integer.MAX_VALUE;

    SlowChannel(ChannelHandler handler) {
      super(handler);
    }

    @Override
    protected void doWrite(ChannelOutboundBuffer out) throws Exception {
      if (takes == Integer.MAX_VALUE) {
        super.doWrite(out);
      } else if (takes > 0) {
        out.removeBytes(takes);
      }
    }
  }

  // ---- clients that don't read

  @ParameterizedTest
  @ValueSource(strings = {"connection: close", "connection: keep-alive"})
  void a_client_that_takes_nothing_of_its_answer_is_cut_off(String connection) {
    channel.takes = 0;
    send("GET /metrics HTTP/1.1\r\nhost: x\r\n" + connection + "\r\n\r\n");
    pass(Limits.HTTP_ANSWER_STALL_NANOS);
    assertThat(channel.isOpen()).isTrue();
    pass(Limits.HTTP_ANSWER_STALL_NANOS);
    assertThat(channel.isOpen()).isFalse();
  }

  /** A body that is still to come, or has ended since the answer began, is no way around it. */
  @ParameterizedTest
  @ValueSource(strings = {"", "0\r\n\r\n"})
  void a_conversation_that_is_not_read_is_cut_off(String end) {
    channel.takes = 0;
    send(CONVERSATION);
    sendChunk(MESSAGE);
    send(end);
    pass(2 * Limits.HTTP_ANSWER_STALL_NANOS);
    pass(2 * Limits.HTTP_ANSWER_STALL_NANOS);
    assertThat(channel.isOpen()).isFalse();
    assertThat(events).containsExactly("cancelled");
  }

  /** That more and more waits is no progress. */
  @Test
  void a_client_that_asks_on_and_reads_nothing_is_cut_off() {
    channel.takes = 0;
    send(CONVERSATION);
    for (int i = 0; i < 10 && channel.isOpen(); i++) {
      sendChunk(MESSAGE);
      pass(Limits.HTTP_ANSWER_STALL_NANOS / 2);
    }
    assertThat(channel.isOpen()).isFalse();
  }

  @Test
  void a_client_that_takes_a_little_now_and_then_is_waited_for() {
    channel.takes = 1;
    send("GET /metrics HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    for (int i = 0; i < 20; i++) {
      channel.flush();
      pass(Limits.HTTP_ANSWER_STALL_NANOS);
      assertThat(channel.isOpen()).isTrue();
    }
  }

  // ---- clients that talk without end

  @Test
  void a_message_that_has_begun_must_end_in_time() {
    send(CONVERSATION);
    sendChunk(MESSAGE + MESSAGE.substring(0, 4));
    assertThat(received()).contains(ANSWER);
    for (int i = 1; i < 10; i++) {
      pass(Limits.HTTP_REQUEST_NANOS / 10);
      sendChunk(MESSAGE.substring(4 + i, 5 + i));
    }
    assertThat(events).isEmpty();
    pass(Limits.HTTP_REQUEST_NANOS / 10);
    assertThat(received())
        .contains(
            "{\"error\":{\"code\":4,\"message\":\"a message that has begun must end within 10 s\"");
    assertThat(events).containsExactly("cancelled");
    assertThat(channel.isOpen()).isFalse();
  }

  @Test
  void a_conversation_must_begin_in_time() {
    send(CONVERSATION);
    pass(Limits.HTTP_IDLE_NANOS - 1);
    sendChunk(" ");
    assertThat(channel.isOpen()).isTrue();
    pass(1);
    assertThat(received())
        .startsWith("HTTP/1.1 504 ")
        .contains("\"message\":\"no message has come in 60 s\"");
    assertThat(channel.isOpen()).isFalse();
  }

  @Test
  void between_its_messages_a_client_may_be_silent() {
    send(CONVERSATION);
    for (int i = 0; i < 5; i++) {
      sendChunk(MESSAGE + "\n");
      assertThat(received()).contains(ANSWER);
      pass(TimeUnit.HOURS.toNanos(1));
    }
    assertThat(channel.isOpen()).isTrue();
  }

  /** Each message has its own time, also if the next one always has begun already. */
  @Test
  void a_client_may_send_messages_without_a_pause() {
    send(CONVERSATION);
    sendChunk(MESSAGE.substring(0, 9));
    for (int i = 0; i < 5; i++) {
      pass(Limits.HTTP_REQUEST_NANOS - 1);
      sendChunk(MESSAGE.substring(9) + MESSAGE.substring(0, 9));
      assertThat(received()).contains(ANSWER);
    }
  }

  @Test
  void a_client_has_all_its_time_again_when_it_was_made_to_wait() {
    pauses = true;
    send(CONVERSATION);
    sendChunk(MESSAGE + MESSAGE.substring(0, 9));
    pass(10 * Limits.HTTP_REQUEST_NANOS);
    assertThat(channel.isOpen()).isTrue();
    assertThat(watch).isNotNull();
    watch.resume();
    channel.runPendingTasks();
    pass(Limits.HTTP_REQUEST_NANOS - 1);
    assertThat(channel.isOpen()).isTrue();
    pass(1);
    assertThat(channel.isOpen()).isFalse();
  }

  @Test
  void blanks_without_end_are_no_message() {
    send(CONVERSATION);
    sendChunk(MESSAGE);
    long sent = 0;
    while (channel.isOpen() && sent < 10_000_000) {
      sendChunk(" ".repeat(8_000));
      sent += 8_000;
    }
    assertThat(sent).isLessThan(3_000_000);
    assertThat(received()).contains("\"code\":3,\"message\":\"no message comes after ");
    assertThat(events).containsExactly("cancelled");
  }

  // ---- workers that have no room

  @Test
  void a_large_request_is_refused_while_all_workers_are_busy() {
    workersBusy = true;
    String value = "QUJD".repeat(30_000);
    post("/v3/kv/put", "{\"key\":\"YQ==\",\"value\":\"" + value + "\"}");
    assertThat(received())
        .startsWith("HTTP/1.1 429 ")
        .contains("{\"code\":8,\"message\":\"etcdserver: too many requests\"");
    assertThat(events).isEmpty();
  }

  @Test
  void a_large_answer_waits_for_a_worker() {
    workersBusy = true;
    post("/v3/kv/range", "{\"key\":\"YQ==\"}");
    workersHaveRoom(false);
    assertThat(received()).isEmpty();
    workersHaveRoom(true);
    assertThat(received()).startsWith("HTTP/1.1 200 OK").contains("\"value\":\"AAAA");
    post("/v3/kv/range", "{\"key\":\"YQ==\"}");
    workersBusy = true;
    assertThat(received()).startsWith("HTTP/1.1 200 OK");
    post("/v3/kv/range", "{\"key\":\"YQ==\"}");
    var _ = channel.close();
    workersHaveRoom(false);
    assertThat(replica.timers).as("nobody waits for an answer any more").isEmpty();
  }

  /** What comes behind it waits, too. */
  @Test
  void a_large_message_of_a_conversation_waits_for_a_worker() {
    workersBusy = true;
    send(CONVERSATION);
    String message = MESSAGE.substring(0, 1) + " ".repeat(70_000) + MESSAGE.substring(1);
    for (int from = 0; from < message.length(); from += 8_000) {
      sendChunk(message.substring(from, Math.min(message.length(), from + 8_000)));
    }
    sendChunk(MESSAGE);
    assertThat(received()).isEmpty();
    workersHaveRoom(true);
    assertThat(received().split("\"created\":true", -1)).hasSize(3);
    assertThat(channel.isOpen()).isTrue();
  }

  private void workersHaveRoom(boolean room) {
    workersBusy = !room;
    List<Runnable> due = List.copyOf(replica.timers);
    assertThat(due).hasSize(1);
    replica.timers.clear();
    due.forEach(Runnable::run);
    channel.runPendingTasks();
  }

  private void pass(long nanos) {
    channel.advanceTimeBy(nanos, TimeUnit.NANOSECONDS);
    channel.runPendingTasks();
  }

  private void post(String path, String body) {
    send(
        "POST "
            + path
            + " HTTP/1.1\r\nhost: x\r\ncontent-length: "
            + body.length()
            + "\r\n\r\n"
            + body);
  }

  private void sendChunk(String text) {
    send(Integer.toHexString(text.length()) + "\r\n" + text + "\r\n");
  }

  private void send(String text) {
    channel.writeInbound(Unpooled.copiedBuffer(text, StandardCharsets.ISO_8859_1));
    channel.runPendingTasks();
  }

  private String received() {
    StringBuilder answer = new StringBuilder();
    for (ByteBuf part = channel.readOutbound(); part != null; part = channel.readOutbound()) {
      answer.append(part.toString(StandardCharsets.UTF_8));
      part.release();
    }
    return answer.toString();
  }
}

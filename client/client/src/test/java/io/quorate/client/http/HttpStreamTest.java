package io.quorate.client.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.IoEventLoopGroup;
import io.quorate.base.Bytes;
import io.quorate.client.channel.Answer;
import io.quorate.client.channel.Answer.Fate;
import io.quorate.client.channel.CallOptions;
import io.quorate.client.channel.Metadata;
import io.quorate.client.channel.StatusCode;
import io.quorate.client.channel.StreamCall;
import io.quorate.client.channel.StreamListener;
import io.quorate.grpc.Call;
import io.quorate.grpc.CallListener;
import io.quorate.grpc.EventLoops;
import io.quorate.grpc.GrpcServer;
import io.quorate.grpc.ServiceRegistry;
import io.quorate.grpc.Status;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Shows what becomes of a stream's messages and its end, against the server of our own. */
@Timeout(60)
class HttpStreamTest {
  private static final String ECHO = "s.S/Echo";
  private static final String FLOOD = "s.S/Flood";
  private static final String WORDS = "s.S/Words";
  private static final String UNARY = "s.S/Unary";
  private static final int FLOOD_MESSAGES = 1_000;
  private static final int FLOOD_BYTES = 64 * 1024;

  private final IoEventLoopGroup loops = EventLoops.start(1, "stream-test");
  private final BlockingQueue<String> atServer = new LinkedBlockingQueue<>();
  private GrpcServer server;
  private String endpoint;
  private HttpChannel channel;

  @BeforeEach
  void start() throws IOException {
    ServiceRegistry services =
        new ServiceRegistry()
            .streaming("/" + ECHO, Echo::new)
            .serverStreaming("/" + FLOOD, (call, request) -> new Flood(call).onReady())
            .serverStreaming(
                "/" + WORDS,
                (call, request) -> {
                  call.send(request);
                  call.send(request);
                  call.complete(
                      Status.of(io.quorate.grpc.StatusCode.NOT_FOUND, "no more of “that”"));
                })
            .unary("/" + UNARY, Call::reply);
    server = GrpcServer.builder(loops, services).receivedMessageBytesMax(64 << 20).build();
    InetSocketAddress bound =
        server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    endpoint = "127.0.0.1:" + bound.getPort();
    channel = HttpChannel.open(List.of(endpoint));
  }

  @AfterEach
  void stop() {
    channel.close();
    server.close();
    loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
  }

  @Test
  void messages_of_any_length_come_back_whole_and_in_order_and_the_end_behind_them()
      throws Exception {
    Taken taken = new Taken();
    StreamCall stream = channel.stream(ECHO, Metadata.EMPTY, "", taken);
    int[] sizes = {0, 1, 5, 16_379, 16_384, 70_000, 9_000_000, 3, 0};
    for (int size : sizes) {
      stream.send(noise(size));
    }
    stream.halfClose();
    stream.request(sizes.length);
    for (int size : sizes) {
      assertThat(taken.next()).isEqualTo(noise(size));
    }
    assertThat(taken.end()).isEqualTo(Answer.ok(Bytes.EMPTY, endpoint));
    assertThat(taken.messages).isEmpty();
  }

  @Test
  void a_reader_that_takes_nothing_holds_up_its_member_and_no_other_call() throws Exception {
    Taken taken = new Taken();
    StreamCall stream = channel.stream(FLOOD, Metadata.EMPTY, "", taken);
    stream.send(Bytes.EMPTY);
    stream.halfClose();
    assertThat(atServer.take()).isEqualTo("full");
    for (int i = 0; i < 200; i++) { // more than the connection's window, beside the full stream
      assertThat(unary(noise(100_000)).status()).isEqualTo(StatusCode.OK);
    }
    assertThat(taken.messages).isEmpty();
    stream.request(FLOOD_MESSAGES - 1);
    for (int i = 0; i < FLOOD_MESSAGES - 1; i++) {
      assertThat(taken.next().length()).isEqualTo(FLOOD_BYTES);
    }
    assertThat(unary(Bytes.EMPTY).status()).isEqualTo(StatusCode.OK);
    assertThat(taken.end).isNotDone(); // one message is in its way
    stream.request(1);
    assertThat(taken.next().length()).isEqualTo(FLOOD_BYTES);
    assertThat(taken.end().status()).isEqualTo(StatusCode.OK);
  }

  @Test
  void a_status_comes_with_its_words_behind_the_messages_before_it() throws Exception {
    Taken taken = new Taken();
    StreamCall stream = channel.stream(WORDS, Metadata.EMPTY, "", taken);
    stream.send(Bytes.utf8("x"));
    stream.halfClose();
    stream.request(1);
    assertThat(taken.next()).isEqualTo(Bytes.utf8("x"));
    assertThat(taken.end).isNotDone();
    stream.request(7);
    assertThat(taken.next()).isEqualTo(Bytes.utf8("x"));
    assertThat(taken.end())
        .isEqualTo(Answer.failed(StatusCode.NOT_FOUND, "no more of “that”", endpoint));
  }

  @Test
  void a_cancelled_stream_ends_at_once_and_its_member_hears_of_it() throws Exception {
    Taken taken = new Taken();
    StreamCall stream = channel.stream(ECHO, Metadata.EMPTY, "", taken);
    stream.request(1);
    stream.send(Bytes.utf8("x"));
    assertThat(taken.next()).isEqualTo(Bytes.utf8("x"));
    stream.send(Bytes.utf8("never taken"));
    stream.cancel();
    assertThat(taken.end().status()).isEqualTo(StatusCode.CANCELLED);
    assertThat(atServer.take()).isEqualTo("cancelled");
    stream.send(Bytes.utf8("to no one"));
    stream.cancel();
    assertThat(taken.messages).isEmpty();
  }

  @Test
  void a_member_that_goes_away_leaves_open_what_it_did_and_none_at_all_does_nothing()
      throws Exception {
    Taken taken = new Taken();
    StreamCall stream = channel.stream(ECHO, Metadata.EMPTY, "", taken);
    stream.request(1);
    stream.send(Bytes.utf8("x"));
    assertThat(taken.next()).isEqualTo(Bytes.utf8("x"));
    server.close();
    Answer end = taken.end();
    assertThat(end.status()).isEqualTo(StatusCode.UNAVAILABLE);
    assertThat(end.fate()).isEqualTo(Fate.UNKNOWN);
    Taken nobody = new Taken();
    channel.stream(ECHO, Metadata.EMPTY, "", nobody).send(Bytes.utf8("x"));
    assertThat(nobody.end().fate()).isEqualTo(Fate.NOT_PROCESSED);
    assertThat(nobody.end().detail()).contains(endpoint);
  }

  @Test
  void closing_the_channel_ends_a_stream_that_nobody_reads() throws Exception {
    Taken taken = new Taken();
    StreamCall stream = channel.stream(FLOOD, Metadata.EMPTY, "", taken);
    stream.send(Bytes.EMPTY);
    stream.halfClose();
    assertThat(atServer.take()).isEqualTo("full");
    channel.close();
    assertThat(taken.end().status()).isEqualTo(StatusCode.UNAVAILABLE);
    Taken late = new Taken();
    channel.stream(ECHO, Metadata.EMPTY, "", late);
    assertThat(late.end())
        .isEqualTo(Answer.notProcessed(StatusCode.CANCELLED, "the client is closed", ""));
  }

  @Test
  void what_is_unsent_is_bounded() throws Exception {
    HttpSettings defaults = HttpSettings.DEFAULT;
    HttpSettings small =
        new HttpSettings(
            defaults.connectTimeout(),
            defaults.keepAliveTime(),
            defaults.keepAliveTimeout(),
            1 << 20,
            65_535,
            65_535,
            1_000,
            defaults.stayTime());
    try (HttpChannel narrow = HttpChannel.open(List.of(endpoint), small)) {
      Taken taken = new Taken();
      StreamCall stream = narrow.stream(ECHO, Metadata.EMPTY, "", taken);
      stream.request(1);
      stream.send(noise(900));
      assertThat(taken.next().length()).isEqualTo(900);
      stream.send(noise(1_001));
      assertThat(taken.end().status()).isEqualTo(StatusCode.RESOURCE_EXHAUSTED);
    }
  }

  @Test
  void a_reader_that_throws_ends_its_own_stream_and_nobody_elses() throws Exception {
    Taken other = new Taken();
    StreamCall stays = channel.stream(ECHO, Metadata.EMPTY, "", other);
    stays.request(2);
    stays.send(Bytes.utf8("x"));
    assertThat(other.next()).isEqualTo(Bytes.utf8("x"));
    CompletableFuture<Answer> end = new CompletableFuture<>();
    StreamListener broken =
        new StreamListener() {
          @Override
          public void message(Bytes message) {
            throw new LinkageError("no reader");
          }

          @Override
          public void ended(Answer answer) {
            end.complete(answer);
          }
        };
    StreamCall stream = channel.stream(ECHO, Metadata.EMPTY, "", broken);
    stream.request(1);
    stream.send(Bytes.utf8("y"));
    assertThat(end.get(30, TimeUnit.SECONDS).detail()).contains("no reader");
    stays.send(Bytes.utf8("z"));
    assertThat(other.next()).isEqualTo(Bytes.utf8("z"));
    assertThat(other.end).isNotDone();
  }

  @Test
  void an_unknown_method_is_told_as_such() throws Exception {
    Taken taken = new Taken();
    channel.stream("s.S/None", Metadata.EMPTY, "", taken).send(Bytes.EMPTY);
    assertThat(taken.end().status()).isEqualTo(StatusCode.UNIMPLEMENTED);
  }

  private Answer unary(Bytes request) throws Exception {
    return channel.unary(UNARY, request, CallOptions.timeout(TimeUnit.SECONDS.toNanos(20))).get();
  }

  private static Bytes noise(int size) {
    byte[] bytes = new byte[size];
    for (int i = 0; i < size; i++) {
      bytes[i] = (byte) (i * 31 + (i >> 8));
    }
    return Bytes.wrap(bytes);
  }

  /** What a stream brought. */
  private static final class Taken implements StreamListener {
    final BlockingQueue<Bytes> messages = new LinkedBlockingQueue<>();
    final CompletableFuture<Answer> end = new CompletableFuture<>();

    @Override
    public void message(Bytes message) {
      assertThat(end).isNotDone();
      messages.add(message);
    }

    @Override
    public void ended(Answer answer) {
      assertThat(end.complete(answer)).isTrue();
    }

    Bytes next() throws InterruptedException {
      @Nullable Bytes message = messages.poll(30, TimeUnit.SECONDS);
      assertThat(message).isNotNull();
      return message;
    }

    Answer end() throws Exception {
      return end.get(30, TimeUnit.SECONDS);
    }
  }

  private final class Echo implements io.quorate.grpc.StreamListener {
    private final Call call;

    Echo(Call call) {
      this.call = call;
      call.listen(this);
    }

    @Override
    public void onMessage(Bytes message) {
      call.send(message);
    }

    @Override
    public void onHalfClose() {
      call.complete(Status.OK);
    }

    @Override
    public void onCancel() {
      atServer.add("cancelled");
    }
  }

  /** Sends as much as the client takes. */
  private final class Flood implements CallListener {
    private final Call call;
    private int left = FLOOD_MESSAGES;

    Flood(Call call) {
      this.call = call;
      call.listen(this);
    }

    @Override
    public void onReady() {
      while (call.isReady() && left-- > 0) {
        call.send(noise(FLOOD_BYTES));
      }
      if (left <= 0) {
        call.complete(Status.OK);
      } else {
        atServer.add("full");
      }
    }
  }
}

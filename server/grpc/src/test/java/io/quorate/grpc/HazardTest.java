package io.quorate.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.quorate.base.Bytes;
import io.quorate.grpc.RawClient.Answer;
import io.quorate.grpc.RawClient.Frame;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Every known way to abuse an HTTP/2 server, each under its name: the peer is stopped, what it
 * could make us hold is let go, and others are served on.
 */
@Timeout(60)
final class HazardTest {
  private @Nullable TestServer started;
  private @Nullable RawClient connected;

  @AfterEach
  void others_are_served_and_nothing_is_held() throws IOException {
    TestServer server = started;
    if (server != null) {
      try (RawClient other = server.client()) {
        other.headers(1, TestServer.ECHO, false).message(1, new byte[] {1}, true);
        assertThat(other.answer(1).grpcStatus()).isZero();
      }
      if (connected != null) {
        connected.close();
      }
      server.close();
      assertThat(server.server.heldBytes()).isZero();
      assertThat(server.failures).isEmpty();
    }
  }

  private TestServer server() throws IOException {
    return server(new TestServer());
  }

  private TestServer server(TestServer server) {
    started = server;
    return server;
  }

  private RawClient client(TestServer server, int... settings) throws IOException {
    RawClient client = server.client(settings);
    connected = client;
    return client;
  }

  private RawClient client() throws IOException {
    return client(server());
  }

  /** The connection ends with this error, and then is closed. */
  private static String goneWith(RawClient client, int code) throws IOException {
    Frame frame = client.await(OutBuffer.GOAWAY);
    assertThat(frame.code()).isEqualTo(code);
    assertThat(client.isClosedByServer()).isTrue();
    return frame.debug();
  }

  /** Sends as long as the server takes it. */
  private static void flood(RawClient client, int rounds, OutBuffer round) throws IOException {
    byte[] bytes = Arrays.copyOf(round.array(), round.size());
    try {
      for (int i = 0; i < rounds; i++) {
        OutBuffer one = new OutBuffer();
        one.put(bytes, 0, bytes.length);
        client.send(one);
      }
    } catch (java.net.SocketException e) {
      // It has closed: what it said before is still to be read.
    }
  }

  // ------------------------------------------------------------------ resets

  @Test
  void rapid_reset_ends_the_connection_CVE_2023_44487() throws IOException {
    TestServer server = server(new TestServer(b -> b.resetsPerSecondMax(10)));
    RawClient client = client(server);
    OutBuffer out = new OutBuffer();
    for (int stream = 1; stream < 200; stream += 2) {
      RawClient.frame(
          out, OutBuffer.HEADERS, OutBuffer.END_HEADERS, stream, RawClient.block(TestServer.HANG));
      out.rstStream(stream, Http2Error.CANCEL);
    }
    client.send(out);
    assertThat(goneWith(client, Http2Error.ENHANCE_YOUR_CALM)).isEqualTo("too many streams reset");
  }

  @Test
  void made_you_reset_by_window_overflow_ends_the_connection_CVE_2025_55163() throws IOException {
    TestServer server = server(new TestServer(b -> b.resetsPerSecondMax(10)));
    RawClient client = client(server);
    OutBuffer out = new OutBuffer();
    for (int stream = 1; stream < 200; stream += 2) {
      RawClient.frame(
          out, OutBuffer.HEADERS, OutBuffer.END_HEADERS, stream, RawClient.block(TestServer.HANG));
      RawClient.frame(
          out, OutBuffer.DATA, OutBuffer.END_STREAM, stream, RawClient.framed(0, new byte[1]));
      out.windowUpdate(stream, Integer.MAX_VALUE);
    }
    client.send(out);
    assertThat(goneWith(client, Http2Error.ENHANCE_YOUR_CALM))
        .isEqualTo("too many streams that had to be reset");
    for (int hung = 0; hung < 40; hung++) {
      server.event();
    }
  }

  @Test
  void made_you_reset_by_data_after_the_end_of_a_stream_ends_the_connection() throws IOException {
    TestServer server = server(new TestServer(b -> b.resetsPerSecondMax(10)));
    RawClient client = client(server);
    OutBuffer out = new OutBuffer();
    for (int stream = 1; stream < 200; stream += 2) {
      RawClient.frame(
          out, OutBuffer.HEADERS, OutBuffer.END_HEADERS, stream, RawClient.block(TestServer.HANG));
      byte[] message = RawClient.framed(0, new byte[1]);
      RawClient.frame(out, OutBuffer.DATA, OutBuffer.END_STREAM, stream, message);
      RawClient.frame(out, OutBuffer.DATA, OutBuffer.END_STREAM, stream, message);
    }
    client.send(out);
    goneWith(client, Http2Error.ENHANCE_YOUR_CALM);
  }

  @Test
  void data_after_the_end_of_a_stream_resets_it() throws IOException {
    RawClient client = client();
    client.headers(1, TestServer.HANG, false).message(1, new byte[1], true);
    client.message(1, new byte[1], true);
    assertThat(client.answer(1).resetCode()).isEqualTo(Http2Error.STREAM_CLOSED);
  }

  // ------------------------------------------------------------------ floods

  @Test
  void continuation_flood_ends_the_connection() throws IOException {
    RawClient client = client();
    client.frame(OutBuffer.HEADERS, 0, 1, RawClient.block(TestServer.ECHO));
    OutBuffer out = new OutBuffer();
    for (int i = 0; i < 100; i++) {
      RawClient.frame(out, OutBuffer.CONTINUATION, 0, 1);
    }
    client.send(out);
    assertThat(goneWith(client, Http2Error.ENHANCE_YOUR_CALM))
        .isEqualTo("header block in too many frames");
  }

  @Test
  void a_header_block_that_grows_without_end_ends_the_connection() throws IOException {
    RawClient client = client();
    client.frame(OutBuffer.HEADERS, 0, 1, RawClient.block(TestServer.ECHO));
    OutBuffer out = new OutBuffer();
    for (int i = 0; i < 4; i++) {
      RawClient.frame(out, OutBuffer.CONTINUATION, 0, 1, new byte[16_384]);
    }
    client.send(out);
    assertThat(goneWith(client, Http2Error.ENHANCE_YOUR_CALM)).contains("header block of more");
  }

  @Test
  void a_header_list_over_the_limit_is_refused_and_the_connection_lives() throws IOException {
    RawClient client = client();
    String[] more = new String[2 * 40];
    for (int i = 0; i < 40; i++) {
      more[2 * i] = "x-" + i;
      more[2 * i + 1] = "v".repeat(300);
    }
    TestServer server = started;
    assertThat(server).isNotNull();
    // 40 headers of 300 bytes fit; a table entry used again and again does not.
    client.headers(1, TestServer.ECHO, true, more);
    assertThat(client.answer(1).grpcStatus()).isEqualTo(13);
    OutBuffer block = new OutBuffer();
    byte[] plain = RawClient.block(TestServer.ECHO);
    block.put(plain, 0, plain.length);
    block.put(0x40);
    RawClient.string(block, "x-bomb");
    RawClient.string(block, "b".repeat(3_000));
    for (int i = 0; i < 10_000; i++) {
      block.put(0x80 | 62);
    }
    client.frame(
        OutBuffer.HEADERS,
        OutBuffer.END_HEADERS | OutBuffer.END_STREAM,
        3,
        Arrays.copyOf(block.array(), block.size()));
    Answer answer = client.answer(3);
    assertThat(answer.httpStatus()).isEqualTo("431");
    assertThat(answer.message()).isEqualTo("request headers larger than max (32768)");
    client.headers(5, TestServer.ECHO, false).message(5, new byte[1], true);
    assertThat(client.answer(5).grpcStatus()).isZero();
  }

  @Test
  void settings_flood_ends_the_connection() throws IOException {
    RawClient client = client();
    OutBuffer out = new OutBuffer();
    out.settings(OutBuffer.SETTINGS_INITIAL_WINDOW_SIZE, 1);
    flood(client, 2_000, out);
    assertThat(goneWith(client, Http2Error.ENHANCE_YOUR_CALM)).isEqualTo("too many SETTINGS");
  }

  @Test
  void settings_ack_flood_ends_the_connection() throws IOException {
    RawClient client = client();
    OutBuffer out = new OutBuffer();
    out.settingsAck();
    flood(client, 2_000, out);
    goneWith(client, Http2Error.ENHANCE_YOUR_CALM);
  }

  @Test
  void ping_flood_ends_the_connection_with_too_many_pings() throws IOException {
    RawClient client = client();
    client.barrier();
    OutBuffer out = new OutBuffer();
    out.ping(false, 1);
    flood(client, 10, out);
    assertThat(goneWith(client, Http2Error.ENHANCE_YOUR_CALM)).isEqualTo("too_many_pings");
  }

  @Test
  void pings_in_etcds_rhythm_are_welcome() throws IOException {
    TestServer server = server(new TestServer(b -> b.pingMin(Duration.ZERO)));
    RawClient client = client(server);
    for (int i = 0; i < 50; i++) {
      client.barrier();
    }
    client.headers(1, TestServer.ECHO, false).message(1, new byte[1], true);
    assertThat(client.answer(1).grpcStatus()).isZero();
  }

  @Test
  void pings_between_answers_are_forgiven() throws IOException {
    RawClient client = client();
    for (int stream = 1; stream < 100; stream += 2) {
      client.headers(stream, TestServer.ECHO, false).message(stream, new byte[1], true);
      assertThat(client.answer(stream).grpcStatus()).isZero();
      client.barrier();
    }
  }

  @Test
  void empty_data_flood_ends_the_connection() throws IOException {
    RawClient client = client();
    client.headers(1, TestServer.ECHO_STREAM, false);
    OutBuffer out = new OutBuffer();
    for (int i = 0; i < 1_000; i++) {
      RawClient.frame(out, OutBuffer.DATA, 0, 1);
    }
    client.send(out);
    assertThat(goneWith(client, Http2Error.ENHANCE_YOUR_CALM))
        .isEqualTo("too many empty DATA frames");
  }

  @Test
  void priority_flood_ends_the_connection() throws IOException {
    RawClient client = client();
    OutBuffer out = new OutBuffer();
    for (int i = 0; i < 1_000; i++) {
      RawClient.frame(out, OutBuffer.PRIORITY, 0, 1, new byte[5]);
    }
    flood(client, 100, out);
    goneWith(client, Http2Error.ENHANCE_YOUR_CALM);
  }

  @Test
  void a_peer_that_causes_answers_and_reads_none_is_cut_off() throws IOException {
    TestServer server = server(new TestServer(b -> b.pingMin(Duration.ZERO)));
    RawClient client = client(server);
    OutBuffer out = new OutBuffer();
    for (int i = 0; i < 10_000; i++) {
      out.ping(false, i);
    }
    // 170 MB of answers to pings, were they all made. The server stops long before.
    flood(client, 1_000, out);
    assertThat(client.isClosedByServer()).isTrue();
  }

  @Test
  void refused_calls_whose_answers_are_not_read_do_not_pile_up() throws IOException {
    TestServer server = server(new TestServer(b -> b.concurrentStreamsMax(100)));
    RawClient client = client(server);
    byte[] block = RawClient.block("/no.Service/Nope");
    try {
      for (int round = 0, stream = 1; round < 3_000; round++) {
        OutBuffer out = new OutBuffer();
        for (int i = 0; i < 100; i++, stream += 2) {
          int flags = OutBuffer.END_HEADERS | OutBuffer.END_STREAM;
          RawClient.frame(out, OutBuffer.HEADERS, flags, stream, block);
        }
        client.send(out);
      }
    } catch (java.net.SocketException e) {
      // Cut off, as it should be.
    }
    assertThat(client.isClosedByServer()).isTrue();
  }

  // ------------------------------------------------------------------ slowness

  @Test
  void slow_loris_on_the_preface_is_cut_off() throws IOException {
    TestServer server = server(new TestServer(b -> b.handshakeMax(Duration.ofMillis(200))));
    try (RawClient silent = RawClient.connect(server.address);
        RawClient slow = RawClient.connect(server.address).text("PRI * HT")) {
      assertThat(silent.isClosedByServer()).isTrue();
      assertThat(slow.isClosedByServer()).isTrue();
    }
  }

  @Test
  void slow_loris_on_the_first_settings_is_cut_off() throws IOException {
    TestServer server = server(new TestServer(b -> b.handshakeMax(Duration.ofMillis(200))));
    RawClient client = RawClient.connect(server.address).text(RawClient.PREFACE);
    connected = client;
    goneWith(client, Http2Error.SETTINGS_TIMEOUT);
  }

  @Test
  void slow_loris_on_a_header_block_is_cut_off() throws IOException {
    TestServer server = server(new TestServer(b -> b.handshakeMax(Duration.ofMillis(200))));
    RawClient client = client(server);
    client.frame(OutBuffer.HEADERS, 0, 1, RawClient.block(TestServer.ECHO));
    assertThat(goneWith(client, Http2Error.ENHANCE_YOUR_CALM))
        .isEqualTo("frame not finished in time");
  }

  @Test
  void slow_loris_on_a_frame_is_cut_off() throws IOException {
    TestServer server = server(new TestServer(b -> b.handshakeMax(Duration.ofMillis(200))));
    RawClient client = client(server);
    client.barrier();
    client.text("\0\0\10");
    goneWith(client, Http2Error.ENHANCE_YOUR_CALM);
  }

  @Test
  void slow_loris_on_a_body_ends_the_call_only() throws IOException {
    TestServer server = server(new TestServer(b -> b.requestMax(Duration.ofMillis(200))));
    RawClient client = client(server);
    client.headers(1, TestServer.ECHO, false);
    client.headers(3, TestServer.ECHO_STREAM, false);
    client.frame(OutBuffer.DATA, 0, 3, (byte) 0, (byte) 0, (byte) 0, (byte) 1, (byte) 0, (byte) 7);
    assertThat(client.answer(1).message()).isEqualTo("request took too long to arrive");
    assertThat(client.answer(3).message()).isEqualTo("request took too long to arrive");
    client.headers(5, TestServer.ECHO, false).message(5, new byte[1], true);
    assertThat(client.answer(5).grpcStatus()).isZero();
  }

  @Test
  void a_stream_that_rests_between_messages_is_left_alone() throws IOException {
    TestServer server = server(new TestServer(b -> b.requestMax(Duration.ofMillis(1))));
    RawClient client = client(server);
    client.headers(1, TestServer.ECHO_STREAM, false).message(1, new byte[1], false);
    client.await(OutBuffer.DATA);
    client.headers(3, TestServer.ECHO, false);
    // Housekeeping has ended the unary call that never came, and passed over the stream.
    assertThat(client.answer(3).grpcStatus()).isEqualTo(4);
    client.message(1, new byte[1], true);
    assertThat(client.answer(1).grpcStatus()).isZero();
  }

  @Test
  void a_message_in_pieces_on_an_old_stream_is_given_its_time() throws IOException {
    AtomicLong clock = new AtomicLong();
    TestServer server = server(new TestServer(b -> b.nanoClock(clock::get)));
    RawClient client = client(server);
    client.headers(1, TestServer.ECHO_STREAM, false).message(1, new byte[1], false);
    client.headers(3, TestServer.ECHO, false);
    client.await(OutBuffer.DATA);
    clock.set(Duration.ofHours(1).toNanos());
    byte[] message = RawClient.framed(0, new byte[10]);
    client.frame(OutBuffer.DATA, 0, 1, Arrays.copyOf(message, 7));
    // Housekeeping has come by: it has ended the call whose request never came.
    assertThat(client.answer(3).message()).isEqualTo("request took too long to arrive");
    client.frame(OutBuffer.DATA, OutBuffer.END_STREAM, 1, Arrays.copyOfRange(message, 7, 15));
    assertThat(client.answer(1).data()).isEqualTo(message);
  }

  @Test
  void a_silent_peer_is_pinged_and_then_cut_off() throws IOException {
    Duration short_ = Duration.ofMillis(100);
    TestServer server = server(new TestServer(b -> b.keepAlive(short_, short_)));
    RawClient client = client(server);
    assertThat(client.await(OutBuffer.PING).has(OutBuffer.ACK)).isFalse();
    assertThat(client.isClosedByServer()).isTrue();
  }

  @Test
  void an_idle_connection_is_asked_to_leave_if_told_so() throws IOException {
    TestServer server = server(new TestServer(b -> b.idleMax(Duration.ofMillis(100))));
    RawClient client = client(server);
    assertThat(client.await(OutBuffer.GOAWAY).code()).isEqualTo(Http2Error.NO_ERROR);
    assertThat(client.isClosedByServer()).isTrue();
  }

  @Test
  void a_slow_reader_never_makes_the_server_hold_more_than_its_bound() throws IOException {
    TestServer server = server(new TestServer(b -> b.pendingBytesPerCallMax(1 << 20)));
    RawClient client = client(server);
    client
        .headers(1, TestServer.FLOOD, false)
        .message(1, "10000".getBytes(StandardCharsets.UTF_8), true);
    Answer answer = client.answer(1);
    assertThat(answer.grpcStatus()).isEqualTo(8);
    assertThat(answer.message()).isEqualTo("client is too slow for what it asked to be sent");
    assertThat(server.server.heldBytes()).isZero();
  }

  @Test
  void a_slow_reader_of_a_message_that_has_left_in_part_is_reset() throws IOException {
    TestServer server = server(new TestServer(b -> b.pendingBytesPerCallMax(1 << 20)));
    RawClient client = client(server);
    client.headers(1, TestServer.ECHO_STREAM, false);
    for (int i = 0; i < 80; i++) {
      client.message(1, new byte[16_000], false);
    }
    assertThat(client.answer(1).resetCode()).isEqualTo(Http2Error.CANCEL);
  }

  @Test
  void calls_are_refused_while_too_much_waits_for_their_client() throws IOException {
    TestServer server = server(new TestServer(b -> b.heldBytesPerConnectionMax(1 << 20)));
    RawClient client = client(server);
    client
        .headers(1, TestServer.FLOOD, false)
        .message(1, "40".getBytes(StandardCharsets.UTF_8), true);
    client
        .headers(3, TestServer.FLOOD, false)
        .message(3, "40".getBytes(StandardCharsets.UTF_8), true);
    Answer refused = client.answer(3);
    assertThat(refused.grpcStatus()).isEqualTo(8);
    assertThat(refused.message()).isEqualTo("too much waits for this client to read");
  }

  // ------------------------------------------------------------------ memory

  @Test
  void a_decompression_bomb_is_refused() throws IOException {
    RawClient client = client();
    byte[] bomb = CallTest.gzip(new byte[16 << 20]);
    assertThat(bomb.length).isLessThan(16_379);
    client.headers(1, TestServer.ECHO, false, "grpc-encoding", "gzip");
    client.frame(OutBuffer.DATA, OutBuffer.END_STREAM, 1, RawClient.framed(1, bomb));
    Answer answer = client.answer(1);
    assertThat(answer.grpcStatus()).isEqualTo(8);
    assertThat(answer.message())
        .isEqualTo("grpc: received message after decompression larger than max 2097152");
  }

  @Test
  void incomplete_messages_are_held_only_up_to_a_bound() throws IOException {
    byte[] begin = new byte[6];
    begin[2] = 0x10;
    heldUpToABound(begin, 64, 33, "server holds too many incomplete messages");
  }

  /** Whole ones too, of calls that the client doesn't end. */
  @Test
  void requests_that_wait_for_their_end_are_held_only_up_to_a_bound() throws IOException {
    byte[] whole = RawClient.framed(0, new byte[10_000]);
    heldUpToABound(whole, 256, 105, "server holds too many incomplete requests");
  }

  /** Small ones as well: each takes more than its bytes. */
  @Test
  void messages_that_wait_for_a_paused_service_are_held_only_up_to_a_bound() throws Exception {
    CompletableFuture<Boolean> told = new CompletableFuture<>();
    StreamListener busy =
        new StreamListener() {
          @Override
          public void onMessage(Bytes message) {}

          @Override
          public void onHalfClose() {}

          @Override
          public void onCancel() {
            told.complete(true);
          }
        };
    TestServer server =
        server(
            new TestServer(
                registry ->
                    registry.streaming(
                        "/test.Service/Busy",
                        call -> {
                          call.listen(busy);
                          call.pause();
                          return busy;
                        }),
                b -> b.heldBytesPerConnectionMax(512 * 1024)));
    RawClient client = client(server);
    client.headers(1, "/test.Service/Busy", false);
    byte[] small = RawClient.framed(0, new byte[1]);
    ByteBuffer many = ByteBuffer.allocate(1_000 * small.length);
    while (many.hasRemaining()) {
      many.put(small);
    }
    for (int i = 0; i < 10; i++) {
      client.frame(OutBuffer.DATA, 0, 1, many.array());
    }
    Answer refused = client.answer(1);
    assertThat(refused.grpcStatus()).isEqualTo(8);
    assertThat(refused.message())
        .isEqualTo("server holds too many messages that wait for their turn");
    assertThat(told.get(5, TimeUnit.SECONDS)).isTrue();
    assertThat(server.server.heldBytes()).isZero();
  }

  /** Sends the same in one call after the other, none of which ends, until one is refused. */
  private void heldUpToABound(byte[] data, int until, int refusedStream, String message)
      throws IOException {
    TestServer server = server(new TestServer(b -> b.heldBytesPerConnectionMax(512 * 1024)));
    RawClient client = client(server);
    for (int stream = 1; stream < until; stream += 2) {
      client.headers(stream, TestServer.ECHO, false).frame(OutBuffer.DATA, 0, stream, data);
    }
    Answer refused = client.answer(refusedStream);
    assertThat(refused.grpcStatus()).isEqualTo(8);
    assertThat(refused.message()).isEqualTo(message);
    assertThat(server.server.heldBytes()).isLessThanOrEqualTo(512 * 1024);
  }

  /** Whatever it has opened for the call would stay for ever otherwise. */
  @Test
  void a_stream_that_fails_over_a_message_hears_that_it_is_over() throws Exception {
    CompletableFuture<Boolean> told = new CompletableFuture<>();
    StreamListener picky =
        new StreamListener() {
          @Override
          public void onMessage(Bytes message) {
            throw new StatusException(Status.of(StatusCode.INVALID_ARGUMENT, "not that"));
          }

          @Override
          public void onHalfClose() {}

          @Override
          public void onCancel() {
            told.complete(true);
          }
        };
    TestServer server =
        server(
            new TestServer(
                registry ->
                    registry.streaming(
                        "/test.Service/Picky",
                        call -> {
                          call.listen(picky);
                          return picky;
                        }),
                settings -> settings));
    RawClient client = client(server);
    client
        .headers(1, "/test.Service/Picky", false)
        .frame(OutBuffer.DATA, 0, 1, RawClient.framed(0, new byte[1]));
    assertThat(client.answer(1).grpcStatus()).isEqualTo(3);
    assertThat(told.get(10, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void too_many_streams_are_refused_one_by_one() throws IOException {
    TestServer server = server(new TestServer(b -> b.concurrentStreamsMax(2)));
    RawClient client = client(server);
    for (int stream = 1; stream <= 5; stream += 2) {
      client.headers(stream, TestServer.HANG, false).message(stream, new byte[1], true);
    }
    assertThat(client.answer(5).resetCode()).isEqualTo(Http2Error.REFUSED_STREAM);
    client.reset(1);
    client.headers(7, TestServer.ECHO, false).message(7, new byte[1], true);
    assertThat(client.answer(7).grpcStatus()).isZero();
  }

  @Test
  void too_many_connections_are_closed_at_once() throws IOException {
    TestServer server = server(new TestServer(b -> b.connectionsMax(1)));
    try (RawClient first = server.client()) {
      first.barrier();
      try (RawClient second = server.client()) {
        assertThat(second.isClosedByServer()).isTrue();
      } catch (java.net.SocketException e) {
        // Closed before the greeting was out: just as well.
      }
    }
    while (server.server.connections() > 0) {
      Thread.onSpinWait();
    }
  }

  // ------------------------------------------------------------------ broken rules

  @Test
  void a_window_beyond_31_bits_is_an_error() throws IOException {
    RawClient client = client();
    client.headers(1, TestServer.ECHO_STREAM, false).windowUpdate(1, Integer.MAX_VALUE);
    assertThat(client.answer(1).resetCode()).isEqualTo(Http2Error.FLOW_CONTROL_ERROR);
    client.windowUpdate(0, Integer.MAX_VALUE);
    goneWith(client, Http2Error.FLOW_CONTROL_ERROR);
  }

  @Test
  void an_initial_window_that_overflows_a_stream_is_an_error() throws IOException {
    RawClient client = client();
    client.headers(1, TestServer.ECHO_STREAM, false).windowUpdate(1, Integer.MAX_VALUE - 65_535);
    OutBuffer settings = new OutBuffer();
    settings.settings(OutBuffer.SETTINGS_INITIAL_WINDOW_SIZE, 65_536);
    client.send(settings);
    goneWith(client, Http2Error.FLOW_CONTROL_ERROR);
  }

  @Test
  void data_beyond_the_streams_window_resets_it() throws IOException {
    RawClient client = client();
    client.headers(1, TestServer.HANG, false);
    // A message of 1 MiB that never ends in another: the unary call takes no second one.
    OutBuffer out = new OutBuffer();
    for (int i = 0; i < 1 + GrpcLimits.STREAM_WINDOW_BYTES / 16_384; i++) {
      RawClient.frame(out, OutBuffer.DATA, 0, 1, new byte[16_384]);
    }
    client.send(out);
    Answer answer = client.answer(1);
    assertThat(answer.wasReset() || answer.grpcStatus() == 13).isTrue();
  }

  @Test
  void protocol_errors_end_the_connection() throws IOException {
    TestServer server = server();
    wrong(server, Http2Error.PROTOCOL_ERROR, out -> out.windowUpdate(0, 0));
    wrong(server, Http2Error.PROTOCOL_ERROR, out -> out.windowUpdate(99, 1));
    wrong(server, Http2Error.PROTOCOL_ERROR, out -> out.windowUpdate(99, 0));
    wrong(server, Http2Error.PROTOCOL_ERROR, out -> out.rstStream(99, 0));
    wrong(server, Http2Error.PROTOCOL_ERROR, out -> RawClient.frame(out, OutBuffer.DATA, 0, 0));
    wrong(server, Http2Error.PROTOCOL_ERROR, out -> RawClient.frame(out, OutBuffer.DATA, 0, 7));
    wrong(
        server,
        Http2Error.PROTOCOL_ERROR,
        out -> RawClient.frame(out, OutBuffer.DATA, OutBuffer.PADDED, 1, (byte) 9));
    wrong(
        server,
        Http2Error.PROTOCOL_ERROR,
        out -> RawClient.frame(out, OutBuffer.CONTINUATION, OutBuffer.END_HEADERS, 1));
    wrong(
        server,
        Http2Error.PROTOCOL_ERROR,
        out -> RawClient.frame(out, OutBuffer.PUSH_PROMISE, OutBuffer.END_HEADERS, 1, new byte[4]));
    wrong(
        server,
        Http2Error.PROTOCOL_ERROR,
        out ->
            RawClient.frame(
                out,
                OutBuffer.HEADERS,
                OutBuffer.END_HEADERS,
                2,
                RawClient.block(TestServer.ECHO)));
    wrong(
        server,
        Http2Error.PROTOCOL_ERROR,
        out -> {
          RawClient.frame(out, OutBuffer.HEADERS, 0, 1, RawClient.block(TestServer.ECHO));
          out.ping(false, 1);
        });
    wrong(
        server, Http2Error.PROTOCOL_ERROR, out -> out.settings(OutBuffer.SETTINGS_ENABLE_PUSH, 2));
    wrong(
        server,
        Http2Error.PROTOCOL_ERROR,
        out -> out.settings(OutBuffer.SETTINGS_MAX_FRAME_SIZE, 1));
    wrong(
        server,
        Http2Error.FLOW_CONTROL_ERROR,
        out -> out.settings(OutBuffer.SETTINGS_INITIAL_WINDOW_SIZE, -1));
    wrong(
        server,
        Http2Error.FRAME_SIZE_ERROR,
        out -> RawClient.frame(out, OutBuffer.SETTINGS, 0, 0, new byte[5]));
    wrong(
        server,
        Http2Error.FRAME_SIZE_ERROR,
        out -> RawClient.frame(out, OutBuffer.PING, 0, 0, new byte[7]));
    wrong(
        server,
        Http2Error.FRAME_SIZE_ERROR,
        out -> RawClient.frame(out, OutBuffer.DATA, 0, 1, new byte[16_385]));
    wrong(
        server,
        Http2Error.COMPRESSION_ERROR,
        out -> RawClient.frame(out, OutBuffer.HEADERS, OutBuffer.END_HEADERS, 1, (byte) 0xff));
  }

  /** Something wrong to send. */
  private interface Wrong {
    void to(OutBuffer out);
  }

  private static void wrong(TestServer server, int code, Wrong wrong) throws IOException {
    try (RawClient client = server.client()) {
      OutBuffer out = new OutBuffer();
      wrong.to(out);
      client.send(out);
      goneWith(client, code);
    }
  }

  @Test
  void headers_that_break_http2s_rules_reset_their_stream() throws IOException {
    RawClient client = client();
    client.headers(1, TestServer.ECHO, true, "connection", "close");
    assertThat(client.answer(1).resetCode()).isEqualTo(Http2Error.PROTOCOL_ERROR);
    client.headers(3, TestServer.ECHO, true, "Upper-Case", "x");
    assertThat(client.answer(3).resetCode()).isEqualTo(Http2Error.PROTOCOL_ERROR);
    client.headers(5, TestServer.ECHO, true, ":path", "/after/regular");
    assertThat(client.answer(5).resetCode()).isEqualTo(Http2Error.PROTOCOL_ERROR);
    client.headers(7, TestServer.ECHO, false).message(7, new byte[1], true);
    assertThat(client.answer(7).grpcStatus()).isZero();
  }

  @Test
  void a_first_frame_that_is_not_settings_is_an_error() throws IOException {
    TestServer server = server();
    RawClient client = RawClient.connect(server.address).text(RawClient.PREFACE);
    connected = client;
    client.ping(1);
    goneWith(client, Http2Error.PROTOCOL_ERROR);
  }

  @Test
  void garbage_without_an_http1_handler_is_cut_off() throws IOException {
    TestServer server = server();
    try (RawClient client = RawClient.connect(server.address).text("\1\2\3 garbage")) {
      assertThat(client.isClosedByServer()).isTrue();
    }
  }

  @Test
  void frames_of_unknown_type_are_passed_over() throws IOException {
    RawClient client = client();
    client.frame(0xee, 0xff, 0, new byte[10]).frame(0xee, 0, 77, new byte[3]);
    client.headers(1, TestServer.ECHO, false).message(1, new byte[1], true);
    assertThat(client.answer(1).grpcStatus()).isZero();
  }

  @Test
  void frames_that_cross_a_reset_on_their_way_are_passed_over() throws IOException {
    RawClient client = client();
    client.headers(1, "/no.Service/Nope", false);
    assertThat(client.answer(1).grpcStatus()).isEqualTo(12);
    client.message(1, new byte[100], true).windowUpdate(1, 5).reset(1);
    client.headers(3, TestServer.ECHO, false).message(3, new byte[1], true);
    assertThat(client.answer(3).grpcStatus()).isZero();
  }
}

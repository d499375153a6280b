package io.quorate.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.handler.codec.http2.Http2Headers;
import io.quorate.grpc.RawClient.Answer;
import io.quorate.grpc.RawClient.Frame;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a call looks like on the wire: messages, status, deadlines, cancellation, flow control. */
@Timeout(60)
final class CallTest {
  private final TestServer server;
  private final RawClient client;

  CallTest() throws IOException {
    server = new TestServer();
    client = server.client();
  }

  @AfterEach
  void stop() throws IOException {
    client.close();
    server.close();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static String text(Answer answer) {
    byte[] data = answer.data();
    return new String(data, 5, data.length - 5, StandardCharsets.UTF_8);
  }

  @Test
  void a_unary_call_is_answered_with_its_message_and_ok() throws IOException {
    client.headers(1, TestServer.ECHO, false).message(1, bytes("hello"), true);
    Answer answer = client.answer(1);
    assertThat(answer.httpStatus()).isEqualTo("200");
    assertThat(answer.grpcStatus()).isZero();
    assertThat(text(answer)).isEqualTo("hello");
  }

  @Test
  void a_request_that_ends_with_an_empty_frame_is_answered_too() throws IOException {
    client.headers(1, TestServer.ECHO, false).message(1, bytes("hello"), false);
    client.frame(OutBuffer.DATA, OutBuffer.END_STREAM, 1);
    assertThat(text(client.answer(1))).isEqualTo("hello");
  }

  @Test
  void a_message_may_come_in_pieces_of_one_byte() throws IOException {
    client.headers(1, TestServer.ECHO, false);
    byte[] framed = RawClient.framed(0, bytes("piecemeal"));
    for (int i = 0; i < framed.length; i++) {
      boolean last = i == framed.length - 1;
      client.frame(OutBuffer.DATA, last ? OutBuffer.END_STREAM : 0, 1, framed[i]);
    }
    assertThat(text(client.answer(1))).isEqualTo("piecemeal");
  }

  @Test
  void several_messages_may_come_in_one_frame_empty_ones_among_them() throws IOException {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    all.write(RawClient.framed(0, bytes("a")));
    all.write(RawClient.framed(0, bytes("")));
    all.write(RawClient.framed(0, bytes("bc")));
    client.headers(1, TestServer.ECHO_STREAM, false);
    client.frame(OutBuffer.DATA, OutBuffer.END_STREAM, 1, all.toByteArray());
    assertThat(client.answer(1).data()).isEqualTo(all.toByteArray());
  }

  @Test
  void an_empty_message_is_a_message() throws IOException {
    client.headers(1, TestServer.ECHO, false).message(1, new byte[0], true);
    Answer answer = client.answer(1);
    assertThat(answer.grpcStatus()).isZero();
    assertThat(answer.data()).hasSize(5);
  }

  @Test
  void a_message_larger_than_a_window_passes() throws IOException {
    byte[] large = new byte[1_500_000];
    client.headers(1, TestServer.ECHO, false);
    byte[] framed = RawClient.framed(0, large);
    Thread sender =
        Thread.ofPlatform()
            .start(() -> {
              try {
                client.windowUpdate(0, 1 << 24).windowUpdate(1, 1 << 24);
                for (int from = 0; from < framed.length; from += 16_384) {
                  int to = Math.min(framed.length, from + 16_384);
                  client.frame(
                      OutBuffer.DATA,
                      to == framed.length ? OutBuffer.END_STREAM : 0,
                      1,
                      java.util.Arrays.copyOfRange(framed, from, to));
                }
              } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
              }
            });
    assertThat(client.answer(1).data()).hasSize(framed.length);
    assertThat(sender).isNotNull();
  }

  @Test
  void a_message_over_the_limit_is_refused_with_etcds_words() throws IOException {
    client.headers(1, TestServer.ECHO, false);
    client.frame(OutBuffer.DATA, 0, 1, (byte) 0, (byte) 0, (byte) 0x20, (byte) 0, (byte) 1);
    Answer answer = client.answer(1);
    assertThat(answer.grpcStatus()).isEqualTo(8);
    assertThat(answer.message())
        .isEqualTo("grpc: received message larger than max (2097153 vs. 2097152)");
  }

  @Test
  void a_length_beyond_31_bits_is_refused_as_the_number_it_is() throws IOException {
    client.headers(1, TestServer.ECHO, false);
    client.frame(OutBuffer.DATA, 0, 1, (byte) 0, (byte) -1, (byte) -1, (byte) -1, (byte) -1);
    assertThat(client.answer(1).message())
        .isEqualTo("grpc: received message larger than max (4294967295 vs. 2097152)");
  }

  @Test
  void unknown_methods_and_services_are_named_in_grpc_gos_words() throws IOException {
    client.headers(1, "/test.Service/Nope", true);
    Answer method = client.answer(1);
    assertThat(method.grpcStatus()).isEqualTo(12);
    assertThat(method.message()).isEqualTo("unknown method Nope for service test.Service");
    client.headers(3, "/no.Service/Nope", true);
    assertThat(client.answer(3).message()).isEqualTo("unknown service no.Service");
    client.headers(5, "test.Service/Echo", true);
    Answer malformed = client.answer(5);
    assertThat(malformed.grpcStatus()).isEqualTo(12);
    assertThat(malformed.message()).isEqualTo("malformed method name: \"test.Service/Echo\"");
  }

  @Test
  void another_content_type_gets_http_status_415() throws IOException {
    client.headers(1, TestServer.ECHO, true, "content-type", "application/json");
    assertThat(client.answer(1).httpStatus()).isEqualTo("415");
    client.headers(3, TestServer.ECHO, true, "content-type", "application/grpcx");
    assertThat(client.answer(3).httpStatus()).isEqualTo("415");
    client.headers(5, TestServer.ECHO, false, "content-type", "application/grpc+proto");
    client.message(5, bytes("x"), true);
    assertThat(client.answer(5).httpStatus()).isEqualTo("200");
  }

  @Test
  void a_method_other_than_post_gets_http_status_405() throws IOException {
    OutBuffer block = new OutBuffer();
    RawClient.literal(block, ":method", "GET");
    RawClient.literal(block, ":scheme", "http");
    RawClient.literal(block, ":path", TestServer.ECHO);
    RawClient.literal(block, "content-type", "application/grpc");
    byte[] bytes = java.util.Arrays.copyOf(block.array(), block.size());
    client.frame(OutBuffer.HEADERS, OutBuffer.END_HEADERS | OutBuffer.END_STREAM, 1, bytes);
    assertThat(client.answer(1).httpStatus()).isEqualTo("405");
  }

  @Test
  void a_handler_that_throws_ends_its_call_only() throws IOException {
    client.headers(1, TestServer.THROW, false).message(1, bytes("x"), true);
    Answer answer = client.answer(1);
    assertThat(answer.grpcStatus()).isEqualTo(13);
    assertThat(answer.message()).doesNotContain("planted");
    client.headers(3, TestServer.ECHO, false).message(3, bytes("y"), true);
    assertThat(text(client.answer(3))).isEqualTo("y");
    assertThat(server.failures).singleElement().isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void a_unary_call_wants_exactly_one_message() throws IOException {
    client.headers(1, TestServer.ECHO, true);
    assertThat(client.answer(1).grpcStatus()).isEqualTo(13);
    client.headers(3, TestServer.ECHO, false).message(3, bytes("a"), false);
    client.message(3, bytes("b"), false);
    assertThat(client.answer(3).grpcStatus()).isEqualTo(13);
  }

  @Test
  void a_request_cut_short_is_an_error() throws IOException {
    client.headers(1, TestServer.ECHO, false);
    client.frame(OutBuffer.DATA, OutBuffer.END_STREAM, 1, (byte) 0, (byte) 0, (byte) 0);
    assertThat(client.answer(1).message()).isEqualTo("unexpected EOF");
  }

  @Test
  void a_cancelled_call_tells_its_service() throws IOException {
    client.headers(1, TestServer.HANG, false).message(1, bytes("x"), true);
    assertThat(server.event()).isEqualTo("hanging");
    client.reset(1);
    assertThat(server.event()).isEqualTo("cancelled");
  }

  @Test
  void a_connection_that_goes_takes_its_calls_with_it() throws IOException {
    client.headers(1, TestServer.HANG, false).message(1, bytes("x"), true);
    client.headers(3, TestServer.HANG, false).message(3, bytes("x"), true);
    assertThat(server.event()).isEqualTo("hanging");
    assertThat(server.event()).isEqualTo("hanging");
    client.close();
    assertThat(server.event()).isEqualTo("cancelled");
    assertThat(server.event()).isEqualTo("cancelled");
  }

  @Test
  void a_deadline_that_passes_ends_the_call_and_tells_its_service() throws IOException {
    client.headers(1, TestServer.HANG, false, "grpc-timeout", "50m").message(1, bytes("x"), true);
    Answer answer = client.answer(1);
    assertThat(answer.grpcStatus()).isEqualTo(4);
    assertThat(answer.message()).isEqualTo("context deadline exceeded");
    assertThat(server.event()).isEqualTo("hanging");
    assertThat(server.event()).isEqualTo("cancelled");
  }

  @Test
  void a_malformed_timeout_is_refused() throws IOException {
    client.headers(1, TestServer.ECHO, true, "grpc-timeout", "7 seconds");
    Answer answer = client.answer(1);
    assertThat(answer.httpStatus()).isEqualTo("400");
    assertThat(answer.message()).startsWith("malformed grpc-timeout");
  }

  @Test
  void what_a_client_does_not_read_waits_for_its_window() throws IOException {
    client.headers(1, TestServer.FLOOD, false).message(1, bytes("4"), true);
    int sent = 0;
    Frame frame = client.next();
    // 65,535 bytes are all that the client's default window lets through.
    while (sent < 65_535 && frame != null) {
      sent += frame.type() == OutBuffer.DATA ? frame.payload().readableBytes() : 0;
      if (sent < 65_535) {
        frame = client.next();
      }
    }
    assertThat(sent).isEqualTo(65_535);
    client.windowUpdate(0, 1 << 20).windowUpdate(1, 1 << 20);
    assertThat(client.answer(1).data()).hasSize(4 * (64 * 1024 + 5) - 65_535);
  }

  @Test
  void a_service_that_asks_for_room_holds_no_more_than_a_little() throws IOException {
    client.headers(1, TestServer.POLITE, false).message(1, bytes("64"), true);
    String first = server.event();
    // 64 KiB may wait beside what the window took; the rest is not even made yet.
    assertThat(first).isEqualTo("left=60 pending=64");
    client.windowUpdate(0, 1 << 24).windowUpdate(1, 1 << 24);
    assertThat(client.answer(1).data()).hasSize(64 * (16 * 1024 + 5));
    while (!server.events.isEmpty()) {
      assertThat(server.event()).matches("left=[0-9]+ pending=([0-7]?[0-9])");
    }
  }

  @Test
  void a_smaller_initial_window_applies_to_calls_in_flight() throws IOException {
    client.headers(1, TestServer.FLOOD, false).message(1, bytes("2"), true);
    client.barrier();
    OutBuffer settings = new OutBuffer();
    settings.settings(OutBuffer.SETTINGS_INITIAL_WINDOW_SIZE, 0);
    client.send(settings).windowUpdate(0, 1 << 20);
    client.barrier();
    // The stream's window is now -65,535: this much brings it to 0, and one byte more lets one out.
    client.windowUpdate(1, 65_535);
    client.barrier();
    client.windowUpdate(1, 1);
    assertThat(client.await(OutBuffer.DATA).payload().readableBytes()).isEqualTo(1);
  }

  @Test
  void metadata_comes_through_and_repeated_headers_cost_a_byte() throws IOException {
    for (int stream = 1; stream <= 5; stream += 2) {
      client.headers(stream, TestServer.ECHO, false).message(stream, bytes("x"), true);
    }
    client.barrier();
    client.headers(7, TestServer.ECHO, false).message(7, bytes("x"), true);
    Frame headers = client.await(OutBuffer.HEADERS);
    Frame trailers = client.await(OutBuffer.HEADERS);
    assertThat(headers.payload().readableBytes()).isEqualTo(2);
    assertThat(trailers.payload().readableBytes()).isEqualTo(1);
  }

  @Test
  void a_client_without_a_header_table_gets_plain_headers() throws IOException {
    try (RawClient small = server.client(OutBuffer.SETTINGS_HEADER_TABLE_SIZE, 0)) {
      for (int stream = 1; stream <= 3; stream += 2) {
        small.headers(stream, TestServer.ECHO, false).message(stream, bytes("x"), true);
        Http2Headers headers = small.decode(small.await(OutBuffer.HEADERS));
        assertThat(headers.get("content-type")).asString().isEqualTo("application/grpc");
        Frame trailers = small.await(OutBuffer.HEADERS);
        assertThat(trailers.payload().readableBytes()).isGreaterThan(10);
        assertThat(small.decode(trailers).get("grpc-status")).asString().isEqualTo("0");
      }
    }
  }

  @Test
  void gzip_is_understood_and_an_unknown_compression_named() throws IOException {
    client.headers(1, TestServer.ECHO, false, "grpc-encoding", "gzip");
    client.frame(
        OutBuffer.DATA, OutBuffer.END_STREAM, 1, RawClient.framed(1, gzip(bytes("squeezed"))));
    assertThat(text(client.answer(1))).isEqualTo("squeezed");
    client.headers(3, TestServer.ECHO, false, "grpc-encoding", "zstd");
    Answer answer = client.answer(3);
    assertThat(answer.grpcStatus()).isEqualTo(12);
    assertThat(answer.message())
        .isEqualTo("grpc: Decompressor is not installed for grpc-encoding \"zstd\"");
    client.headers(5, TestServer.ECHO, false);
    client.frame(OutBuffer.DATA, 0, 5, RawClient.framed(1, gzip(bytes("unannounced"))));
    assertThat(client.answer(5).grpcStatus()).isEqualTo(13);
    client.headers(7, TestServer.ECHO, false, "grpc-encoding", "gzip");
    client.frame(OutBuffer.DATA, 0, 7, RawClient.framed(1, bytes("no gzip at all")));
    assertThat(client.answer(7).grpcStatus()).isEqualTo(13);
  }

  static byte[] gzip(byte[] plain) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
      gzip.write(plain);
    }
    return out.toByteArray();
  }

  @Test
  void a_drained_server_finishes_its_calls_and_takes_no_more() throws Exception {
    client.headers(1, TestServer.ECHO_STREAM, false).message(1, bytes("a"), false);
    client.await(OutBuffer.DATA);
    var drained = server.server.drain(Duration.ofSeconds(20));
    Frame first = client.await(OutBuffer.GOAWAY);
    assertThat(first.payload().getInt(0)).isEqualTo(Integer.MAX_VALUE);
    Frame ping = client.await(OutBuffer.PING);
    // A call that was under way before the client heard of it is served.
    client.headers(3, TestServer.ECHO, false).message(3, bytes("late"), true);
    OutBuffer pong = new OutBuffer();
    pong.ping(true, ping.payload().getLong(0));
    client.send(pong);
    assertThat(text(client.answer(3))).isEqualTo("late");
    assertThat(client.await(OutBuffer.GOAWAY).payload().getInt(0)).isEqualTo(3);
    assertThat(drained).isNotDone();
    client.message(1, bytes("b"), true);
    assertThat(client.answer(1).grpcStatus()).isZero();
    assertThat(client.isClosedByServer()).isTrue();
    client.close();
    drained.get(20, java.util.concurrent.TimeUnit.SECONDS);
    assertThat(server.server.connections()).isZero();
  }

  @Test
  void a_drain_gives_up_on_calls_when_its_grace_is_over() throws Exception {
    client.headers(1, TestServer.HANG, false).message(1, bytes("x"), true);
    assertThat(server.event()).isEqualTo("hanging");
    server.server.drain(Duration.ofMillis(100)).get(20, java.util.concurrent.TimeUnit.SECONDS);
    assertThat(server.event()).isEqualTo("cancelled");
    assertThat(server.server.connections()).isZero();
  }
}

package io.quorate.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** One port for both protocols, and the health service on it. */
@Timeout(60)
final class PortTest {
  /** Answers anything with what it was sent, as a stand-in for HTTP/1.1. */
  private static final class Http1 extends ChannelInboundHandlerAdapter {
    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
      ByteBuf in = (ByteBuf) message;
      String request = in.toString(StandardCharsets.US_ASCII);
      in.release();
      ByteBuf answer = Unpooled.copiedBuffer("got " + request, StandardCharsets.US_ASCII);
      var _ = ctx.writeAndFlush(answer).addListener(ChannelFutureListener.CLOSE);
    }
  }

  private static String exchange(Socket socket, String request) throws Exception {
    socket.setSoTimeout(20_000);
    socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
    return new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
  }

  @Test
  void http1_and_grpc_share_a_port() throws Exception {
    try (TestServer server = new TestServer(b -> b.http1(Http1::new));
        RawClient grpc = server.client();
        Socket http = new Socket(server.address.getAddress(), server.address.getPort());
        Socket similar = new Socket(server.address.getAddress(), server.address.getPort())) {
      assertThat(exchange(http, "GET /health")).isEqualTo("got GET /health");
      assertThat(exchange(similar, "PRI * HTTP/1.1\r\n")).isEqualTo("got PRI * HTTP/1.1\r\n");
      grpc.headers(1, TestServer.ECHO, false).message(1, new byte[1], true);
      assertThat(grpc.answer(1).grpcStatus()).isZero();
    }
  }

  @Test
  void a_preface_may_come_byte_by_byte() throws Exception {
    try (TestServer server = new TestServer(b -> b.http1(Http1::new));
        RawClient grpc = RawClient.connect(server.address)) {
      for (char c : RawClient.PREFACE.toCharArray()) {
        grpc.text(String.valueOf(c));
      }
      OutBuffer settings = new OutBuffer();
      settings.settings();
      grpc.send(settings).headers(1, TestServer.ECHO, false).message(1, new byte[1], true);
      assertThat(grpc.answer(1).grpcStatus()).isZero();
    }
  }

  @Test
  void health_is_checked_and_watched() throws Exception {
    HealthService health = new HealthService();
    health.set(HealthService.SERVER, HealthService.Health.SERVING);
    try (TestServer server = new TestServer(health::register, b -> b);
        RawClient client = server.client()) {
      String check = "/grpc.health.v1.Health/Check";
      client.headers(1, check, false).message(1, new byte[0], true);
      assertThat(client.answer(1).data()).endsWith(8, 1);
      byte[] unknown = {10, 1, 'x'};
      client.headers(3, check, false).message(3, unknown, true);
      assertThat(client.answer(3).grpcStatus()).isEqualTo(5);
      client.headers(5, check, false).message(5, new byte[] {10, 100, 'x'}, true);
      assertThat(client.answer(5).grpcStatus()).isEqualTo(13);

      client.headers(7, "/grpc.health.v1.Health/Watch", false).message(7, unknown, true);
      assertThat(client.await(OutBuffer.DATA).payload().getByte(6)).isEqualTo((byte) 3);
      health.set("x", HealthService.Health.SERVING);
      assertThat(client.await(OutBuffer.DATA).payload().getByte(6)).isEqualTo((byte) 1);
      health.set("x", HealthService.Health.NOT_SERVING);
      assertThat(client.await(OutBuffer.DATA).payload().getByte(6)).isEqualTo((byte) 2);
    }
  }

  @Test
  void the_end_of_a_turn_runs_each_task_once_and_then_flushes() throws Exception {
    try (TestServer server = new TestServer();
        RawClient client = server.client()) {
      for (int stream = 1; stream <= 9; stream += 2) {
        client.headers(stream, TestServer.TURN, false).message(stream, new byte[0], true);
      }
      for (int stream = 1; stream <= 9; stream += 2) {
        assertThat(client.answer(stream).grpcStatus()).isZero();
      }
    }
  }
}

package io.quorate.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.ssl.JdkSslContext;
import io.quorate.tls.CertificateAuthority;
import io.quorate.tls.CertificateAuthority.Wish;
import io.quorate.tls.Credentials;
import io.quorate.tls.TlsContexts;
import io.quorate.tls.TlsSettings;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The port inside TLS: both protocols with and without ALPN, who is let in, and until when. */
@Timeout(60)
final class TlsPortTest {
  private static final CertificateAuthority AUTHORITY = CertificateAuthority.named("authority");
  private static final Credentials CLIENT = AUTHORITY.issue(Wish.of("client"));

  @TempDir private Path folder;
  private TlsSettings settings;

  @BeforeEach
  void writeFiles() throws Exception {
    AUTHORITY.write(file("ca.pem"));
    AUTHORITY.issue(Wish.of("server", "127.0.0.1")).write(file("s.pem"), file("s.key"));
    CLIENT.write(file("c.pem"), file("c.key"));
    settings = TlsSettings.listening(file("s.pem"), file("s.key"));
  }

  /** Says that it was reached, as a stand-in for HTTP/1.1. */
  private static final class Http1 extends ChannelInboundHandlerAdapter {
    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
      ((ByteBuf) message).release();
      ByteBuf answer = Unpooled.copiedBuffer("a page", StandardCharsets.US_ASCII);
      var _ = ctx.writeAndFlush(answer).addListener(ChannelFutureListener.CLOSE);
    }
  }

  @Test
  void both_protocols_are_served_with_alpn_and_without() throws Exception {
    try (TestServer server = server(TlsContexts.of(settings), b -> b)) {
      for (String[] offered : new String[][] {{"http/1.1"}, {"h2", "http/1.1"}, {}}) {
        assertThat(page(server, offered)).as("%s", List.of(offered)).isEqualTo("a page");
      }
      for (String[] offered : new String[][] {{"h2"}, {}}) {
        try (RawClient grpc = grpc(server, offered)) {
          grpc.headers(1, TestServer.ECHO, false).message(1, new byte[1], true);
          assertThat(grpc.answer(1).grpcStatus()).as("%s", List.of(offered)).isZero();
        }
      }
    }
  }

  @Test
  void a_service_sees_the_clients_verified_certificate() throws Exception {
    TlsContexts contexts = TlsContexts.of(settings.demanding(file("ca.pem"), null));
    try (TestServer server = server(contexts, b -> b);
        RawClient grpc = grpc(server, "h2")) {
      grpc.headers(1, TestServer.WHO, false).message(1, new byte[0], true);
      byte[] who = grpc.answer(1).data();
      String name = new String(Arrays.copyOfRange(who, 5, who.length), StandardCharsets.UTF_8);
      assertThat(name).isEqualTo("CN=client");
    }
  }

  /** GHSA-3wh4-j44w-pg92: one of several listeners didn't look at the revocation list. */
  @Test
  void a_revoked_client_is_refused_on_every_listener() throws Exception {
    AUTHORITY.revoke(file("crl.pem"), List.of());
    TlsContexts contexts = TlsContexts.of(settings.demanding(file("ca.pem"), file("crl.pem")));
    try (TestServer server = server(contexts, b -> b)) {
      InetSocketAddress second =
          server.server.bind(
              new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), contexts::answering);
      assertThat(page(server, "http/1.1")).isEqualTo("a page");
      AUTHORITY.revoke(file("crl.pem"), List.of(CLIENT.certificate()));
      assertThat(contexts.refresh()).isTrue();
      for (InetSocketAddress each : List.of(server.address, second)) {
        for (String protocol : List.of("h2", "http/1.1")) {
          assertThatThrownBy(() -> exchange(socket(each, protocol)))
              .as("%s %s", each, protocol)
              .isInstanceOf(IOException.class);
        }
      }
    }
  }

  @Test
  void plaintext_gets_nothing_from_a_tls_port() throws Exception {
    try (TestServer server = server(TlsContexts.of(settings), b -> b);
        Socket plain = new Socket(server.address.getAddress(), server.address.getPort())) {
      plain.setSoTimeout(20_000);
      plain.getOutputStream().write(RawClient.PREFACE.getBytes(StandardCharsets.US_ASCII));
      // An alert of TLS, at the most.
      assertThat(plain.getInputStream().readAllBytes()).hasSizeLessThan(16);
    }
  }

  /** One server's bounds hold for its listeners of both kinds together. */
  @Test
  void plaintext_and_tls_listeners_are_one_server() throws Exception {
    try (TestServer server = server(TlsContexts.of(settings), b -> b)) {
      InetSocketAddress plain =
          server.server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      try (RawClient one = grpc(server, "h2");
          RawClient other = RawClient.greet(plain)) {
        for (RawClient each : List.of(one, other)) {
          each.headers(1, TestServer.ECHO, false).message(1, new byte[1], true);
          assertThat(each.answer(1).grpcStatus()).isZero();
        }
        assertThat(server.server.connections()).isEqualTo(2);
      }
    }
  }

  /** CVE-2026-73500: no deadline on the handshake. */
  @Test
  void a_tls_handshake_that_never_comes_or_stops_half_way_is_cut_off() throws Exception {
    try (TestServer server =
            server(TlsContexts.of(settings), b -> b.handshakeMax(Duration.ofMillis(200)));
        RawClient silent = RawClient.connect(server.address);
        RawClient stopping = RawClient.connect(server.address)) {
      stopping.text("\u0016\u0003\u0001\u0001\u0000\u0001"); // of a client's hello, the beginning
      assertThat(silent.isClosedByServer()).isTrue();
      assertThat(stopping.isClosedByServer()).isTrue();
    }
  }

  private TestServer server(TlsContexts contexts, UnaryOperator<GrpcServer.Builder> more)
      throws IOException {
    return new TestServer(_ -> {}, b -> more.apply(b.http1(Http1::new)), contexts::answering);
  }

  private String page(TestServer server, String... offered) throws Exception {
    return exchange(socket(server.address, offered));
  }

  private static String exchange(SSLSocket socket) throws IOException {
    try (socket) {
      socket.getOutputStream().write("GET / HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
    }
  }

  private RawClient grpc(TestServer server, String... offered) throws Exception {
    OutBuffer nothing = new OutBuffer();
    nothing.settings();
    return RawClient.over(socket(server.address, offered)).text(RawClient.PREFACE).send(nothing);
  }

  private SSLSocket socket(InetSocketAddress server, String... offered) throws Exception {
    TlsContexts contexts =
        TlsContexts.of(TlsSettings.dialling(file("ca.pem")).showing(file("c.pem"), file("c.key")));
    SSLContext client = ((JdkSslContext) contexts.dialling()).context();
    SSLSocket socket =
        (SSLSocket)
            client
                .getSocketFactory()
                .createSocket(server.getAddress().getHostAddress(), server.getPort());
    socket.setSoTimeout(20_000);
    var parameters = socket.getSSLParameters();
    parameters.setApplicationProtocols(offered);
    socket.setSSLParameters(parameters);
    return socket;
  }

  private Path file(String name) {
    return folder.resolve(name);
  }
}

package io.quorate.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.io.InputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.util.Arrays;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** One port for both protocols, in the clear and encrypted; and the health service on it. */
@Timeout(60)
final class PortTest {
  private static final char[] PASSWORD = "changeit".toCharArray();

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

  /** A key and its certificate, made by the JDK's own tool. */
  private static KeyStore keyStore(Path folder, String name) throws Exception {
    Path file = folder.resolve(name + ".p12");
    Process keytool =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                name,
                "-keyalg",
                "EC",
                "-dname",
                "CN=" + name,
                "-ext",
                "san=dns:localhost,ip:127.0.0.1",
                "-storetype",
                "PKCS12",
                "-storepass",
                new String(PASSWORD),
                "-keystore",
                file.toString())
            .redirectErrorStream(true)
            .start();
    String said = new String(keytool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(keytool.waitFor()).as(said).isZero();
    KeyStore store = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(file)) {
      store.load(in, PASSWORD);
    }
    return store;
  }

  private static KeyManagerFactory keys(KeyStore store) throws Exception {
    KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keys.init(store, PASSWORD);
    return keys;
  }

  private static TrustManagerFactory trust(KeyStore own, String name) throws Exception {
    KeyStore trusted = KeyStore.getInstance("PKCS12");
    trusted.load(null, null);
    trusted.setCertificateEntry(name, own.getCertificate(name));
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(trusted);
    return trust;
  }

  @Test
  void tls_carries_both_protocols_and_names_the_client(@TempDir Path folder) throws Exception {
    KeyStore ours = keyStore(folder, "server");
    KeyStore theirs = keyStore(folder, "client");
    SslContext context =
        SslContextBuilder.forServer(keys(ours))
            .sslProvider(SslProvider.JDK)
            .trustManager(trust(theirs, "client"))
            .clientAuth(ClientAuth.OPTIONAL)
            .applicationProtocolConfig(
                new ApplicationProtocolConfig(
                    ApplicationProtocolConfig.Protocol.ALPN,
                    ApplicationProtocolConfig.SelectorFailureBehavior.NO_ADVERTISE,
                    ApplicationProtocolConfig.SelectedListenerFailureBehavior.ACCEPT,
                    "h2",
                    "http/1.1"))
            .build();
    SSLContext client = SSLContext.getInstance("TLS");
    client.init(keys(theirs).getKeyManagers(), trust(ours, "server").getTrustManagers(), null);
    try (TestServer server = new TestServer(b -> b.http1(Http1::new).tls(() -> context))) {
      try (SSLSocket http = socket(client, server, "http/1.1")) {
        assertThat(exchange(http, "GET /health")).isEqualTo("got GET /health");
      }
      try (SSLSocket socket = socket(client, server, "h2");
          RawClient grpc = RawClient.over(socket)) {
        assertThat(socket.getApplicationProtocol()).isEqualTo("h2");
        OutBuffer settings = new OutBuffer();
        settings.settings();
        grpc.text(RawClient.PREFACE).send(settings);
        grpc.headers(1, TestServer.WHO, false).message(1, new byte[0], true);
        byte[] who = grpc.answer(1).data();
        String name = new String(Arrays.copyOfRange(who, 5, who.length), StandardCharsets.UTF_8);
        assertThat(name).isEqualTo("CN=client");
      }
    }
  }

  private static SSLSocket socket(SSLContext client, TestServer server, String protocol)
      throws Exception {
    SSLSocket socket =
        (SSLSocket)
            client
                .getSocketFactory()
                .createSocket(server.address.getAddress(), server.address.getPort());
    var parameters = socket.getSSLParameters();
    parameters.setApplicationProtocols(new String[] {protocol});
    socket.setSSLParameters(parameters);
    socket.startHandshake();
    return socket;
  }

  @Test
  void a_tls_handshake_that_never_comes_is_cut_off(@TempDir Path folder) throws Exception {
    SslContext context =
        SslContextBuilder.forServer(keys(keyStore(folder, "server")))
            .sslProvider(SslProvider.JDK)
            .build();
    try (TestServer server =
            new TestServer(b -> b.tls(() -> context).handshakeMax(Duration.ofMillis(200)));
        RawClient silent = RawClient.connect(server.address)) {
      assertThat(silent.isClosedByServer()).isTrue();
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

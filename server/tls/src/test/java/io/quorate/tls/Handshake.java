package io.quorate.tls;

import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.SslContext;
import java.nio.ByteBuffer;
import java.security.cert.Certificate;
import java.util.List;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLPeerUnverifiedException;

/** A whole handshake, from engine to engine without a socket between them. */
record Handshake(
    List<Certificate> seenByServer,
    List<Certificate> seenByClient,
    String protocol,
    String cipherSuite) {
  private static final int ROUNDS_MAX = 1_000;

  static Handshake between(SslContext client, SslContext server, String host) throws SSLException {
    SSLEngine dialling = client.newEngine(ByteBufAllocator.DEFAULT, host, 2379);
    SSLEngine answering = server.newEngine(ByteBufAllocator.DEFAULT);
    run(dialling, answering);
    return new Handshake(
        peer(answering),
        peer(dialling),
        dialling.getSession().getProtocol(),
        dialling.getSession().getCipherSuite());
  }

  /** The application's protocol that a server takes from a client that offers these. */
  static String alpn(SslContext server, String... offered) throws Exception {
    var client =
        io.netty.handler.ssl.SslContextBuilder.forClient()
            .sslProvider(io.netty.handler.ssl.SslProvider.JDK)
            .trustManager(io.netty.handler.ssl.util.InsecureTrustManagerFactory.INSTANCE)
            .endpointIdentificationAlgorithm(null)
            .build();
    SSLEngine dialling = client.newEngine(ByteBufAllocator.DEFAULT);
    SSLParameters parameters = dialling.getSSLParameters();
    parameters.setApplicationProtocols(offered);
    dialling.setSSLParameters(parameters);
    SSLEngine answering = server.newEngine(ByteBufAllocator.DEFAULT);
    run(dialling, answering);
    return dialling.getApplicationProtocol();
  }

  private static List<Certificate> peer(SSLEngine engine) {
    try {
      return List.of(engine.getSession().getPeerCertificates());
    } catch (SSLPeerUnverifiedException e) {
      return List.of();
    }
  }

  private static void run(SSLEngine client, SSLEngine server) throws SSLException {
    ByteBuffer toServer = ByteBuffer.allocate(1 << 17).flip();
    ByteBuffer toClient = ByteBuffer.allocate(1 << 17).flip();
    client.beginHandshake();
    server.beginHandshake();
    for (int i = 0; i < ROUNDS_MAX; i++) {
      boolean moved = step(client, toClient, toServer);
      moved |= step(server, toServer, toClient);
      if (!moved) {
        return;
      }
    }
    throw new AssertionError("the handshake does not end");
  }

  /** Does what the engine wants next; whether it wanted anything. */
  private static boolean step(SSLEngine engine, ByteBuffer in, ByteBuffer out) throws SSLException {
    ByteBuffer plain = ByteBuffer.allocate(1 << 17);
    HandshakeStatus wants = engine.getHandshakeStatus();
    switch (wants) {
      case NEED_TASK -> {
        for (Runnable task = engine.getDelegatedTask();
            task != null;
            task = engine.getDelegatedTask()) {
          task.run();
        }
        return true;
      }
      case NEED_WRAP -> {
        out.compact();
        engine.wrap(ByteBuffer.allocate(0), out);
        out.flip();
        return true;
      }
      case NEED_UNWRAP, NEED_UNWRAP_AGAIN, FINISHED, NOT_HANDSHAKING -> {
        if (!in.hasRemaining()) {
          return false;
        }
        engine.unwrap(in, plain);
        return true;
      }
    }
    return false;
  }
}

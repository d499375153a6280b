package io.quorate.transport;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContextBuilder;
import io.quorate.node.Transport.Lane;
import io.quorate.transport.TestMember.Up;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The same conversations inside TLS, with certificates asked of both sides. */
@Timeout(60)
class TlsTest {
  private static final char[] PASSWORD = "changeit".toCharArray();

  @TempDir private Path folder;

  @Test
  void members_talk_over_tls_and_plaintext_is_hung_up_on() throws Exception {
    TransportSettings settings = settings(keyStore("member"));
    try (TestMember a = new TestMember(1, TestMember.CLUSTER, settings);
        TestMember b = new TestMember(2, TestMember.CLUSTER, settings);
        RawPeer plain = RawPeer.dial(b.address())) {
      a.connect(2, b.address());
      assertThat(a.nextEvent()).isEqualTo(new Up(2));
      assertThat(b.nextEvent()).isEqualTo(new Up(1));
      assertThat(b.send(1, Lane.CONSENSUS, "secret")).isTrue();
      assertThat(a.nextFrame().bytes().toUtf8()).isEqualTo("secret");

      plain.say(RawPeer.hello(0, 2, Lane.CONSENSUS, 1));
      // The alert that TLS answers with, then the end.
      byte[] answer = new byte[64];
      int length = 0;
      for (int n = 0; n >= 0 && length < answer.length; n = plain.read(answer, length)) {
        length += n;
      }
      assertThat(new String(answer, 0, length, US_ASCII)).doesNotContain("QRTP");
    }
  }

  /** Shows that a certificate of another authority doesn't get to the greetings. */
  @Test
  void a_stranger_to_the_authority_never_gets_to_the_greetings() throws Exception {
    try (TestMember a = new TestMember(1, TestMember.CLUSTER, settings(keyStore("stranger")));
        TestMember b = new TestMember(2, TestMember.CLUSTER, settings(keyStore("member")))) {
      a.connect(2, b.address());
      try (TestMember third = new TestMember(3, TestMember.CLUSTER, settings(keyStore("member")))) {
        // The same certificate as b's: it gets through while a still doesn't.
        b.connect(3, third.address());
        assertThat(b.nextEvent()).isEqualTo(new Up(3));
      }
      assertThat(a.admissions).hasValue(0);
      assertThat(a.events).isEmpty();
    }
  }

  private static TransportSettings settings(KeyStore store) throws Exception {
    KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keys.init(store, PASSWORD);
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(store);
    return TestMember.settings(0)
        .withTls(
            SslContextBuilder.forClient().keyManager(keys).trustManager(trust).build(),
            SslContextBuilder.forServer(keys)
                .trustManager(trust)
                .clientAuth(ClientAuth.REQUIRE)
                .build());
  }

  /** A store with one self-signed certificate, which is also what it trusts. */
  private KeyStore keyStore(String name) throws Exception {
    Path file = folder.resolve(name + ".p12");
    if (!Files.exists(file)) {
      Process keytool =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                  "-genkeypair",
                  "-keystore",
                  file.toString(),
                  "-storetype",
                  "PKCS12",
                  "-storepass",
                  new String(PASSWORD),
                  "-alias",
                  name,
                  "-keyalg",
                  "EC",
                  "-dname",
                  "CN=" + name,
                  "-ext",
                  "SAN=dns:localhost,ip:127.0.0.1")
              .redirectErrorStream(true)
              .start();
      keytool.getInputStream().readAllBytes();
      assertThat(keytool.waitFor()).isZero();
    }
    KeyStore store = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(file)) {
      store.load(in, PASSWORD);
    }
    KeyStore both = KeyStore.getInstance("PKCS12");
    both.load(null, null);
    both.setKeyEntry(name, store.getKey(name, PASSWORD), PASSWORD, store.getCertificateChain(name));
    both.setCertificateEntry("trusted", store.getCertificate(name));
    return both;
  }
}

package io.quorate.client.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quorate.base.Bytes;
import io.quorate.client.channel.Answer;
import io.quorate.client.channel.CallOptions;
import io.quorate.client.channel.StatusCode;
import io.quorate.tls.CertificateAuthority;
import io.quorate.tls.CertificateAuthority.Wish;
import io.quorate.tls.TlsContexts;
import io.quorate.tls.TlsSettings;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Whom a client believes, what it shows, and that a scheme is taken at its word. */
@Timeout(60)
class ClientTlsTest {
  private static final CertificateAuthority AUTHORITY = CertificateAuthority.named("authority");

  @TempDir private Path folder;
  private final ScriptedServer server = new ScriptedServer();

  @BeforeEach
  void start() throws Exception {
    AUTHORITY.write(file("ca.pem"));
    AUTHORITY.issue(Wish.of("server", "127.0.0.1")).write(file("s.pem"), file("s.key"));
    AUTHORITY.issue(Wish.of("client")).write(file("c.pem"), file("c.key"));
    server.tls =
        TlsContexts.of(
            TlsSettings.listening(file("s.pem"), file("s.key")).demanding(file("ca.pem"), null));
    server.start();
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void a_call_goes_through_tls_with_a_certificate_shown() throws Exception {
    ClientTls tls = ClientTls.believing(file("ca.pem")).showing(file("c.pem"), file("c.key"));
    assertThat(call("https://" + server.endpoint(), tls).status()).isEqualTo(StatusCode.OK);
    assertThat(call(server.endpoint(), tls).status()).isEqualTo(StatusCode.OK);
  }

  @Test
  void an_explicit_http_is_plaintext_whatever_else_is_given() throws Exception {
    ClientTls tls = ClientTls.believing(file("ca.pem")).showing(file("c.pem"), file("c.key"));
    assertThat(call("http://" + server.endpoint(), tls).status()).isEqualTo(StatusCode.UNAVAILABLE);
    server.tls = null;
    assertThat(call("http://" + server.endpoint(), tls).status()).isEqualTo(StatusCode.OK);
  }

  @Test
  void without_a_certificate_to_show_the_call_was_not_processed() throws Exception {
    Answer answer = call(server.endpoint(), ClientTls.believing(file("ca.pem")));
    assertThat(answer.status()).isEqualTo(StatusCode.UNAVAILABLE);
    assertThat(answer.fate()).isEqualTo(Answer.Fate.NOT_PROCESSED);
  }

  /** CVE-2020-15136: an endpoint's own certificate went unchecked. */
  @Test
  void a_server_of_another_authority_or_name_is_not_spoken_to() throws Exception {
    for (String endpoint : List.of("https://" + server.endpoint(), server.endpoint())) {
      Answer answer = call(endpoint, endpoint.startsWith("https") ? null : ClientTls.platform());
      assertThat(answer.status()).isEqualTo(StatusCode.UNAVAILABLE);
      assertThat(answer.detail()).contains("certification path");
    }
    ClientTls tls = ClientTls.believing(file("ca.pem")).showing(file("c.pem"), file("c.key"));
    assertThat(call(server.endpoint(), tls.serverName("example.org")).detail())
        .contains("example.org");
    assertThat(call(server.endpoint(), tls.serverName("example.org").believingEverybody()).status())
        .isEqualTo(StatusCode.OK);
  }

  @Test
  void files_are_read_again_when_they_have_changed() throws Exception {
    CertificateAuthority.named("stranger")
        .issue(Wish.of("client"))
        .write(file("new.pem"), file("new.key"));
    ClientTls tls = ClientTls.believing(file("ca.pem")).showing(file("new.pem"), file("new.key"));
    assertThat(call(server.endpoint(), tls).status()).isEqualTo(StatusCode.UNAVAILABLE);
    AUTHORITY.issue(Wish.of("client")).write(file("new.pem"), file("new.key"));
    assertThat(call(server.endpoint(), tls).status()).isEqualTo(StatusCode.OK);
    Files.writeString(file("new.key"), "half of it");
    assertThat(call(server.endpoint(), tls).status()).isEqualTo(StatusCode.OK);
    assertThatThrownBy(() -> ClientTls.believing(null).showing(file("c.pem"), file("new.key")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("new.key has no private key in it");
  }

  private static Answer call(String endpoint, @Nullable ClientTls tls) throws Exception {
    try (HttpChannel channel = HttpChannel.open(List.of(endpoint), HttpSettings.DEFAULT, tls)) {
      return channel
          .unary("s.S/M", Bytes.EMPTY, CallOptions.timeout(TimeUnit.SECONDS.toNanos(20)))
          .get();
    }
  }

  private Path file(String name) {
    return folder.resolve(name);
  }
}

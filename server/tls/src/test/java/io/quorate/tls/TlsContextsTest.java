package io.quorate.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.handler.ssl.SslContext;
import io.quorate.tls.CertificateAuthority.Use;
import io.quorate.tls.CertificateAuthority.Wish;
import io.quorate.tls.TlsSettings.Algorithms;
import io.quorate.tls.TlsSettings.ServerCheck;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyPairGenerator;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the files come to: who is let in, who isn't, and what becomes of it when they change. */
@Timeout(60)
class TlsContextsTest {
  private static final CertificateAuthority AUTHORITY = CertificateAuthority.named("authority");
  private static final Credentials SERVER =
      AUTHORITY.issue(Wish.of("server", "localhost", "127.0.0.1"));
  private static final Credentials CLIENT = AUTHORITY.issue(Wish.of("client").only(Use.CLIENT));

  @TempDir private Path folder;

  @BeforeEach
  void writeFiles() throws Exception {
    AUTHORITY.write(file("ca.pem"));
    write("server", SERVER);
    write("client", CLIENT);
  }

  @Test
  void both_ends_find_each_other_good() throws Exception {
    Handshake done = shake(client(), TlsContexts.of(demanding()), "localhost");
    assertThat(done.seenByServer()).containsExactly(CLIENT.certificate());
    assertThat(done.seenByClient()).containsExactly(SERVER.certificate());
    assertThat(done.protocol()).isEqualTo("TLSv1.3");
  }

  @Test
  void grpc_gets_h2_and_a_browser_http1() throws Exception {
    TlsContexts server = TlsContexts.of(listening());
    assertThat(Handshake.alpn(server.answering(), "h2")).isEqualTo("h2");
    assertThat(Handshake.alpn(server.answering(), "h2", "http/1.1")).isEqualTo("http/1.1");
    assertThat(Handshake.alpn(server.answering(), "spdy/3")).isEmpty();
    assertThat(Handshake.alpn(server.answering())).isEmpty();
  }

  @Test
  void whoever_shows_nothing_or_a_strangers_certificate_is_not_let_in() throws Exception {
    TlsContexts server = TlsContexts.of(demanding());
    refused(TlsContexts.of(TlsSettings.dialling(file("ca.pem"))), server);
    write("stranger", CertificateAuthority.named("another").issue(Wish.of("client")));
    refused(client("stranger"), server);
    write("self", CertificateAuthority.selfSigned(Wish.of("client")));
    refused(client("self"), server);
    write("old", AUTHORITY.issue(Wish.of("client").validFor(Duration.ofMinutes(-1))));
    refused(client("old"), server);
    write("a-server", AUTHORITY.issue(Wish.of("client").only(Use.SERVER)));
    refused(client("a-server"), server);
  }

  @Test
  void a_server_that_the_client_did_not_mean_is_left() throws Exception {
    TlsContexts server = TlsContexts.of(listening());
    TlsContexts trusting = TlsContexts.of(TlsSettings.dialling(file("ca.pem")));
    assertThat(shake(trusting, server, "127.0.0.1").seenByClient()).hasSize(1);
    assertThatThrownBy(() -> shake(trusting, server, "example.org"))
        .hasMessageContaining("example.org");
    // Without authorities of one's own it is those of the platform, which don't know ours.
    assertThatThrownBy(() -> shake(TlsContexts.of(TlsSettings.dialling(null)), server, "localhost"))
        .isInstanceOf(javax.net.ssl.SSLException.class);
    TlsContexts blind = TlsContexts.of(TlsSettings.dialling(null).checking(ServerCheck.NONE));
    assertThat(shake(blind, server, "example.org").seenByClient()).hasSize(1);
  }

  /** A common name is no host among members, though the platform would take it for one. */
  @Test
  void only_an_alternative_name_names_a_member() throws Exception {
    write("common", AUTHORITY.issue(Wish.of("localhost")));
    TlsContexts server =
        TlsContexts.of(TlsSettings.listening(file("common.pem"), file("common.key")));
    TlsSettings dialling = TlsSettings.dialling(file("ca.pem"));
    assertThat(shake(TlsContexts.of(dialling), server, "localhost").seenByClient()).hasSize(1);
    TlsContexts strict = TlsContexts.of(dialling.checking(ServerCheck.HOST_STRICTLY));
    assertThatThrownBy(() -> shake(strict, server, "localhost"))
        .hasMessageContaining("none of the hosts");
  }

  @Test
  void a_revoked_certificate_is_refused_from_the_next_reading_on() throws Exception {
    AUTHORITY.revoke(file("crl.pem"), List.of());
    TlsContexts server = TlsContexts.of(listening().demanding(file("ca.pem"), file("crl.pem")));
    assertThat(shake(client(), server, "localhost").seenByServer()).hasSize(1);
    assertThat(server.refresh()).isFalse();
    AUTHORITY.revoke(file("crl.pem"), List.of(CLIENT.certificate()));
    assertThat(server.refresh()).isTrue();
    refused(client(), server);
  }

  /** Also in DER, and for the one between: revoked, it takes all that it signed with it. */
  @Test
  void a_revoked_authority_takes_its_certificates_with_it() throws Exception {
    CertificateAuthority between = AUTHORITY.subordinate("between");
    write("below", between.issue(Wish.of("client")));
    AUTHORITY.revoke(file("crl.pem"), List.of(between.certificate()));
    Files.write(file("crl.der"), Pem.blocks(file("crl.pem")).get(0).der());
    refused(
        client("below"), TlsContexts.of(listening().demanding(file("ca.pem"), file("crl.der"))));
    // Not even if it is listed among the authorities.
    between.write(file("between.pem"));
    Files.writeString(
        file("both.pem"), Files.readString(file("ca.pem")) + Files.readString(file("between.pem")));
    refused(
        client("below"), TlsContexts.of(listening().demanding(file("both.pem"), file("crl.der"))));
    assertThat(
            shake(
                    client("below"),
                    TlsContexts.of(listening().demanding(file("both.pem"), null)),
                    "localhost")
                .seenByServer())
        .hasSize(2);
  }

  /** The same serial number from another authority is another certificate. */
  @Test
  void a_list_holds_for_its_own_authoritys_certificates() throws Exception {
    CertificateAuthority.named("another").revoke(file("crl.pem"), List.of(CLIENT.certificate()));
    TlsContexts server = TlsContexts.of(listening().demanding(file("ca.pem"), file("crl.pem")));
    assertThat(shake(client(), server, "localhost").seenByServer()).hasSize(1);
  }

  @Test
  void only_allowed_names_and_hosts_are_let_in() throws Exception {
    refused(client(), TlsContexts.of(demanding().allowing(List.of("other", "third"), List.of())));
    refused(client(), TlsContexts.of(demanding().allowing(List.of(), List.of("client"))));
    write("named", AUTHORITY.issue(Wish.of("third", "a.example.org").uris("spiffe://x/y")));
    for (TlsSettings each :
        List.of(
            demanding().allowing(List.of("other", "third"), List.of()),
            demanding().allowing(List.of(), List.of("b.example.org", "A.example.org")))) {
      assertThat(shake(client("named"), TlsContexts.of(each), "localhost").seenByServer())
          .hasSize(1);
    }
  }

  @Test
  void files_that_do_not_fit_together_leave_what_was_in_place() throws Exception {
    TlsContexts server = TlsContexts.of(listening());
    SslContext before = server.answering();
    Credentials next = AUTHORITY.issue(Wish.of("server", "localhost"));
    write("next", next);
    Files.copy(
        file("next.pem"), file("server.pem"), java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    assertThatThrownBy(server::refresh)
        .isInstanceOf(TlsException.class)
        .hasMessageContaining("server.key is not the key to the certificate in");
    assertThat(server.answering()).isSameAs(before);
    assertThat(server.refresh()).as("said once").isFalse();
    Files.copy(
        file("next.key"), file("server.key"), java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    assertThat(server.refresh()).isTrue();
    assertThat(shake(client(), server, "localhost").seenByClient())
        .containsExactly(next.certificate());
    Files.delete(file("server.pem"));
    assertThatThrownBy(server::refresh).hasMessageContaining("there is no file");
  }

  /** As a mounted secret changes: the link's target is another directory from now on. */
  @Test
  void a_change_behind_a_symbolic_link_is_seen() throws Exception {
    Path one = Files.createDirectory(file("one"));
    Path two = Files.createDirectory(file("two"));
    SERVER.write(one.resolve("tls.pem"), one.resolve("tls.key"));
    Credentials next = AUTHORITY.issue(Wish.of("server", "localhost"));
    next.write(two.resolve("tls.pem"), two.resolve("tls.key"));
    Path link = Files.createSymbolicLink(file("data"), one);
    TlsContexts server =
        TlsContexts.of(TlsSettings.listening(link.resolve("tls.pem"), link.resolve("tls.key")));
    Files.createSymbolicLink(file("data.new"), two);
    Files.move(
        file("data.new"),
        link,
        java.nio.file.StandardCopyOption.ATOMIC_MOVE,
        java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    assertThat(server.refresh()).isTrue();
    assertThat(server.shown()).containsExactly(next.certificate());
  }

  @ParameterizedTest
  @CsvSource({
    "TLSv1.2, TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
    "TLSv1.3, TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, TLS_AES_128_GCM_SHA256",
  })
  void versions_and_suites_are_chosen(String version, String suite, String used) throws Exception {
    Algorithms chosen = new Algorithms(List.of(version), List.of(suite));
    TlsContexts server = TlsContexts.of(listening().negotiating(chosen));
    Handshake done = shake(client(), server, "localhost");
    assertThat(done.protocol()).isEqualTo(version);
    assertThat(done.cipherSuite()).isEqualTo(used);
    Algorithms other =
        new Algorithms(List.of(version.equals("TLSv1.2") ? "TLSv1.3" : "TLSv1.2"), List.of());
    refused(TlsContexts.of(TlsSettings.dialling(file("ca.pem")).negotiating(other)), server);
  }

  @Test
  void an_unknown_suite_is_named() {
    Algorithms wrong = new Algorithms(List.of("TLSv1.2"), List.of("TLS_NULL"));
    assertThatThrownBy(() -> TlsContexts.of(listening().negotiating(wrong)))
        .hasMessageContaining("unexpected TLS cipher suite \"TLS_NULL\"");
  }

  /** PKCS#1 and SEC 1, in which OpenSSL and cfssl write keys, beside PKCS#8. */
  @Test
  void keys_are_read_as_tools_write_them() throws Exception {
    byte[] ec = inner(SERVER.key().getEncoded());
    Der.Content whole = Der.read(ec, 0);
    byte[] curve = Der.tagged(0, Der.oid("1.2.840.10045.3.1.7"));
    byte[] sec1 =
        Der.element(Der.SEQUENCE, Arrays.copyOfRange(ec, whole.from(), whole.to()), curve);
    Files.writeString(
        file("sec1.key"),
        new Pem("EC PARAMETERS", Der.oid("1.2.840.10045.3.1.7")).text()
            + new Pem("EC PRIVATE KEY", sec1).text());
    assertThat(Credentials.read(file("server.pem"), file("sec1.key")).chain())
        .isEqualTo(SERVER.chain());

    KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
    generator.initialize(2048);
    var rsa = generator.generateKeyPair().getPrivate();
    Files.writeString(
        file("pkcs1.key"), new Pem("RSA PRIVATE KEY", inner(rsa.getEncoded())).text());
    assertThatThrownBy(() -> Credentials.read(file("server.pem"), file("pkcs1.key")))
        .hasMessageContaining("is not the key to the certificate"); // read it was
  }

  private static byte[] inner(byte[] pkcs8) {
    Der.Content whole = Der.read(pkcs8, 0);
    int at = whole.from();
    Der.Content part = Der.read(pkcs8, at);
    while (part.tag() != Der.OCTETS) {
      part = Der.read(pkcs8, part.to());
    }
    return Arrays.copyOfRange(pkcs8, part.from(), part.to());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'' | has no private key in it",
        "-----BEGIN PRIVATE KEY-----!!!!-----END PRIVATE KEY----- | can't be read",
        "-----BEGIN EC PRIVATE KEY-----MAA=-----END EC PRIVATE KEY----- | can't be read",
        "-----BEGIN EC PRIVATE KEY-----MIQ=-----END EC PRIVATE KEY----- | can't be read",
        "-----BEGIN ENCRYPTED PRIVATE KEY-----MAA=-----END ENCRYPTED PRIVATE KEY----- | is encrypted",
        "-----BEGIN RSA PRIVATE KEY-----Proc-Type: 4,ENCRYPTED MAA=-----END RSA PRIVATE KEY----- | is encrypted",
      })
  void a_key_that_can_not_be_used_is_named(String text, String message) throws Exception {
    Files.writeString(file("server.key"), text);
    assertThatThrownBy(() -> TlsContexts.of(listening()))
        .isInstanceOf(TlsException.class)
        .hasMessageContaining("server.key")
        .hasMessageContaining(message);
  }

  @Test
  void certificates_and_lists_that_can_not_be_used_are_named() throws Exception {
    Files.writeString(file("crl.pem"), "nothing");
    assertThatThrownBy(() -> TlsContexts.of(listening().demanding(file("ca.pem"), file("crl.pem"))))
        .hasMessageContaining("crl.pem has no revocation list");
    assertThatThrownBy(() -> TlsContexts.of(TlsSettings.dialling(file("server.key"))))
        .hasMessageContaining("server.key has no certificate in it");
    assertThatThrownBy(() -> TlsContexts.of(TlsSettings.dialling(file("none.pem"))))
        .hasMessageContaining("there is no file");
  }

  @Test
  void a_key_is_written_for_its_owner_alone() throws Exception {
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file("server.key"))))
        .isEqualTo("rw-------");
  }

  @ParameterizedTest
  @CsvSource({
    "a.example.org, a.example.org, true",
    "A.Example.ORG., a.example.org, true",
    "*.example.org, a.example.org, true",
    "*.example.org, a.b.example.org, false",
    "*.example.org, example.org, false",
    "*.org, example.org, false",
    "a*.example.org, ab.example.org, false",
    "127.0.0.1, 127.0.0.1, true",
    "127.0.0.1, localhost, false",
    "*.0.0.1, 127.0.0.1, false",
    "::1, 0:0:0:0:0:0:0:1, true",
    "::1, ::2, false",
  })
  void hosts_are_matched_strictly(String named, String host, boolean covers) {
    X509Certificate certificate =
        CertificateAuthority.selfSigned(
                Wish.of(host, named).uris("spiffe://a/b", "https://" + "x.example"))
            .certificate();
    assertThat(SubjectNames.cover(certificate, host)).isEqualTo(covers);
    assertThat(SubjectNames.commonName(certificate)).isEqualTo(host);
  }

  private void refused(TlsContexts client, TlsContexts server) {
    assertThatThrownBy(() -> shake(client, server, "localhost"))
        .isInstanceOf(javax.net.ssl.SSLException.class);
  }

  private static Handshake shake(TlsContexts client, TlsContexts server, String host)
      throws Exception {
    return Handshake.between(client.dialling(), server.answering(), host);
  }

  private TlsContexts client() throws TlsException {
    return client("client");
  }

  private TlsContexts client(String name) throws TlsException {
    return TlsContexts.of(
        TlsSettings.dialling(file("ca.pem")).showing(file(name + ".pem"), file(name + ".key")));
  }

  private TlsSettings listening() {
    return TlsSettings.listening(file("server.pem"), file("server.key"));
  }

  private TlsSettings demanding() {
    return listening().demanding(file("ca.pem"), null);
  }

  private void write(String name, Credentials credentials) throws Exception {
    credentials.write(file(name + ".pem"), file(name + ".key"));
  }

  private Path file(String name) {
    return folder.resolve(name);
  }
}

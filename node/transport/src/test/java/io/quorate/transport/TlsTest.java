package io.quorate.transport;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.quorate.base.Bytes;
import io.quorate.node.Transport.Lane;
import io.quorate.tls.CertificateAuthority;
import io.quorate.tls.CertificateAuthority.Wish;
import io.quorate.tls.Credentials;
import io.quorate.tls.SubjectNames;
import io.quorate.tls.TlsContexts;
import io.quorate.tls.TlsSettings;
import io.quorate.tls.TlsSettings.ServerCheck;
import io.quorate.transport.PeerTls.DiallerCheck;
import io.quorate.transport.TestMember.Up;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The same conversations inside TLS, with certificates asked of both sides. */
@Timeout(60)
class TlsTest {
  private static final CertificateAuthority AUTHORITY = CertificateAuthority.named("peers");
  private static final DiallerCheck STRICT =
      (certificate, hosts) ->
          certificate != null
              && hosts.stream().anyMatch(host -> SubjectNames.cover(certificate, host));

  @TempDir private Path folder;

  @BeforeEach
  void writeAuthority() throws Exception {
    AUTHORITY.write(file("ca.pem"));
  }

  @Test
  void members_talk_over_tls_and_plaintext_is_hung_up_on() throws Exception {
    TransportSettings settings = settings("member", Wish.of("", "127.0.0.1"));
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

  /** The bulk lane is opened to an address; its certificate must name the host all the same. */
  @Test
  void both_lanes_stand_where_certificates_name_hosts_only() throws Exception {
    TransportSettings settings = settings("member", Wish.of("", "localhost"));
    try (TestMember a = new TestMember(1, TestMember.CLUSTER, settings);
        TestMember b = new TestMember(2, TestMember.CLUSTER, settings)) {
      b.connect(1, byName(a));
      a.connect(2, byName(b));
      assertThat(a.nextEvent()).isEqualTo(new Up(2));
      if (!a.send(2, Lane.BULK, "a chunk")) {
        a.next(TestMember.Room.class);
        assertThat(a.send(2, Lane.BULK, "a chunk")).isTrue();
      }
      assertThat(b.nextFrame().lane()).isEqualTo(Lane.BULK);
    }
  }

  /** Consul's CVE-2021-37219: a certificate of the same authority, made for a client. */
  @Test
  void a_clients_certificate_does_not_speak_raft() throws Exception {
    Wish client = Wish.of("client").only(CertificateAuthority.Use.CLIENT);
    refused(settings("client", client), "is not that of member 1");
  }

  /** ZooKeeper's CVE-2023-44981: who says that it is another member than its certificate says. */
  @Test
  void a_member_can_not_say_that_it_is_another_one() throws Exception {
    refused(settings("other", Wish.of("localhost", "10.0.0.7")), "is not that of member 1");
  }

  /** CVE-2022-40716 and CVE-2026-24281: names of other kinds, and what a name server would say. */
  @Test
  void neither_uris_nor_a_name_for_the_address_help() throws Exception {
    Wish wish =
        Wish.of("127.0.0.1", "localhost", "a.example.org")
            .uris("spiffe://quorate/127.0.0.1", "https://127.0.0.1/");
    refused(settings("uris", wish), "it should have one of [127.0.0.1]");
    Wish more = Wish.of("", "127.0.0.1").uris("spiffe://a/b", "spiffe://c/d");
    try (TestMember a = new TestMember(1, TestMember.CLUSTER, settings("more", more));
        TestMember b = new TestMember(2, TestMember.CLUSTER, settings("b", more))) {
      a.connect(2, b.address());
      assertThat(a.nextEvent()).isEqualTo(new Up(2));
    }
  }

  private void refused(TransportSettings dialler, String reason) throws Exception {
    TransportSettings answering = settings("answering", Wish.of("", "127.0.0.1"));
    try (LogCapture log = LogCapture.of(NettyTransport.class);
        TestMember a = new TestMember(1, TestMember.CLUSTER, dialler);
        TestMember b = new TestMember(2, TestMember.CLUSTER, answering)) {
      b.connect(1, a.address());
      a.connect(2, b.address());
      log.await(reason);
      assertThat(a.events).isEmpty();
      assertThat(b.events).isEmpty();
      assertThat(b.admissions).as("refused before the node was asked").hasValue(0);
    }
  }

  /** Shows that a certificate of another authority doesn't get to the greetings. */
  @Test
  void a_stranger_to_the_authority_never_gets_to_the_greetings() throws Exception {
    Credentials strange = CertificateAuthority.named("strangers").issue(Wish.of("", "127.0.0.1"));
    Wish good = Wish.of("", "127.0.0.1");
    try (TestMember a = new TestMember(1, TestMember.CLUSTER, settings("stranger", strange));
        TestMember b = new TestMember(2, TestMember.CLUSTER, settings("member", good))) {
      a.connect(2, b.address());
      try (TestMember third = new TestMember(3, TestMember.CLUSTER, settings("third", good))) {
        // It gets through while a still doesn't.
        b.connect(3, third.address());
        assertThat(b.nextEvent()).isEqualTo(new Up(3));
      }
      assertThat(a.admissions).hasValue(0);
      assertThat(a.events).isEmpty();
    }
  }

  /** Certificates change under a conversation, which stands; the next one is under the new ones. */
  @Test
  void certificates_change_while_members_talk() throws Exception {
    Wish wish = Wish.of("", "127.0.0.1");
    TlsContexts contexts = contexts("member", AUTHORITY.issue(wish));
    try (TestMember a = new TestMember(1, TestMember.CLUSTER, settings(contexts));
        TestMember b = new TestMember(2, TestMember.CLUSTER, settings(contexts))) {
      a.connect(2, b.address());
      assertThat(a.nextEvent()).isEqualTo(new Up(2));
      AUTHORITY.issue(wish).write(file("member.pem"), file("member.key"));
      assertThat(contexts.refresh()).isTrue();
      assertThat(a.send(2, Lane.CONSENSUS, Bytes.utf8("goes on"))).isTrue();
      assertThat(b.nextFrame().bytes().toUtf8()).isEqualTo("goes on");
      a.disconnect(2);
      a.next(TestMember.Down.class);
      a.connect(2, b.address());
      assertThat(a.next(Up.class)).isEqualTo(new Up(2));
    }
  }

  /** GHSA-3wh4-j44w-pg92, on this listener: who is revoked isn't let in again. */
  @Test
  void a_revoked_member_is_not_let_in_again() throws Exception {
    Credentials revoked = AUTHORITY.issue(Wish.of("", "127.0.0.1"));
    AUTHORITY.revoke(file("crl.pem"), List.of());
    AUTHORITY.issue(Wish.of("", "127.0.0.1")).write(file("b.pem"), file("b.key"));
    TlsContexts checking =
        TlsContexts.of(
            TlsSettings.listening(file("b.pem"), file("b.key"))
                .demanding(file("ca.pem"), file("crl.pem")));
    try (LogCapture log = LogCapture.of(NettyTransport.class);
        TestMember a = new TestMember(1, TestMember.CLUSTER, settings("revoked", revoked));
        TestMember b = new TestMember(2, TestMember.CLUSTER, settings(checking))) {
      a.connect(2, b.address());
      assertThat(a.nextEvent()).isEqualTo(new Up(2));
      AUTHORITY.revoke(file("crl.pem"), List.of(revoked.certificate()));
      assertThat(checking.refresh()).isTrue();
      a.disconnect(2);
      a.next(TestMember.Down.class);
      a.connect(2, b.address());
      log.await("is revoked");
      assertThat(a.events).isEmpty();
    }
  }

  private static InetSocketAddress byName(TestMember member) {
    return InetSocketAddress.createUnresolved("localhost", member.address().getPort());
  }

  private TransportSettings settings(String name, Wish wish) throws Exception {
    return settings(name, AUTHORITY.issue(wish));
  }

  private TransportSettings settings(String name, Credentials credentials) throws Exception {
    return settings(contexts(name, credentials));
  }

  private TlsContexts contexts(String name, Credentials credentials) throws Exception {
    credentials.write(file(name + ".pem"), file(name + ".key"));
    return TlsContexts.of(
        TlsSettings.listening(file(name + ".pem"), file(name + ".key"))
            .demanding(file("ca.pem"), null)
            .checking(ServerCheck.HOST_STRICTLY));
  }

  private static TransportSettings settings(TlsContexts contexts) {
    return TestMember.settings(0)
        .withTls(
            new PeerTls(
                contexts::dialling,
                contexts::answering,
                STRICT,
                Thread.ofPlatform().daemon()::start));
  }

  private Path file(String name) {
    return folder.resolve(name);
  }
}

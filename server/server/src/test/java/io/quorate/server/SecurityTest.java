package io.quorate.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quorate.admin.HttpAccess;
import io.quorate.tls.TlsSettings;
import io.quorate.tls.TlsSettings.Algorithms;
import io.quorate.tls.TlsSettings.Files;
import io.quorate.tls.TlsSettings.ServerCheck;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What the flags and variables of etcd's security mean, and which of them contradict each other.
 */
class SecurityTest {
  private static final String CLIENTS = "--listen-client-urls https://127.0.0.1:2379 ";
  private static final String PEERS =
      "--listen-peer-urls https://127.0.0.1:2380 --peer-cert-file p.pem --peer-key-file p.key ";
  private static final String KEYS = "--cert-file c.pem --key-file c.key ";

  @Test
  void without_flags_there_is_plaintext_on_loopback_and_nothing_to_say() throws UsageException {
    Security security = of("--name a");
    assertThat(security.clients()).isNull();
    assertThat(security.peers()).isNull();
    assertThat(security.http()).isEqualTo(HttpAccess.STANDARD);
    assertThat(security.notices()).isEmpty();
  }

  @Test
  void clients_are_served_with_the_certificate_that_is_named() throws UsageException {
    TlsSettings clients = of(CLIENTS + KEYS).clients();
    assertThat(clients).isNotNull();
    assertThat(clients.own()).isEqualTo(new Files(Path.of("c.pem"), Path.of("c.key")));
    assertThat(clients.certificatesDemanded()).isFalse();
    assertThat(clients.algorithms()).isEqualTo(Algorithms.STANDARD);
  }

  /** In etcd, too, authorities are enough, with --client-cert-auth or without. */
  @ParameterizedTest
  @ValueSource(strings = {"", "--client-cert-auth ", "--client-crl-file r.pem "})
  void with_authorities_clients_must_show_certificates(String more) throws UsageException {
    TlsSettings clients = of(CLIENTS + KEYS + more + "--trusted-ca-file ca.pem").clients();
    assertThat(clients).isNotNull();
    assertThat(clients.certificatesDemanded()).isTrue();
    assertThat(clients.authorities()).isEqualTo(Path.of("ca.pem"));
  }

  @Test
  void variables_stand_for_flags() throws UsageException {
    Settings settings =
        Settings.read(
            List.of(),
            Map.of(
                "ETCD_LISTEN_CLIENT_URLS", "https://127.0.0.1:2379",
                "ETCD_CERT_FILE", "c.pem",
                "ETCD_KEY_FILE", "c.key",
                "ETCD_CLIENT_CERT_AUTH", "true",
                "ETCD_TRUSTED_CA_FILE", "ca.pem"));
    TlsSettings clients = ServerConfig.of(settings).security().clients();
    assertThat(clients).isNotNull();
    assertThat(clients.certificatesDemanded()).isTrue();
  }

  /** ZooKeeper's CVE-2018-8012: who may reach the port may not yet be a member. */
  @Test
  void a_member_must_name_its_host_unless_names_are_given() throws UsageException {
    Security strict = of(PEERS + "--peer-trusted-ca-file ca.pem");
    assertThat(strict.peersNameTheirHosts()).isTrue();
    TlsSettings peers = strict.peers();
    assertThat(peers).isNotNull();
    assertThat(peers.serverCheck()).isEqualTo(ServerCheck.HOST_STRICTLY);
    assertThat(peers.certificatesDemanded()).isTrue();
    for (String names :
        List.of(
            "--peer-cert-allowed-cn a,b",
            "--peer-cert-allowed-hostname a.example",
            "--peer-skip-client-san-verification",
            "--experimental-peer-skip-client-san-verification")) {
      assertThat(of(PEERS + "--peer-trusted-ca-file ca.pem " + names).peersNameTheirHosts())
          .as(names)
          .isFalse();
    }
    TlsSettings named =
        of(PEERS + "--peer-trusted-ca-file ca.pem --peer-cert-allowed-cn a,b").peers();
    assertThat(named).isNotNull();
    assertThat(named.allowedNames()).containsExactly("a", "b");
  }

  @Test
  void what_is_less_than_it_may_seem_is_said() throws UsageException {
    assertThat(of(PEERS).notices()).singleElement().asString().contains("--peer-trusted-ca-file");
    assertThat(of(CLIENTS.strip() + ",http://127.0.0.1:2378 " + KEYS).notices())
        .singleElement()
        .asString()
        .contains("http://127.0.0.1:2378 is plaintext");
  }

  @Test
  void a_certificate_is_made_for_the_hosts_that_are_listened_on() throws UsageException {
    Security security = of(CLIENTS + "--auto-tls --data-dir /d --self-signed-cert-validity 2");
    assertThat(security.made()).hasSize(1);
    Security.Made made = security.made().getFirst();
    assertThat(made.hosts()).containsExactly("127.0.0.1");
    assertThat(made.validFor()).hasDays(730);
    assertThat(made.files().key()).isEqualTo(Path.of("/d/fixtures/client/key.pem"));
    assertThat(of(CLIENTS + KEYS + "--auto-tls").made()).as("one is given").isEmpty();
  }

  @Test
  void versions_and_suites_are_named_as_in_etcd() throws UsageException {
    TlsSettings clients =
        of(CLIENTS
                + KEYS
                + "--tls-max-version TLS1.2 --cipher-suites"
                + " TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305,TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256")
            .clients();
    assertThat(clients).isNotNull();
    assertThat(clients.algorithms())
        .isEqualTo(
            new Algorithms(
                List.of("TLSv1.2"),
                List.of(
                    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
                    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256")));
  }

  @Test
  void hosts_and_origins_are_listed() throws UsageException {
    assertThat(of("--host-whitelist a.example,b.example --cors http://c.example:80").http())
        .isEqualTo(
            new HttpAccess(List.of("a.example", "b.example"), List.of("http://c.example:80")));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--listen-client-urls https://127.0.0.1:2379 | https://127.0.0.1:2379 needs a certificate: --cert-file and --key-file, or --auto-tls",
        "--listen-metrics-urls https://127.0.0.1:2381 | https://127.0.0.1:2381 needs a certificate",
        "--listen-peer-urls https://127.0.0.1:2380 | needs a certificate: --peer-cert-file and --peer-key-file",
        "--cert-file a.pem | --cert-file and --key-file go together",
        "--peer-key-file a.key | --peer-cert-file and --peer-key-file go together",
        "--client-cert-auth | --client-cert-auth needs --trusted-ca-file",
        "--client-crl-file a.pem | --client-crl-file needs --trusted-ca-file",
        "--peer-crl-file a.pem | --peer-crl-file needs --peer-trusted-ca-file",
        "--client-cert-allowed-hostname a | --client-cert-allowed-hostname needs --trusted-ca-file",
        "--peer-cert-allowed-cn a | --peer-cert-allowed-cn needs --peer-trusted-ca-file",
        "--peer-cert-allowed-cn a --peer-cert-allowed-hostname b | exclude each other",
        "--tls-min-version TLS1.1 | --tls-min-version is TLS1.2 or TLS1.3",
        "--tls-min-version TLS1.3 --tls-max-version TLS1.2 | is above",
        "--tls-min-version TLS1.3 --cipher-suites TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 | excludes",
        "--cors a.example | --cors: URL scheme must be",
        "--listen-client-urls https://127.0.0.1:1 --auto-tls --self-signed-cert-validity 0 | is between 1 and 100",
        "--listen-peer-urls http://127.0.0.1:1,https://127.0.0.1:2 --initial-advertise-peer-urls http://127.0.0.1:1 | both http and https",
        "--initial-advertise-peer-urls https://127.0.0.1:2380 | in one way, http or https",
      })
  void contradictions_are_refused(String line, String message) {
    assertThatThrownBy(() -> of(line))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining(message);
  }

  private static Security of(String line) throws UsageException {
    return ServerConfig.of(Settings.read(List.of(line.strip().split(" ")), Map.of())).security();
  }
}

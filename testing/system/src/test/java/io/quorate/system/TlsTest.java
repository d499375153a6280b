package io.quorate.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.handler.ssl.JdkSslContext;
import io.quorate.base.QuorateException;
import io.quorate.client.ClientOptions;
import io.quorate.client.QuorateClient;
import io.quorate.client.http.ClientTls;
import io.quorate.client.http.HttpChannel;
import io.quorate.client.http.HttpSettings;
import io.quorate.system.Etcdctl.Step;
import io.quorate.tls.CertificateAuthority;
import io.quorate.tls.CertificateAuthority.Wish;
import io.quorate.tls.Credentials;
import io.quorate.tls.TlsContexts;
import io.quorate.tls.TlsSettings;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Servers inside TLS: etcdctl, clusters, certificates that change under load, revocation. */
@ExtendWith(PrintLogs.class)
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class TlsTest {
  private static final CertificateAuthority CLIENTS = CertificateAuthority.named("clients");
  private static final CertificateAuthority PEERS = CertificateAuthority.named("peers");
  private static final Credentials CLIENT = CLIENTS.issue(Wish.of("root"));

  /** No call fails here for want of time: what is slow on a busy machine isn't what is shown. */
  private static final HttpSettings PATIENT =
      HttpSettings.DEFAULT.connectTimeout(Duration.ofSeconds(60));

  @TempDir private Path folder;

  @BeforeEach
  void writeFiles() throws Exception {
    CLIENTS.write(file("clients.pem"));
    PEERS.write(file("peers.pem"));
    CLIENT.write(file("client.pem"), file("client.key"));
    issueServers();
    CLIENTS.revoke(file("crl.pem"), List.of());
  }

  private Credentials issueServers() throws Exception {
    Credentials server = CLIENTS.issue(Wish.of("server", "127.0.0.1"));
    server.write(file("server.pem"), file("server.key"));
    Credentials peer = PEERS.issue(Wish.of("", "127.0.0.1"));
    peer.write(file("peer.pem"), file("peer.key"));
    return server;
  }

  @Test
  void etcdctl_works_with_a_certificate_and_is_refused_without() {
    try (ProcessCluster cluster = mutual(1).started()) {
      String url = "https://" + cluster.endpoint(0);
      Etcdctl.Result put = Etcdctl.run(url, withCertificate("put", "a", "b"));
      assertThat(put.out()).as(put.err()).isEqualTo("OK\n");
      assertThat(Etcdctl.run(url, withCertificate("get", "a")).out()).isEqualTo("a\nb\n");
      List<Step> without =
          List.of(
              Step.of("--cacert=" + file("clients.pem"), "--command-timeout=2s", "get", "a"),
              Step.of(
                  "--cacert=" + file("peers.pem"),
                  "--cert=" + file("client.pem"),
                  "--key=" + file("client.key"),
                  "--command-timeout=2s",
                  "get",
                  "a"));
      for (Step step : without) {
        Etcdctl.Result refused = Etcdctl.run(url, step);
        assertThat(refused.code()).isEqualTo(1);
        assertThat(refused.out()).isEmpty();
      }
      assertThat(
              Etcdctl.run(cluster.endpoint(0), Step.of("--command-timeout=2s", "get", "a")).code())
          .as("plaintext")
          .isEqualTo(1);
    }
  }

  /** Also for clients that would take HTTP/2 if it were offered. */
  @Test
  void pages_are_served_inside_tls() throws Exception {
    try (ProcessCluster cluster = mutual(1).started();
        HttpClient http =
            HttpClient.newBuilder()
                .sslContext(
                    ((JdkSslContext)
                            TlsContexts.of(
                                    TlsSettings.dialling(file("clients.pem"))
                                        .showing(file("client.pem"), file("client.key")))
                                .dialling())
                        .context())
                .build()) {
      var answer =
          http.send(
              HttpRequest.newBuilder(URI.create("https://" + cluster.endpoint(0) + "/health"))
                  .build(),
              BodyHandlers.ofString());
      assertThat(answer.statusCode()).isEqualTo(200);
      assertThat(answer.body()).contains("\"health\":\"true\"");
    }
  }

  /**
   * All certificates are replaced while calls run, each on a connection of its own, and then the
   * members meet again under the new ones.
   */
  @Test
  void certificates_change_under_load_without_a_failed_call() throws Exception {
    try (ProcessCluster cluster = mutual(3).started()) {
      AtomicBoolean end = new AtomicBoolean();
      AtomicInteger calls = new AtomicInteger();
      List<Throwable> failures = new ArrayList<>();
      Thread load =
          Thread.ofPlatform()
              .start(() -> {
                while (!end.get()) {
                  int call = calls.getAndIncrement();
                  try (QuorateClient client = client(cluster, call % 3)) {
                    client.kv().put("call", Integer.toString(call));
                  } catch (RuntimeException e) {
                    failures.add(e);
                  }
                }
              });
      for (int round = 0; round < 2; round++) {
        String serial = issueServers().certificate().getSerialNumber().toString(16);
        for (int i = 0; i < 3; i++) {
          cluster.member(i).awaitLine("certificates for=clients read serial=" + serial);
        }
      }
      int before = calls.get();
      while (calls.get() < before + 10) {
        Thread.onSpinWait();
      }
      end.set(true);
      load.join();
      assertThat(failures).isEmpty();
      cluster.member(0).kill();
      cluster.restart(0);
      try (QuorateClient client = client(cluster, 0)) {
        assertThat(client.kv().get("call")).isPresent();
      }
    }
  }

  @Test
  void a_revoked_client_is_shut_out_while_the_server_runs() throws Exception {
    try (ProcessCluster cluster = mutual(1).started()) {
      try (QuorateClient client = client(cluster, 0)) {
        client.kv().put("a", "b");
      }
      CLIENTS.revoke(file("crl.pem"), List.of(CLIENT.certificate()));
      List<String> lines = cluster.member(0).lines();
      long read = lines.stream().filter(line -> line.contains("certificates for=clients")).count();
      assertThat(read).isEqualTo(1);
      cluster.member(0).awaitLines("certificates for=clients", 2);
      try (QuorateClient client = client(cluster, 0)) {
        assertThatThrownBy(() -> client.kv().get("a"))
            .isInstanceOf(QuorateException.Unavailable.class);
      }
    }
  }

  /** Hidden from those who listen, with nothing to be prepared. */
  @Test
  void members_make_their_own_certificates() throws Exception {
    try (ProcessCluster cluster =
        ProcessCluster.describe(Program.quorate(), 3, true, "--auto-tls", "--peer-auto-tls")
            .started()) {
      Step put =
          Step.of("--insecure-transport=false", "--insecure-skip-tls-verify", "put", "a", "b");
      Etcdctl.Result done = Etcdctl.run("https://" + cluster.endpoint(0), put);
      assertThat(done.out()).as(done.err()).isEqualTo("OK\n");
      for (String side : List.of("client", "peer")) {
        Path key = cluster.dataDir(0).resolve("fixtures").resolve(side).resolve("key.pem");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(key)))
            .isEqualTo("rw-------");
      }
    }
  }

  @Test
  void files_that_can_not_be_used_are_named_and_nothing_starts() throws Exception {
    Files.copy(
        file("client.key"), file("server.key"), java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    try (ProcessCluster cluster = mutual(1)) {
      ServerProcess started = cluster.launch(0);
      assertThat(started.awaitExit()).isEqualTo(1);
      assertThat(started.output())
          .contains(file("server.key") + " is not the key to the certificate in");
      assertThat(cluster.dataDir(0)).doesNotExist();
    }
  }

  /** Either side may be inside TLS, and the other not; neither is spoken to as the other is. */
  @Test
  void a_mirror_has_certificates_and_a_user_of_its_own_for_the_destination() {
    String cacert = "cacert=" + file("clients.pem");
    String cert = "cert=" + file("client.pem");
    String key = "key=" + file("client.key");
    try (ProcessCluster plain = ProcessCluster.start(Program.ETCD, 1);
        ProcessCluster inside = mutual(1).started()) {
      String outside = plain.endpoint(0);
      String there = inside.endpoint(0);
      assertThat(Etcdctl.run(outside, Step.of("put", "a", "1")).code()).isZero();
      // it tries for as long as it may, which has to be enough for one answer on a busy machine
      String[] mirror = {"--command-timeout=10s", "make-mirror", there, "--dest-" + cacert};
      RunningCommand without = RunningCommand.quorate(outside, mirror);
      assertMirrored(
          RunningCommand.quorate(
              outside, "make-mirror", there, "--dest-" + cacert, "--dest-" + cert, "--dest-" + key),
          () -> Etcdctl.run("https://" + there, withCertificate("get", "a")));
      assertRefused(without, 1, "certificate");

      for (Step step :
          List.of(
              Step.of("del", "a"),
              Step.of("user", "add", "root:secret"),
              Step.of("user", "grant-role", "root", "root"),
              Step.of("auth", "enable"))) {
        assertThat(Etcdctl.run(outside, step).code()).as(step.toString()).isZero();
      }
      String[] back = {"--" + cacert, "--" + cert, "--" + key, "make-mirror", outside};
      assertRefused(RunningCommand.quorate(there, back), 1, "user name is empty");
      assertRefused(
          RunningCommand.quorate(there, with(back, "--dest-user=root:wrong")),
          2,
          "invalid user ID or password");
      assertMirrored(
          RunningCommand.quorate(there, with(back, "--dest-user=root", "--dest-password=secret")),
          () -> Etcdctl.run(outside, Step.of("--user=root:secret", "get", "a")));
      assertMirrored(
          RunningCommand.quorate(there, with(back, "--dest-user=root:secret", "--dest-prefix=x/")),
          () -> Etcdctl.run(outside, Step.of("--user=root:secret", "get", "x/a")));
    }
  }

  private static String[] with(String[] line, String... more) {
    return Stream.of(line, more).flatMap(Stream::of).toArray(String[]::new);
  }

  private static void assertRefused(RunningCommand mirror, int code, String why) {
    assertThat(mirror.awaitEnd()).isEqualTo(code);
    assertThat(mirror.rest().toString()).contains("Error: ", why);
  }

  private static void assertMirrored(RunningCommand mirror, Supplier<Etcdctl.Result> get) {
    try (mirror) {
      long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
      while (!get.get().out().endsWith("a\n1\n")) {
        assertThat(System.nanoTime() - deadline).as(mirror.rest().toString()).isNegative();
      }
    }
  }

  private ProcessCluster mutual(int size) {
    return ProcessCluster.describe(
        Program.quorate(),
        size,
        true,
        "--cert-file=" + file("server.pem"),
        "--key-file=" + file("server.key"),
        "--client-cert-auth",
        "--trusted-ca-file=" + file("clients.pem"),
        "--client-crl-file=" + file("crl.pem"),
        "--peer-cert-file=" + file("peer.pem"),
        "--peer-key-file=" + file("peer.key"),
        "--peer-client-cert-auth",
        "--peer-trusted-ca-file=" + file("peers.pem"));
  }

  private Step withCertificate(String... command) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "--cacert=" + file("clients.pem"),
                "--cert=" + file("client.pem"),
                "--key=" + file("client.key")));
    arguments.addAll(List.of(command));
    return new Step(arguments, "");
  }

  private QuorateClient client(ProcessCluster cluster, int member) {
    ClientTls tls =
        ClientTls.believing(file("clients.pem")).showing(file("client.pem"), file("client.key"));
    HttpChannel channel = HttpChannel.open(List.of(cluster.endpoint(member)), PATIENT, tls);
    ClientOptions once =
        ClientOptions.DEFAULT
            .timeout(Duration.ofSeconds(60))
            .reachTimeout(Duration.ofMillis(1)); // no second attempt
    return QuorateClient.over(channel, channel.timer(), once);
  }

  private Path file(String name) {
    return folder.resolve(name);
  }
}

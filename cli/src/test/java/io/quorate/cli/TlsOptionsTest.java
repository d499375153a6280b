package io.quorate.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.quorate.tls.CertificateAuthority;
import io.quorate.tls.CertificateAuthority.Wish;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The options and variables of TLS, against a real etcd that demands a client's certificate. */
@Timeout(120)
class TlsOptionsTest {
  @TempDir static Path folder;
  private static Process etcd;
  private static int port;

  private record Result(int code, String out, String err) {}

  @BeforeAll
  static void start() throws Exception {
    CertificateAuthority authority = CertificateAuthority.named("authority");
    authority.write(file("ca.pem"));
    CertificateAuthority.named("other").write(file("other.pem"));
    authority
        .issue(Wish.of("server", "127.0.0.1", "cluster.test"))
        .write(file("s.pem"), file("s.key"));
    authority.issue(Wish.of("client")).write(file("c.pem"), file("c.key"));
    port = freePort();
    String peers = "http://127.0.0.1:" + freePort();
    etcd =
        new ProcessBuilder(
                "etcd",
                "--data-dir=" + file("data"),
                "--listen-client-urls=https://127.0.0.1:" + port,
                "--advertise-client-urls=https://127.0.0.1:" + port,
                "--listen-peer-urls=" + peers,
                "--initial-advertise-peer-urls=" + peers,
                "--initial-cluster=default=" + peers,
                "--cert-file=" + file("s.pem"),
                "--key-file=" + file("s.key"),
                "--trusted-ca-file=" + file("ca.pem"))
            .redirectErrorStream(true)
            .redirectOutput(file("etcd.log").toFile())
            .start();
    Result begun;
    do {
      begun = run(Map.of(), certified("--dial-timeout=20s", "put", "begun", "yes"));
    } while (begun.code() == ExitCodes.FAILED && etcd.isAlive());
    assertThat(begun).isEqualTo(new Result(0, "OK\n", ""));
  }

  @AfterAll
  static void stop() throws InterruptedException {
    etcd.destroyForcibly().waitFor();
  }

  @Test
  void files_are_named_by_options_or_variables() {
    assertThat(run(Map.of(), certified("get", "begun")).out()).isEqualTo("begun\nyes\n");
    assertThat(run(Map.of(), certified("--endpoints=https://127.0.0.1:" + port, "get", "begun")))
        .isEqualTo(new Result(0, "begun\nyes\n", ""));
    Map<String, String> variables =
        Map.of(
            "ETCDCTL_ENDPOINTS", "127.0.0.1:" + port,
            "ETCDCTL_CACERT", file("ca.pem").toString(),
            "ETCDCTL_CERT", file("c.pem").toString(),
            "QUORATE_KEY", file("c.key").toString());
    assertThat(run(variables, "get", "begun").out()).isEqualTo("begun\nyes\n");
  }

  @Test
  void whoever_is_not_believed_is_not_spoken_to_unless_told() {
    Result refused = run(Map.of(), certified("--cacert=" + file("other.pem"), "get", "begun"));
    assertThat(refused.code()).isEqualTo(ExitCodes.FAILED);
    assertThat(refused.err()).contains("certification path");
    Result platform = run(Map.of(), certified("--cacert=", "get", "begun"));
    assertThat(platform.code()).isEqualTo(ExitCodes.FAILED);
    assertThat(
            run(Map.of(), certified("--cacert=", "--insecure-skip-tls-verify", "get", "begun"))
                .out())
        .isEqualTo("begun\nyes\n");
    String endpoint = "--endpoints=127.0.0.1:" + port;
    assertThat(run(Map.of(), endpoint, "--dial-timeout=100ms", "get", "begun").code())
        .as("plaintext")
        .isEqualTo(ExitCodes.FAILED);
    assertThat(
            run(
                    Map.of(),
                    endpoint,
                    "--insecure-transport=false",
                    "--dial-timeout=100ms",
                    "get",
                    "a")
                .err())
        .contains("certification path");
  }

  /** Records may be forged: then hosts of any name would do, if they had a certificate of it. */
  @Test
  void members_that_were_found_securely_prove_that_they_are_of_the_domain() throws Exception {
    try (FakeDns _ =
        new FakeDns(
            Map.of(
                "_etcd-client-ssl._tcp.cluster.test", List.of(port),
                "_etcd-client-ssl._tcp.other.test", List.of(port)))) {
      String secure = "--insecure-discovery=false";
      assertThat(run(Map.of(), certified("--discovery-srv=cluster.test", secure, "get", "begun")))
          .isEqualTo(new Result(0, "begun\nyes\n", ""));
      for (String[] wrong :
          new String[][] {
            {"--discovery-srv=other.test", secure}, // it isn't named so
            {"--discovery-srv=cluster.test"} // nor localhost, which the record says
          }) {
        List<String> line = new java.util.ArrayList<>(List.of(wrong));
        line.addAll(List.of("--dial-timeout=100ms", "get", "begun"));
        Result refused = run(Map.of(), certified(line.toArray(String[]::new)));
        assertThat(refused.code()).as(wrong[0]).isEqualTo(ExitCodes.FAILED);
        assertThat(refused.err()).as(wrong[0]).contains("name");
      }
    }
  }

  @Test
  void what_can_not_be_meant_is_said_before_anything_is_sent() {
    assertThat(run(Map.of(), "--cert=" + file("c.pem"), "get", "a"))
        .satisfies(result -> assertThat(result.code()).isEqualTo(ExitCodes.USAGE))
        .satisfies(result -> assertThat(result.err()).contains("--cert and --key go together"));
    assertThat(run(Map.of(), "--cacert=" + file("none.pem"), "get", "a"))
        .satisfies(result -> assertThat(result.code()).isEqualTo(ExitCodes.USAGE))
        .satisfies(result -> assertThat(result.err()).contains("there is no file"));
  }

  private static String[] certified(String... more) {
    List<String> line =
        new java.util.ArrayList<>(
            List.of(
                "--endpoints=127.0.0.1:" + port,
                "--cacert=" + file("ca.pem"),
                "--cert=" + file("c.pem"),
                "--key=" + file("c.key")));
    line.addAll(List.of(more));
    return line.toArray(String[]::new);
  }

  private static Result run(Map<String, String> variables, String... line) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    int code =
        new Cli(
                new ByteArrayInputStream(new byte[0]),
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8),
                variables)
            .run(line);
    return new Result(
        code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private static Path file(String name) {
    return folder.resolve(name);
  }
}

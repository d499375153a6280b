package io.quorate.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Shows how the file that etcd's {@code --config-file} names becomes settings. */
class ConfigFileTest {
  @TempDir Path folder;

  /** Keys are flags; lists, quotes, digits, empty values and durations as etcd reads them. */
  @Test
  void a_files_keys_are_flags() throws Exception {
    Settings settings =
        read(
            """
            name: 007          # stays as it is written
            data-dir: '/var/lib/member'
            initial-cluster:
            snapshot-count: 5000
            listen-client-urls: "http://127.0.0.1:1,http://127.0.0.1:2"
            cipher-suites: [TLS_ONE, TLS_TWO]
            log-outputs:
              - stderr
            strict-reconfig-check: false
            grpc-keepalive-min-time: 7000000000
            grpc-keepalive-timeout: 30s
            wal-dir: ""
            """);
    assertThat(settings.text("name")).isEqualTo("007");
    assertThat(settings.text("data-dir")).isEqualTo("/var/lib/member");
    assertThat(settings.given("initial-cluster")).isFalse();
    assertThat(settings.number("snapshot-count")).isEqualTo(5_000);
    assertThat(settings.text("listen-client-urls"))
        .isEqualTo("http://127.0.0.1:1,http://127.0.0.1:2");
    assertThat(settings.text("cipher-suites")).isEqualTo("TLS_ONE,TLS_TWO");
    assertThat(settings.text("log-outputs")).isEqualTo("stderr");
    assertThat(settings.on("strict-reconfig-check")).isFalse();
    assertThat(settings.duration("grpc-keepalive-min-time")).hasSeconds(7);
    assertThat(settings.duration("grpc-keepalive-timeout")).hasSeconds(30);
    assertThat(settings.notices()).isEmpty();
  }

  /** The two sections name the same things for clients and for members. */
  @Test
  void certificates_have_sections() throws Exception {
    Settings settings =
        read(
            """
            client-transport-security:
              cert-file: c.pem
              client-cert-auth: true
            peer-transport-security:
              cert-file: p.pem
              client-cert-auth: true
              trusted-ca-file: ca.pem
              allowed-cn: [a, b]
              auto-tls:
            """);
    assertThat(settings.text("cert-file")).isEqualTo("c.pem");
    assertThat(settings.on("client-cert-auth")).isTrue();
    assertThat(settings.text("peer-cert-file")).isEqualTo("p.pem");
    assertThat(settings.on("peer-client-cert-auth")).isTrue();
    assertThat(settings.text("peer-trusted-ca-file")).isEqualTo("ca.pem");
    assertThat(settings.text("peer-cert-allowed-cn")).isEqualTo("a,b");
    assertThat(settings.on("peer-auto-tls")).isFalse();
  }

  /** What else was given has no effect, and is said to have none. */
  @Test
  void a_file_is_all_that_counts() throws Exception {
    Path file = Files.writeString(folder.resolve("a.yml"), "name: a\nbroccoli: 1\n");
    Settings settings =
        Settings.read(
            List.of("--name", "line", "--ca-file=x", "--version"),
            Map.of("ETCD_DATA_DIR", "/d", "ETCD_CONFIG_FILE", file.toString()));
    assertThat(settings.text("name")).isEqualTo("a");
    assertThat(settings.given("data-dir")).isFalse();
    assertThat(settings.on("version")).isTrue();
    assertThat(settings.notices())
        .containsExactly(
            "the key broccoli of " + file + " is not known and has no effect",
            "--ca-file has no effect, since --config-file is given",
            "--data-dir has no effect, since --config-file is given",
            "--name has no effect, since --config-file is given");
  }

  /** A file that can't be meant is refused, with the place. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "name: [ | isn't YAML",
        "{name: a, name: b} | gives name twice",
        "- name | the whole of",
        "name: {a: b} | name of",
        "client-transport-security: x | client-transport-security of",
        "peer-transport-security: {crl: x} | has crl in peer-transport-security, which isn't known",
        "discovery: http://x | --discovery is not supported",
        "snapshot-count: many | --snapshot-count takes a whole number",
      })
  void a_wrong_file_is_refused(String content, String message) {
    assertThatThrownBy(() -> read(content))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining(message);
  }

  /** A file that isn't there is named; an empty one gives nothing. */
  @Test
  void a_missing_file_is_named_and_an_empty_one_gives_nothing() throws Exception {
    assertThatThrownBy(() -> Settings.read(List.of("--config-file", "no/such.yml"), Map.of()))
        .isInstanceOf(UsageException.class)
        .hasMessageStartingWith("--config-file: can't read no/such.yml");
    assertThat(read("# nothing\n").text("name")).isEqualTo("default");
  }

  private Settings read(String content) throws IOException, UsageException {
    Path file = Files.writeString(folder.resolve("member.yml"), content);
    return Settings.read(List.of("--config-file", file.toString()), Map.of());
  }
}

package io.quorate.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Shows how a command line and the environment become settings, as etcd reads them. */
class SettingsTest {
  /** One dash or two, a blank or an equals sign: all the same. */
  @ParameterizedTest
  @ValueSource(strings = {"--name a", "--name=a", "-name a", "-name=a", "--name b --name a"})
  void a_flag_may_be_written_in_four_ways(String line) throws UsageException {
    assertThat(read(line).text("name")).isEqualTo("a");
  }

  /** A switch alone is on; a value stands behind an equals sign, in any of Go's spellings. */
  @ParameterizedTest
  @CsvSource({
    "--version, true",
    "--version=true, true",
    "--version=1, true",
    "--version=T, true",
    "--version=false, false",
    "-version=0, false",
    "--version --version=f, false",
    "--name=a, false"
  })
  void a_switch_is_on_unless_told(String line, boolean on) throws UsageException {
    assertThat(read(line).on("version")).isEqualTo(on);
  }

  /** What can't be read is refused by name. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--listen-client-url http://localhost:1 | no flag --listen-client-url; did you mean --listen-client-urls?",
        "--datadir x | did you mean --data-dir?",
        "--experimental-snapshot-catchup-entry 1 | did you mean --experimental-snapshot-catchup-entries?",
        "--xyzzy-plugh | there is no flag --xyzzy-plugh; see --help",
        "--name | --name needs a value",
        "start | \"start\" is not a flag",
        "--version false | \"false\" is not a flag",
        "--version=maybe | --version takes true or false, not \"maybe\"",
        "--snapshot-count many | --snapshot-count takes a whole number, not \"many\"",
        "--grpc-keepalive-timeout 20 | --grpc-keepalive-timeout: \"20\" is not a duration",
        "--max-txn-ops 1e3 | --max-txn-ops takes a whole number",
      })
  void a_wrong_command_line_is_refused(String line, String message) {
    assertThatThrownBy(() -> read(line))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining(message);
  }

  /** Nobody who asked for something that isn't there is served without them. */
  @ParameterizedTest
  @ValueSource(strings = {"--ca-file a.pem", "--peer-ca-file=a.pem", "--discovery-srv example.org"})
  void what_would_change_security_or_meaning_is_refused(String line) {
    assertThatThrownBy(() -> read(line))
        .isInstanceOf(UsageException.class)
        .hasMessageStartingWith("--")
        .hasMessageContaining("is not supported: ");
  }

  /** Asking for what is so anyway asks for nothing. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "--client-cert-auth=false",
        "--auto-tls=false",
        "--auth-token simple",
        "--force-new-cluster=false",
        "--host-whitelist=*"
      })
  void a_refused_flag_at_its_preset_is_no_matter(String line) throws UsageException {
    assertThat(read(line).notices()).isEmpty();
  }

  /** Each flag without effect is said to be so, once. */
  @Test
  void a_flag_without_effect_is_said_to_have_none() throws UsageException {
    Settings settings = read("--max-wals 3 --max-wals 4 --max-snapshots=2");
    assertThat(settings.notices())
        .containsExactly(
            "--max-snapshots is accepted and has no effect here: old generations go when nobody"
                + " reads them",
            "--max-wals is accepted and has no effect here: log segments are recycled as soon as"
                + " they may be");
  }

  /** A variable stands for each flag; the command line wins over it. */
  @Test
  void the_environment_stands_behind_the_command_line() throws UsageException {
    Map<String, String> environment = new TreeMap<>();
    environment.put("ETCD_NAME", "env");
    environment.put("ETCD_DATA_DIR", "/data");
    environment.put("ETCD_VERSION", "v3.6");
    environment.put("ETCD_PORT", "tcp://10.0.0.1:2379");
    environment.put("ETCD_SNAPSHOT_COUNT", "");
    environment.put("ETCDCTL_API", "3");
    Settings settings = Settings.read(List.of("--name", "line"), environment);
    assertThat(settings.text("name")).isEqualTo("line");
    assertThat(settings.text("data-dir")).isEqualTo("/data");
    assertThat(settings.number("snapshot-count")).isEqualTo(10_000);
    assertThat(settings.on("version")).isFalse();
    assertThat(settings.notices())
        .containsExactly("the environment variable ETCD_PORT is not known and has no effect");
  }

  /** A variable that asks for what isn't supported is refused like the flag. */
  @Test
  void the_environment_is_judged_like_the_command_line() {
    assertThatThrownBy(() -> Settings.read(List.of(), Map.of("ETCD_CA_FILE", "a.pem")))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("--ca-file is not supported");
  }

  /** Presets are readable as the values of their kind. */
  @Test
  void every_preset_can_be_read() throws UsageException {
    for (Flag flag : Flags.all()) {
      Settings settings =
          Settings.read(List.of("--" + flag.name() + "=" + flag.preset()), Map.of());
      assertThat(settings.text(flag.name())).isEqualTo(flag.preset());
    }
  }

  private static Settings read(String line) throws UsageException {
    return Settings.read(List.of(line.split(" ")), Map.of());
  }
}

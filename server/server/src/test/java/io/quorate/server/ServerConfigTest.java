package io.quorate.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quorate.etcd.AutoCompaction.Policy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Shows what settings mean for a member, and which contradict each other. */
class ServerConfigTest {
  /** Without flags a member is etcd's default member: name, addresses, ids, limits. */
  @Test
  void the_default_member_is_that_of_etcd() throws UsageException {
    ServerConfig config = of("");
    assertThat(config.name()).isEqualTo("default");
    assertThat(config.dataDir()).isEqualTo(Path.of("default.quorate"));
    assertThat(config.listenClients()).containsExactly(new Endpoint("localhost", 2379));
    assertThat(config.listenPeers()).containsExactly(new Endpoint("localhost", 2380));
    assertThat(config.memberIds()).isEqualTo(Map.of("default", 0x8e9e05c52164694dL));
    assertThat(config.quotaBytes()).isEqualTo(2L << 30);
    assertThat(config.requestBytesMax()).isEqualTo(1_572_864);
    assertThat(config.txnOpsMax()).isEqualTo(128);
    assertThat(config.electionMillis()).isEqualTo(1_000);
    assertThat(config.joining()).isFalse();
    assertThat(config.compaction()).isEqualTo(new Policy.Off());
  }

  /**
   * As of a variable that isn't set: the default's, as with etcd, and not the working directory.
   */
  @Test
  void an_empty_data_dir_is_the_default_one() throws UsageException {
    assertThat(of("--data-dir=").dataDir()).isEqualTo(Path.of("default.quorate"));
    assertThat(of("--name b --data-dir=").dataDir()).isEqualTo(Path.of("b.quorate"));
  }

  /** A member of three, by etcd's usual flags. */
  @Test
  void a_member_of_three_knows_the_others() throws UsageException {
    ServerConfig config =
        of(
            "--name b --listen-peer-urls http://127.0.0.1:22380 --initial-advertise-peer-urls"
                + " http://127.0.0.1:22380 --initial-cluster"
                + " a=http://127.0.0.1:2380,b=http://127.0.0.1:22380,c=http://127.0.0.1:32380"
                + " --initial-cluster-token t --initial-cluster-state new");
    assertThat(config.initialCluster().keySet()).containsExactly("a", "b", "c");
    assertThat(config.advertisePeers()).containsExactly(new Endpoint("127.0.0.1", 22380));
    assertThat(config.memberIds().values()).doesNotHaveDuplicates();
  }

  /** History is kept for hours, a duration or a number of revisions. */
  @Test
  void history_is_given_up_by_time_or_by_count() throws UsageException {
    assertThat(of("--auto-compaction-retention 2").compaction())
        .isEqualTo(new Policy.Periodic(Duration.ofHours(2)));
    assertThat(of("--auto-compaction-retention 1h30m").compaction())
        .isEqualTo(new Policy.Periodic(Duration.ofMinutes(90)));
    assertThat(of("--auto-compaction-mode revision --auto-compaction-retention 500").compaction())
        .isEqualTo(new Policy.Revisions(500));
    assertThat(of("--auto-compaction-mode revision").compaction()).isEqualTo(new Policy.Off());
  }

  /** A negative quota is none. */
  @Test
  void the_quota_may_be_switched_off() throws UsageException {
    assertThat(of("--quota-backend-bytes=-1").quotaBytes()).isEqualTo(Long.MAX_VALUE);
    assertThat(of("--quota-backend-bytes=0").quotaBytes()).isEqualTo(2L << 30);
    assertThat(of("--quota-backend-bytes=1000").quotaBytes()).isEqualTo(1_000);
  }

  /** IPv6 addresses, several URLs, port 0. */
  @Test
  void urls_come_in_lists() throws UsageException {
    ServerConfig config = of("--listen-client-urls http://[::1]:0,http://127.0.0.1:2379/");
    assertThat(config.listenClients())
        .containsExactly(new Endpoint("::1", 0), new Endpoint("127.0.0.1", 2379));
    assertThat(config.listenClients().getFirst().url()).isEqualTo("http://[::1]:0");
  }

  /** Each contradiction is named with its flag. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--listen-client-urls unix:///tmp/x | unix sockets aren't served",
        "--listen-client-urls ftp://127.0.0.1:1 | URL scheme must be http, https, unix, or unixs",
        "--listen-client-urls http://127.0.0.1 | does not have the form \"host:port\"",
        "--listen-client-urls http://127.0.0.1:2379/x | URL must not contain a path",
        "--listen-client-urls http://example.org:2379 | expected IP in URL for binding",
        "--listen-client-urls http://0.0.0.0:2379 | --advertise-client-urls is required",
        "--listen-peer-urls http://[::]:2380 | --initial-advertise-peer-urls is required",
        "--heartbeat-interval 0 | --heartbeat-interval is between",
        "--election-timeout 400 | --election-timeout[400ms] should be at least as 5 times as --heartbeat-interval[100ms]",
        "--election-timeout 60000 | --election-timeout is between",
        "--initial-cluster a=http://127.0.0.1:1 | couldn't find local name \"default\" in the initial cluster configuration",
        "--initial-cluster http://127.0.0.1:1 | is not NAME=URL",
        "--initial-cluster default=http://127.0.0.1:1,b=http://127.0.0.1:1 | has duplicate URLs",
        "--initial-cluster default=http://127.0.0.1:1 --listen-peer-urls http://127.0.0.1:2 | --initial-cluster has default=http://127.0.0.1:1 but --initial-advertise-peer-urls is http://127.0.0.1:2",
        "--initial-cluster-state old | --initial-cluster-state is new or existing",
        "--auto-compaction-mode often | --auto-compaction-mode is periodic or revision",
        "--auto-compaction-mode revision --auto-compaction-retention 1h | a number of revisions",
        "--auto-compaction-retention=-1h | can't be negative",
        "--max-request-bytes 1000000000 | --max-request-bytes is between 1 and 12058624",
      })
  void contradictions_are_refused(String line, String message) {
    assertThatThrownBy(() -> of(line))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining(message);
  }

  /** As etcd's: what belongs to a cluster's beginning is of no account once it has begun. */
  @Test
  void a_directory_that_knows_itself_needs_no_mention_among_the_founders(@TempDir Path dir)
      throws Exception {
    String line = "--data-dir " + dir + " --initial-cluster a=http://127.0.0.1:1";
    assertThatThrownBy(() -> of(line)).hasMessageContaining("couldn't find local name");
    Files.createFile(dir.resolve("identity"));
    assertThat(of(line).advertisePeers())
        .extracting(Endpoint::url)
        .containsExactly("http://localhost:2380");
  }

  private static ServerConfig of(String line) throws UsageException {
    return ServerConfig.of(
        Settings.read(line.isEmpty() ? List.of() : List.of(line.split(" ")), Map.of()));
  }
}

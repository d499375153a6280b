package io.quorate.system;

import static org.assertj.core.api.Assertions.assertThat;

import io.quorate.client.KeyValue;
import io.quorate.client.QuorateClient;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Starts that must not succeed: each ends with a code and a reason that names the way out, and what
 * was there before is still there after.
 */
@ExtendWith(PrintLogs.class)
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class BadStartTest {
  private static final int FAILED = 1;
  private static final int USAGE = 2;
  private static final int SEGMENT_HEADER = 64;

  private ProcessCluster cluster;

  @BeforeEach
  void start() {
    cluster = ProcessCluster.start(Program.quorate(), 1);
    try (QuorateClient client = cluster.client(0)) {
      var _ = client.kv().put("kept", "as it was");
    }
  }

  @AfterEach
  void stop() {
    cluster.close();
  }

  @Test
  void a_directory_of_another_cluster_is_refused() {
    cluster.member(0).kill();
    refused(
        cluster.launch(0, "--initial-cluster-token=another"),
        "belongs to cluster",
        "look at the data directory");
    keptAfterRestart();
  }

  @Test
  void a_directory_of_another_member_is_refused() {
    cluster.member(0).kill();
    List<String> line = new ArrayList<>(cluster.commandLine(0));
    String peer = "http://127.0.0.1:" + OsFacts.freePort();
    line.removeIf(flag -> flag.startsWith("--initial-") || flag.startsWith("--listen-peer"));
    line.add("--listen-peer-urls=" + peer);
    line.add("--initial-advertise-peer-urls=" + peer);
    line.add("--initial-cluster=m0=" + peer);
    refused(ServerProcess.start("as another member", line), "belongs to", "member");
    keptAfterRestart();
  }

  @Test
  void a_directory_of_a_newer_format_is_refused() throws IOException {
    cluster.member(0).kill();
    Path segment =
        OsFacts.files(cluster.dataDir(0)).stream()
            .filter(file -> file.toString().endsWith(".wal"))
            .sorted()
            .reduce((_, last) -> last)
            .orElseThrow();
    byte[] before = Files.readAllBytes(segment);
    Files.write(segment, newerFormat(before));
    refused(cluster.launch(0), "log format 2", "start a newer version");
    Files.write(segment, before);
    keptAfterRestart();
  }

  @Test
  void a_directory_of_an_etcd_is_refused_and_left_as_it_is() {
    try (ProcessCluster etcd = ProcessCluster.start(Program.ETCD, 1)) {
      try (QuorateClient client = etcd.client(0)) {
        var _ = client.kv().put("in etcd", "too");
      }
      etcd.member(0).kill();
      List<Path> files = OsFacts.files(etcd.dataDir(0));
      List<String> line = new ArrayList<>(etcd.commandLine(0));
      line.set(0, "");
      line.remove(0);
      line.addAll(0, Program.quorate().command());
      refused(ServerProcess.start("on etcd's", line), "is the data directory of an etcd");
      assertThat(OsFacts.files(etcd.dataDir(0))).containsExactlyInAnyOrderElementsOf(files);
      etcd.restart(0);
      try (QuorateClient client = etcd.client(0)) {
        assertThat(client.kv().get("in etcd")).isPresent();
      }
    }
  }

  @Test
  void a_second_process_on_the_directory_is_refused_and_the_first_goes_on() {
    List<String> line = new ArrayList<>(cluster.commandLine(0));
    line.removeIf(flag -> flag.startsWith("--listen-"));
    line.add("--listen-client-urls=http://127.0.0.1:" + OsFacts.freePort());
    line.add("--listen-peer-urls=http://127.0.0.1:" + OsFacts.freePort());
    refused(ServerProcess.start("second", line), "in use", cluster.dataDir(0).toString());
    kept();
  }

  @Test
  void a_client_port_in_use_is_named() throws IOException {
    cluster.member(0).kill();
    try (ServerSocket taken =
        new ServerSocket(cluster.clientPort(0), 1, InetAddress.getLoopbackAddress())) {
      refused(cluster.launch(0), Integer.toString(taken.getLocalPort()), "in use");
    }
    keptAfterRestart();
  }

  @Test
  void a_peer_port_in_use_is_named() throws IOException {
    cluster.member(0).kill();
    try (ServerSocket taken =
        new ServerSocket(cluster.peerPort(0), 1, InetAddress.getLoopbackAddress())) {
      refused(cluster.launch(0), Integer.toString(taken.getLocalPort()), "in use");
    }
    keptAfterRestart();
  }

  @Test
  void an_unknown_flag_is_answered_with_the_one_that_was_meant() {
    cluster.member(0).kill();
    ServerProcess started = cluster.launch(0, "--snapshot-cuont=5");
    assertThat(started.awaitExit()).isEqualTo(USAGE);
    assertThat(started.output()).contains("snapshot-cuont", "--snapshot-count");
    keptAfterRestart();
  }

  /**
   * Shows that a supervisor sees a success where it asked for the end, as of an etcd in a
   * container.
   */
  @Test
  void a_member_that_a_signal_ends_exits_with_success() {
    cluster.member(0).terminate();
    assertThat(cluster.member(0).awaitExit()).isZero();
    assertThat(cluster.member(0).output()).contains("stopping at a signal");
    keptAfterRestart();
  }

  @Test
  void a_flag_without_a_meaning_here_is_said_once_and_the_member_starts() {
    cluster.member(0).terminate();
    assertThat(cluster.member(0).awaitExit()).isZero();
    ServerProcess started = cluster.launch(0, "-max-wals", "7");
    var _ = started.awaitLine(ProcessCluster.READY);
    assertThat(started.lines().stream().filter(line -> line.contains("max-wals"))).hasSize(1);
    kept();
  }

  private static void refused(ServerProcess started, String... reasons) {
    assertThat(started.awaitExit()).as(started.output()).isEqualTo(FAILED);
    assertThat(started.output()).contains(reasons);
    assertThat(started.lines())
        .as("a reason in a sentence, not a stack trace")
        .noneMatch(line -> line.startsWith("\tat "));
  }

  private void keptAfterRestart() {
    cluster.restart(0);
    kept();
  }

  private void kept() {
    try (QuorateClient client = cluster.client(0)) {
      assertThat(client.kv().get("kept").map(KeyValue::value).map(Object::toString))
          .contains("as it was");
      var _ = client.kv().put("more", "goes in");
    }
  }

  /** The segment as a later version would begin it; the header's checksum is right. */
  private static byte[] newerFormat(byte[] segment) {
    ByteBuffer header = ByteBuffer.wrap(segment.clone()).order(ByteOrder.LITTLE_ENDIAN);
    header.putShort(8, (short) 2);
    CRC32C crc = new CRC32C();
    crc.update(header.array(), 0, 12);
    crc.update(header.array(), 16, SEGMENT_HEADER - 16);
    header.putInt(12, (int) crc.getValue());
    return header.array();
  }
}

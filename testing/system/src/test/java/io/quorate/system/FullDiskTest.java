package io.quorate.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.quorate.base.Bytes;
import io.quorate.base.QuorateException;
import io.quorate.client.KeyValue;
import io.quorate.client.Put;
import io.quorate.client.QuorateClient;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * A disk that fills up: writes are refused with a reason, or the member stops with its reason; when
 * there is room again, everything that was acknowledged is there. Mounts a small file system, so
 * root runs it.
 */
@ExtendWith(PrintLogs.class)
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class FullDiskTest {
  private static final int DISK_MIB = 512;
  private static final int LEFT_MIB = 4;
  private static final int VALUE_BYTES = 100_000;
  private static final int PUTS_MAX = 8_000;

  @Test
  void nothing_acknowledged_is_lost_when_the_disk_is_full_and_then_has_room() throws Exception {
    assumeTrue("root".equals(System.getProperty("user.name")), "mounting takes root");
    try (ProcessCluster cluster = ProcessCluster.describe(Program.quorate(), 1)) {
      Path disk = cluster.folder().resolve("disk");
      Files.createDirectories(disk);
      OsFacts.run("mount", "-t", "tmpfs", "-o", "size=" + DISK_MIB + "m", "tmpfs", disk.toString());
      try {
        fillAndRecover(cluster, disk);
      } finally {
        if (cluster.member(0).isAlive()) {
          cluster.member(0).kill();
        }
        OsFacts.run("umount", disk.toString());
      }
    }
  }

  private static void fillAndRecover(ProcessCluster cluster, Path disk) throws IOException {
    String dataDir = "--data-dir=" + disk.resolve("data");
    var _ = cluster.launch(0, dataDir).awaitLine(ProcessCluster.READY);
    Map<String, Long> acknowledged = new TreeMap<>();
    String refusal;
    try (QuorateClient client = cluster.client(0)) {
      acknowledged.put("first", client.kv().put("first", "x").header().revision());
      Path ballast = disk.resolve("ballast");
      fill(ballast);
      refusal = putUntilRefused(client, acknowledged);
      if (cluster.member(0).isAlive()) {
        // What was under way may have waited in vain; whoever comes now hears why at once.
        String next = putUntilRefused(client, acknowledged);
        if (!next.contains("database space exceeded")) {
          var _ = cluster.member(0).awaitExit(); // it was on its way out
        }
        refusal += "\", then \"" + next;
      }
      Files.delete(ballast);
    }
    boolean stopped = !cluster.member(0).isAlive();
    Figures.print(
        "full disk: %d puts acknowledged, then \"%s\"; member %s"
            .formatted(acknowledged.size(), refusal, stopped ? "stopped" : "alive"));
    assertThat(refusal + "\n" + cluster.member(0).output())
        .as("the reason is told")
        .containsPattern("(?i)disk (is )?full|no room|space exceeded|no space left");
    if (!stopped) {
      cluster.member(0).kill();
    }
    var _ = cluster.launch(0, dataDir).awaitLine(ProcessCluster.READY);
    try (QuorateClient client = cluster.client(0)) {
      for (Map.Entry<String, Long> put : acknowledged.entrySet()) {
        assertThat(client.kv().get(put.getKey()).map(KeyValue::modRevision))
            .as(put.getKey())
            .contains(put.getValue());
      }
      var _ = client.kv().put("after", "there is room");
    }
  }

  /** Puts until it is refused; what is said then. */
  private static String putUntilRefused(QuorateClient client, Map<String, Long> acknowledged) {
    Bytes value = Bytes.wrap(new byte[VALUE_BYTES]);
    for (int i = 0; i < PUTS_MAX; i++) {
      String key = "k%05d".formatted(i);
      try {
        acknowledged.put(key, client.kv().put(Put.of(Bytes.utf8(key), value)).header().revision());
      } catch (QuorateException e) {
        return String.valueOf(e.getMessage());
      }
    }
    throw new AssertionError("the disk does not get full");
  }

  /** Writes until so little is left; the member takes of it, too, meanwhile. */
  private static void fill(Path file) throws IOException {
    FileStore store = Files.getFileStore(file.getParent());
    try (OutputStream out = Files.newOutputStream(file)) {
      byte[] block = new byte[1 << 20];
      for (long left = Long.MAX_VALUE; left > 0; ) {
        left = store.getUsableSpace() - ((long) LEFT_MIB << 20);
        out.write(block, 0, Math.clamp(left, 0, block.length));
      }
    }
  }
}

package io.quorate.system;

import static org.assertj.core.api.Assertions.assertThat;

import io.quorate.base.Bytes;
import io.quorate.client.KeyValue;
import io.quorate.client.QuorateClient;
import io.quorate.client.Range;
import io.quorate.system.Etcdctl.Step;
import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** What etcdctl saves of a cluster, and of a real etcd, is put back into a new cluster. */
@ExtendWith(PrintLogs.class)
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class BackupTest {
  private static final int KEYS = 500;

  @TempDir Path files;

  @Test
  void what_etcdctl_saved_of_a_cluster_is_restored_on_three_members() {
    Path saved = files.resolve("saved.db");
    List<KeyValue> before;
    long revision;
    try (ProcessCluster old = ProcessCluster.start(Program.quorate(), 1);
        QuorateClient client = old.client(0)) {
      fill(client);
      before = all(client);
      revision = client.maintenance().status().header().revision();
      Etcdctl.Result save =
          Etcdctl.run(old.endpoint(0), Step.of("snapshot", "save", saved.toString()));
      assertThat(save.code()).as(save.err()).isZero();
    }
    assertThat(QuorateCommand.run("snapshot", "status", "-w", "json", saved.toString()))
        .matches(
            "\\{\"hash\":\\d+,\"revision\":%d,\"totalKey\":%d,\"totalSize\":%d}\n"
                .formatted(revision, before.size(), saved.toFile().length()));
    try (ProcessCluster cluster = ProcessCluster.describe(Program.quorate(), 3)) {
      cluster.restore(saved);
      for (int i = 0; i < cluster.size(); i++) {
        cluster.launch(i);
      }
      cluster.awaitReady();
      for (int i = 0; i < cluster.size(); i++) {
        try (QuorateClient client = cluster.client(i)) {
          List<KeyValue> now = all(client);
          assertThat(now.subList(0, before.size())).isEqualTo(before);
          long moved = client.kv().put("on-" + i, "x").header().revision();
          assertThat(moved).isEqualTo(revision + 1_000_000_001L + i);
        }
      }
      // The same hash on all, as etcd's tool shows it.
      Etcdctl.Result hashes =
          Etcdctl.run(String.join(",", cluster.endpointsFrom(0)), Step.of("endpoint", "hashkv"));
      assertThat(hashes.code()).as(hashes.err()).isZero();
      assertThat(
              Arrays.stream(hashes.out().split("\n", -1))
                  .filter(line -> !line.isEmpty())
                  .map(line -> line.substring(line.indexOf(','))))
          .hasSize(3)
          .containsOnly(hashes.out().split("\n", 2)[0].replaceFirst("^[^,]*", ""));
    }
  }

  @Test
  void what_etcdctl_saved_of_a_real_etcd_is_imported() {
    Path snapshot = files.resolve("etcd.db");
    Path backup = files.resolve("backup.db");
    List<KeyValue> before;
    try (ProcessCluster etcd = ProcessCluster.start(Program.ETCD, 1);
        QuorateClient client = etcd.client(0)) {
      fill(client);
      Etcdctl.run(etcd.endpoint(0), Step.of("compaction", "700"));
      client.kv().put("after", "compaction");
      before = all(client);
      Etcdctl.Result save =
          Etcdctl.run(etcd.endpoint(0), Step.of("snapshot", "save", snapshot.toString()));
      assertThat(save.code()).as(save.err()).isZero();
    }
    assertThat(QuorateCommand.run("import", snapshot.toString(), "--out", backup.toString()))
        .startsWith("Imported " + before.size() + " keys");
    try (ProcessCluster cluster = ProcessCluster.describe(Program.quorate(), 1)) {
      cluster.restore(backup, "--bump-revision=0");
      cluster.restart(0);
      try (QuorateClient client = cluster.client(0)) {
        assertThat(all(client)).isEqualTo(before);
      }
    }
  }

  /** Shows that the launcher's class path for clients, which is a shorter one, is long enough. */
  @Test
  void a_backup_is_restored_by_what_the_launcher_runs() throws Exception {
    Path saved = files.resolve("saved.db");
    try (ProcessCluster old = ProcessCluster.start(Program.quorate(), 1)) {
      Etcdctl.run(old.endpoint(0), Step.of("snapshot", "save", saved.toString()));
    }
    Path lib = Files.createDirectories(files.resolve("build/lib"));
    StringBuilder folders = new StringBuilder();
    for (String entry : Program.classPath().split(File.pathSeparator, -1)) {
      Path path = Path.of(entry).toAbsolutePath();
      if (entry.endsWith(".jar")) {
        Files.createSymbolicLink(lib.resolve(path.getFileName()), path);
      } else {
        folders.append(':').append(path);
      }
    }
    String script =
        "source ../../deploy/jdk.sh; exec \"$1\" --enable-native-access=ALL-UNNAMED"
            + " -cp \"$(class_path \"$2\" client)$3\" io.quorate.cli.Main"
            + " snapshot restore \"$4\" --data-dir \"$5\"";
    Process restore =
        new ProcessBuilder(
                "bash",
                "-ec",
                script,
                "restore",
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                files.resolve("build").toString(),
                folders.toString(),
                saved.toString(),
                files.resolve("restored").toString())
            .redirectErrorStream(true)
            .start();
    String said = new String(restore.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(restore.waitFor()).as(said).isZero();
    assertThat(said).contains("Restored ");
  }

  private static void fill(QuorateClient client) {
    for (int i = 0; i < 2 * KEYS; i++) {
      client.kv().put("key-%04d".formatted(i % KEYS), "value " + i);
    }
    client.kv().delete(io.quorate.client.Delete.prefix("key-01"));
  }

  private static List<KeyValue> all(QuorateClient client) {
    return client.kv().range(Range.from(Bytes.wrap(new byte[1]))).kvs();
  }
}

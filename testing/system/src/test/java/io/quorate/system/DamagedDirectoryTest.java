package io.quorate.system;

import static org.assertj.core.api.Assertions.assertThat;

import io.quorate.base.Bytes;
import io.quorate.client.KeyValue;
import io.quorate.client.QuorateClient;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Files that have rotted while a member was down: it gets from its peers what it lost. */
@ExtendWith(PrintLogs.class)
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class DamagedDirectoryTest {
  private static final int SECTOR = 4096;

  /** More than the log keeps for those who lag behind. */
  private static final int WRITES = 7_000;

  /** With all but one copy of each sector bad, nothing is lost. */
  @Test
  void sectors_of_the_log_that_are_bad_on_all_disks_but_one_cost_nothing() throws Exception {
    Random random = new Random(Long.getLong("damage.seed", 1));
    try (ProcessCluster cluster = ProcessCluster.start(Program.quorate(), 3)) {
      int leader = cluster.leader();
      try (QuorateClient client = cluster.client(leader)) {
        SteadyPuts.fill(client, "key", 500);
      }
      for (int round = 1; round <= 4; round++) {
        try (QuorateClient client = cluster.client(cluster.leader())) {
          var _ = client.kv().put("round", "" + round);
        }
        ServerProcess.killAll(List.of(cluster.member(0), cluster.member(1), cluster.member(2)));
        int spared = random.nextInt(3);
        for (int member = 0; member < 3; member++) {
          if (member != spared) {
            damageLog(cluster.dataDir(member), random);
          }
        }
        for (int member = 0; member < 3; member++) {
          var _ = cluster.launch(member);
        }
        cluster.awaitReady();
        for (int member = 0; member < 3; member++) {
          try (QuorateClient client = cluster.client(member)) {
            assertThat(client.kv().get("round").map(KeyValue::value))
                .as("seed %d, round %d", Long.getLong("damage.seed", 1), round)
                .contains(Bytes.utf8("" + round));
          }
        }
      }
      try (QuorateClient client = cluster.client(cluster.leader())) {
        SteadyPuts.readBack(client, "key", 500, 200, 1);
      }
    }
  }

  @Test
  void a_damaged_state_is_fetched_from_a_peer() throws Exception {
    try (ProcessCluster cluster = ProcessCluster.start(Program.quorate(), 3)) {
      int leader = cluster.leader();
      int damaged = (leader + 1) % 3;
      try (QuorateClient client = cluster.client(leader)) {
        SteadyPuts.fill(client, "key", WRITES);
      }
      // Stopped in order it flushes its state, and the log's head goes with the next writes.
      cluster.member(damaged).terminate();
      var _ = cluster.member(damaged).awaitExit();
      cluster.restart(damaged);
      try (QuorateClient client = cluster.client(leader)) {
        SteadyPuts.fill(client, "key", 100);
      }
      cluster.member(damaged).kill();
      for (Path file : OsFacts.files(cluster.dataDir(damaged).resolve("state"))) {
        String name = file.getFileName().toString();
        if (name.startsWith("MANIFEST") || name.endsWith(".sst")) {
          flip(file, (int) Math.min(1000, Files.size(file) / 2), 64);
        }
      }
      cluster.restart(damaged);
      try (QuorateClient client = cluster.client(damaged)) {
        SteadyPuts.readBack(client, "key", WRITES, 500, 2);
      }
      assertThat(cluster.member(damaged).lines())
          .anyMatch(line -> line.contains("is damaged") && line.contains("state"));
    }
  }

  /** Another sector in each of a log's files is zeros, garbage, or has lost a bit. */
  private static void damageLog(Path directory, Random random) throws IOException {
    for (Path file : OsFacts.files(directory.resolve("log"))) {
      if (!file.getFileName().toString().matches("[0-9]+\\.wal")) {
        continue;
      }
      List<Integer> written = new ArrayList<>();
      byte[] content = Files.readAllBytes(file);
      for (int at = 0; at + SECTOR <= content.length; at += SECTOR) {
        if (content[at] != 0) {
          written.add(at);
        }
      }
      int at = written.get(random.nextInt(written.size()));
      switch (random.nextInt(3)) {
        case 0 -> flip(file, at + random.nextInt(64), 1);
        case 1 -> overwrite(file, at, new byte[SECTOR]);
        default -> {
          byte[] garbage = new byte[SECTOR];
          random.nextBytes(garbage);
          overwrite(file, at, garbage);
        }
      }
    }
  }

  private static void flip(Path path, int at, int bytes) throws IOException {
    try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
      for (int i = at; i < at + bytes && i < file.length(); i++) {
        file.seek(i);
        int was = file.read();
        file.seek(i);
        file.write(was ^ 0x10);
      }
    }
  }

  private static void overwrite(Path path, int at, byte[] bytes) throws IOException {
    try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
      file.seek(at);
      file.write(bytes);
    }
  }
}

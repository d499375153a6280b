package io.quorate.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.base.RowCursor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Damaged, missing and half-made files: found, named, never served. */
class EngineDamageTest {
  @TempDir Path root;

  @Test
  void a_flipped_byte_in_a_table_is_found_when_it_is_read_and_the_file_named() throws IOException {
    try (RocksEngines engines = rocks()) {
      fill(engines);
      Path table = tables().get(0);
      byte[] bytes = Files.readAllBytes(table);
      bytes[bytes.length / 3] ^= 0x10;
      Files.write(table, bytes);
    }
    try (RocksEngines engines = rocks();
        Engine engine = engines.open("e/1", EngineOptions.plain())) {
      EngineContractTest.damaged(
          name(tables().get(0)),
          () -> {
            try (RowCursor cursor = engine.scan(new byte[0], null)) {
              while (cursor.next()) {
                assertThat(cursor.value()).hasSize(500);
              }
            }
          });
      engine.closeAbruptly();
    }
  }

  @Test
  void a_missing_table_or_current_is_named_at_opening() throws IOException {
    try (RocksEngines engines = rocks()) {
      fill(engines);
      Path table = tables().get(0);
      byte[] bytes = Files.readAllBytes(table);
      Files.delete(table);
      EngineContractTest.damaged(name(table), () -> engines.open("e/1", EngineOptions.plain()));
      Files.write(table, java.util.Arrays.copyOf(bytes, bytes.length / 2));
      EngineContractTest.damaged(name(table), () -> engines.open("e/1", EngineOptions.plain()));
      Files.write(table, bytes);
      Files.delete(root.resolve("e/1/CURRENT"));
      EngineContractTest.damaged("CURRENT", () -> engines.open("e/1", EngineOptions.plain()));
      assertThat(engines.exists("e/1")).isTrue();
      EngineContractTest.damaged("e/1", () -> engines.create("e/1", EngineOptions.plain()));
    }
  }

  @Test
  void what_a_crash_in_the_middle_of_a_creation_left_makes_way() throws IOException {
    try (RocksEngines engines = rocks()) {
      engines.create("e/1", EngineOptions.plain()).close();
      Files.delete(root.resolve("e/1/CURRENT"));
      try (Stream<Path> files = Files.list(root.resolve("e/1"))) {
        for (Path table : files.filter(f -> f.toString().endsWith(".sst")).toList()) {
          Files.delete(table);
        }
      }
      assertThat(engines.exists("e/1")).isFalse();
      engines.create("e/1", EngineOptions.plain()).close();
      engines.open("e/1", EngineOptions.plain()).close();
    }
  }

  @Test
  void a_directory_has_one_engine_at_a_time() {
    try (RocksEngines engines = rocks();
        RocksEngines others = rocks();
        Engine engine = engines.create("e/1", EngineOptions.plain())) {
      assertThat(engine.mark()).isZero();
      assertThatThrownBy(() -> others.open("e/1", EngineOptions.plain()))
          .isInstanceOfSatisfying(
              QuorateException.class,
              e -> assertThat(e.code()).isEqualTo(ErrorCode.DIRECTORY_IN_USE));
    }
  }

  @Test
  void reading_a_checkpoint_changes_nothing_in_it() throws IOException {
    try (RocksEngines engines = rocks();
        Engine engine = engines.create("e/1", EngineOptions.plain())) {
      engine.write(EngineContractTest.batch("a", "1"), 1);
      Checkpoint checkpoint = engine.checkpoint("c");
      Map<String, Long> before = files("c");
      assertThat(before).hasSize(checkpoint.files().size());
      for (Checkpoint.File file : checkpoint.files()) {
        assertThat(before).containsEntry(file.name(), file.bytes());
      }
      try (RowView view = engines.read("c")) {
        assertThat(view.mark()).isEqualTo(1);
      }
      assertThat(files("c")).isEqualTo(before);
    }
  }

  @Test
  void no_damaged_image_of_a_memory_engine_is_read_as_another() {
    LossyDisk disk = new LossyDisk();
    MemoryEngines engines = new MemoryEngines(disk, 1 << 20);
    try (Engine engine = engines.create("e", EngineOptions.plain())) {
      RowBatch batch = new RowBatch();
      for (int i = 0; i < 300; i++) {
        batch.put(EngineContractTest.utf8("row-" + i), new byte[i * 3]);
      }
      engine.write(batch, 1);
    }
    byte[] image = disk.bytes("e/rows");
    assertThat(image.length).isGreaterThan(2 * 64 * 1024);
    long seed = Long.getLong("seed", 1);
    Random random = new Random(seed);
    for (int i = 0; i < 300; i++) {
      byte[] bent = image.clone();
      if (i % 3 == 0) {
        bent = java.util.Arrays.copyOf(bent, random.nextInt(bent.length));
      } else {
        bent[random.nextInt(bent.length)] ^= (byte) (1 + random.nextInt(255));
      }
      disk.overwrite("e/rows", bent);
      assertThatThrownBy(() -> engines.open("e", EngineOptions.plain()))
          .as("repeat with: -Dtest=EngineDamageTest -Dseed=%d", seed)
          .isInstanceOf(QuorateException.Corrupt.class)
          .hasMessageContaining("e/rows");
    }
    disk.overwrite("e/rows", image);
    engines.open("e", EngineOptions.plain()).close();
  }

  private RocksEngines rocks() {
    return new RocksEngines(root, RocksSettings.small());
  }

  private static void fill(Engines engines) {
    try (Engine engine = engines.create("e/1", EngineOptions.plain())) {
      RowBatch batch = new RowBatch();
      Random random = new Random(1);
      for (int i = 0; i < 1_000; i++) {
        byte[] value = new byte[500];
        random.nextBytes(value);
        batch.put(EngineContractTest.utf8("row-" + i), value);
      }
      engine.write(batch, 1);
    }
  }

  private List<Path> tables() throws IOException {
    try (Stream<Path> files = Files.list(root.resolve("e/1"))) {
      return files.filter(f -> f.toString().endsWith(".sst")).sorted().toList();
    }
  }

  private Map<String, Long> files(String directory) throws IOException {
    TreeMap<String, Long> sizes = new TreeMap<>();
    try (Stream<Path> files = Files.list(root.resolve(directory))) {
      for (Path file : files.toList()) {
        sizes.put(name(file), Files.size(file));
      }
    }
    return sizes;
  }

  private static String name(Path file) {
    return String.valueOf(file.getFileName());
  }
}

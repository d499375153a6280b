package io.quorate.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** The two engines as a test drives them, with a way to crash each. */
final class Worlds {
  private Worlds() {}

  /** Engines of one kind, and what a crash of one of them leaves. */
  interface World extends AutoCloseable {
    Engines engines();

    /**
     * Ends an engine as a crash would, and puts what a crash at this moment leaves into another
     * directory.
     *
     * @return the directory to open
     */
    String crash(Engine engine, String directory, String next);

    @Override
    void close();
  }

  /** RocksDB with memtables so small that it flushes and cleans all the time. */
  static World rocks(Path root) {
    RocksEngines engines = new RocksEngines(root, new RocksSettings(8 << 20, 1 << 20, 64 << 20));
    return new World() {
      @Override
      public Engines engines() {
        return engines;
      }

      @Override
      public String crash(Engine engine, String directory, String next) {
        RocksEngine rocks = (RocksEngine) engine;
        rocks.holdFiles(true);
        copy(root.resolve(directory), root.resolve(next));
        rocks.holdFiles(false);
        engine.closeAbruptly();
        return next;
      }

      @Override
      public void close() {
        engines.close();
      }
    };
  }

  /** Memory over a disk that loses what was not synced. */
  static World memory() {
    LossyDisk disk = new LossyDisk();
    MemoryEngines engines = new MemoryEngines(disk, 256 * 1024);
    return new World() {
      @Override
      public Engines engines() {
        return engines;
      }

      @Override
      public String crash(Engine engine, String directory, String next) {
        engine.closeAbruptly();
        disk.crash();
        return directory;
      }

      @Override
      public void close() {
        engines.close();
      }
    };
  }

  /**
   * The manifest first and whole, then the files that it names: no later than that moment, and none
   * of them gone, since the engine holds them. A removal that had begun before may still end, of a
   * table that the manifest no longer names; one that it does name is missed when it is opened.
   */
  private static void copy(Path from, Path to) {
    try (Stream<Path> content = Files.list(from)) {
      Files.createDirectories(to);
      List<Path> files = content.toList();
      for (Path file : files) {
        if (!file.toString().endsWith(".sst")) {
          Files.copy(file, to.resolve(file.getFileName()));
        }
      }
      try (Stream<Path> tables = Files.list(from)) {
        for (Path file : tables.filter(f -> f.toString().endsWith(".sst")).toList()) {
          try {
            Files.copy(file, to.resolve(file.getFileName()));
          } catch (NoSuchFileException gone) {
            assertThat(gone.getFile()).as("what is gone").isEqualTo(file.toString());
          }
        }
      }
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}

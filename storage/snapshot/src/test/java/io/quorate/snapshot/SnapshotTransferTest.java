package io.quorate.snapshot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quorate.base.Bytes;
import io.quorate.base.Disk;
import io.quorate.base.InvariantViolation;
import io.quorate.base.QuorateException;
import io.quorate.snapshot.SnapshotSink.Outcome;
import io.quorate.wal.FileDisk;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Snapshots on their way: whole, cut, damaged, out of order, twice, and resumed. */
class SnapshotTransferTest {
  private static final int CHUNK = SnapshotManifest.CHUNK_BYTES;
  private static final List<String> NAMES = List.of("000007.sst", "CURRENT", "EMPTY", "MANIFEST-1");

  @TempDir Path root;
  private Disk disk;
  private SnapshotManifest manifest;

  @BeforeEach
  void checkpoint() throws IOException {
    disk = new FileDisk(root);
    Files.createDirectories(root.resolve("from"));
    write("from/000007.sst", 3 * CHUNK + 17, 1);
    write("from/CURRENT", 16, 2);
    write("from/EMPTY", 0, 3);
    write("from/MANIFEST-1", 2 * CHUNK, 4);
    manifest = SnapshotManifest.describe(disk, "from", NAMES, 1, 42, 3, Bytes.utf8("members"));
  }

  @Test
  void a_snapshot_arrives_as_it_left() throws IOException {
    assertThat(manifest.chunks()).isEqualTo(4 + 1 + 0 + 2);
    assertThat(manifest.bytes()).isEqualTo(5L * CHUNK + 17 + 16);
    transfer();
    arrived();
  }

  @Test
  void what_comes_twice_too_early_or_damaged_is_not_taken() throws IOException {
    try (SnapshotSource source = source();
        SnapshotSink sink = sink()) {
      Bytes first = source.read(0);
      assertThat(sink.offer(1, source.read(1))).isEqualTo(Outcome.TOO_EARLY);
      assertThat(sink.offer(-1, first)).isEqualTo(Outcome.TOO_EARLY);
      assertThat(sink.offer(99, first)).isEqualTo(Outcome.TOO_EARLY);
      assertThat(sink.offer(0, source.read(1))).as("another chunk").isEqualTo(Outcome.DAMAGED);
      assertThat(sink.offer(0, first.slice(0, CHUNK - 1))).isEqualTo(Outcome.DAMAGED);
      byte[] bent = first.toArray();
      bent[CHUNK / 2] ^= 1;
      assertThat(sink.offer(0, Bytes.wrap(bent))).isEqualTo(Outcome.DAMAGED);
      assertThat(sink.next()).isZero();
      assertThat(sink.offer(0, first)).isEqualTo(Outcome.TAKEN);
      assertThat(sink.offer(0, first)).isEqualTo(Outcome.DUPLICATE);
      assertThat(sink.offer(0, Bytes.wrap(bent))).isEqualTo(Outcome.DUPLICATE);
      assertThatThrownBy(sink::finish).isInstanceOf(InvariantViolation.class);
      for (int chunk = 1; chunk < manifest.chunks(); chunk++) {
        assertThat(sink.offer(chunk, source.read(chunk))).isEqualTo(Outcome.TAKEN);
      }
      assertThat(sink.offer(manifest.chunks(), first)).isEqualTo(Outcome.TOO_EARLY);
      sink.finish();
    }
    arrived();
  }

  @Test
  void a_transfer_that_broke_off_anywhere_goes_on_from_there() throws IOException {
    for (int cut = 0; cut <= manifest.chunks(); cut++) {
      try (SnapshotSource source = source()) {
        try (SnapshotSink sink = sink()) {
          for (int chunk = 0; chunk < cut; chunk++) {
            sink.offer(chunk, source.read(chunk));
          }
        }
        try (SnapshotSink sink = sink()) {
          assertThat(sink.next()).isEqualTo(cut);
          for (int chunk = cut; chunk < manifest.chunks(); chunk++) {
            assertThat(sink.offer(chunk, source.read(chunk))).isEqualTo(Outcome.TAKEN);
          }
          sink.finish();
        }
      }
      arrived();
      clear("to");
    }
  }

  @Test
  void a_random_crash_leaves_nothing_that_a_resumed_transfer_would_believe() throws IOException {
    long first = Long.getLong("seed", 1);
    for (long seed = first; seed < first + 30; seed++) {
      Random random = new Random(seed);
      try (SnapshotSource source = source()) {
        int had;
        try (SnapshotSink sink = sink()) {
          had = random.nextInt(manifest.chunks() + 1);
          for (int chunk = 0; chunk < had; chunk++) {
            sink.offer(chunk, source.read(chunk));
          }
        }
        damageSomething(random);
        try (SnapshotSink sink = sink()) {
          assertThat(sink.next()).isLessThanOrEqualTo(had);
          while (!sink.isComplete()) {
            sink.offer(sink.next(), source.read(sink.next()));
          }
          sink.finish();
        }
        arrived();
        clear("to");
      } catch (Throwable e) {
        throw new AssertionError(
            "repeat with: mvn -o -pl storage/snapshot -am test -Dtest=SnapshotTransferTest"
                + " -Dsurefire.failIfNoSpecifiedTests=false -Dseed="
                + seed,
            e);
      }
    }
  }

  @Test
  void files_of_another_transfer_make_way() throws IOException {
    try (SnapshotSource source = source();
        SnapshotSink sink = sink()) {
      sink.offer(0, source.read(0));
    }
    SnapshotManifest newer =
        SnapshotManifest.describe(disk, "from", NAMES, 1, 43, 3, Bytes.utf8("members"));
    try (SnapshotSink sink = SnapshotSink.open(disk, "to", newer)) {
      assertThat(sink.next()).isZero();
      assertThat(disk.list("to")).containsExactly(Names.MANIFEST_PARTIAL);
    }
  }

  @Test
  void what_has_been_received_is_never_received_again() {
    transfer();
    assertThatThrownBy(this::sink).isInstanceOf(InvariantViolation.class);
  }

  @Test
  void damage_at_the_sender_is_named_by_file_and_offset() throws IOException {
    byte[] bytes = Files.readAllBytes(root.resolve("from/000007.sst"));
    bytes[2 * CHUNK + 5] ^= 4;
    Files.write(root.resolve("from/000007.sst"), bytes);
    try (SnapshotSource source = source()) {
      assertThat(source.read(1).length()).isEqualTo(CHUNK);
      assertThatThrownBy(() -> source.read(2))
          .isInstanceOf(QuorateException.Corrupt.class)
          .hasMessageContaining("from/000007.sst")
          .hasMessageContaining("offset " + 2 * CHUNK);
      Files.write(root.resolve("from/CURRENT"), new byte[3]);
      assertThatThrownBy(() -> source.read(4))
          .isInstanceOf(QuorateException.Corrupt.class)
          .hasMessageContaining("from/CURRENT");
    }
  }

  private void transfer() {
    try (SnapshotSource source = source();
        SnapshotSink sink = sink()) {
      while (!sink.isComplete()) {
        assertThat(sink.offer(sink.next(), source.read(sink.next()))).isEqualTo(Outcome.TAKEN);
      }
      assertThat(SnapshotSink.isReceived(disk, "to")).isFalse();
      sink.finish();
    }
  }

  private void damageSomething(Random random) throws IOException {
    List<String> names = disk.list("to");
    Path victim = root.resolve("to").resolve(names.get(random.nextInt(names.size())));
    byte[] bytes = Files.readAllBytes(victim);
    switch (random.nextInt(4)) {
      case 0 -> Files.delete(victim);
      case 1 -> Files.write(victim, java.util.Arrays.copyOf(bytes, bytes.length / 2));
      case 2 -> {
        if (bytes.length > 0) {
          bytes[random.nextInt(bytes.length)] ^= (byte) (1 + random.nextInt(255));
        }
        Files.write(victim, bytes);
      }
      default -> {
        // A block that never reached the disk.
        int from = random.nextInt(Math.max(1, bytes.length));
        java.util.Arrays.fill(bytes, from, Math.min(bytes.length, from + 4_096), (byte) 0);
        Files.write(victim, bytes);
      }
    }
  }

  private void arrived() throws IOException {
    assertThat(SnapshotSink.isReceived(disk, "to")).isTrue();
    assertThat(SnapshotSink.received(disk, "to")).isEqualTo(manifest);
    for (String name : NAMES) {
      assertThat(root.resolve("to").resolve(name))
          .hasSameBinaryContentAs(root.resolve("from").resolve(name));
    }
    assertThat(disk.list("to")).hasSize(NAMES.size() + 1);
  }

  private SnapshotSource source() {
    return new SnapshotSource(disk, "from", manifest);
  }

  private SnapshotSink sink() {
    return SnapshotSink.open(disk, "to", manifest);
  }

  private void clear(String directory) throws IOException {
    for (String name : disk.list(directory)) {
      disk.delete(directory + "/" + name);
    }
  }

  private void write(String path, int bytes, long seed) throws IOException {
    byte[] content = new byte[bytes];
    new Random(seed).nextBytes(content);
    Files.write(root.resolve(path), content);
  }
}

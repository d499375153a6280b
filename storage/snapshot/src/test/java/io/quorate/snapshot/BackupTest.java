package io.quorate.snapshot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quorate.base.Bytes;
import io.quorate.base.QuorateException;
import io.quorate.base.RowCursor;
import io.quorate.base.RowSink;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class BackupTest {
  private static final BackupHeader HEADER =
      new BackupHeader(0x0102030405060708L, -2, 77, 3, 1_000, 900, "Quorate test");

  /** Rows of all sizes, one of them larger than a chunk, some ending a chunk to the byte. */
  @Test
  void what_was_written_is_read_and_as_long_as_was_told() {
    for (long seed = 1; seed <= 20; seed++) {
      List<byte[][]> rows = rows(seed);
      byte[] file = write(rows);
      BackupLength length = new BackupLength(HEADER, new Cursor(rows));
      while (!length.step(10_000)) {}
      assertThat(length.bytes()).as("seed " + seed).isEqualTo(file.length);
      assertThat(file.length % 512).as("seed " + seed).isEqualTo(32);
      Rows read = new Rows();
      try (BackupReader reader = open(file)) {
        assertThat(reader.header()).isEqualTo(HEADER);
        while (reader.next(read)) {}
        assertThat(reader.bytes()).isEqualTo(file.length);
        assertThat(reader.sha256())
            .isEqualTo(Arrays.copyOfRange(file, file.length - 32, file.length));
      }
      assertThat(read.dump()).as("seed " + seed).isEqualTo(dump(rows));
    }
  }

  @Test
  void a_backup_of_nothing_is_a_backup() {
    byte[] file = write(List.of());
    try (BackupReader reader = open(file)) {
      assertThat(reader.next(new Rows())).isFalse();
      assertThat(reader.next(new Rows())).isFalse();
    }
    assertThat(file).hasSize(512 + 32);
  }

  /** Whichever byte is another, wherever it ends early, and whatever follows it. */
  @Test
  void damage_is_found_wherever_it_is() {
    byte[] file = write(List.of(new byte[][] {{'N', 1}, {1, 2, 3}}, new byte[][] {{'N', 2}, {}}));
    for (int at = 0; at < file.length; at++) {
      byte[] damaged = file.clone();
      damaged[at] ^= 0x10;
      refused(damaged, "byte " + at);
      refused(Arrays.copyOf(file, at), "the first " + at);
    }
    refused(Arrays.copyOf(file, file.length + 1), "one more");
  }

  @Test
  void random_bytes_are_no_backup() {
    Random random = new Random(7);
    for (int i = 0; i < 2_000; i++) {
      byte[] bytes = new byte[random.nextInt(200)];
      random.nextBytes(bytes);
      if (random.nextBoolean()) {
        byte[] start = {'Q', 'B', 'A', 'C', 'K', 'U', 'P', 1, 1, 0, 0};
        System.arraycopy(start, 0, bytes, 0, Math.min(start.length, bytes.length));
      }
      refused(bytes, "random " + i);
    }
  }

  @Test
  void a_newer_version_is_told_from_damage() {
    byte[] file = write(List.of());
    file[7] = 2;
    assertThatThrownBy(() -> open(file))
        .isInstanceOf(QuorateException.Corrupt.class)
        .hasMessageContaining("version 2");
  }

  /** Version 1 as it is and stays. */
  @Test
  void the_format_is_held_by_its_bytes() {
    byte[] file = write(List.<byte[][]>of(new byte[][] {{'N', 'k'}, {9}}));
    String hex = HexFormat.of().formatHex(file);
    assertThat(hex)
        .startsWith(
            "514241434b555001" // magic, version
                + "010000003c"); // header of 60 bytes
    assertThat(hex.substring(2 * 21, 2 * 81))
        .isEqualTo(
            "0102030405060708fffffffffffffffe000000000000004d000000000000000300000000000003e8"
                + "000000000000038451756f726174652074657374");
    assertThat(hex.substring(2 * 81, 2 * 86)).isEqualTo("020000000b");
    assertThat(hex.substring(2 * 94, 2 * 105)).isEqualTo("0000000200000001" + "4e6b09");
    assertThat(hex.substring(2 * 105, 2 * 110)).isEqualTo("0300000010");
    assertThat(hex.substring(2 * 118, 2 * 134)).isEqualTo("00000000000000010000000000000002");
    assertThat(hex.substring(2 * 134, 2 * 512)).matches("0+");
    assertThat(hex.substring(2 * 512)).isEqualTo(GOLDEN_SHA256);
  }

  private static final String GOLDEN_SHA256 =
      "3926b60051e54fe7c3636ce00bb3064ede6e7416f1347ef710a451260b290b8d";

  private static void refused(byte[] file, String what) {
    assertThatThrownBy(
            () -> {
              try (BackupReader reader = open(file)) {
                while (reader.next(new Rows())) {}
              }
            })
        .as(what)
        .isInstanceOf(QuorateException.Corrupt.class);
  }

  private static BackupReader open(byte[] file) {
    return new BackupReader(new ByteArrayInputStream(file), "test.db");
  }

  private static byte[] write(List<byte[][]> rows) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (BackupWriter writer = new BackupWriter(HEADER, new Cursor(rows))) {
      for (Bytes part = writer.next(); part != null; part = writer.next()) {
        out.writeBytes(part.toArray());
      }
    }
    return out.toByteArray();
  }

  private static List<byte[][]> rows(long seed) {
    Random random = new Random(seed);
    List<byte[][]> rows = new ArrayList<>();
    for (int i = random.nextInt(3_000); i > 0; i--) {
      int length = random.nextInt(500) == 0 ? 700_000 : random.nextInt(1_000);
      byte[] value = new byte[length];
      random.nextBytes(value);
      byte[] key = new byte[1 + random.nextInt(40)];
      random.nextBytes(key);
      rows.add(new byte[][] {key, value});
    }
    if (seed % 2 == 0) {
      rows.add(0, new byte[][] {{'N'}, new byte[256 * 1024 - 9]}); // a chunk to the byte
    }
    return rows;
  }

  private static List<String> dump(List<byte[][]> rows) {
    return rows.stream()
        .map(row -> HexFormat.of().formatHex(row[0]) + "=" + Arrays.hashCode(row[1]))
        .toList();
  }

  /** Rows that were read. */
  private static final class Rows implements RowSink {
    private final List<byte[][]> rows = new ArrayList<>();

    @Override
    public void put(byte[] row, byte[] value) {
      rows.add(new byte[][] {row, value});
    }

    @Override
    public void delete(byte[] row) {
      throw new AssertionError("a backup deletes nothing");
    }

    List<String> dump() {
      return BackupTest.dump(rows);
    }
  }

  /** Rows to be written. */
  private static final class Cursor implements RowCursor {
    private final List<byte[][]> rows;
    private int at = -1;

    Cursor(List<byte[][]> rows) {
      this.rows = rows;
    }

    @Override
    public boolean next() {
      return ++at < rows.size();
    }

    @Override
    public byte[] key() {
      return rows.get(at)[0];
    }

    @Override
    public byte[] value() {
      return rows.get(at)[1];
    }

    @Override
    public void close() {}
  }
}

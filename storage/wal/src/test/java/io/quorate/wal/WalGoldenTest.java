package io.quorate.wal;

import static org.assertj.core.api.Assertions.assertThat;

import io.quorate.base.Bytes;
import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.CRC32C;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.Test;

/**
 * The bytes of format version 1. What is in {@code golden/wal-v1.txt} was written by a member that
 * somebody runs: this version writes the same, and every later one reads it. Rewritten, for a new
 * version only, by {@code -Dtraces.rewrite}.
 */
class WalGoldenTest {
  private static final WalSettings SETTINGS =
      WalSettings.of(0xC1, 0x0A, 5).withSegmentBytes(32 * 1024);

  private static Model write(MemoryDisk disk) {
    Model model = new Model();
    Wal wal = Wal.open(disk, "wal", SETTINGS, new Model.Collector());
    wal.hardState(1, 1, 10, Bytes.utf8("boot 1"));
    model.group(1).term = 1;
    model.group(1).vote = 10;
    model.group(1).blob = Bytes.utf8("boot 1");
    append(wal, model, 1, 1, 1, "first");
    append(wal, model, 1, 2, 1, "second");
    wal.configuration(2, Bytes.utf8("10,11,12"));
    model.group(2).configuration = Bytes.utf8("10,11,12");
    wal.sync();
    append(wal, model, 1, 2, 2, "instead of the second");
    append(wal, model, 1, 3, 2, "third");
    wal.snapshotMark(2, 7, 2, 0x77, Bytes.utf8("10,11"), 4);
    model.mark(2, 7, 2, 0x77, Bytes.utf8("10,11"), 4);
    wal.sync();
    wal.trim(1, 1);
    model.trim(1, 1);
    wal.close();
    return model;
  }

  private static void append(
      Wal wal, Model model, long group, long index, long term, String payload) {
    Model.Entry entry = model.append(group, index, term, (byte) 3, Bytes.utf8(payload));
    wal.append(group, index, term, (byte) 3, entry.payload(), entry.hash());
  }

  /** Lines of 16 bytes that are not all zero, with their offsets, file by file. */
  private static String dump(MemoryDisk disk) {
    StringBuilder text = new StringBuilder();
    for (Map.Entry<String, Integer> file : disk.sizes().entrySet()) {
      text.append(file.getKey()).append(' ').append(file.getValue()).append('\n');
      byte[] bytes = disk.bytes(file.getKey());
      for (int at = 0; at < bytes.length; at += 16) {
        String line = HexFormat.of().formatHex(bytes, at, at + 16);
        if (!line.equals("0".repeat(32))) {
          text.append("%05x %s%n".formatted(at, line));
        }
      }
    }
    return text.toString();
  }

  private static MemoryDisk load(String dump) {
    Map<String, byte[]> files = new TreeMap<>();
    byte[] bytes = new byte[0];
    for (String line : dump.lines().toList()) {
      String[] parts = line.split(" ", 2);
      if (line.startsWith("wal/")) {
        bytes = new byte[Integer.parseInt(parts[1])];
        files.put(parts[0], bytes);
      } else {
        byte[] some = HexFormat.of().parseHex(parts[1]);
        System.arraycopy(some, 0, bytes, Integer.parseInt(parts[0], 16), some.length);
      }
    }
    MemoryDisk disk = new MemoryDisk(1);
    files.forEach(disk::install);
    return disk;
  }

  private static String golden() throws IOException {
    try (InputStream in = WalGoldenTest.class.getResourceAsStream("/golden/wal-v1.txt")) {
      assertThat(in).isNotNull();
      return in == null ? "" : new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  @Test
  void version_1_is_written_byte_for_byte_as_it_always_was() throws IOException {
    MemoryDisk disk = new MemoryDisk(1);
    write(disk);
    String dump = dump(disk);
    if (System.getProperty("traces.rewrite") != null) {
      Path file = Path.of("src/test/resources/golden/wal-v1.txt");
      Files.createDirectories(file.getParent());
      Files.writeString(file, dump);
      return;
    }
    assertThat(dump).isEqualTo(golden());
  }

  @Test
  void version_1_is_read_for_what_it_always_meant() throws IOException {
    Model model = write(new MemoryDisk(2));
    Model.Collector found = new Model.Collector();
    Wal.open(load(golden()), "wal", SETTINGS, found);
    assertThat(found.model.text()).isEqualTo(model.text());
    assertThat(found.holes).isEmpty();
  }

  @Test
  void a_newer_major_version_is_refused_with_what_to_do() throws IOException {
    MemoryDisk disk = load(golden());
    String path = "wal/" + Segment.name(1);
    byte[] bytes = disk.bytes(path).clone();
    bytes[8] = 2;
    var header = Format.buffer(Format.BLOCK);
    header.put(0, bytes, 0, Format.BLOCK);
    header.putInt(12, Segment.headerCrc(header, new CRC32C()));
    header.get(0, bytes, 0, Format.BLOCK);
    disk.install(path, bytes);
    QuorateException refused =
        Assertions.catchThrowableOfType(
            QuorateException.class, () -> Wal.open(disk, "wal", SETTINGS, new Model.Collector()));
    assertThat(refused.code()).isEqualTo(ErrorCode.WRONG_IDENTITY);
    assertThat(refused).hasMessageContaining("has log format 2, and this version reads up to 1");
  }
}

package io.quorate.wal;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.zip.CRC32C;

/**
 * Changes fields of a segment and makes the checksums fit: what no disk does, and what a decoder
 * must survive nevertheless, hostile lengths and indexes among it (CVE-2020-15106, CVE-2020-15112).
 */
final class Forgery {
  private static final long[] ODD = {
    0, 1, -1, 2, 7, 255, Integer.MAX_VALUE, Integer.MIN_VALUE, Long.MAX_VALUE, Long.MIN_VALUE, 4096
  };

  private Forgery() {}

  static void forge(byte[] segment, Random random) {
    if (segment.length < 2 * Format.BLOCK) {
      return;
    }
    ByteBuffer bytes = Format.buffer(Format.roundUp(segment.length));
    bytes.put(0, segment);
    CRC32C crc = new CRC32C();
    long salt = bytes.getLong(32);
    long sequence = bytes.getLong(40);
    List<Integer> headers = new ArrayList<>();
    for (int at = Format.BLOCK; at + 48 <= segment.length; at += 8) {
      int mask = Format.mask(salt, sequence, at);
      if (Format.isBatch(crc, bytes, at, mask) || Format.isRecord(crc, bytes, at, mask)) {
        headers.add(at);
      }
    }
    if (headers.isEmpty() || random.nextInt(10) == 0) {
      int[] fields = {8, 10, 16, 24, 32, 40, 48, 52};
      int field = fields[random.nextInt(fields.length)];
      if (field < 16) {
        bytes.putShort(field, (short) random.nextInt());
      } else if (field < 48) {
        bytes.putLong(field, odd(random));
      } else {
        bytes.putInt(field, (int) odd(random));
      }
      bytes.putInt(12, Segment.headerCrc(bytes, crc));
    } else {
      int at = headers.get(random.nextInt(headers.size()));
      boolean batch = bytes.getInt(at) == Format.BATCH_MAGIC;
      switch (random.nextInt(batch ? 5 : 6)) {
        case 0 -> bytes.putInt(at + 8, (int) odd(random));
        case 1 -> bytes.putInt(at + 12, (int) odd(random));
        case 2 -> bytes.putLong(at + 16, odd(random));
        case 3 -> bytes.putLong(at + 24, odd(random));
        case 4 -> bytes.putLong(at + 32, odd(random));
        default -> bytes.put(at + 2, (byte) random.nextInt(12));
      }
      int mask = Format.mask(salt, sequence, at);
      bytes.order(ByteOrder.LITTLE_ENDIAN).putInt(at + 4, Format.headerCrc(crc, bytes, at) ^ mask);
    }
    bytes.get(0, segment);
  }

  private static long odd(Random random) {
    return random.nextBoolean() ? ODD[random.nextInt(ODD.length)] : random.nextInt(20);
  }
}

package io.quorate.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.WriteBatch;

/** The form of a batch that we build is the form that RocksDB builds. */
class WriteBatchCodecTest {
  @BeforeAll
  static void load() {
    RocksDB.loadLibrary();
  }

  @Test
  void our_form_is_rocksdbs_byte_for_byte() throws RocksDBException {
    long first = Long.getLong("seed", 1);
    for (long seed = first; seed < first + 200; seed++) {
      Random random = new Random(seed);
      RowBatch ours = new RowBatch();
      try (WriteBatch theirs = new WriteBatch()) {
        int records = random.nextInt(100);
        for (int i = 0; i < records; i++) {
          byte[] key = bytes(random, 1 + length(random));
          byte[] value = bytes(random, length(random));
          switch (random.nextInt(4)) {
            case 0 -> {
              ours.delete(key);
              theirs.delete(key);
            }
            case 1 -> {
              byte[] to = Arrays.copyOf(key, key.length + 1);
              ours.deleteRange(key, to);
              theirs.deleteRange(key, to);
            }
            default -> {
              ours.put(key, value);
              theirs.put(key, value);
            }
          }
        }
        assertThat(WriteBatchCodec.encode(ours))
            .as("repeat with: -Dtest=WriteBatchCodecTest -Dseed=%d", seed)
            .isEqualTo(theirs.data());
        byte[] last = bytes(random, 8);
        theirs.put(new byte[0], last);
        assertThat(WriteBatchCodec.encode(ours, new byte[0], last)).isEqualTo(theirs.data());
        try (WriteBatch taken = new WriteBatch(WriteBatchCodec.encode(ours))) {
          assertThat(taken.count()).isEqualTo(ours.records());
        }
      }
    }
  }

  /** Around the lengths at which a varint grows, and some beyond. */
  private static int length(Random random) {
    return switch (random.nextInt(5)) {
      case 0 -> random.nextInt(4);
      case 1 -> 126 + random.nextInt(4);
      case 2 -> 16_382 + random.nextInt(4);
      default -> random.nextInt(300);
    };
  }

  private static byte[] bytes(Random random, int length) {
    byte[] bytes = new byte[length];
    random.nextBytes(bytes);
    return bytes;
  }
}

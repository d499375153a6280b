package io.quorate.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.RocksDBException;
import org.rocksdb.WriteBatch;

/** The form of a batch that we build is the form that RocksDB builds. */
class WriteBatchCodecTest {
  @TempDir Path root;

  @Test
  void our_form_is_rocksdbs_byte_for_byte() {
    try (RocksEngines engines = new RocksEngines(root, RocksSettings.small())) {
      for (int prefix : new int[] {EngineOptions.NONE, 0, 'o', 0xff}) {
        RocksEngine engine =
            (RocksEngine) engines.create("e-" + prefix, EngineOptions.plain().ordered(prefix));
        try (engine) {
          compare(engine.families());
        } catch (RocksDBException e) {
          throw new AssertionError(e);
        }
      }
    }
  }

  private static void compare(RocksFamilies families) throws RocksDBException {
    WriteBatchCodec codec = families.codec();
    long first = Long.getLong("seed", 1);
    for (long seed = first; seed < first + 200; seed++) {
      Random random = new Random(seed);
      RowBatch ours = new RowBatch();
      int both = 0;
      try (WriteBatch theirs = new WriteBatch()) {
        int records = random.nextInt(100);
        for (int i = 0; i < records; i++) {
          byte[] key = key(random, families.orderedPrefix());
          byte[] value = bytes(random, length(random));
          switch (random.nextInt(4)) {
            case 0 -> {
              ours.delete(key);
              theirs.delete(families.of(key), key);
            }
            case 1 -> {
              byte[] other = key(random, families.orderedPrefix());
              boolean inverted = Arrays.compareUnsigned(key, other) > 0;
              byte[] from = inverted ? other : key;
              byte[] to = inverted ? key : other;
              if (!Arrays.equals(from, to)) {
                ours.deleteRange(from, to);
                both += deleteRange(families, theirs, from, to) - 1;
              }
            }
            default -> {
              ours.put(key, value);
              theirs.put(families.of(key), key, value);
            }
          }
        }
        String repeat = "repeat with: -Dtest=WriteBatchCodecTest -Dseed=" + seed;
        assertThat(codec.encode(ours)).as(repeat).isEqualTo(theirs.data());
        byte[] last = bytes(random, 8);
        theirs.put(new byte[0], last);
        assertThat(codec.encode(ours, new byte[0], last)).as(repeat).isEqualTo(theirs.data());
        try (WriteBatch taken = new WriteBatch(codec.encode(ours))) {
          assertThat(taken.count()).as(repeat).isEqualTo(ours.records() + both);
        }
      }
    }
  }

  /** In each family that a row between the two bounds may lie in, as a scan has it. */
  private static int deleteRange(RocksFamilies families, WriteBatch batch, byte[] from, byte[] to)
      throws RocksDBException {
    boolean main = false;
    boolean ordered = false;
    for (RocksFamilies.Span span : families.spans(from, to)) {
      main |= span.family.equals(families.main());
      ordered |= span.family.equals(families.ordered());
    }
    if (main) {
      batch.deleteRange(families.main(), from, to);
    }
    ColumnFamilyHandle own = families.ordered();
    if (ordered && own != null) {
      batch.deleteRange(own, from, to);
    }
    return (main ? 1 : 0) + (ordered ? 1 : 0);
  }

  /** Often of the ordered prefix, beside it, or a border itself. */
  private static byte[] key(Random random, int ordered) {
    byte[] key = bytes(random, random.nextInt(3) == 0 ? 1 : 1 + length(random));
    if (random.nextBoolean()) {
      key[0] = (byte) (ordered - 1 + random.nextInt(3));
    }
    return key;
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

package io.quorate.kv;

import static io.quorate.kv.Kv.b;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quorate.base.Bytes;
import io.quorate.base.QuorateException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RowFormatTest {

  @Test
  void the_rows_of_a_short_life_are_these_bytes() {
    Kv kv = new Kv();
    kv.grant(7);
    kv.put("a", "1");
    kv.call(kv.put("a", "2", 7, false, false));
    kv.put("a\0b", "3");
    kv.delete("a");
    kv.call(new CompactRequest(3, false));
    List<String> rows = kv.rows.dump();
    rows.removeIf(row -> row.startsWith("4d73"));
    assertThat(rows)
        .containsExactly(
            "47610001000000000000000500000000 = 020000000000000002",
            "4c0000000000000007 = 02000000000000003c",
            "4d78 = 02a41d3ed811f042db",
            "4e610062 = 020000000000000004000000000001" + "33",
            "52000000000000000200000000 = 020000000000000000" + "0161",
            rows.get(5),
            rows.get(6),
            rows.get(7));
    assertThat(rows.get(5))
        .startsWith("52000000000000000300000000 = 42")
        .endsWith("0161" + "020000000000000002000000000001" + "31");
    assertThat(rows.get(6)).startsWith("52000000000000000400000000 = 02").endsWith("03610062");
    assertThat(rows.get(7))
        .startsWith("52000000000000000500000000 = c2")
        .endsWith("0161" + "4200000000000000030000000001020000000000000007" + "32");
    assertThat(rows).hasSize(8);
  }

  @Test
  void a_version_that_tells_of_earlier_ones_is_these_bytes() {
    StoredVersion version = new StoredVersion();
    byte[] row = RowFormat.newestRow(b("k"));
    byte[] stored = StoredVersion.first(5, 0, 0, b("v"));
    List<String> versions = new ArrayList<>();
    for (int i = 2; i <= 7; i++) {
      version.decode(row, stored);
      // Version 4 is the second change of its revision, version 6 comes 200 revisions later.
      stored = version.successor(i < 6 ? i + 4 : i + 204, i == 4 ? 1 : 0, 0, b("v"));
      versions.add(HexFormat.of().formatHex(stored));
    }
    assertThat(versions)
        .containsExactly(
            "02000000000000000600000000" + "0102" + "76",
            "02000000000000000700000000" + "0203" + "02" + "76",
            "02000000000000000800000001" + "0304" + "76",
            "02000000000000000900000000" + "0405" + "0301" + "76",
            "0200000000000000d200000000" + "cd0106" + "950301" + "76",
            "0200000000000000d300000000" + "ce0107" + "02950301" + "76");
  }

  @Test
  void a_list_of_earlier_versions_that_makes_no_sense_is_damage() {
    String head = "020000000000000050" + "00000002" + "10"; // revision 80, second change, 16 later
    byte[] row = RowFormat.newestRow(b("k"));
    StoredVersion version = new StoredVersion();
    for (String good : List.of("0302", "0300", "030101", "0320", "0702" + "04", "07010102")) {
      version.decode(row, HexFormat.of().parseHex(head + good + "76"));
      assertThat(version.value()).as(good).isEqualTo(b("v"));
    }
    for (String bad :
        List.of(
            "0322" + "76", // before the creation
            "030102" + "76", // the same revision, and a sub-revision that is no smaller
            "0301ffffffff0f" + "76",
            "0303ffffffffffffffffff01" + "76", // no int
            "030300" + "76", // a sub-revision of 0 is not written
            "07020000" + "76", // two of one revision, the second no earlier
            "0702", // cut off
            "0702ff")) {
      byte[] stored = HexFormat.of().parseHex(head + bad);
      assertThatThrownBy(() -> version.decode(row, stored))
          .as(bad)
          .isInstanceOf(QuorateException.Corrupt.class);
    }
  }

  @Test
  void generation_rows_sort_by_key_and_then_oldest_first() {
    Random random = new Random(5);
    byte[] alphabet = {0, 1, 2, (byte) 0xfe, (byte) 0xff};
    for (int i = 0; i < 20_000; i++) {
      Bytes[] keys = new Bytes[2];
      long[] mains = new long[2];
      int[] subs = new int[2];
      byte[][] rows = new byte[2][];
      for (int j = 0; j < 2; j++) {
        byte[] key = new byte[1 + random.nextInt(4)];
        for (int k = 0; k < key.length; k++) {
          key[k] = alphabet[random.nextInt(alphabet.length)];
        }
        keys[j] = Bytes.wrap(key);
        mains[j] = 1 + random.nextInt(3) + (random.nextBoolean() ? 1L << 40 : 0);
        subs[j] = random.nextInt(3);
        rows[j] = RowFormat.generationRow(keys[j], mains[j], subs[j]);
        assertThat(RowFormat.keyOfGeneration(rows[j])).isEqualTo(keys[j]);
        assertThat(RowFormat.deletionOfGeneration(rows[j])).isEqualTo(mains[j]);
        assertThat(RowFormat.deletionSubOfGeneration(rows[j])).isEqualTo(subs[j]);
        assertThat(Arrays.compareUnsigned(RowFormat.beforeGenerations(keys[j]), rows[j]))
            .isNegative();
        assertThat(Arrays.compareUnsigned(rows[j], RowFormat.afterGenerations(keys[j])))
            .isNegative();
      }
      int order = keys[0].compareTo(keys[1]);
      if (order == 0) {
        order = Long.compare(mains[0], mains[1]);
      }
      if (order == 0) {
        order = Integer.compare(subs[0], subs[1]);
      }
      assertThat(Integer.signum(Arrays.compareUnsigned(rows[0], rows[1])))
          .isEqualTo(Integer.signum(order));
      assertThat(RowFormat.sameKeyInGenerations(rows[0], rows[1]))
          .isEqualTo(keys[0].equals(keys[1]));
    }
  }

  @Test
  void a_damaged_version_or_change_is_named_and_never_guessed_at() {
    byte[] row = RowFormat.newestRow(b("k"));
    StoredVersion version = new StoredVersion();
    version.decode(row, StoredVersion.first(300, 0, 0, b("first")));
    byte[] stored = {};
    for (int i = 1; i <= 130; i++) {
      stored = version.successor(1_000_000 + i / 2, i % 2, -7, b("value"));
      version.decode(row, stored);
    }
    assertThat(version.toKeyValue(b("k"), true))
        .isEqualTo(new KeyValue(b("k"), 300, 1_000_065, 131, b("value"), -7));
    for (int length = 0; length < stored.length - "value".length(); length++) {
      byte[] cut = Arrays.copyOf(stored, length);
      assertThatThrownBy(() -> version.decode(row, cut))
          .isInstanceOf(QuorateException.Corrupt.class)
          .hasMessageContaining("the group must stop");
    }
    byte[] newer = stored.clone();
    newer[0] = (byte) (newer[0] + 1);
    assertThatThrownBy(() -> version.decode(row, newer))
        .isInstanceOf(QuorateException.Corrupt.class)
        .hasMessageContaining("format is 3");
    byte[] changeRow = RowFormat.changeRow(9, 0);
    version.decode(row, StoredVersion.first(8, 1, 0, b("before")));
    byte[] change = StoredChange.encode(false, 5, b("k"), version);
    StoredChange decoded = new StoredChange();
    decoded.decode(changeRow, change);
    assertThat(decoded.key()).isEqualTo(b("k"));
    assertThat(decoded.superseded().value()).isEqualTo(b("before"));
    for (int length = 0; length < change.length - "before".length(); length++) {
      byte[] cut = Arrays.copyOf(change, length);
      assertThatThrownBy(() -> new StoredChange().decode(changeRow, cut))
          .isInstanceOf(QuorateException.Corrupt.class);
    }
    byte[] first = StoredChange.encode(true, 5, b("k"), null);
    decoded.decode(changeRow, first);
    assertThat(decoded.supersedes()).isFalse();
    byte[] longer = Arrays.copyOf(first, first.length + 1);
    assertThatThrownBy(() -> decoded.decode(changeRow, longer))
        .isInstanceOf(QuorateException.Corrupt.class);
  }

  @Test
  void a_version_whose_superseding_change_is_missing_or_another_is_damage() {
    Kv kv = new Kv();
    kv.put("a", "1");
    kv.put("a", "2");
    kv.put("a", "3");
    RangeRequest then =
        new RangeRequest(
            b("a"), Bytes.EMPTY, 0, 2, SortOrder.NONE, SortTarget.KEY, false, false, 0, 0, 0, 0);
    byte[] row = RowFormat.changeRow(3, 0);
    byte[] change = requireNonNull(kv.rows.get(row));
    kv.rows.delete(row);
    assertThatThrownBy(() -> kv.range(then))
        .isInstanceOf(QuorateException.Corrupt.class)
        .hasMessageContaining("the change that superseded a version is missing");
    kv.rows.put(row, requireNonNull(kv.rows.get(RowFormat.changeRow(4, 0))));
    assertThatThrownBy(() -> kv.range(then))
        .isInstanceOf(QuorateException.Corrupt.class)
        .hasMessageContaining("superseded another version");
    kv.rows.put(row, change);
    assertThat(kv.range(then).kvs()).hasSize(1);
  }

  @Test
  void bytes_of_random_rows_either_decode_or_are_refused_as_damaged() {
    Random random = new Random(11);
    StoredVersion version = new StoredVersion();
    StoredChange change = new StoredChange();
    byte[] row = RowFormat.newestRow(b("k"));
    byte[] changeRow = RowFormat.changeRow(9, 0);
    int decoded = 0;
    int changes = 0;
    int generations = 0;
    byte[] generationRow = RowFormat.generationRow(b("k"), Long.MAX_VALUE, 0);
    for (int i = 0; i < 100_000; i++) {
      byte[] bytes = new byte[random.nextInt(40)];
      random.nextBytes(bytes);
      if (bytes.length > 0) {
        bytes[0] = (byte) ((bytes[0] & 0xf0) | (random.nextInt(10) == 0 ? bytes[0] & 0x0f : 2));
      }
      decoded += decodes(() -> version.decode(row, bytes));
      changes += decodes(() -> change.decode(changeRow, bytes));
      generations += decodes(() -> StoredGeneration.createRevision(generationRow, bytes));
    }
    assertThat(decoded).isPositive();
    assertThat(changes).isPositive();
    assertThat(generations).isPositive();
  }

  private static int decodes(Runnable decoding) {
    try {
      decoding.run();
      return 1;
    } catch (QuorateException.Corrupt expected) {
      assertThat(expected).hasMessageContaining("the group must stop");
      return 0;
    }
  }

  @Test
  void a_store_whose_state_row_is_damaged_does_not_open() {
    Kv kv = new Kv();
    kv.put("a", "1");
    byte[] state = java.util.Objects.requireNonNull(kv.rows.get(RowFormat.stateRow()));
    for (byte[] bad :
        List.of(new byte[0], new byte[] {2}, new byte[state.length], Arrays.copyOf(state, 99))) {
      MemoryRows rows = new MemoryRows();
      rows.put(RowFormat.stateRow(), bad);
      assertThatThrownBy(() -> KvStore.open(rows)).isInstanceOf(QuorateException.Corrupt.class);
    }
  }

  @Test
  void a_deletion_that_ended_another_generation_or_another_key_is_damage() {
    Kv kv = new Kv();
    kv.put("a", "1");
    kv.put("b", "1");
    kv.put("a", "2");
    kv.delete("a");
    kv.delete("b");
    RangeRequest then = Kv.reading("a", "", 3);
    assertThat(kv.range(then).kvs()).hasSize(1);
    byte[] generation = RowFormat.generationRow(b("a"), 5, 0);
    for (long created : new long[] {-1, 0, 3, 6}) {
      kv.rows.put(generation, StoredGeneration.encode(created));
      for (RangeRequest request : List.of(then, Kv.reading("", "\0", 3))) {
        assertThatThrownBy(() -> ((RangeResponse) kv.reader().range(request)).kvs())
            .as("created at %d", created)
            .isInstanceOf(QuorateException.Corrupt.class);
      }
    }
    kv.rows.put(generation, StoredGeneration.encode(2));
    kv.rows.put(RowFormat.changeRow(5, 0), requireNonNull(kv.rows.get(RowFormat.changeRow(6, 0))));
    assertThatThrownBy(() -> kv.range(then))
        .isInstanceOf(QuorateException.Corrupt.class)
        .hasMessageContaining("the change is of another key");
  }

  @Test
  void a_flipped_bit_anywhere_in_the_content_shows_in_the_recomputed_hash() {
    Kv kv = new Kv();
    for (int i = 0; i < 12; i++) {
      kv.put("k" + i % 3, "v" + i);
    }
    kv.delete("k1");
    kv.put("k1", "again");
    kv.delete("k2");
    kv.call(new CompactRequest(3, false));
    int flips = 0;
    for (byte family : new byte[] {RowFormat.NEWEST, RowFormat.GENERATION, RowFormat.CHANGE}) {
      byte[] from = family == RowFormat.CHANGE ? RowFormat.changeRow(4, 0) : new byte[] {family};
      for (byte[] row : kv.rows.names(from, RowFormat.endOf(family))) {
        byte[] stored = requireNonNull(kv.rows.get(row));
        for (int bit = 0; bit < stored.length * Byte.SIZE; bit++) {
          byte[] flipped = stored.clone();
          flipped[bit / Byte.SIZE] ^= (byte) (1 << bit % Byte.SIZE);
          kv.rows.put(row, flipped);
          try {
            assertThat(kv.store.recomputedStateHash())
                .as("bit %d of %s", bit, Bytes.copyOf(row))
                .isNotEqualTo(kv.store.stateHash());
          } catch (QuorateException.Corrupt damaged) {
            assertThat(damaged).hasMessageContaining("the group must stop");
          }
          flips++;
        }
        kv.rows.put(row, stored);
        kv.rows.delete(row);
        assertThat(kv.store.recomputedStateHash())
            .as("without %s", Bytes.copyOf(row))
            .isNotEqualTo(kv.store.stateHash());
        kv.rows.put(row, stored);
      }
    }
    assertThat(flips).isGreaterThan(2_000);
    assertThat(kv.store.recomputedStateHash()).isEqualTo(kv.store.stateHash());
  }
}

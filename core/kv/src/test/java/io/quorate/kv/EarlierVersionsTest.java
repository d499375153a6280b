package io.quorate.kv;

import static io.quorate.kv.Kv.b;
import static org.assertj.core.api.Assertions.assertThat;

import io.quorate.base.Bytes;
import io.quorate.base.RowCursor;
import io.quorate.base.Rows;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The way back from a version to any before it, and what it costs. */
class EarlierVersionsTest {
  /** Rows that count how often they are asked. */
  private static final class Counted implements Rows {
    private final Rows rows;
    private int gets;

    Counted(Rows rows) {
      this.rows = rows;
    }

    @Override
    public byte @Nullable [] get(byte[] row) {
      gets++;
      return rows.get(row);
    }

    @Override
    public RowCursor scan(byte[] from, byte @Nullable [] to) {
      return rows.scan(from, to);
    }
  }

  @Test
  void every_version_of_a_short_history_is_found_and_in_few_reads() {
    MemoryRows rows = new MemoryRows();
    KvStore store = KvStore.open(rows);
    for (int newest = 1; newest <= 260; newest++) {
      store.apply(Kv.putting("k", "v" + newest), false);
      store.finish(rows);
      for (int version = 1; version <= newest; version++) {
        find(rows, store, newest, version);
      }
    }
  }

  @Test
  void any_version_of_a_long_history_is_found_in_few_reads() {
    MemoryRows rows = new MemoryRows();
    KvStore store = KvStore.open(rows);
    int newest = 150_001;
    for (int version = 1; version <= newest; version++) {
      store.apply(Kv.putting("k", "v" + version), false);
    }
    store.finish(rows);
    Random random = new Random(3);
    for (int i = 0; i < 20_000; i++) {
      find(rows, store, newest, 1 + random.nextInt(newest));
    }
  }

  private static void find(MemoryRows rows, KvStore store, int newest, int version) {
    Counted counted = new Counted(rows);
    RangeRequest then = Kv.reading("k", "", version + 1);
    RangeResponse found = (RangeResponse) store.reader(counted).range(then);
    assertThat(found.kvs())
        .containsExactly(
            new KeyValue(b("k"), 2, version + 1, version, Bytes.utf8("v" + version), 0));
    int bits = Integer.SIZE - Integer.numberOfLeadingZeros(newest);
    assertThat(counted.gets)
        .as("reads for %d of %d", version, newest)
        .isLessThanOrEqualTo(1 + bits);
  }

  @Test
  void a_version_grows_by_some_bytes_for_each_doubling_of_its_history_at_most() {
    MemoryRows rows = new MemoryRows();
    KvStore store = KvStore.open(rows);
    int longest = 0;
    for (int version = 1; version <= 65_535; version++) {
      store.apply(Kv.putting("k", ""), false);
      if (version % 4_095 == 0) {
        store.finish(rows);
        byte[] stored = rows.get(RowFormat.newestRow(b("k")));
        longest = Math.max(longest, stored == null ? 0 : stored.length);
      }
    }
    // 13 fixed, twice 3, and one to three bytes for each of 15 ones.
    assertThat(longest).isBetween(40, 50);
  }

  @Test
  void each_generation_has_a_history_of_its_own() {
    Kv kv = new Kv();
    kv.put("a", "1");
    kv.put("a", "2");
    kv.delete("a");
    kv.put("a", "3");
    // Only a deletion without end may meet a put of its transaction.
    kv.txn(Kv.deletion("a", "\0"), Kv.putting("a", "4"));
    kv.put("a", "5");
    kv.delete("a");
    String[] visible = {"", "1", "2", "", "3", "4", "5", ""};
    long[] created = {0, 2, 2, 0, 5, 6, 6, 0};
    for (int i = 0; i < visible.length; i++) {
      for (RangeResponse found :
          new RangeResponse[] {
            kv.range(Kv.reading("a", "", i + 1)), kv.range(Kv.reading("", "\0", i + 1))
          }) {
        if (visible[i].isEmpty()) {
          assertThat(found.kvs()).as("at %d", i + 1).isEmpty();
        } else {
          assertThat(Kv.valuesOf(found)).as("at %d", i + 1).containsExactly(visible[i]);
          assertThat(found.kvs().getFirst().createRevision()).isEqualTo(created[i]);
        }
      }
    }
  }
}

package io.quorate.kv;

import static io.quorate.kv.Kv.b;
import static org.assertj.core.api.Assertions.assertThat;

import io.quorate.base.RowCursor;
import io.quorate.base.Rows;
import java.util.ArrayList;
import java.util.List;
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

  /** A key that changes among others, as first, second or third step of its transactions. */
  private static final class History {
    private final Random random = new Random(3);
    private final MemoryRows rows = new MemoryRows();
    private final KvStore store = KvStore.open(rows);
    private final List<KeyValue> versions = new ArrayList<>();

    private void grow() {
      for (int i = random.nextInt(3); i > 0; i--) {
        store.apply(Kv.putting("other", "x"), Principal.NOBODY, false);
      }
      String value = "v" + (versions.size() + 1);
      List<KvOp> steps = new ArrayList<>();
      for (int i = random.nextInt(3); i > 0; i--) {
        steps.add(Kv.putting("before" + i, "x"));
      }
      steps.add(Kv.putting("k", value));
      store.apply(new TxnRequest(List.of(), steps, List.of()), Principal.NOBODY, false);
      long created = versions.isEmpty() ? store.revision() : versions.getFirst().modRevision();
      versions.add(
          new KeyValue(b("k"), created, store.revision(), versions.size() + 1, b(value), 0));
    }

    /** Reads the version at the last revision at which it was visible. */
    private void find(int version) {
      long last =
          version == versions.size() ? store.revision() : versions.get(version).modRevision() - 1;
      Counted counted = new Counted(rows);
      KvReader reader = store.reader(counted);
      RangeResponse one = (RangeResponse) reader.range(Kv.reading("k", "", last));
      assertThat(one.kvs()).containsExactly(versions.get(version - 1));
      int bits = Integer.SIZE - Integer.numberOfLeadingZeros(versions.size());
      assertThat(counted.gets)
          .as("reads for %d of %d", version, versions.size())
          .isLessThanOrEqualTo(bits);
      RangeResponse range = (RangeResponse) reader.range(Kv.reading("k", "l", last));
      assertThat(range.kvs()).containsExactly(versions.get(version - 1));
    }
  }

  @Test
  void every_version_of_a_short_history_is_found_and_in_few_reads() {
    History history = new History();
    for (int newest = 1; newest <= 260; newest++) {
      history.grow();
      history.store.finish(history.rows);
      for (int version = 1; version <= newest; version++) {
        history.find(version);
      }
    }
  }

  @Test
  void any_version_of_a_long_history_is_found_in_few_reads() {
    History history = new History();
    while (history.versions.size() < (1 << 17) - 1) {
      history.grow();
    }
    history.store.finish(history.rows);
    byte[] stored = history.rows.get(RowFormat.newestRow(b("k")));
    // 13 fixed, thrice 3, and some two bytes for each of 16 entries, the most for its number.
    assertThat(stored).hasSizeBetween(48, 80);
    for (int i = 0; i < 20_000; i++) {
      history.find(1 + history.random.nextInt(history.versions.size()));
    }
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

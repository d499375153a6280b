package io.quorate.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.quorate.base.Bytes;
import java.util.Arrays;
import java.util.NavigableMap;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** The cache of newest rows: it may forget, it never errs, and it keeps its bound. */
class RecentRowsTest {
  @Test
  void whatever_it_says_is_what_the_rows_are() {
    long first = Long.getLong("seed", 1);
    long answers = 0;
    for (long seed = first; seed < first + 20; seed++) {
      Random random = new Random(seed);
      long bound = 1L << (9 + random.nextInt(8));
      RecentRows recent = new RecentRows('n', bound, seed);
      TreeMap<Bytes, byte[]> rows = new TreeMap<>();
      RowBatch batch = new RowBatch();
      for (int step = 0; step < 3_000; step++) {
        if (random.nextInt(3) == 0) {
          batch.clear();
          for (int i = random.nextInt(20); i > 0; i--) {
            change(random, batch, rows);
          }
          recent.follow(batch);
        } else {
          byte[] row = row(random);
          if (recent.covers(row)) {
            byte[] present = rows.get(Bytes.wrap(row));
            byte[] said = recent.find(row);
            if (said == null) {
              recent.know(row, present);
            } else {
              answers++;
              assertThat(RecentRows.saysAbsent(said) ? null : said)
                  .as("repeat with: -Dtest=RecentRowsTest -Dseed=%d", seed)
                  .isEqualTo(present);
            }
          }
        }
        assertThat(recent.bytes()).isBetween(0L, bound);
      }
      recent.clear();
      assertThat(recent.rows()).isZero();
    }
    assertThat(answers).as("rows that it knew").isGreaterThan(1_000);
  }

  @Test
  void it_knows_its_prefix_only() {
    RecentRows recent = new RecentRows(0xff, 1 << 20, 1);
    assertThat(recent.covers(new byte[] {(byte) 0xff, 1})).isTrue();
    assertThat(recent.covers(new byte[] {(byte) 0xfe})).isFalse();
    assertThat(recent.covers(new byte[0])).isFalse();
  }

  @Test
  void an_empty_value_is_not_an_absent_row() {
    RecentRows recent = new RecentRows('n', 1 << 20, 1);
    byte[] row = {'n', 1};
    recent.know(row, new byte[0]);
    assertThat(recent.find(row)).isNotNull().matches(value -> !RecentRows.saysAbsent(value));
    recent.know(row, null);
    assertThat(recent.find(row)).isNotNull().matches(RecentRows::saysAbsent);
  }

  @Test
  void what_is_read_stays_longer_than_what_is_not() {
    RecentRows recent = new RecentRows('n', 64 * 1024, 1);
    byte[] hot = {'n', 'h', 'o', 't'};
    recent.know(hot, new byte[100]);
    for (int i = 0; i < 10_000; i++) {
      recent.know(("n" + i).getBytes(java.nio.charset.StandardCharsets.UTF_8), new byte[100]);
      assertThat(recent.find(hot)).as("after %d others", i).isNotNull();
    }
  }

  @Test
  void a_value_larger_than_the_bound_is_not_kept() {
    RecentRows recent = new RecentRows('n', 4 * 1024, 1);
    recent.know(new byte[] {'n'}, new byte[8 * 1024]);
    assertThat(recent.bytes()).isZero();
    assertThat(recent.rows()).isZero();
  }

  private static void change(Random random, RowBatch batch, NavigableMap<Bytes, byte[]> rows) {
    byte[] row = row(random);
    int kind = random.nextInt(40);
    if (kind == 0) {
      byte[] to = row(random);
      if (Arrays.compareUnsigned(row, to) < 0) {
        batch.deleteRange(row, to);
        rows.subMap(Bytes.wrap(row), Bytes.wrap(to)).clear();
      }
    } else if (kind < 12) {
      batch.delete(row);
      rows.remove(Bytes.wrap(row));
    } else {
      byte[] value = new byte[random.nextInt(40)];
      random.nextBytes(value);
      batch.put(row, value);
      rows.put(Bytes.wrap(row), value);
    }
  }

  private static byte[] row(Random random) {
    byte[] row = new byte[1 + random.nextInt(2)];
    row[0] = (byte) ('m' + random.nextInt(3));
    if (row.length > 1) {
      row[1] = (byte) random.nextInt(200);
    }
    return row;
  }
}

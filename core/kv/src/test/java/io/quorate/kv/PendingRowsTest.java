package io.quorate.kv;

import static org.assertj.core.api.Assertions.assertThat;

import io.quorate.base.Bytes;
import io.quorate.base.RowCursor;
import io.quorate.base.Rows;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PendingRowsTest {
  /**
   * A batch over rows must read as the rows would if it had been written already, marks and undoing
   * included. To repeat: {@code mvn test -pl core/kv -Dtest=PendingRowsTest -Dseed=N}.
   */
  @Test
  void a_batch_reads_as_if_it_were_written() {
    Long only = Long.getLong("seed");
    for (long seed = only == null ? 1 : only; seed <= (only == null ? 200 : only); seed++) {
      run(new Random(seed), "repeat with -Dseed=" + seed);
    }
  }

  private static void run(Random random, String rerun) {
    MemoryRows base = new MemoryRows();
    MemoryRows expected = base.view();
    PendingRows pending = new PendingRows(base);
    long revision = 1;
    for (int i = 0; i < 60; i++) {
      boolean marked = random.nextInt(5) == 0;
      MemoryRows before = expected.view();
      if (marked) {
        pending.mark();
      }
      for (int steps = random.nextInt(4); steps > 0; steps--) {
        Bytes key = Bytes.wrap(new byte[] {(byte) random.nextInt(12)});
        byte[] value = {1, (byte) random.nextInt(100)};
        byte[] row = RowFormat.newestRow(key);
        switch (random.nextInt(3)) {
          case 0 -> {
            pending.put(row, value);
            expected.put(row, value);
          }
          case 1 -> {
            pending.delete(row);
            expected.delete(row);
          }
          default -> {
            byte[] generation = RowFormat.generationRow(key, revision++, 0);
            pending.append(generation, value);
            expected.put(generation, value);
          }
        }
        if (random.nextBoolean()) {
          compare(pending, expected, random, rerun);
        }
      }
      if (marked && random.nextBoolean()) {
        pending.undo();
        expected = before;
      } else if (marked) {
        pending.keep();
      }
      compare(pending, expected, random, rerun);
      if (random.nextInt(8) == 0) {
        pending.drainTo(base);
        assertThat(base.dump()).as(rerun).isEqualTo(expected.dump());
      }
    }
  }

  private static void compare(Rows pending, Rows expected, Random random, String rerun) {
    Bytes from = Bytes.wrap(new byte[] {(byte) random.nextInt(12)});
    Bytes to = Bytes.wrap(new byte[] {(byte) random.nextInt(12)});
    byte[] row = RowFormat.newestRow(from);
    assertThat(pending.get(row)).as(rerun).isEqualTo(expected.get(row));
    byte[] newestEnd = RowFormat.newestRow(to);
    assertThat(rows(pending.scan(row, newestEnd)))
        .as(rerun)
        .isEqualTo(rows(expected.scan(row, newestEnd)));
    byte[] generation = RowFormat.beforeGenerations(from);
    byte[] generationsEnd = RowFormat.endOf(RowFormat.GENERATION);
    assertThat(rows(pending.scan(generation, generationsEnd)))
        .as(rerun)
        .isEqualTo(rows(expected.scan(generation, generationsEnd)));
  }

  private static List<Bytes> rows(RowCursor cursor) {
    List<Bytes> rows = new ArrayList<>();
    try (cursor) {
      while (cursor.next()) {
        rows.add(Bytes.copyOf(cursor.key()));
        rows.add(Bytes.copyOf(cursor.value()));
      }
    }
    return rows;
  }
}

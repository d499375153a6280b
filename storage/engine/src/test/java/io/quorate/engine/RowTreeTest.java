package io.quorate.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.quorate.base.Bytes;
import io.quorate.base.RowCursor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** The tree against a sorted map, and its old versions against what they were. */
class RowTreeTest {
  private record Version(RowTree tree, TreeMap<Bytes, byte[]> rows) {}

  @Test
  void every_version_stays_what_it_was() {
    long first = Long.getLong("seed", 1);
    for (long seed = first; seed < first + 8; seed++) {
      Random random = new Random(seed);
      List<Version> versions = new ArrayList<>();
      versions.add(new Version(RowTree.EMPTY, new TreeMap<>()));
      int space = 200 << random.nextInt(5);
      for (int i = 0; i < 150; i++) {
        // Mostly on from the last version, sometimes a second branch from an old one.
        Version from =
            versions.get(
                random.nextInt(10) == 0 ? random.nextInt(versions.size()) : versions.size() - 1);
        RowTree.Editor editor = from.tree.edit();
        TreeMap<Bytes, byte[]> rows = new TreeMap<>(from.rows);
        boolean shrinking = i % 40 > 25;
        for (int j = random.nextInt(150); j > 0; j--) {
          byte[] key = key(random, space);
          if (random.nextInt(10) < (shrinking ? 8 : 2)) {
            editor.delete(key);
            rows.remove(Bytes.wrap(key));
          } else {
            byte[] value = {(byte) i, (byte) j};
            editor.put(key, value);
            rows.put(Bytes.wrap(key), value);
          }
        }
        if (random.nextInt(8) == 0) {
          byte[] a = key(random, space);
          byte[] b = key(random, space);
          boolean inOrder = Bytes.compare(a, b) < 0;
          byte[] low = inOrder ? a : b;
          byte[] high = inOrder ? b : a;
          editor.deleteRange(low, high);
          rows.subMap(Bytes.wrap(low), Bytes.wrap(high)).clear();
        }
        versions.add(new Version(editor.finish(), rows));
      }
      for (Version version : versions) {
        same(version, random, space, seed);
      }
    }
  }

  @Test
  void a_tree_that_loses_all_its_rows_is_as_good_as_new() {
    RowTree.Editor editor = RowTree.EMPTY.edit();
    for (int i = 0; i < 10_000; i++) {
      editor.put(new byte[] {(byte) (i >> 8), (byte) i}, new byte[] {1});
    }
    RowTree full = editor.finish();
    assertThat(full.rows()).isEqualTo(10_000);
    assertThat(full.bytes()).isEqualTo(30_000);
    RowTree.Editor emptying = full.edit();
    emptying.deleteRange(new byte[] {0}, new byte[] {(byte) 0xff});
    RowTree empty = emptying.finish();
    assertThat(empty.rows()).isZero();
    assertThat(empty.bytes()).isZero();
    assertThat(empty.scan(new byte[0], null).next()).isFalse();
    assertThat(full.rows()).isEqualTo(10_000);
  }

  private static void same(Version version, Random random, int space, long seed) {
    String repeat = "repeat with: -Dtest=RowTreeTest -Dseed=" + seed;
    assertThat(version.tree.rows()).as(repeat).isEqualTo(version.rows.size());
    long bytes = 0;
    try (RowCursor cursor = version.tree.scan(new byte[0], null)) {
      for (Map.Entry<Bytes, byte[]> row : version.rows.entrySet()) {
        assertThat(cursor.next()).as(repeat).isTrue();
        assertThat(cursor.key()).as(repeat).isEqualTo(row.getKey().array());
        assertThat(cursor.value()).as(repeat).isEqualTo(row.getValue());
        bytes += row.getKey().length() + row.getValue().length;
      }
      assertThat(cursor.next()).as(repeat).isFalse();
    }
    assertThat(version.tree.bytes()).as(repeat).isEqualTo(bytes);
    for (int i = 0; i < 20; i++) {
      byte[] from = key(random, space);
      assertThat(version.tree.get(from)).isEqualTo(version.rows.get(Bytes.wrap(from)));
      Bytes next = version.rows.ceilingKey(Bytes.wrap(from));
      RowCursor cursor = version.tree.scan(from, null);
      assertThat(cursor.next()).as(repeat).isEqualTo(next != null);
      if (next != null) {
        assertThat(cursor.key()).as(repeat).isEqualTo(next.array());
      }
    }
  }

  private static byte[] key(Random random, int space) {
    int number = random.nextInt(space);
    return number % 7 == 0
        ? new byte[] {(byte) (number >> 8)}
        : new byte[] {(byte) (number >> 8), (byte) number};
  }
}

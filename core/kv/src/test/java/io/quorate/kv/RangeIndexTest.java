package io.quorate.kv;

import static org.assertj.core.api.Assertions.assertThat;

import io.quorate.base.Bytes;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The index of ranges against a walk over all of them. */
class RangeIndexTest {
  private record Entry(Bytes key, Bytes rangeEnd, int number) {}

  /** Ranges come and go at random; to repeat: {@code -Dtest=RangeIndexTest -Dseed=N}. */
  @Test
  void it_finds_what_a_walk_over_all_ranges_finds() {
    Long only = Long.getLong("seed");
    for (long seed = only == null ? 1 : only; seed <= (only == null ? 20 : only); seed++) {
      Requests requests = new Requests(seed, 100);
      Random random = new Random(seed);
      RangeIndex<Entry> index = new RangeIndex<>();
      List<Entry> all = new ArrayList<>();
      for (int i = 0; i < 2_000; i++) {
        if (all.isEmpty() || random.nextInt(5) < 3) {
          Entry entry = new Entry(requests.key(), rangeEnd(requests, random), i);
          index.add(entry.key(), entry.rangeEnd(), entry);
          all.add(entry);
        } else {
          Entry entry = all.remove(random.nextInt(all.size()));
          index.remove(entry.key(), entry.rangeEnd(), entry);
        }
        Bytes key = requests.key();
        List<Entry> found = new ArrayList<>();
        index.forEachAt(key, found::add);
        assertThat(found)
            .as("seed %d, step %d, key %s", seed, i, key)
            .containsExactlyInAnyOrderElementsOf(
                all.stream()
                    .filter(each -> KeyRange.contains(each.key(), each.rangeEnd(), key))
                    .toList());
        assertThat(index.holds(key)).isEqualTo(!found.isEmpty());
        assertThat(index.size()).isEqualTo(all.size());
      }
    }
  }

  private static Bytes rangeEnd(Requests requests, Random random) {
    return switch (random.nextInt(4)) {
      case 0 -> Bytes.EMPTY;
      case 1 -> Kv.FROM_KEY;
      default -> requests.key();
    };
  }

  /** Ten thousand nested prefixes beside each other: a key meets few of them. */
  @Test
  void a_key_meets_the_ranges_that_it_is_in_and_not_the_others() {
    RangeIndex<Integer> index = new RangeIndex<>();
    for (int i = 0; i < 10_000; i++) {
      Bytes from = Bytes.utf8("%05d/".formatted(i));
      index.add(from, Bytes.utf8("%05d0".formatted(i)), i);
    }
    List<Integer> found = new ArrayList<>();
    index.forEachAt(Bytes.utf8("04711/x"), found::add);
    assertThat(found).containsExactly(4711);
  }
}

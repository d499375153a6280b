package io.quorate.kv;

import static org.assertj.core.api.Assertions.assertThat;

import io.quorate.base.Bytes;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** What is known to hold no key, against the keys. */
class KnownGapsTest {
  /** Keys come and go at random; to repeat: {@code -Dtest=KnownGapsTest -Dseed=N}. */
  @Test
  void what_is_covered_holds_no_key() {
    Long only = Long.getLong("seed");
    for (long seed = only == null ? 1 : only; seed <= (only == null ? 30 : only); seed++) {
      Requests requests = new Requests(seed, 60);
      Random random = new Random(seed);
      KnownGaps gaps = new KnownGaps();
      TreeSet<Bytes> keys = new TreeSet<>();
      int covered = 0;
      for (int i = 0; i < 3_000; i++) {
        Bytes from = requests.key();
        Bytes end = requests.key();
        if (random.nextInt(4) == 0) {
          keys.remove(from);
        } else if (random.nextInt(20) == 0) {
          gaps.put(from);
          keys.add(from);
        }
        if (from.compareTo(end) < 0) {
          boolean isEmpty = keys.subSet(from, end).isEmpty();
          if (gaps.covers(from, end)) {
            covered++;
            assertThat(isEmpty).as("seed %d, step %d, %s to %s", seed, i, from, end).isTrue();
          } else if (isEmpty) {
            assertThat(keys.contains(from) && gaps.covers(from)).isFalse();
            gaps.learn(from, end);
            assertThat(gaps.covers(from, end)).isTrue();
          }
        }
      }
      assertThat(covered).as("seed %d", seed).isPositive();
    }
  }

  @Test
  void what_comes_behind_a_key_stays_known() {
    KnownGaps gaps = new KnownGaps();
    gaps.learn(Bytes.utf8("s#1"), Bytes.utf8("s$"));
    gaps.put(Bytes.utf8("s#1"));
    assertThat(gaps.covers(Bytes.utf8("s#1"), Bytes.utf8("s$"))).isFalse();
    assertThat(gaps.covers(Bytes.utf8("s#2"), Bytes.utf8("s$"))).isTrue();
    gaps.put(Bytes.utf8("s$")); // where it ends, and so not in it
    assertThat(gaps.covers(Bytes.utf8("s#2"), Bytes.utf8("s$"))).isTrue();
  }

  @Test
  void a_range_without_an_end_is_never_known() {
    KnownGaps gaps = new KnownGaps();
    gaps.learn(Bytes.utf8("a"), Bytes.utf8("b"));
    gaps.learn(Bytes.utf8("a"), KeyRange.UNBOUNDED);
    assertThat(gaps.covers(Bytes.utf8("a"), KeyRange.UNBOUNDED)).isFalse();
    assertThat(gaps.size()).isEqualTo(1);
  }

  @Test
  void there_are_never_more_than_the_bound() {
    KnownGaps gaps = new KnownGaps();
    for (int i = 0; i < 3 * KnownGaps.GAPS_MAX; i++) {
      gaps.learn(Bytes.utf8("s%06d#".formatted(i)), Bytes.utf8("s%06d$".formatted(i)));
      assertThat(gaps.size()).isLessThanOrEqualTo(KnownGaps.GAPS_MAX);
    }
  }

  @Test
  void long_keys_are_fewer() {
    KnownGaps gaps = new KnownGaps();
    String name = "n".repeat(4_000);
    for (int i = 0; i < 3_000; i++) {
      gaps.learn(Bytes.utf8("%06d#".formatted(i) + name), Bytes.utf8("%06d$".formatted(i) + name));
      if (i % 3 == 0) {
        gaps.put(Bytes.utf8("%06d#".formatted(i) + name + "x"));
      } else if (i % 3 == 1) {
        gaps.learn(Bytes.utf8("%06d".formatted(i)), Bytes.utf8("%06d%%".formatted(i)));
      }
      assertThat(gaps.bytes()).isEqualTo(gaps.recountedBytes()).isBetween(1L, KnownGaps.BYTES_MAX);
    }
  }
}

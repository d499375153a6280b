package io.quorate.simulator.recipes;

import static org.assertj.core.api.Assertions.assertThat;

import io.quorate.simulator.QuietLogs;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Recipes do what they promise, whatever comes between. {@code -Dcheck.full} takes a million
 * schedules over one member, with a thousand million ids, and ten thousand over three; a failure
 * tells the seed, which {@code quorate sim-recipes --seed} repeats.
 */
@ExtendWith(QuietLogs.class)
class SchedulesTest {
  private static final boolean FULL = System.getProperty("check.full") != null;

  /** How many ids were made. */
  private static long live(int members, long rows) {
    List<String> violations = new ArrayList<>();
    LongAdder ids = new LongAdder();
    LongStream.rangeClosed(1, rows)
        .parallel()
        .mapToObj(seed -> Schedules.run(seed, members))
        .forEach(row -> {
          ids.add(row.ids());
          synchronized (violations) {
            violations.addAll(row.violations());
          }
        });
    assertThat(violations).isEmpty();
    return ids.sum();
  }

  @Test
  void over_one_member() {
    long ids = live(1, FULL ? 10_000 : 20);
    assertThat(ids).isGreaterThan(FULL ? 1_000_000_000 : 1_000_000);
  }

  @Test
  void over_three_members() {
    var _ = live(3, FULL ? 100 : 2);
  }

  @Test
  void a_seed_is_the_same_row_each_time() {
    assertThat(Schedules.run(7, 1)).isEqualTo(Schedules.run(7, 1));
    assertThat(Schedules.run(7, 3)).isEqualTo(Schedules.run(7, 3));
  }
}

package io.quorate.simulator.events;

import static org.assertj.core.api.Assertions.assertThat;

import io.quorate.simulator.QuietLogs;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Streams have no gaps, what was told is true, and nobody is left out or told twice, whatever comes
 * between. {@code -Dcheck.full} takes ten thousand schedules; a failure tells the seed, which
 * {@code quorate sim-events --seed} repeats.
 */
@ExtendWith(QuietLogs.class)
class EventSchedulesTest {
  private static final boolean FULL = System.getProperty("check.full") != null;
  private static final int ROWS_TO_FIND = 40;

  private static long live(int members, long rows) {
    List<String> violations = new ArrayList<>();
    LongAdder events = new LongAdder();
    LongStream.rangeClosed(1, rows)
        .parallel()
        .mapToObj(seed -> EventSchedules.run(seed, members, Planted.NOTHING))
        .forEach(row -> {
          events.add(row.events());
          synchronized (violations) {
            violations.addAll(row.violations());
          }
        });
    assertThat(violations).isEmpty();
    return events.sum();
  }

  @Test
  void over_one_member() {
    assertThat(live(1, FULL ? 1_000 : 6)).isGreaterThan(FULL ? 1_000_000 : 5_000);
  }

  @Test
  void over_three_members() {
    assertThat(live(3, FULL ? 50 : 1)).isPositive();
  }

  @Test
  void a_seed_is_the_same_row_each_time() {
    EventSchedules.Row row = EventSchedules.run(7, 1, Planted.NOTHING);
    assertThat(EventSchedules.run(7, 1, Planted.NOTHING)).isEqualTo(row);
  }

  /** Shows that the judgement isn't blind. */
  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NOTHING")
  void what_is_planted_is_found(Planted planted) {
    assertThat(
            LongStream.rangeClosed(1, ROWS_TO_FIND)
                .anyMatch(seed -> !EventSchedules.run(seed, 1, planted).violations().isEmpty()))
        .isTrue();
  }
}

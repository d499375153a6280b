package io.quorate.recipes.ids;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Numbers rise, each comes once, and none is of a time that isn't there, whatever the clock does.
 */
class TimeSequenceTest {
  private static final SnowflakeLayout LAYOUT = new SnowflakeLayout(Instant.EPOCH, 41, 5, 5, 12);
  private static final long START = 1_000_000;
  private static final long HOUR = 3_600_000;

  private final TestClock clock = new TestClock(START);

  private TimeSequence sequence(long aheadMillis) {
    TimeSequence sequence = new TimeSequence(LAYOUT, clock, 0, aheadMillis, Long.MAX_VALUE);
    sequence.reserve(LAYOUT.timestampMax());
    return sequence;
  }

  @Test
  void a_millisecond_has_as_many_numbers_as_its_bits_and_then_one_waits() {
    TimeSequence sequence = sequence(0);
    sequence.take(1);
    clock.pass(1);
    for (int i = 0; i < 4_096; i++) {
      assertThat(sequence.take(1)).isEqualTo(((START + 1) << 12) + i);
    }
    assertThat(sequence.take(1)).isEqualTo(TimeSequence.NO_TIME);
    clock.pass(1);
    assertThat(sequence.take(1)).isEqualTo((START + 2) << 12);
  }

  @Test
  void who_waits_waits_for_the_end_of_the_millisecond() throws InterruptedException {
    TimeSequence sequence = sequence(0);
    clock.passNanos(300_000);
    while (sequence.take(1) >= 0) {
      // until the millisecond is used up
    }
    sequence.awaitTime(Long.MAX_VALUE);
    assertThat(clock.millis()).isEqualTo(START + 1);
    assertThat(clock.nanosIntoMilli()).isZero();
    assertThat(sequence.take(1)).isNotNegative();
  }

  @Test
  void a_burst_borrows_no_more_time_than_it_may() {
    TimeSequence sequence = sequence(5);
    int count = 0;
    long last = -1;
    for (long number = sequence.take(1); number >= 0; number = sequence.take(1)) {
      assertThat(number).isGreaterThan(last);
      last = number;
      count++;
    }
    assertThat(last >>> 12).isEqualTo(START + 5);
    assertThat(count).isBetween(5 * 4_096 + 4_032, 6 * 4_096);
  }

  @Test
  void after_a_step_back_numbers_go_on_rising_at_the_same_rate() {
    for (long step : new long[] {1, 5, HOUR}) {
      TimeSequence sequence = sequence(0);
      long last = -1;
      for (int i = 0; i < 10_000; i++) {
        if (i == 5_000) {
          clock.step(-step);
        }
        long number = sequence.take(1);
        assertThat(number).as("after a step back of %d ms", step).isGreaterThan(last);
        last = number;
        clock.pass(1);
      }
      clock.step(step);
    }
  }

  /**
   * A step in the middle of a burst: what remains of the millisecond is used, and then one waits.
   */
  @ParameterizedTest
  @ValueSource(longs = {1, 5, HOUR})
  void a_step_back_amid_a_burst_repeats_nothing(long millis) throws InterruptedException {
    TimeSequence sequence = sequence(0);
    long last = -1;
    for (int i = 0; i < 20_000; i++) {
      if (i == 2_000) {
        clock.step(-millis);
      }
      long number = sequence.take(1);
      while (number < 0) {
        sequence.awaitTime(Long.MAX_VALUE);
        number = sequence.take(1);
      }
      assertThat(number).isGreaterThan(last);
      last = number;
    }
    assertThat(clock.nanoTime()).as("time that passed").isLessThan(8 * IdClock.NANOS_PER_MILLI);
  }

  @Test
  void a_step_ahead_is_taken_along_and_a_step_back_from_there_repeats_nothing() {
    TimeSequence sequence = sequence(0);
    sequence.take(1);
    clock.step(24 * HOUR);
    long ahead = sequence.take(1);
    assertThat(ahead >>> 12).isEqualTo(START + 24 * HOUR);
    clock.step(-24 * HOUR);
    long last = ahead;
    for (int i = 0; i < 1_000; i++) {
      clock.pass(1);
      long number = sequence.take(1);
      assertThat(number).isGreaterThan(last);
      last = number;
    }
    assertThat(last >>> 12).as("its time").isEqualTo(START + 24 * HOUR);
  }

  /** A wall's clock that moves on each 15 ms, as there are: what is between goes by the other. */
  @Test
  void a_coarse_clock_makes_as_many_numbers_as_there_is_time() throws InterruptedException {
    clock.tickMillis = 15;
    clock.pass(15 - START % 15);
    TimeSequence sequence = sequence(0);
    long begun = clock.nanoTime();
    long last = -1;
    for (int i = 0; i < 200_000; i++) {
      long number = sequence.take(1);
      while (number < 0) {
        sequence.awaitTime(Long.MAX_VALUE);
        number = sequence.take(1);
      }
      assertThat(number > last).as("%d after %d", number, last).isTrue();
      last = number;
    }
    long passed = (clock.nanoTime() - begun) / IdClock.NANOS_PER_MILLI;
    assertThat(passed).as("milliseconds").isBetween(48L - 15, 48L + 15);
  }

  /** A leap second that comes twice, and one that is smeared over a minute. */
  @Test
  void a_second_that_comes_twice_or_is_smeared_repeats_nothing() {
    TimeSequence sequence = sequence(0);
    long last = -1;
    for (int milli = 0; milli < 70_000; milli++) {
      if (milli == 5_000) {
        clock.step(-1_000);
      }
      if (milli > 10_000 && milli % 60 == 0) {
        clock.step(milli % 120 == 0 ? 1 : -1);
      }
      long number = sequence.take(1);
      assertThat(number > last).as("%d after %d", number, last).isTrue();
      last = number;
      clock.pass(1);
    }
    assertThat(last >>> 12).as("its time").isBetween(clock.millis() - 2, clock.millis() + 2);
  }

  /** Ids stay as near to the clock as they can: the last millisecond is used up first. */
  @Test
  void when_the_clock_has_caught_up_it_is_believed_again() {
    TimeSequence sequence = sequence(0);
    sequence.take(1);
    clock.step(-50);
    clock.pass(20);
    assertThat(sequence.take(1) >>> 12).isEqualTo(START);
    clock.pass(100);
    assertThat(sequence.take(1) >>> 12).isEqualTo(START + 70);
  }

  @Test
  void nothing_is_issued_outside_of_what_is_reserved() {
    TimeSequence sequence = new TimeSequence(LAYOUT, clock, 0, 0, Long.MAX_VALUE);
    assertThat(sequence.take(1)).isEqualTo(TimeSequence.NOT_RESERVED);
    sequence.reserve(START);
    assertThat(sequence.take(1) >>> 12).isEqualTo(START);
    clock.pass(1);
    assertThat(sequence.take(1)).isEqualTo(TimeSequence.NOT_RESERVED);
    sequence.reserve(START - 5);
    assertThat(sequence.reserved()).as("it never falls").isEqualTo(START);
  }

  @Test
  void what_begins_behind_a_reservation_goes_on_from_there() {
    TimeSequence sequence = new TimeSequence(LAYOUT, clock, START + 100, 0, Long.MAX_VALUE);
    sequence.reserve(LAYOUT.timestampMax());
    assertThat(sequence.take(1)).isEqualTo(TimeSequence.NO_TIME);
    clock.pass(1);
    assertThat(sequence.take(1)).isEqualTo((START + 100) << 12);
  }

  @Test
  void a_clock_that_is_further_behind_than_is_allowed_stops_the_numbers() {
    TimeSequence sequence = new TimeSequence(LAYOUT, clock, 0, 0, 5);
    sequence.reserve(LAYOUT.timestampMax());
    long last = sequence.take(1);
    clock.step(-5);
    assertThat(sequence.take(1)).isEqualTo(last + 1);
    clock.step(-1);
    assertThat(sequence.take(1)).isEqualTo(TimeSequence.CLOCK_BEHIND);
    assertThat(sequence.millisBehind()).isEqualTo(6);
    clock.pass(1);
    assertThat(sequence.take(1)).isEqualTo(last + 2);
  }

  /** Ids that are made now and then are spread over the remainders of a power of two. */
  @Test
  void a_quiet_generator_does_not_make_even_ids_only() {
    TimeSequence sequence = sequence(0);
    int[] counts = new int[16];
    for (int i = 0; i < 16_000; i++) {
      clock.pass(3 + i % 5);
      counts[(int) (sequence.take(1) & 15)]++;
    }
    for (int count : counts) {
      assertThat(count).isBetween(800, 1_200);
    }
  }

  @Test
  void a_run_of_numbers_ends_with_its_millisecond() {
    TimeSequence sequence = sequence(0);
    sequence.take(1);
    clock.pass(1);
    long first = sequence.take(4_000);
    assertThat(first).isEqualTo((START + 1) << 12);
    assertThat(sequence.count(first, 4_000)).isEqualTo(4_000);
    long second = sequence.take(4_000);
    assertThat(second).isEqualTo(first + 4_000);
    assertThat(sequence.count(second, 4_000)).isEqualTo(96);
    assertThat(sequence.take(1)).isEqualTo(TimeSequence.NO_TIME);
  }

  @Test
  void a_closed_sequence_gives_nothing_and_nobody_waits_on_it() throws InterruptedException {
    TimeSequence sequence = sequence(0);
    sequence.take(1);
    assertThat(sequence.close()).isEqualTo(START);
    clock.pass(1_000_000);
    assertThat(sequence.take(1)).isNegative();
    sequence.awaitTime(Long.MAX_VALUE);
    assertThat(clock.pauses).isZero();
  }

  /** A clock that does whatever it likes: the numbers rise, and each is of a time that was. */
  @Test
  void whatever_the_clock_does_numbers_rise() {
    for (long seed = 1; seed <= 200; seed++) {
      Random random = new Random(seed);
      TestClock wild = new TestClock(10 * HOUR);
      TimeSequence sequence = new TimeSequence(LAYOUT, wild, 0, random.nextInt(3), Long.MAX_VALUE);
      sequence.reserve(LAYOUT.timestampMax());
      long last = -1;
      for (int i = 0; i < 2_000; i++) {
        switch (random.nextInt(8)) {
          case 0 -> wild.step(random.nextInt((int) HOUR) - HOUR / 2);
          case 1 -> wild.step(random.nextInt(11) - 5);
          case 2 -> wild.pass(random.nextInt(5));
          default -> wild.passNanos(random.nextInt(100_000));
        }
        int wanted = 1 + random.nextInt(5_000);
        long first = sequence.take(wanted);
        if (first >= 0) {
          assertThat(first).as("seed %d, step %d", seed, i).isGreaterThan(last);
          last = first + sequence.count(first, wanted) - 1;
        }
      }
    }
  }
}

package io.quorate.recipes.ids;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** UUIDs of version 7 have the form that RFC 9562 says, and rise. */
class Uuid7Test {
  private final TestClock clock = new TestClock(1_645_557_742_000L);
  private final Uuid7 ids = new Uuid7(clock, new Random(7));

  /** The time of RFC 9562's example in A.6: 017F22E2-79B0-7CC3-98C4-DC0C0C07398F. */
  @Test
  void one_has_time_version_and_variant_where_they_belong() {
    UUID id = ids.generate();
    assertThat(id.toString()).startsWith("017f22e2-79b0-7");
    assertThat(id.version()).isEqualTo(7);
    assertThat(id.variant()).isEqualTo(2);
    assertThat(Uuid7.millis(id)).isEqualTo(clock.millis());
    UUID example = UUID.fromString("017F22E2-79B0-7CC3-98C4-DC0C0C07398F");
    assertThat(Uuid7.millis(example)).isEqualTo(clock.millis());
    assertThatThrownBy(() -> Uuid7.millis(new UUID(0x4000, 0))).hasMessageContaining("version 4");
  }

  @Test
  void they_rise_as_text_whatever_the_clock_does() {
    Random random = new Random(11);
    String last = "";
    Set<UUID> seen = new HashSet<>();
    for (int i = 0; i < 300_000; i++) {
      if (random.nextInt(1_000) == 0) {
        clock.step(random.nextInt(10_000) - 5_000);
      }
      UUID id = ids.generate();
      assertThat(id.toString()).isGreaterThan(last);
      assertThat(seen.add(id)).isTrue();
      last = id.toString();
    }
  }

  /** More in a millisecond than the counter holds: time goes on by itself, and little. */
  @Test
  void a_burst_borrows_time() {
    long first = Uuid7.millis(ids.generate());
    UUID last = ids.generate();
    for (int i = 0; i < 1_000_000; i++) {
      UUID next = ids.generate();
      assertThat(next.toString().compareTo(last.toString())).isPositive();
      last = next;
    }
    assertThat(Uuid7.millis(last) - first).isBetween(3L, 5L);
  }

  @Test
  void those_of_the_process_rise_too() {
    UUID last = Uuid7.next();
    for (int i = 0; i < 1_000; i++) {
      UUID next = Uuid7.next();
      assertThat(next.toString()).isGreaterThan(last.toString());
      last = next;
    }
    assertThat(Uuid7.millis(last)).isCloseTo(System.currentTimeMillis(), within(60_000L));
  }

  private static org.assertj.core.data.Offset<Long> within(long millis) {
    return org.assertj.core.data.Offset.offset(millis);
  }
}

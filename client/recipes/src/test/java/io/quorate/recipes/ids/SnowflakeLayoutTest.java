package io.quorate.recipes.ids;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What an id is made of comes out of it again, whatever the layout. */
class SnowflakeLayoutTest {
  private static final long JAVASCRIPT_MAX = (1L << 53) - 1;

  /** A public one: by machine 378, of 28 June 2022. */
  @Test
  void an_id_of_twitters_is_read_as_twitter_reads_it() {
    IdParts parts = SnowflakeLayout.TWITTER.decode(1_541_815_603_606_036_480L);
    assertThat(parts.time()).isEqualTo(Instant.parse("2022-06-28T16:07:40.105Z"));
    assertThat(parts.datacenter()).isEqualTo(11);
    assertThat(parts.worker()).isEqualTo(26);
    assertThat(parts.sequence()).isZero();
  }

  @Test
  void parts_come_back_from_every_layout() {
    Random random = new Random(21);
    for (int round = 0; round < 20_000; round++) {
      int datacenterBits = random.nextInt(12);
      int workerBits = random.nextInt(12);
      int sequenceBits = 1 + random.nextInt(16);
      int timestampBits = 1 + random.nextInt(63 - datacenterBits - workerBits - sequenceBits);
      SnowflakeLayout layout =
          new SnowflakeLayout(
              Instant.ofEpochMilli(random.nextInt()),
              timestampBits,
              datacenterBits,
              workerBits,
              sequenceBits);
      IdParts parts =
          new IdParts(
              layout.epoch().plusMillis(random.nextLong() & ((1L << timestampBits) - 1)),
              random.nextInt(layout.datacenters()),
              random.nextInt(layout.workers()),
              random.nextInt(1 << sequenceBits));
      long id = layout.encode(parts);
      assertThat(id).as("%s of %s", parts, layout).isNotNegative();
      assertThat(layout.decode(id)).as("%s", layout).isEqualTo(parts);
    }
  }

  @Test
  void ids_are_ordered_as_their_times() {
    SnowflakeLayout layout = SnowflakeLayout.TWITTER;
    Instant time = Instant.parse("2026-01-01T00:00:00Z");
    long last = layout.encode(new IdParts(time, 31, 31, 4_095));
    assertThat(layout.encode(new IdParts(time.plusMillis(1), 0, 0, 0))).isGreaterThan(last);
  }

  @Test
  void the_last_id_of_the_javascript_layout_is_a_number_there() {
    SnowflakeLayout layout = SnowflakeLayout.JAVASCRIPT;
    assertThat(layout.fitsJavaScript()).isTrue();
    assertThat(SnowflakeLayout.TWITTER.fitsJavaScript()).isFalse();
    long last = layout.encode(new IdParts(layout.end().minusMillis(1), 0, 31, 127));
    assertThat(last).isEqualTo(JAVASCRIPT_MAX);
    assertThat((long) (double) last).isEqualTo(last);
  }

  @Test
  void the_end_is_the_first_moment_without_a_timestamp() {
    SnowflakeLayout layout = SnowflakeLayout.TWITTER;
    assertThat(layout.end()).isEqualTo(Instant.parse("2080-07-10T17:30:30.209Z"));
    long last = layout.encode(new IdParts(layout.end().minusMillis(1), 31, 31, 4_095));
    assertThat(last).isEqualTo(Long.MAX_VALUE);
    assertThatThrownBy(() -> layout.encode(new IdParts(layout.end(), 0, 0, 0)))
        .hasMessageContaining("time=2199023255552 is not 0 to 2199023255551");
  }

  @Test
  void what_does_not_fit_is_refused() {
    SnowflakeLayout layout = SnowflakeLayout.TWITTER;
    Instant time = layout.epoch();
    for (IdParts wrong :
        List.of(
            new IdParts(time.minusMillis(1), 0, 0, 0),
            new IdParts(time, 32, 0, 0),
            new IdParts(time, -1, 0, 0),
            new IdParts(time, 0, 32, 0),
            new IdParts(time, 0, 0, 4_096))) {
      assertThatThrownBy(() -> layout.encode(wrong))
          .as("%s", wrong)
          .isInstanceOf(IllegalArgumentException.class);
    }
    assertThatThrownBy(() -> layout.decode(-1)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> SnowflakeLayout.JAVASCRIPT.decode(JAVASCRIPT_MAX + 1))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void widths_that_make_no_id_are_refused() {
    Instant epoch = Instant.EPOCH;
    assertThatThrownBy(() -> new SnowflakeLayout(epoch, 42, 5, 5, 12))
        .hasMessageContaining("take 64 bits");
    assertThatThrownBy(() -> new SnowflakeLayout(epoch, 41, 5, 5, 0))
        .hasMessageContaining("sequenceBits=0 is not 1 to 22");
    assertThatThrownBy(() -> new SnowflakeLayout(epoch.plusNanos(1), 41, 5, 5, 12))
        .hasMessageContaining("whole millisecond");
  }
}

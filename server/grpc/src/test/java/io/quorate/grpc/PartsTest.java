package io.quorate.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quorate.base.Bytes;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The small parts, each alone. */
final class PartsTest {
  /** A deadline that notes that it has passed. */
  private static final class Noted extends DeadlineWheel.Entry {
    private final long atNanos;
    private final List<Long> passed;

    Noted(long atNanos, List<Long> passed) {
      this.atNanos = atNanos;
      this.passed = passed;
    }

    @Override
    void expired() {
      passed.add(atNanos);
    }
  }

  @Test
  void a_deadline_passes_never_early_and_at_most_a_tick_late() {
    long origin = 1_000_000_007L;
    Random random = new Random(25);
    DeadlineWheel wheel = new DeadlineWheel(origin);
    List<Long> passed = new ArrayList<>();
    List<Noted> entries = new ArrayList<>();
    for (int i = 0; i < 5_000; i++) {
      Noted entry = new Noted(origin + random.nextLong(30_000_000_000L), passed);
      entries.add(entry);
      wheel.add(entry, entry.atNanos);
    }
    // Every fifth call ends before its deadline.
    List<Long> expected = new ArrayList<>();
    for (int i = 0; i < entries.size(); i++) {
      if (i % 5 == 0) {
        wheel.remove(entries.get(i));
      } else {
        expected.add(entries.get(i).atNanos);
      }
    }
    for (long now = origin; now < origin + 31_000_000_000L; now += 3_333_333) {
      int before = passed.size();
      wheel.advance(now);
      for (long at : passed.subList(before, passed.size())) {
        assertThat(at).isLessThanOrEqualTo(now);
        assertThat(now - at).isLessThanOrEqualTo(2 * DeadlineWheel.TICK_NANOS);
      }
    }
    assertThat(passed).containsExactlyInAnyOrderElementsOf(expected);
    assertThat(wheel.size()).isZero();
  }

  @Test
  void a_clock_that_leaps_over_a_turn_of_the_wheel_loses_no_deadline() {
    DeadlineWheel wheel = new DeadlineWheel(0);
    List<Long> passed = new ArrayList<>();
    for (long at = 0; at < 20_000_000_000L; at += 1_000_000_000L) {
      wheel.add(new Noted(at, passed), at);
    }
    wheel.advance(3_600_000_000_000L);
    assertThat(passed).hasSize(20);
  }

  @Test
  void a_budget_is_spent_and_comes_back_with_time() {
    long[] now = {0};
    Budget budget = new Budget(10, 5, 0);
    for (int i = 0; i < 10; i++) {
      assertThat(budget.take(() -> now[0])).isTrue();
    }
    assertThat(budget.take(() -> now[0])).isFalse();
    now[0] = 1_000_000_000L;
    for (int i = 0; i < 5; i++) {
      assertThat(budget.take(() -> now[0])).isTrue();
    }
    assertThat(budget.take(() -> now[0])).isFalse();
  }

  @Test
  void timeouts_are_read_as_grpc_writes_them() {
    assertThat(Timeouts.parse("7S")).isEqualTo(7_000_000_000L);
    assertThat(Timeouts.parse("99999999n")).isEqualTo(99_999_999L);
    assertThat(Timeouts.parse("1u")).isEqualTo(1_000L);
    assertThat(Timeouts.parse("2m")).isEqualTo(2_000_000L);
    assertThat(Timeouts.parse("1M")).isEqualTo(60_000_000_000L);
    assertThat(Timeouts.parse("99999999H")).isEqualTo(Long.MAX_VALUE);
    for (String wrong : List.of("", "S", "1", "-1S", "1s", "123456789n", "1.5S", "1 S")) {
      assertThat(Timeouts.parse(wrong)).as(wrong).isEqualTo(Timeouts.MALFORMED);
    }
  }

  @Test
  void status_messages_are_percent_encoded_as_utf8() {
    assertThat(encoded("plain text, 100 %")).isEqualTo("plain text, 100 %25");
    assertThat(encoded("\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n"))
        .isEqualTo(
            "%09%0Atest with whitespace%0D%0Aand Unicode BMP %E2%98%BA and non-BMP"
                + " %F0%9F%98%88%09%0A");
  }

  private static String encoded(String message) {
    return new String(HeaderBlockWriter.percentEncoded(message), StandardCharsets.US_ASCII);
  }

  @Test
  void metadata_keeps_order_and_bytes_and_refuses_what_would_break_headers() {
    Bytes bytes = Bytes.wrap(new byte[] {0, -1, 7});
    Metadata metadata = Metadata.builder().add("a", "1").add("b-bin", bytes).add("a", "2").build();
    assertThat(metadata.get("a")).isEqualTo("2");
    assertThat(metadata.getBinary("b-bin")).isEqualTo(bytes);
    assertThat(metadata.get("c")).isNull();
    assertThatThrownBy(() -> Metadata.of("Upper", "x"))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> Metadata.of("a", "line\r\nbreak"))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> Metadata.of("grpc-status", "0"))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> Metadata.builder().add("a-bin", "text"))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void a_registry_refuses_a_path_twice_and_a_path_that_is_none() {
    ServiceRegistry registry = new ServiceRegistry().unary("/s/M", Call::reply);
    assertThatThrownBy(() -> registry.unary("/s/M", Call::reply))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> registry.unary("s/M", Call::reply))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> registry.unary("/M", Call::reply))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void a_header_block_longer_than_a_frame_is_parted() {
    OutBuffer out = new OutBuffer();
    int at = out.beginHeaders(1, true);
    out.put(new byte[40_000], 0, 40_000);
    out.endHeaders(at, 1);
    assertThat(out.size()).isEqualTo(40_000 + 3 * OutBuffer.FRAME_HEADER_BYTES);
    byte[] bytes = out.array();
    assertThat(bytes[3]).isEqualTo((byte) OutBuffer.HEADERS);
    assertThat(bytes[4]).isEqualTo((byte) OutBuffer.END_STREAM);
    int last = 2 * (16_384 + OutBuffer.FRAME_HEADER_BYTES);
    assertThat(bytes[last + 3]).isEqualTo((byte) OutBuffer.CONTINUATION);
    assertThat(bytes[last + 4]).isEqualTo((byte) OutBuffer.END_HEADERS);
  }
}

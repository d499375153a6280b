package io.quorate.transport;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** How long a dialler waits. */
class PauseTest {
  private static final long MS = 1_000_000;

  private final Pause pause = new Pause(new SplittableRandom(1), 250 * MS, 10_000 * MS);

  /**
   * Shows that a broken connection is dialled again almost at once, as it may just have been cut.
   */
  @Test
  void the_first_retry_is_almost_immediate() {
    assertThat(pause.afterFailure()).isBetween(0L, 10 * MS);
  }

  @Test
  void pauses_double_up_to_the_bound_and_jitter() {
    pause.afterFailure();
    assertThat(pause.afterFailure()).isBetween(10 * MS, 20 * MS);
    assertThat(pause.afterFailure()).isBetween(20 * MS, 40 * MS);
    assertThat(pause.afterFailure()).isBetween(40 * MS, 80 * MS);
    for (int i = 0; i < 100; i++) {
      pause.afterFailure();
    }
    assertThat(pause.afterFailure()).isBetween(125 * MS, 250 * MS);
  }

  @Test
  void a_refusal_is_not_retried_hot() {
    assertThat(pause.afterRefusal()).isBetween(500 * MS, 1_000 * MS);
    assertThat(pause.afterRefusal()).isBetween(1_000 * MS, 2_000 * MS);
    for (int i = 0; i < 100; i++) {
      pause.afterRefusal();
    }
    assertThat(pause.afterRefusal()).isBetween(5_000 * MS, 10_000 * MS);
  }

  @Test
  void success_starts_over() {
    pause.afterFailure();
    pause.afterFailure();
    pause.afterRefusal();
    pause.reset();
    assertThat(pause.afterFailure()).isBetween(0L, 10 * MS);
    assertThat(pause.afterRefusal()).isBetween(500 * MS, 1_000 * MS);
  }
}

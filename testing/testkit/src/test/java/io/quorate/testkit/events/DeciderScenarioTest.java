package io.quorate.testkit.events;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quorate.events.aggregate.Decider;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** A scenario tells what isn't as it was said to be, and what doesn't give the same again. */
class DeciderScenarioTest {
  /** Adds numbers, up to ten. */
  private static final Decider<Integer, Integer, Integer> SUM =
      Decider.of(
          0,
          (number, sum) -> {
            if (sum + number > 10) {
              throw new IllegalArgumentException("that would be " + (sum + number));
            }
            return number == 0 ? List.of() : List.of(number);
          },
          Integer::sum);

  private static DeciderScenario<Integer, Integer, Integer> sum() {
    return DeciderScenario.of(SUM);
  }

  @Test
  void what_is_as_said_passes() {
    sum().given(1, 2).when(3).then(3).thenState(6);
    sum().when(0).then();
    assertThat(sum().given(9).when(2).thenRefused(IllegalArgumentException.class))
        .hasMessage("that would be 11");
  }

  @Test
  void what_is_not_is_told() {
    assertThatThrownBy(() -> sum().when(3).then(4))
        .isInstanceOf(AssertionError.class)
        .hasMessage("expected of 3: [4], but what happens is [3]");
    assertThatThrownBy(() -> sum().given(9).when(2).then(2))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("was refused");
    assertThatThrownBy(() -> sum().when(3).thenRefused(IllegalArgumentException.class))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("what happens is [3]");
    assertThatThrownBy(() -> sum().given(9).when(2).thenRefused(IllegalStateException.class))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("as java.lang.IllegalStateException");
    assertThatThrownBy(() -> sum().when(3).thenState(4))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("adds up to 3");
  }

  @Test
  void what_asks_a_clock_or_changes_what_it_is_given_is_found() {
    AtomicInteger clock = new AtomicInteger();
    assertThatThrownBy(() ->
            DeciderScenario.of(
                    Decider.<Integer, Integer, Integer>of(
                        0, (number, sum) -> List.of(clock.incrementAndGet()), Integer::sum))
                .when(1))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("in two ways");
    assertThatThrownBy(() ->
            DeciderScenario.of(
                    Decider.<Integer, Integer, Integer>of(
                        0,
                        (number, sum) -> List.of(number),
                        (sum, number) -> sum + clock.incrementAndGet()))
                .given(1)
                .when(1))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("gave two states");
  }
}

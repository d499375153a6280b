package io.quorate.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Shows that durations are read as Go writes them. */
class GoDurationTest {
  @ParameterizedTest
  @CsvSource({
    "0, PT0S",
    "5s, PT5S",
    "1h30m, PT1H30M",
    "1.5h, PT1H30M",
    "100ms, PT0.1S",
    "250us, PT0.00025S",
    "-2m, PT-2M",
    ".5s, PT0.5S"
  })
  void durations_are_numbers_with_units(String text, Duration expected) throws UsageException {
    assertThat(GoDuration.parse(text)).isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "5", "s", "1d", "1h-5m", "1h 5m", "9999999999h"})
  void anything_else_is_refused(String text) {
    assertThatThrownBy(() -> GoDuration.parse(text)).isInstanceOf(UsageException.class);
  }
}

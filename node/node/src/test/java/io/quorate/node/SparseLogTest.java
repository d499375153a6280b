package io.quorate.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.System.Logger;
import java.util.ArrayList;
import java.util.List;
import java.util.ResourceBundle;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What strangers cause is logged seldom, and on one line. */
class SparseLogTest {
  private static final long SECOND = 1_000_000_000;

  private final List<String> lines = new ArrayList<>();
  private final SparseLog log = new SparseLog(new Recorder(), Logger.Level.WARNING);

  @Test
  void one_line_in_ten_seconds_says_how_many_were_left_out() {
    long start = -3 * SECOND;
    for (int i = 0; i < 100; i++) {
      log.log(start + i, "event");
    }
    log.log(start + 10 * SECOND, "event");
    assertThat(lines).containsExactly("event", "event left_out=99");
  }

  @Test
  void a_strangers_words_cant_forge_a_line() {
    log.log(0, "why=\"no\nINFO: all is well\u001b[2J\"");
    assertThat(lines).containsExactly("why=\"no?INFO: all is well?[2J\"");
    log.log(20 * SECOND, "x".repeat(100_000));
    assertThat(lines.getLast()).hasSizeLessThan(500);
  }

  private final class Recorder implements Logger {
    @Override
    public String getName() {
      return "test";
    }

    @Override
    public boolean isLoggable(Level level) {
      return true;
    }

    @Override
    public void log(
        Level level,
        @Nullable ResourceBundle bundle,
        @Nullable String message,
        @Nullable Throwable thrown) {
      lines.add(String.valueOf(message));
    }

    @Override
    public void log(
        Level level,
        @Nullable ResourceBundle bundle,
        @Nullable String format,
        @Nullable Object @Nullable ... params) {
      lines.add(String.valueOf(format));
    }
  }
}

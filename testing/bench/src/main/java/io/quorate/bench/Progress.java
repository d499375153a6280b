package io.quorate.bench;

import java.io.PrintStream;
import java.time.Duration;
import java.util.Locale;

/** How far a load is: a bar on a terminal, a plain line now and then elsewhere. */
final class Progress {
  private static final int BAR_WIDTH = 30;
  private static final Duration TERMINAL_PAUSE = Duration.ofMillis(200);
  private static final Duration PLAIN_PAUSE = Duration.ofSeconds(5);

  private final PrintStream err;
  private final boolean terminal;

  Progress(PrintStream err, boolean terminal) {
    this.err = err;
    this.terminal = terminal;
  }

  /** Reports until the load has ended. */
  void follow(Load load, LoadSettings settings) throws InterruptedException {
    Duration pause = terminal ? TERMINAL_PAUSE : PLAIN_PAUSE;
    long begun = System.nanoTime();
    long told = begun;
    long before = 0;
    while (!load.isDone()) {
      Thread.sleep(20);
      long now = System.nanoTime();
      if (now - told < pause.toNanos()) {
        continue;
      }
      long counted = load.counted();
      double share =
          settings.total() > 0
              ? (double) counted / settings.total()
              : (double) (now - begun) / settings.duration().plus(settings.warmUp()).toNanos();
      tell(Math.min(1, share), counted, (counted - before) * 1e9 / (now - told), now - begun);
      told = now;
      before = counted;
    }
    if (terminal) {
      err.print("\r\u001b[K");
      err.flush();
    }
  }

  private void tell(double share, long counted, double rate, long elapsedNanos) {
    long left = share <= 0 ? 0 : (long) (elapsedNanos / 1e9 * (1 - share) / share);
    if (terminal) {
      int full = (int) (share * BAR_WIDTH);
      err.printf(
          Locale.ROOT,
          "\r\u001b[K%s%s %3.0f%%  %,.0f/s  %d s left",
          "█".repeat(full),
          "░".repeat(BAR_WIDTH - full),
          share * 100,
          rate,
          left);
    } else {
      err.printf(
          Locale.ROOT, "%.0f%%  %,d calls  %,.0f/s  %d s left%n", share * 100, counted, rate, left);
    }
    err.flush();
  }
}

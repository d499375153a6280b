package io.quorate.cli;

import java.time.Duration;

/** How a command that lasts is told to stop: by the process's signals, or by a test. */
interface Interrupts {
  /** What a command has to finish in, unless it says otherwise. */
  Duration MOMENT = Duration.ofSeconds(10);

  /** Of a command that ends when what it runs does. */
  Duration AS_LONG_AS_IT_TAKES = Duration.ofDays(36_500);

  /** Nobody interrupts. */
  Interrupts NONE = (stop, patience) -> {};

  /**
   * Runs this when the process shall end; the command then has a moment to finish, and its exit
   * code is the process's.
   */
  default void onInterrupt(Runnable stop) {
    onInterrupt(stop, MOMENT);
  }

  /**
   * The same, of a command whose end takes longer.
   *
   * @param patience how long the process waits for the command's end
   */
  void onInterrupt(Runnable stop, Duration patience);
}

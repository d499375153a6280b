package io.quorate.cli;

/** How a command that lasts is told to stop: by the process's signals, or by a test. */
interface Interrupts {
  /** Nobody interrupts. */
  Interrupts NONE = stop -> {};

  /**
   * Runs this when the process shall end; the command then has a moment to finish, and its exit
   * code is the process's.
   */
  void onInterrupt(Runnable stop);
}

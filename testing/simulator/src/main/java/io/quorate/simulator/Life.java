package io.quorate.simulator;

/** One run of a process. What it arranged dies with it, and waits while it is stopped. */
public final class Life {
  private boolean over;
  private long pausedUntil;

  public boolean isOver() {
    return over;
  }

  /** The process is gone, at once. */
  public void end() {
    over = true;
  }

  public long pausedUntil() {
    return pausedUntil;
  }

  /** The process is stopped until then, and finds at once what came meanwhile. */
  public void pauseUntil(long time) {
    pausedUntil = Math.max(pausedUntil, time);
  }
}

package io.quorate.cli;

import java.io.PrintStream;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * How far a migration is: a bar on a terminal, a plain line now and then elsewhere. Counted by the
 * thread that works, printed by one of its own.
 */
final class MigrationProgress implements AutoCloseable {
  private static final int BAR_WIDTH = 30;
  private static final long TERMINAL_MILLIS = 200;
  private static final long PLAIN_MILLIS = 5_000;

  private final PrintStream err;
  private final boolean terminal;
  private final CompletableFuture<Void> closed = new CompletableFuture<>();
  private final Thread thread = new Thread(this::run, "quorate-progress");

  // Guarded by this.
  private String phase = "";
  private long total;
  private long done;
  private long begunNanos;
  private long appliedRevision;
  private long headRevision;
  private long toldDone;
  private long toldNanos;

  MigrationProgress(PrintStream err, boolean terminal) {
    this.err = err;
    this.terminal = terminal;
    thread.setDaemon(true);
    thread.start();
  }

  /** A part with a known end begins, such as copying keys. */
  synchronized void begin(String part, long keys) {
    phase = part;
    total = keys;
    done = 0;
    toldDone = 0;
    begunNanos = System.nanoTime();
    toldNanos = begunNanos;
  }

  /** The part that lasts as long as the operator wants begins. */
  void beginFollowing() {
    begin("following", 0);
  }

  /** So many more keys are done, or changes. */
  synchronized void advance(long count) {
    done += count;
  }

  /** How far the destination is, and the source. */
  synchronized void reached(long applied, long head) {
    appliedRevision = applied;
    headRevision = Math.max(applied, head);
  }

  /** Prints a line that stays. */
  synchronized void tell(String line) {
    if (terminal) {
      err.print("\r\u001b[K");
    }
    err.print(line + "\n");
    err.flush();
  }

  /** Prints nothing more, and leaves an empty line on a terminal. */
  @Override
  public void close() {
    closed.complete(null);
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    if (terminal) {
      err.print("\r\u001b[K");
      err.flush();
    }
  }

  private void run() {
    while (true) {
      try {
        var _ = closed.get(terminal ? TERMINAL_MILLIS : PLAIN_MILLIS, TimeUnit.MILLISECONDS);
        return;
      } catch (TimeoutException _) {
        show();
      } catch (InterruptedException | ExecutionException e) {
        throw new IllegalStateException(e); // nobody interrupts or fails it
      }
    }
  }

  private synchronized void show() {
    if (phase.isEmpty()) {
      return;
    }
    long now = System.nanoTime();
    double rate = (done - toldDone) * 1e9 / Math.max(1, now - toldNanos);
    toldDone = done;
    toldNanos = now;
    String line = total > 0 ? part(now, rate) : following(rate);
    err.print(terminal ? "\r\u001b[K" + line : line + "\n");
    err.flush();
  }

  private String part(long now, double rate) {
    double share = Math.min(1, (double) done / total);
    long left = share <= 0 ? 0 : (long) ((now - begunNanos) / 1e9 * (1 - share) / share);
    int full = (int) (share * BAR_WIDTH);
    String bar = terminal ? "█".repeat(full) + "░".repeat(BAR_WIDTH - full) + " " : "";
    return String.format(
        Locale.ROOT,
        "%s %s%.0f%%  %,d of %,d keys  %,.0f/s  %d s left",
        phase,
        bar,
        share * 100,
        done,
        total,
        rate,
        left);
  }

  private String following(double rate) {
    return String.format(
        Locale.ROOT,
        "%s: revision %d of the source, %,d behind  %,d changes  %,.0f/s",
        phase,
        appliedRevision,
        headRevision - appliedRevision,
        done,
        rate);
  }
}

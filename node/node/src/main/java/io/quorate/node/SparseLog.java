package io.quorate.node;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import org.jspecify.annotations.Nullable;

/**
 * A line in the log at most every ten seconds, with the count of those left out in between: what a
 * stranger can cause at will, or a failure that lasts, must not fill the disk.
 *
 * <p>Used on the loop only.
 */
public final class SparseLog {
  private static final long INTERVAL_NANOS = 10_000_000_000L;

  private final Logger logger;
  private final Level level;
  private long next;
  private boolean logged;
  private long leftOut;

  /** Lines of this level, for this logger. */
  public SparseLog(Logger logger, Level level) {
    this.logger = logger;
    this.level = level;
  }

  /** A line, part of which may be a stranger's words; {@code now} is the loop's time. */
  public void log(long now, String line) {
    log(now, line, null);
  }

  /** The same, with what was thrown. */
  public void log(long now, String line, @Nullable Throwable thrown) {
    if (logged && now - next < 0) {
      leftOut++;
      return;
    }
    String safe = Text.line(line);
    String counted = leftOut == 0 ? safe : safe + " left_out=" + leftOut;
    if (thrown == null) {
      logger.log(level, counted);
    } else {
      logger.log(level, counted, thrown);
    }
    logged = true;
    next = now + INTERVAL_NANOS;
    leftOut = 0;
  }
}

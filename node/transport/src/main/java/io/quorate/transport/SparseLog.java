package io.quorate.transport;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;

/**
 * A line in the log at most every ten seconds, with the count of those left out in between: what a
 * stranger can cause at will must not fill the disk.
 *
 * <p>Used on the loop only.
 */
final class SparseLog {
  private static final long INTERVAL_NANOS = 10_000_000_000L;

  private static final int LINE_CHARS_MAX = 400;

  private final Logger logger;
  private final Level level;
  private long next;
  private boolean logged;
  private long leftOut;

  SparseLog(Logger logger, Level level) {
    this.logger = logger;
    this.level = level;
  }

  void log(long now, String line) {
    if (logged && now - next < 0) {
      leftOut++;
      return;
    }
    String safe = oneLine(line);
    logger.log(level, leftOut == 0 ? safe : safe + " left_out=" + leftOut);
    logged = true;
    next = now + INTERVAL_NANOS;
    leftOut = 0;
  }

  /** Part of it may be a stranger's words: nothing in them may look like a line of ours. */
  private static String oneLine(String line) {
    String text = line.length() > LINE_CHARS_MAX ? line.substring(0, LINE_CHARS_MAX) + "…" : line;
    return text.replaceAll("\\p{Cntrl}", "?");
  }
}

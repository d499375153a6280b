package io.quorate.wal;

import io.quorate.base.Bytes;
import io.quorate.base.Hash64;

/**
 * The rolling hash of a group's log: two logs with one hash at one index hold the same entries up
 * to it. Part of the log's format since version 1.
 */
public final class LogHash {
  /** The hash of a log without entries. */
  public static final long EMPTY = 0;

  private LogHash() {}

  /** The hash up to and including an entry, from the one before it. */
  public static long next(long previous, long term, byte kind, Bytes payload) {
    return Hash64.of(payload, Hash64.combine(Hash64.combine(previous, term), kind));
  }

  static long next(long previous, long term, byte kind, byte[] payload, int offset, int length) {
    return Hash64.of(payload, offset, length, Hash64.combine(Hash64.combine(previous, term), kind));
  }
}

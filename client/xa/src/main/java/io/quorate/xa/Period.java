package io.quorate.xa;

import io.quorate.base.Bytes;
import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.client.KeyValue;

/**
 * A row of an incarnation's transactions of which all is known: while its key is there, so is the
 * bit in the {@link History} of each that was committed by all its branches and forgotten. Key and
 * bits go at one revision, as they are under one lease.
 *
 * <p>An incarnation's periods follow each other without a gap, each from one chunk of the history
 * to another; the last one is open.
 *
 * @param first the number of its first transaction
 * @param end the next period's first; {@link #OPEN} if there is none yet
 * @param lease of its key and its bits
 */
record Period(long first, long end, long lease) {
  /** Behind all transactions' numbers. */
  static final long OPEN = Long.MAX_VALUE;

  private static final String VERSION = "1";

  boolean covers(long sequence) {
    return first <= sequence && sequence < end;
  }

  Bytes encoded() {
    return Bytes.utf8(VERSION + "\t" + DomainKeys.number(end) + "\n");
  }

  /**
   * Reads one.
   *
   * @throws QuorateException with {@link ErrorCode#VALUE_UNREADABLE} if it isn't one
   */
  static Period decode(KeyValue kv) {
    String[] fields = kv.value().toUtf8().split("\t", -1);
    try {
      if (fields.length != 2 || !fields[0].equals(VERSION) || !fields[1].endsWith("\n")) {
        throw new IllegalArgumentException("it is " + kv.value());
      }
      return new Period(
          DomainKeys.lastNumber(kv.key()),
          Long.parseUnsignedLong(fields[1].strip(), 16),
          kv.lease());
    } catch (IllegalArgumentException e) {
      throw QuorateException.of(
          ErrorCode.VALUE_UNREADABLE, "not a period of this version: " + e.getMessage(), e);
    }
  }
}

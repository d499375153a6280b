package io.quorate.kv;

import io.quorate.base.Bytes;

/**
 * What a key and a range end mean together; the one place that knows.
 *
 * <p>Stateless; safe from any thread.
 */
public final class KeyRange {
  /** The smallest key: a zero byte. */
  public static final Bytes FIRST_KEY = Bytes.wrap(new byte[1]);

  /** As the end of a range: all keys from its beginning on. */
  public static final Bytes UNBOUNDED = Bytes.wrap(new byte[1]);

  private KeyRange() {}

  /** Whether it is one key. */
  static boolean isSingle(Bytes rangeEnd) {
    return rangeEnd.isEmpty();
  }

  /** Whether it is all keys from one on. */
  static boolean isUnbounded(Bytes rangeEnd) {
    return rangeEnd.length() == 1 && rangeEnd.at(0) == 0;
  }

  /** Whether no key can be in it. */
  public static boolean isEmpty(Bytes key, Bytes rangeEnd) {
    return !isSingle(rangeEnd) && !isUnbounded(rangeEnd) && key.compareTo(rangeEnd) >= 0;
  }

  /** Whether a key is in it. */
  public static boolean contains(Bytes key, Bytes rangeEnd, Bytes candidate) {
    if (isSingle(rangeEnd)) {
      return candidate.equals(key);
    }
    return candidate.compareTo(key) >= 0
        && (isUnbounded(rangeEnd) || candidate.compareTo(rangeEnd) < 0);
  }

  /** The smallest key above a key. */
  static Bytes successor(Bytes key) {
    byte[] next = new byte[key.length() + 1];
    key.copyTo(next, 0);
    return Bytes.wrap(next);
  }

  /** Where the newest rows of a range end. */
  static byte[] newestEnd(Bytes rangeEnd) {
    return isUnbounded(rangeEnd)
        ? RowFormat.endOf(RowFormat.NEWEST)
        : RowFormat.newestRow(rangeEnd);
  }

  /** Where the generation rows of a range end. */
  static byte[] generationsEnd(Bytes rangeEnd) {
    return isUnbounded(rangeEnd)
        ? RowFormat.endOf(RowFormat.GENERATION)
        : RowFormat.beforeGenerations(rangeEnd);
  }
}

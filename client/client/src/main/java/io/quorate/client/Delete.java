package io.quorate.client;

import io.quorate.base.Bytes;

/**
 * Deletes one key, or all keys of a range.
 *
 * @param rangeEnd as in {@link Range#rangeEnd}
 * @param prevKv whether the response brings what was deleted
 */
public record Delete(Bytes key, Bytes rangeEnd, boolean prevKv) implements Op {

  /** One key. */
  public static Delete key(Bytes key) {
    return between(key, Bytes.EMPTY);
  }

  /** One key, as UTF-8. */
  public static Delete key(String key) {
    return key(Bytes.utf8(key));
  }

  /** All keys that begin with {@code prefix}; all keys if it is empty. */
  public static Delete prefix(Bytes prefix) {
    return prefix.isEmpty()
        ? between(Keys.ZERO, Keys.ZERO)
        : between(prefix, Keys.prefixEnd(prefix));
  }

  /** All keys that begin with {@code prefix}, as UTF-8. */
  public static Delete prefix(String prefix) {
    return prefix(Bytes.utf8(prefix));
  }

  /** This key and all behind it. */
  public static Delete from(Bytes key) {
    return between(key.isEmpty() ? Keys.ZERO : key, Keys.ZERO);
  }

  /** From one key up to, not including, another. */
  public static Delete between(Bytes from, Bytes to) {
    return new Delete(from, to, false);
  }

  /** The same, and the response brings what was deleted. */
  public Delete withPrevKv() {
    return new Delete(key, rangeEnd, true);
  }
}

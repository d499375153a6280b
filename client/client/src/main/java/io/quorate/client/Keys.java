package io.quorate.client;

import io.quorate.base.Bytes;

/** The ends of key ranges, in etcd's words. */
public final class Keys {
  /** As a range's end: everything from its beginning on. As a key: the first of all. */
  public static final Bytes ZERO = Bytes.wrap(new byte[] {0});

  private Keys() {}

  /** The first key behind one. */
  public static Bytes after(Bytes key) {
    byte[] next = new byte[key.length() + 1];
    key.copyTo(next, 0);
    return Bytes.wrap(next);
  }

  /**
   * The end of the range of all keys that begin with {@code prefix}: the first key behind them, or
   * {@link #ZERO} if no key is behind them.
   */
  public static Bytes prefixEnd(Bytes prefix) {
    byte[] end = prefix.toArray();
    for (int i = end.length - 1; i >= 0; i--) {
      if (end[i] != (byte) 0xff) {
        end[i]++;
        return Bytes.wrap(end, 0, i + 1);
      }
    }
    return ZERO;
  }
}

package io.quorate.client;

import io.quorate.base.Bytes;

/**
 * Writes one key.
 *
 * @param lease the lease that the key goes with from now on, or 0 for none
 * @param prevKv whether the response brings what was there before
 * @param ignoreValue keep the present value; the key must exist and {@code value} be empty
 * @param ignoreLease keep the present lease; the key must exist and {@code lease} be 0
 */
public record Put(
    Bytes key, Bytes value, long lease, boolean prevKv, boolean ignoreValue, boolean ignoreLease)
    implements Op {

  /** Writes this value under this key, without a lease. */
  public static Put of(Bytes key, Bytes value) {
    return new Put(key, value, 0, false, false, false);
  }

  /** Writes this text under this key, both as UTF-8, without a lease. */
  public static Put of(String key, String value) {
    return of(Bytes.utf8(key), Bytes.utf8(value));
  }

  /** The same, and the key ends with this lease. */
  public Put lease(long id) {
    return new Put(key, value, id, prevKv, ignoreValue, ignoreLease);
  }

  /** The same, and the response brings what was there before. */
  public Put withPrevKv() {
    return new Put(key, value, lease, true, ignoreValue, ignoreLease);
  }

  /** The same, but the present value stays. */
  public Put keepValue() {
    return new Put(key, Bytes.EMPTY, lease, prevKv, true, ignoreLease);
  }

  /** The same, but the present lease stays. */
  public Put keepLease() {
    return new Put(key, value, 0, prevKv, ignoreValue, true);
  }
}

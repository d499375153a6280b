package io.quorate.client;

import io.quorate.base.Bytes;

/**
 * What a role may do to a range.
 *
 * @param rangeEnd as in {@link Range#rangeEnd}
 */
public record Permission(Type type, Bytes key, Bytes rangeEnd) {

  /** What may be done; the order is that of the wire's numbers. */
  public enum Type {
    /** Reading and watching. */
    READ,
    /** Writing and deleting. */
    WRITE,
    /** Both. */
    READWRITE
  }
}

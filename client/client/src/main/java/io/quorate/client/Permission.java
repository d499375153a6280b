package io.quorate.client;

import io.quorate.base.Bytes;

/**
 * What a role may do to a range.
 *
 * @param rangeEnd as in {@link Range#rangeEnd}
 */
public record Permission(Type type, Bytes key, Bytes rangeEnd) {

  /** What may be done. */
  public enum Type {
    /** Reading and watching. */
    READ(0),
    /** Writing and deleting. */
    WRITE(1),
    /** Both. */
    READWRITE(2);

    private final int number;

    Type(int number) {
      this.number = number;
    }

    /** Its number on the wire. */
    public int number() {
      return number;
    }
  }
}

package io.quorate.kv;

import io.quorate.base.Bytes;
import java.util.Objects;

/**
 * What a role may do with the keys of a range.
 *
 * @param type reading, writing, or both
 * @param key the key, or where the range begins
 * @param rangeEnd where the range ends, by the rules of {@link RangeRequest#rangeEnd}
 */
public record Permission(Type type, Bytes key, Bytes rangeEnd) {
  /** What is done with a key. */
  public enum Type {
    /** It is read, compared or watched. */
    READ,
    /** It is put or deleted. */
    WRITE,
    /** Both. */
    READ_WRITE
  }

  /** Refuses nulls. */
  public Permission {
    Objects.requireNonNull(type);
    Objects.requireNonNull(key);
    Objects.requireNonNull(rangeEnd);
  }

  boolean reads() {
    return type != Type.WRITE;
  }

  boolean writes() {
    return type != Type.READ;
  }

  /** Whether it is over exactly these keys, whatever it allows. */
  boolean isOver(Bytes otherKey, Bytes otherEnd) {
    return key.equals(otherKey) && rangeEnd.equals(otherEnd);
  }
}

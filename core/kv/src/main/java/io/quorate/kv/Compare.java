package io.quorate.kv;

import io.quorate.base.Bytes;
import java.util.Objects;

/**
 * One condition of a transaction: a property of a key, or of all keys of a range, against a
 * constant.
 *
 * <p>A key that doesn't exist has version, revisions and lease 0, and fails any comparison of its
 * value. A range without keys counts as one missing key.
 *
 * @param key the key, or where the range begins
 * @param rangeEnd where the range ends, by the rules of {@link RangeRequest#rangeEnd}
 * @param target which property
 * @param result how it must relate to the constant
 * @param number the constant for all targets but the value; 0 if the request named none
 * @param value the constant for the value; empty if the request named none
 */
public record Compare(
    Bytes key, Bytes rangeEnd, Target target, Result result, long number, Bytes value) {
  /** Refuses nulls. */
  public Compare {
    Objects.requireNonNull(key);
    Objects.requireNonNull(rangeEnd);
    Objects.requireNonNull(target);
    Objects.requireNonNull(result);
    Objects.requireNonNull(value);
  }

  /** A condition on a number of one key. */
  public static Compare number(Bytes key, Target target, Result result, long number) {
    return new Compare(key, Bytes.EMPTY, target, result, number, Bytes.EMPTY);
  }

  /** A condition on the value of one key. */
  public static Compare value(Bytes key, Result result, Bytes value) {
    return new Compare(key, Bytes.EMPTY, Target.VALUE, result, 0, value);
  }

  /** The property that is compared. */
  public enum Target {
    /** How often the key was put since it was created. */
    VERSION,
    /** The revision that created the key. */
    CREATE,
    /** The revision that last changed the key. */
    MOD,
    /** The value, as unsigned bytes. */
    VALUE,
    /** The lease that the key is attached to. */
    LEASE,
    /** A number that this version doesn't know: as in etcd, equal to whatever is asked. */
    UNRECOGNIZED
  }

  /** How the property must relate to the constant. */
  public enum Result {
    /** The same. */
    EQUAL,
    /** Larger than the constant. */
    GREATER,
    /** Smaller than the constant. */
    LESS,
    /** Another. */
    NOT_EQUAL,
    /** A number that this version doesn't know: as in etcd, it holds for any key there is. */
    UNRECOGNIZED
  }
}

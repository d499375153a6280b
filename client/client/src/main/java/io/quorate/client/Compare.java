package io.quorate.client;

import io.quorate.base.Bytes;

/**
 * What a transaction asks of a key before it acts: {@code Compare.version("a").is(0)}.
 *
 * <p>A key that doesn't exist compares as 0 in all its numbers; a comparison of its value is false,
 * whichever it is.
 *
 * @param rangeEnd empty for one key, else all keys up to there must satisfy
 * @param number what a numeric target is compared with
 * @param value what {@link Target#VALUE} is compared with
 */
public record Compare(
    Target target, Result result, Bytes key, Bytes rangeEnd, long number, Bytes value) {

  /** What of the key is compared; the numbers are the wire's. */
  public enum Target {
    /** The number of writes since creation. */
    VERSION(0),
    /** The revision of the creation. */
    CREATE(1),
    /** The revision of the last write. */
    MOD(2),
    /** The value. */
    VALUE(3),
    /** The lease's id. */
    LEASE(4);

    private final int number;

    Target(int number) {
      this.number = number;
    }

    int number() {
      return number;
    }
  }

  /** How it has to compare; the numbers are the wire's. */
  public enum Result {
    /** Must be it. */
    EQUAL(0),
    /** Must be greater. */
    GREATER(1),
    /** Must be less. */
    LESS(2),
    /** Must be another. */
    NOT_EQUAL(3);

    private final int number;

    Result(int number) {
      this.number = number;
    }

    int number() {
      return number;
    }
  }

  /** The key must exist. */
  public static Compare exists(Bytes key) {
    return createRevision(key).greaterThan(0);
  }

  /** The key must not exist. */
  public static Compare absent(Bytes key) {
    return createRevision(key).is(0);
  }

  /** Of the number of writes since the key's creation. */
  public static OfNumber version(Bytes key) {
    return new OfNumber(Target.VERSION, key);
  }

  /** Of the number of writes since the key's creation; the key as UTF-8. */
  public static OfNumber version(String key) {
    return version(Bytes.utf8(key));
  }

  /** Of the revision that created the key. */
  public static OfNumber createRevision(Bytes key) {
    return new OfNumber(Target.CREATE, key);
  }

  /** Of the revision that created the key; the key as UTF-8. */
  public static OfNumber createRevision(String key) {
    return createRevision(Bytes.utf8(key));
  }

  /** Of the revision that last wrote the key. */
  public static OfNumber modRevision(Bytes key) {
    return new OfNumber(Target.MOD, key);
  }

  /** Of the revision that last wrote the key; the key as UTF-8. */
  public static OfNumber modRevision(String key) {
    return modRevision(Bytes.utf8(key));
  }

  /** Of the lease that the key goes with. */
  public static OfNumber lease(Bytes key) {
    return new OfNumber(Target.LEASE, key);
  }

  /** Of the key's value. */
  public static OfValue value(Bytes key) {
    return new OfValue(key);
  }

  /** Of the key's value; the key as UTF-8. */
  public static OfValue value(String key) {
    return value(Bytes.utf8(key));
  }

  /** The same, asked of every key from this one up to, not including, {@code rangeEnd}. */
  public Compare upTo(Bytes rangeEnd) {
    return new Compare(target, result, key, rangeEnd, number, value);
  }

  /** The same, asked of every key that begins with this one. */
  public Compare forPrefix() {
    return upTo(Keys.prefixEnd(key));
  }

  /** A comparison of a number, still without the number. */
  public record OfNumber(Target target, Bytes key) {
    /** It must be this. */
    public Compare is(long number) {
      return with(Result.EQUAL, number);
    }

    /** It must not be this. */
    public Compare isNot(long number) {
      return with(Result.NOT_EQUAL, number);
    }

    /** It must be greater. */
    public Compare greaterThan(long number) {
      return with(Result.GREATER, number);
    }

    /** It must be less. */
    public Compare lessThan(long number) {
      return with(Result.LESS, number);
    }

    private Compare with(Result result, long number) {
      return new Compare(target, result, key, Bytes.EMPTY, number, Bytes.EMPTY);
    }
  }

  /** A comparison of a value, still without the value. Bytes compare unsigned. */
  public record OfValue(Bytes key) {
    /** It must be this. */
    public Compare is(Bytes value) {
      return with(Result.EQUAL, value);
    }

    /** It must be this, as UTF-8. */
    public Compare is(String value) {
      return is(Bytes.utf8(value));
    }

    /** It must not be this. */
    public Compare isNot(Bytes value) {
      return with(Result.NOT_EQUAL, value);
    }

    /** It must be greater. */
    public Compare greaterThan(Bytes value) {
      return with(Result.GREATER, value);
    }

    /** It must be less. */
    public Compare lessThan(Bytes value) {
      return with(Result.LESS, value);
    }

    private Compare with(Result result, Bytes value) {
      return new Compare(Target.VALUE, result, key, Bytes.EMPTY, 0, value);
    }
  }
}

package io.quorate.client;

import io.quorate.base.Bytes;
import java.util.Objects;
import java.util.function.Consumer;

/**
 * Reads one key, or all keys of a range.
 *
 * <p>Without more it is linearizable: the answer holds every write that was acknowledged before the
 * read began.
 *
 * @param key the key, or the beginning of the range
 * @param rangeEnd the end of the range, itself not in it; empty for one key, {@link Keys#ZERO} for
 *     everything from {@code key} on
 * @param limit most keys in the answer, or 0 for all
 * @param revision read as of this revision, or 0 for now
 * @param serializable take what the member has, without asking whether it is the newest
 * @param keysOnly leave the values out
 * @param countOnly leave the keys out as well
 * @param minModRevision leave out what was last written before this revision; 0 for off, as below
 * @param uncounted counting may end where the limit is reached
 */
public record Range(
    Bytes key,
    Bytes rangeEnd,
    long limit,
    long revision,
    Order order,
    Target target,
    boolean serializable,
    boolean keysOnly,
    boolean countOnly,
    long minModRevision,
    long maxModRevision,
    long minCreateRevision,
    long maxCreateRevision,
    boolean uncounted)
    implements Op {

  /** Which way keys are sorted; the numbers are the wire's. */
  public enum Order {
    /** By key, ascending. */
    NONE(0),
    /** Smallest first. */
    ASCEND(1),
    /** Largest first. */
    DESCEND(2);

    private final int number;

    Order(int number) {
      this.number = number;
    }

    int number() {
      return number;
    }
  }

  /** What keys are sorted by; the numbers are the wire's. */
  public enum Target {
    /** The key's bytes, unsigned. */
    KEY(0),
    /** The number of writes since creation. */
    VERSION(1),
    /** The revision of the creation. */
    CREATE(2),
    /** The revision of the last write. */
    MOD(3),
    /** The value's bytes, unsigned. */
    VALUE(4);

    private final int number;

    Target(int number) {
      this.number = number;
    }

    int number() {
      return number;
    }
  }

  /** Checks what no server could make sense of. */
  public Range {
    Objects.requireNonNull(key);
    if (limit < 0) {
      throw new IllegalArgumentException("limit=" + limit);
    }
  }

  /** One key. */
  public static Range key(Bytes key) {
    return between(key, Bytes.EMPTY);
  }

  /** One key, as UTF-8. */
  public static Range key(String key) {
    return key(Bytes.utf8(key));
  }

  /** All keys that begin with {@code prefix}; all keys if it is empty. */
  public static Range prefix(Bytes prefix) {
    return prefix.isEmpty()
        ? between(Keys.ZERO, Keys.ZERO)
        : between(prefix, Keys.prefixEnd(prefix));
  }

  /** All keys that begin with {@code prefix}, as UTF-8. */
  public static Range prefix(String prefix) {
    return prefix(Bytes.utf8(prefix));
  }

  /** This key and all behind it. */
  public static Range from(Bytes key) {
    return between(key.isEmpty() ? Keys.ZERO : key, Keys.ZERO);
  }

  /** From one key up to, not including, another. */
  public static Range between(Bytes from, Bytes to) {
    return new Range(
        from, to, 0, 0, Order.NONE, Target.KEY, false, false, false, 0, 0, 0, 0, false);
  }

  /** A copy of a range whose parts can be set. */
  private static final class Draft {
    private Bytes key;
    private Bytes rangeEnd;
    private long limit;
    private long revision;
    private Order order;
    private Target target;
    private boolean serializable;
    private boolean keysOnly;
    private boolean countOnly;
    private long minModRevision;
    private long maxModRevision;
    private long minCreateRevision;
    private long maxCreateRevision;
    private boolean uncounted;

    Draft(Range range) {
      key = range.key;
      rangeEnd = range.rangeEnd;
      limit = range.limit;
      revision = range.revision;
      order = range.order;
      target = range.target;
      serializable = range.serializable;
      keysOnly = range.keysOnly;
      countOnly = range.countOnly;
      minModRevision = range.minModRevision;
      maxModRevision = range.maxModRevision;
      minCreateRevision = range.minCreateRevision;
      maxCreateRevision = range.maxCreateRevision;
      uncounted = range.uncounted;
    }

    Range range() {
      return new Range(
          key,
          rangeEnd,
          limit,
          revision,
          order,
          target,
          serializable,
          keysOnly,
          countOnly,
          minModRevision,
          maxModRevision,
          minCreateRevision,
          maxCreateRevision,
          uncounted);
    }
  }

  private Range with(Consumer<Draft> change) {
    Draft draft = new Draft(this);
    change.accept(draft);
    return draft.range();
  }

  /** The same of other keys. */
  Range of(Bytes from, Bytes to) {
    return with(draft -> {
      draft.key = from;
      draft.rangeEnd = to;
    });
  }

  /**
   * The same, but counting may end where the limit is reached: the answer's count means nothing
   * then, and Quorate answers sooner where much is behind the limit. etcd counts all the same.
   */
  public Range withoutCount() {
    return with(draft -> draft.uncounted = true);
  }

  /** The same, with at most this many keys. */
  public Range limit(long most) {
    return with(draft -> draft.limit = most);
  }

  /** The same, as of this revision. */
  public Range revision(long at) {
    return with(draft -> draft.revision = at);
  }

  /** The same, sorted. */
  public Range sort(Target by, Order way) {
    return with(draft -> {
      draft.target = by;
      draft.order = way;
    });
  }

  /** The same, from what the member has: quick, works without a leader, may be old. */
  public Range asSerializable() {
    return with(draft -> draft.serializable = true);
  }

  /** The same, without values. */
  public Range withKeysOnly() {
    return with(draft -> draft.keysOnly = true);
  }

  /** The same, but only how many there are. */
  public Range withCountOnly() {
    return with(draft -> draft.countOnly = true);
  }

  /** The same, with only keys last written from {@code min} to {@code max}; 0 for no bound. */
  public Range modRevisions(long min, long max) {
    return with(draft -> {
      draft.minModRevision = min;
      draft.maxModRevision = max;
    });
  }

  /** The same, with only keys created from {@code min} to {@code max}; 0 for no bound. */
  public Range createRevisions(long min, long max) {
    return with(draft -> {
      draft.minCreateRevision = min;
      draft.maxCreateRevision = max;
    });
  }
}

package io.quorate.kv;

import io.quorate.base.Bytes;
import java.util.Objects;

/**
 * Asks for the keys of a range as they were at a revision.
 *
 * @param key where the range begins
 * @param rangeEnd where it ends, not included; empty for the one key; a single zero byte for no end
 * @param limit most keys to return; 0 or less for no limit. The count isn't limited
 * @param revision the revision to read at; 0 or less for the newest
 * @param sortOrder direction; sorting comes before the limit
 * @param sortTarget what to sort by
 * @param keysOnly whether to leave out values
 * @param countOnly whether to return only the count
 * @param minModRevision lowest mod revision returned; 0 for any
 * @param maxModRevision highest mod revision returned; 0 for any
 * @param minCreateRevision lowest create revision returned; 0 for any
 * @param maxCreateRevision highest create revision returned; 0 for any
 * @param uncounted whether counting may end where the limit is reached. It changes nothing but the
 *     answer, and isn't part of a command
 */
public record RangeRequest(
    Bytes key,
    Bytes rangeEnd,
    long limit,
    long revision,
    SortOrder sortOrder,
    SortTarget sortTarget,
    boolean keysOnly,
    boolean countOnly,
    long minModRevision,
    long maxModRevision,
    long minCreateRevision,
    long maxCreateRevision,
    boolean uncounted)
    implements KvOp {
  /** Refuses nulls. */
  public RangeRequest {
    Objects.requireNonNull(key);
    Objects.requireNonNull(rangeEnd);
    Objects.requireNonNull(sortOrder);
    Objects.requireNonNull(sortTarget);
  }

  /** A range all of whose keys are counted. */
  public RangeRequest(
      Bytes key,
      Bytes rangeEnd,
      long limit,
      long revision,
      SortOrder sortOrder,
      SortTarget sortTarget,
      boolean keysOnly,
      boolean countOnly,
      long minModRevision,
      long maxModRevision,
      long minCreateRevision,
      long maxCreateRevision) {
    this(
        key,
        rangeEnd,
        limit,
        revision,
        sortOrder,
        sortTarget,
        keysOnly,
        countOnly,
        minModRevision,
        maxModRevision,
        minCreateRevision,
        maxCreateRevision,
        false);
  }

  /** The newest version of one key. */
  public static RangeRequest one(Bytes key) {
    return of(key, Bytes.EMPTY);
  }

  /** The newest versions of a range, without options. */
  public static RangeRequest of(Bytes key, Bytes rangeEnd) {
    return new RangeRequest(
        key, rangeEnd, 0, 0, SortOrder.NONE, SortTarget.KEY, false, false, 0, 0, 0, 0);
  }
}

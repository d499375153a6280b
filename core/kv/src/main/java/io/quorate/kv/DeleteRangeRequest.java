package io.quorate.kv;

import io.quorate.base.Bytes;
import java.util.Objects;

/**
 * Deletes the keys of a range.
 *
 * @param key where the range begins
 * @param rangeEnd where it ends, by the rules of {@link RangeRequest#rangeEnd}
 * @param prevKv whether to return what was deleted
 */
public record DeleteRangeRequest(Bytes key, Bytes rangeEnd, boolean prevKv) implements KvOp {
  /** Refuses nulls. */
  public DeleteRangeRequest {
    Objects.requireNonNull(key);
    Objects.requireNonNull(rangeEnd);
  }

  /** A delete of one key. */
  public static DeleteRangeRequest one(Bytes key) {
    return new DeleteRangeRequest(key, Bytes.EMPTY, false);
  }
}

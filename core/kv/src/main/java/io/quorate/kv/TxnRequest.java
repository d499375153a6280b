package io.quorate.kv;

import java.util.List;

/**
 * Several steps that happen at one revision, or not at all.
 *
 * @param compares the conditions; none holds as true
 * @param success the steps if all conditions hold
 * @param failure the steps otherwise
 */
public record TxnRequest(List<Compare> compares, List<KvOp> success, List<KvOp> failure)
    implements KvOp {
  /** Copies the lists. */
  public TxnRequest {
    compares = List.copyOf(compares);
    success = List.copyOf(success);
    failure = List.copyOf(failure);
  }

  /** Whether neither branch can change anything. */
  public boolean readOnly() {
    return readOnly(success) && readOnly(failure);
  }

  private static boolean readOnly(List<KvOp> ops) {
    for (KvOp op : ops) {
      boolean reads =
          switch (op) {
            case RangeRequest _, EmptyOp _ -> true;
            case PutRequest _, DeleteRangeRequest _ -> false;
            case TxnRequest txn -> txn.readOnly();
          };
      if (!reads) {
        return false;
      }
    }
    return true;
  }
}

package io.quorate.kv;

import io.quorate.base.Checks;
import java.util.Arrays;
import java.util.List;
import java.util.function.LongPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Which branch each transaction of a nest takes, in the order in which they are met.
 *
 * <p>As in etcd, all conditions, those of nested transactions too, are looked at before the first
 * step is carried out: a nested condition doesn't see what an outer step writes, though a nested
 * range does. With the branches known, whatever can fail is checked before anything is written.
 *
 * <p>Used for one transaction, by one thread.
 */
final class TxnPath {
  private final KvReader reader;
  private final KnownGaps gaps;
  private final StoredVersion scratch = new StoredVersion();
  private boolean[] taken = new boolean[4];
  private int length;
  private int next;

  private TxnPath(KvReader reader, KnownGaps gaps) {
    this.reader = reader;
    this.gaps = gaps;
  }

  /**
   * Evaluates the conditions of a transaction and of those that it leads to.
   *
   * @param gaps what is known of what the reader reads; learns more of it
   */
  static TxnPath choose(KvReader reader, KnownGaps gaps, TxnRequest txn) {
    TxnPath path = new TxnPath(reader, gaps);
    path.chooseFrom(txn);
    return path;
  }

  private void chooseFrom(TxnRequest txn) {
    boolean success = hold(txn.compares());
    if (length == taken.length) {
      taken = Arrays.copyOf(taken, 2 * length);
    }
    taken[length++] = success;
    for (KvOp op : success ? txn.success() : txn.failure()) {
      if (op instanceof TxnRequest nested) {
        chooseFrom(nested);
      }
    }
  }

  /** Whether the transaction that is met next takes its success branch. */
  boolean next() {
    Checks.that(next < length, "transaction %d of %d", next, length);
    return taken[next++];
  }

  /** Begins at the outermost transaction again. */
  void rewind() {
    Checks.that(next == length, "only %d of %d transactions were met", next, length);
    next = 0;
  }

  /**
   * Looks for a step of the chosen branches that must fail, in order; meets every transaction if
   * there is none.
   */
  @Nullable KvError check(LongPredicate leaseExists, TxnRequest txn) {
    for (KvOp op : next() ? txn.success() : txn.failure()) {
      KvError error =
          switch (op) {
            case RangeRequest range -> checkRange(range);
            case PutRequest put -> checkPut(leaseExists, put);
            case DeleteRangeRequest _ -> null;
            case TxnRequest nested -> check(leaseExists, nested);
            case EmptyOp _ -> KvError.KEY_NOT_FOUND;
          };
      if (error != null) {
        return error;
      }
    }
    return null;
  }

  private @Nullable KvError checkRange(RangeRequest range) {
    if (range.revision() == 0) {
      return null;
    }
    if (range.revision() > reader.revision()) {
      return KvError.FUTURE_REVISION;
    }
    return range.revision() < reader.compactedRevision() ? KvError.COMPACTED : null;
  }

  private @Nullable KvError checkPut(LongPredicate leaseExists, PutRequest put) {
    if ((put.ignoreValue() || put.ignoreLease())
        && reader.rows().get(RowFormat.newestRow(put.key())) == null) {
      return KvError.KEY_NOT_FOUND;
    }
    return put.lease() != 0 && !leaseExists.test(put.lease()) ? KvError.LEASE_NOT_FOUND : null;
  }

  private boolean hold(List<Compare> compares) {
    for (Compare compare : compares) {
      if (!holds(compare)) {
        return false;
      }
    }
    return true;
  }

  private boolean holds(Compare compare) {
    if (KeyRange.isSingle(compare.rangeEnd())) {
      return reader.findNewest(compare.key(), scratch)
          ? holdsFor(compare, scratch)
          : holdsForMissing(compare);
    }
    if (KeyRange.isEmpty(compare.key(), compare.rangeEnd())
        || gaps.covers(compare.key(), compare.rangeEnd())) {
      return holdsForMissing(compare);
    }
    try (VersionScan scan = reader.scan(compare.key(), compare.rangeEnd(), reader.revision())) {
      if (!scan.next()) {
        gaps.learn(compare.key(), compare.rangeEnd());
        return holdsForMissing(compare);
      }
      do {
        if (!holdsFor(compare, scan.version())) {
          return false;
        }
      } while (scan.next());
    }
    return true;
  }

  private static boolean holdsFor(Compare compare, StoredVersion version) {
    int order =
        switch (compare.target()) {
          case VERSION -> Long.compare(version.version(), compare.number());
          case CREATE -> Long.compare(version.createRevision(), compare.number());
          case MOD -> Long.compare(version.modRevision(), compare.number());
          case LEASE -> Long.compare(version.lease(), compare.number());
          case VALUE -> version.value().compareTo(compare.value());
          case UNRECOGNIZED -> 0;
        };
    return holds(compare.result(), order);
  }

  private static boolean holdsForMissing(Compare compare) {
    return switch (compare.target()) {
      case VALUE -> false;
      case UNRECOGNIZED -> holds(compare.result(), 0);
      case VERSION, CREATE, MOD, LEASE ->
          holds(compare.result(), Long.compare(0, compare.number()));
    };
  }

  private static boolean holds(Compare.Result result, int order) {
    return switch (result) {
      case EQUAL -> order == 0;
      case NOT_EQUAL -> order != 0;
      case GREATER -> order > 0;
      case LESS -> order < 0;
      case UNRECOGNIZED -> true;
    };
  }
}

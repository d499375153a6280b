package io.quorate.kv;

import io.quorate.base.Bytes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/**
 * What a range request takes from the keys of its range: filters first, then the order, then the
 * limit; the count is of all.
 *
 * <p>It keeps no more keys than it returns: with a limit and an order of its own, a heap holds the
 * best so far, the worst of them on top. Keys that are equal by the target are in key order.
 */
final class RangeSelection {
  private static final Comparator<KeyValue> BY_KEY = Comparator.comparing(KeyValue::key);

  private final RangeRequest request;
  private final boolean valuesNeeded;
  private final @Nullable Comparator<KeyValue> order;
  private final long limit;
  private final ArrayList<KeyValue> taken = new ArrayList<>();
  private final @Nullable PriorityQueue<KeyValue> best;
  private boolean more;
  private long count;
  private long bytes;

  RangeSelection(RangeRequest request) {
    this(request, 0);
  }

  /** Goes on with a request of which so many keys are taken already; not more than its limit. */
  RangeSelection(RangeRequest request, long before) {
    this.request = request;
    this.order = request.countOnly() ? null : order(request);
    this.limit = request.limit() <= 0 ? Long.MAX_VALUE : request.limit() - before;
    this.best =
        order != null && limit != Long.MAX_VALUE ? new PriorityQueue<>(order.reversed()) : null;
    this.valuesNeeded = !request.keysOnly() || request.sortTarget() == SortTarget.VALUE;
  }

  /** Takes in all keys of a scan; as far as they matter, if they needn't be counted. */
  void addAll(VersionScan scan) {
    boolean counts = !request.uncounted() || request.countOnly();
    while ((counts || wantsMore()) && scan.next()) {
      count++;
      if (wantsMore()) {
        consider(scan);
      }
    }
  }

  /**
   * Takes in keys of a scan until they are enough for a part; false if that was before its end: it
   * stands at the first key that wasn't taken in.
   */
  boolean addSome(VersionScan scan, long bytesMax, long keysMax) {
    while (scan.next()) {
      if (bytes >= bytesMax || count >= keysMax) {
        return false;
      }
      count++;
      if (wantsMore()) {
        consider(scan);
      }
    }
    return true;
  }

  /** Whether keys are answered in another order than they are found in. */
  boolean hasOrder() {
    return order != null;
  }

  /** The answer, for a header revision. */
  RangeResponse response(long revision) {
    List<KeyValue> kvs = taken;
    if (best != null) {
      taken.addAll(best);
    }
    if (order != null) {
      taken.sort(order);
    }
    if (request.keysOnly() && valuesNeeded) {
      taken.replaceAll(RangeSelection::withoutValue);
    }
    return new RangeResponse(revision, kvs, more, count);
  }

  /** Whether another key can still change more than the count. */
  private boolean wantsMore() {
    return !request.countOnly() && (!more || order != null);
  }

  private void consider(VersionScan scan) {
    StoredVersion version = scan.version();
    if (!passes(request, version)) {
      return;
    }
    if (best != null) {
      best.add(version.toKeyValue(scan.key(), valuesNeeded));
      if (best.size() > limit) {
        best.remove();
        more = true;
      }
    } else if (taken.size() < limit) {
      KeyValue kv = version.toKeyValue(scan.key(), valuesNeeded);
      bytes += RangeParts.bytes(kv);
      taken.add(kv);
    } else {
      more = true;
    }
  }

  /** Whether a version is within the filters of a request. */
  static boolean passes(RangeRequest request, StoredVersion version) {
    long mod = version.modRevision();
    long create = version.createRevision();
    return (request.minModRevision() == 0 || mod >= request.minModRevision())
        && (request.maxModRevision() == 0 || mod <= request.maxModRevision())
        && (request.minCreateRevision() == 0 || create >= request.minCreateRevision())
        && (request.maxCreateRevision() == 0 || create <= request.maxCreateRevision());
  }

  /** The order to sort by, or null if it is the one in which keys are found. */
  private static @Nullable Comparator<KeyValue> order(RangeRequest request) {
    boolean descending = request.sortOrder() == SortOrder.DESCEND;
    Comparator<KeyValue> target =
        switch (request.sortTarget()) {
          case KEY, UNRECOGNIZED -> BY_KEY;
          case VERSION -> Comparator.comparingLong(KeyValue::version);
          case CREATE -> Comparator.comparingLong(KeyValue::createRevision);
          case MOD -> Comparator.comparingLong(KeyValue::modRevision);
          case VALUE -> Comparator.comparing(KeyValue::value);
        };
    if (target.equals(BY_KEY)) {
      return descending ? BY_KEY.reversed() : null;
    }
    return (descending ? target.reversed() : target).thenComparing(BY_KEY);
  }

  private static KeyValue withoutValue(KeyValue kv) {
    return new KeyValue(
        kv.key(), kv.createRevision(), kv.modRevision(), kv.version(), Bytes.EMPTY, kv.lease());
  }
}

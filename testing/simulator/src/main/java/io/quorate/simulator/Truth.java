package io.quorate.simulator;

import io.quorate.base.Bytes;
import io.quorate.kv.CompactRequest;
import io.quorate.kv.Compare;
import io.quorate.kv.DeleteRangeRequest;
import io.quorate.kv.EmptyOp;
import io.quorate.kv.KeyValue;
import io.quorate.kv.KvOp;
import io.quorate.kv.KvRequest;
import io.quorate.kv.PutRequest;
import io.quorate.kv.RangeRequest;
import io.quorate.kv.TxnRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What the store must be after each committed command, told once more, in the simplest way and
 * without a look at the real one: for each key the list of its versions, none ever forgotten. It
 * knows what the simulated clients ask for, and no more.
 */
final class Truth {
  /** A key from a revision on; no value: it doesn't exist. */
  private record Version(long revision, @Nullable KeyValue kv) {}

  private final TreeMap<Bytes, List<Version>> keys = new TreeMap<>();

  /** Where each value was written: unique, as long as nothing was applied twice. */
  private final TreeMap<Bytes, List<Long>> valueRevisions = new TreeMap<>();

  /** What made each revision, from the second on. */
  private final List<KvRequest> requests = new ArrayList<>();

  private long revision = 1;

  /** The request that made a revision. */
  KvRequest requestAt(long atRevision) {
    return requests.get((int) (atRevision - 2));
  }

  /** The revision after the last command. */
  long revision() {
    return revision;
  }

  /** The revisions at which a value was written. */
  List<Long> revisionsOf(Bytes value) {
    return valueRevisions.getOrDefault(value, List.of());
  }

  /** Carries out the next committed command. */
  void apply(KvRequest request) {
    if (request instanceof CompactRequest) {
      return;
    }
    if (change((KvOp) request, revision + 1)) {
      revision++;
      requests.add(request);
    }
  }

  private boolean change(KvOp op, long at) {
    return switch (op) {
      case PutRequest put -> {
        KeyValue old = newest(put.key());
        set(
            put.key(),
            at,
            new KeyValue(
                put.key(),
                old == null ? at : old.createRevision(),
                at,
                old == null ? 1 : old.version() + 1,
                put.value(),
                0));
        valueRevisions.computeIfAbsent(put.value(), v -> new ArrayList<>(1)).add(at);
        yield true;
      }
      case DeleteRangeRequest delete -> {
        List<KeyValue> found = range(delete.key(), delete.rangeEnd(), Long.MAX_VALUE);
        found.forEach(kv -> set(kv.key(), at, null));
        yield !found.isEmpty();
      }
      case TxnRequest txn -> {
        boolean changed = false;
        for (KvOp step : holds(txn, Long.MAX_VALUE) ? txn.success() : txn.failure()) {
          changed |= change(step, at);
        }
        yield changed;
      }
      case RangeRequest _, EmptyOp _ -> false;
    };
  }

  private void set(Bytes key, long at, @Nullable KeyValue kv) {
    keys.computeIfAbsent(key, k -> new ArrayList<>()).add(new Version(at, kv));
  }

  private @Nullable KeyValue newest(Bytes key) {
    return at(key, Long.MAX_VALUE);
  }

  /** A key as it was after a revision. */
  @Nullable KeyValue at(Bytes key, long atRevision) {
    List<Version> versions = keys.get(key);
    if (versions == null) {
      return null;
    }
    int low = 0;
    int high = versions.size();
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (versions.get(middle).revision() <= atRevision) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low == 0 ? null : versions.get(low - 1).kv();
  }

  /** The keys of a range as they were after a revision, in order. */
  List<KeyValue> range(Bytes key, Bytes rangeEnd, long atRevision) {
    List<KeyValue> found = new ArrayList<>();
    if (rangeEnd.isEmpty()) {
      KeyValue one = at(key, atRevision);
      return one == null ? List.of() : List.of(one);
    }
    boolean unbounded = rangeEnd.length() == 1 && rangeEnd.at(0) == 0;
    NavigableMap<Bytes, List<Version>> part = keys.tailMap(key, true);
    for (Bytes each : part.keySet()) {
      if (!unbounded && each.compareTo(rangeEnd) >= 0) {
        break;
      }
      KeyValue kv = at(each, atRevision);
      if (kv != null) {
        found.add(kv);
      }
    }
    return found;
  }

  /** Whether a transaction's conditions held after a revision. */
  boolean holds(TxnRequest txn, long atRevision) {
    for (Compare compare : txn.compares()) {
      KeyValue kv = at(compare.key(), atRevision);
      boolean holds =
          switch (compare.target()) {
            case MOD -> (kv == null ? 0 : kv.modRevision()) == compare.number();
            case VALUE -> kv != null && kv.value().equals(compare.value());
            default -> throw new IllegalArgumentException("no client asks that: " + compare);
          };
      if (!holds) {
        return false;
      }
    }
    return true;
  }
}

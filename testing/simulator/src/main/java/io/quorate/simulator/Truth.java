package io.quorate.simulator;

import io.quorate.base.Bytes;
import io.quorate.kv.AlarmRequest;
import io.quorate.kv.AuthRequest;
import io.quorate.kv.CompactRequest;
import io.quorate.kv.Compare;
import io.quorate.kv.ComputedRequest;
import io.quorate.kv.DeleteRangeRequest;
import io.quorate.kv.EmptyOp;
import io.quorate.kv.Event;
import io.quorate.kv.KeyRange;
import io.quorate.kv.KeyValue;
import io.quorate.kv.KvOp;
import io.quorate.kv.KvRequest;
import io.quorate.kv.LeaseCheckpointRequest;
import io.quorate.kv.LeaseExpireRequest;
import io.quorate.kv.LeaseGrantRequest;
import io.quorate.kv.LeaseRevokeRequest;
import io.quorate.kv.PutRequest;
import io.quorate.kv.RangeRequest;
import io.quorate.kv.TxnRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
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

  /** A lease from an index of the log on; no time to live: it has ended. */
  private record LeaseChange(long index, long lease, long ttlSeconds) {}

  /** The revision that it begins with. */
  private final long first;

  /** What made each revision, from the second on. */
  private final List<KvRequest> requests = new ArrayList<>();

  /** What each revision did, from the second on. */
  private final List<List<Event>> events = new ArrayList<>();

  /** The revision, from an index of the log on. */
  private final TreeMap<Long, Long> revisions = new TreeMap<>();

  /** What was compacted, from an index of the log on. */
  private final TreeMap<Long, Long> compactions = new TreeMap<>();

  private final TreeSet<Long> leases = new TreeSet<>();
  private final List<LeaseChange> leaseChanges = new ArrayList<>();
  private final TreeMap<Long, LeaseEnd> leaseEnds = new TreeMap<>();

  /** What the request under way does. */
  private List<Event> doing = new ArrayList<>();

  private long revision;
  private long compacted = -1;

  /** Of a store that is empty. */
  Truth() {
    this(1);
  }

  private Truth(long first) {
    this.first = first;
    this.revision = first;
  }

  /** Hears of the end of a lease. */
  interface LeaseEnd {
    /**
     * @param expired whether a leader's clock ended it
     */
    void ended(long lease, boolean expired);
  }

  /** What a revision did, in the order of its steps. */
  List<Event> eventsAt(long atRevision) {
    return events.get((int) (atRevision - first - 1));
  }

  /** The highest revision below which anything was compacted away. */
  long compacted() {
    return compacted;
  }

  /** Whether a lease is there. */
  boolean hasLease(long lease) {
    return leases.contains(lease);
  }

  /** Whether any lease is there. */
  boolean hasLeases() {
    return !leases.isEmpty();
  }

  /** Somebody wants to hear of a lease's end. */
  void watchLease(long lease, LeaseEnd end) {
    leaseEnds.put(lease, end);
  }

  /** The request that made a revision. */
  KvRequest requestAt(long atRevision) {
    return requests.get((int) (atRevision - first - 1));
  }

  /** The revision after the last command. */
  long revision() {
    return revision;
  }

  /** The revision after all entries of the log up to one. */
  long revisionAt(long index) {
    var last = revisions.floorEntry(index);
    return last == null ? first : last.getValue();
  }

  /** What was compacted by all entries of the log up to one. */
  long compactedAt(long index) {
    var last = compactions.floorEntry(index);
    return last == null ? -1 : last.getValue();
  }

  /** The leases after all entries of the log up to one, with their times to live in seconds. */
  SortedMap<Long, Long> leasesAt(long index) {
    TreeMap<Long, Long> found = new TreeMap<>();
    for (LeaseChange each : leaseChanges) {
      if (each.index() <= index && each.ttlSeconds() > 0) {
        found.put(each.lease(), each.ttlSeconds());
      } else if (each.index() <= index) {
        found.remove(each.lease());
      }
    }
    return found;
  }

  /**
   * What a new cluster's store must be that begins with a backup of this one. It knows no events of
   * before.
   *
   * @param index of the log, which the backup includes
   * @param bump by how much the revision moves on; what was before is compacted then
   */
  Truth restored(long index, long bump) {
    long last = revisionAt(index);
    Truth restored = new Truth(last + bump);
    restored.compacted = bump > 0 ? restored.first : compactedAt(index);
    keys.forEach((key, versions) ->
        restored.keys.put(
            key,
            new ArrayList<>(versions.stream().filter(each -> each.revision() <= last).toList())));
    leasesAt(index)
        .forEach((lease, ttlSeconds) -> {
          restored.leases.add(lease);
          restored.leaseChanges.add(new LeaseChange(0, lease, ttlSeconds));
        });
    return restored;
  }

  /** The revisions at which a value was written. */
  List<Long> revisionsOf(Bytes value) {
    return valueRevisions.getOrDefault(value, List.of());
  }

  /**
   * Carries out the next committed command.
   *
   * @param index of its entry
   * @param term of its entry
   */
  void apply(long index, KvRequest request, long term) {
    switch (request) {
      case CompactRequest compact -> {
        if (compact.revision() <= revision) {
          compacted = Math.max(compacted, compact.revision());
          compactions.put(index, compacted);
        }
      }
      case KvOp op -> {
        if (change(op, revision + 1)) {
          closeRevision(index, request);
        }
      }
      case LeaseGrantRequest grant -> {
        if (leases.add(grant.id())) {
          leaseChanges.add(new LeaseChange(index, grant.id(), grant.ttlSeconds()));
        }
      }
      case LeaseRevokeRequest revoke -> end(index, request, revoke.id(), /* expired= */ false);
      case LeaseExpireRequest expire -> {
        if (expire.term() == term) {
          expire.ids().forEach(id -> end(index, request, id, /* expired= */ true));
        }
      }
      case LeaseCheckpointRequest _, AlarmRequest _ -> {} // worlds have no quota
      case AuthRequest _ -> {} // Rights knows of those
      case ComputedRequest _ -> throw new IllegalArgumentException("worlds have no streams");
    }
  }

  private void closeRevision(long index, KvRequest request) {
    revision++;
    revisions.put(index, revision);
    requests.add(request);
    events.add(doing);
    doing = new ArrayList<>();
  }

  private void end(long index, KvRequest request, long lease, boolean expired) {
    if (!leases.remove(lease)) {
      return;
    }
    leaseChanges.add(new LeaseChange(index, lease, 0));
    boolean any = false;
    for (KeyValue kv : range(KeyRange.FIRST_KEY, KeyRange.UNBOUNDED, Long.MAX_VALUE)) {
      if (kv.lease() == lease) {
        delete(kv, revision + 1);
        any = true;
      }
    }
    if (any) {
      closeRevision(index, request);
    }
    LeaseEnd hears = leaseEnds.remove(lease);
    if (hears != null) {
      hears.ended(lease, expired);
    }
  }

  private void delete(KeyValue kv, long at) {
    set(kv.key(), at, null);
    doing.add(new Event(true, new KeyValue(kv.key(), 0, at, 0, Bytes.EMPTY, 0), kv));
  }

  private boolean change(KvOp op, long at) {
    return switch (op) {
      case PutRequest put -> {
        if (put.lease() != 0 && !hasLease(put.lease())) {
          yield false;
        }
        KeyValue old = newest(put.key());
        KeyValue kv =
            new KeyValue(
                put.key(),
                old == null ? at : old.createRevision(),
                at,
                old == null ? 1 : old.version() + 1,
                put.value(),
                put.lease());
        set(put.key(), at, kv);
        doing.add(new Event(false, kv, old));
        valueRevisions.computeIfAbsent(put.value(), v -> new ArrayList<>(1)).add(at);
        yield true;
      }
      case DeleteRangeRequest delete -> {
        List<KeyValue> found = range(delete.key(), delete.rangeEnd(), Long.MAX_VALUE);
        found.forEach(kv -> delete(kv, at));
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

package io.quorate.kv;

import io.quorate.base.Bytes;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The store as one would explain it: a map of keys for each revision, copied at each change. Slow,
 * obvious, and written without a look at the real one.
 */
final class Model {
  private final List<NavigableMap<Bytes, KeyValue>> states = new ArrayList<>();
  private long compacted = -1;
  private final TreeMap<Long, Lease> leases = new TreeMap<>();
  private final List<Alarm> alarms = new ArrayList<>();

  /** What watchers of everything hear, revision by revision. */
  final List<List<Event>> events = new ArrayList<>();

  /** Which changes there were: revision, whether it deleted, and the key. */
  record Change(long revision, boolean deletion, Bytes key) {}

  final List<Change> changes = new ArrayList<>();

  Model() {
    states.add(new TreeMap<>());
    states.add(new TreeMap<>());
  }

  long revision() {
    return states.size() - 1L;
  }

  long compacted() {
    return compacted;
  }

  private NavigableMap<Bytes, KeyValue> newest() {
    return states.getLast();
  }

  KvResult apply(KvRequest request) {
    if (request instanceof AlarmRequest alarm) {
      return new AlarmResponse(revision(), alarm(alarm));
    }
    if (isRaised(AlarmKind.CORRUPT) && !(request instanceof LeaseCheckpointRequest)) {
      return new KvFailure(KvError.CORRUPT);
    }
    if (isRaised(AlarmKind.NO_SPACE)
        && (request instanceof LeaseGrantRequest || request.toString().contains("PutRequest["))) {
      return new KvFailure(KvError.NO_SPACE);
    }
    if (request instanceof CompactRequest compact) {
      if (compact.revision() <= compacted) {
        return new KvFailure(KvError.COMPACTED);
      }
      if (compact.revision() > revision()) {
        return new KvFailure(KvError.FUTURE_REVISION);
      }
      compacted = compact.revision();
      return new CompactResponse(revision());
    }
    if (request instanceof AuthRequest) {
      throw new IllegalArgumentException("another model's: " + request);
    }
    if (request instanceof LeaseRequest lease) {
      return lease(lease);
    }
    Run run = new Run();
    try {
      boolean alone = !(request instanceof TxnRequest);
      KvResponse response = run.step((KvOp) request, alone, false);
      close(run);
      return response;
    } catch (Refused refused) {
      return new KvFailure(refused.error);
    }
  }

  private void close(Run run) {
    if (run.changed) {
      states.add(run.state);
      changes.addAll(run.made);
      events.add(run.events);
    }
  }

  private boolean isRaised(AlarmKind kind) {
    return alarms.stream().anyMatch(each -> each.kind() == kind);
  }

  private List<Alarm> alarm(AlarmRequest request) {
    return switch (request) {
      case AlarmRaiseRequest raise -> {
        Alarm before = alarm(raise.member(), raise.kind());
        Alarm now =
            new Alarm(
                raise.member(),
                raise.kind(),
                before.byClient() || !raise.byMember(),
                before.byMember() || raise.byMember());
        alarms.remove(before);
        alarms.add(now);
        yield List.of(now);
      }
      case AlarmClearRequest clear -> {
        Alarm before = alarm(clear.member(), clear.kind());
        boolean was = alarms.remove(before);
        if (clear.byMember() && before.byClient()) {
          alarms.add(new Alarm(before.member(), before.kind(), true, false));
          yield List.of();
        }
        yield was ? List.of(before) : List.of();
      }
    };
  }

  private Alarm alarm(long member, AlarmKind kind) {
    return alarms.stream()
        .filter(each -> each.member() == member && each.kind() == kind)
        .findAny()
        .orElse(new Alarm(member, kind, false, false));
  }

  List<Alarm> alarms() {
    return alarms;
  }

  private KvResult lease(LeaseRequest request) {
    switch (request) {
      case LeaseGrantRequest grant -> {
        if (leases.containsKey(grant.id())) {
          return new KvFailure(KvError.LEASE_EXISTS);
        }
        Lease lease = new Lease(grant.id(), grant.ttlSeconds(), 0);
        leases.put(lease.id(), lease);
        return new LeaseGrantResponse(revision(), lease);
      }
      case LeaseRevokeRequest revoke -> {
        if (!leases.containsKey(revoke.id())) {
          return new KvFailure(KvError.LEASE_NOT_FOUND);
        }
        endLease(revoke.id());
      }
      case LeaseExpireRequest expire -> expire.ids().forEach(this::endLease);
      case LeaseCheckpointRequest checkpoint ->
          checkpoint
              .remaining()
              .forEach(each ->
                  leases.computeIfPresent(
                      each.id(), (id, lease) -> new Lease(id, lease.ttlSeconds(), each.seconds())));
    }
    return new LeaseChangeResponse(revision());
  }

  private void endLease(long id) {
    if (leases.remove(id) == null) {
      return;
    }
    Run run = new Run();
    for (KeyValue kv : run.before.values()) {
      if (kv.lease() == id) {
        run.delete(DeleteRangeRequest.one(kv.key()));
      }
    }
    close(run);
  }

  Collection<Lease> leases() {
    return leases.values();
  }

  RangeResponse range(RangeRequest range) throws Refused {
    return range(range, newest(), revision(), revision());
  }

  private RangeResponse range(
      RangeRequest range, NavigableMap<Bytes, KeyValue> newest, long revision, long finished)
      throws Refused {
    NavigableMap<Bytes, KeyValue> state = newest;
    if (range.revision() > revision) {
      throw new Refused(KvError.FUTURE_REVISION);
    }
    if (range.revision() > 0) {
      if (range.revision() < compacted) {
        throw new Refused(KvError.COMPACTED);
      }
      if (range.revision() <= finished) {
        state = states.get((int) range.revision());
      }
    }
    List<KeyValue> all = inRange(state, range.key(), range.rangeEnd());
    if (range.countOnly()) {
      return new RangeResponse(revision, List.of(), false, all.size());
    }
    List<KeyValue> kvs = new ArrayList<>(all);
    keep(kvs, range.minModRevision(), kv -> kv.modRevision() >= range.minModRevision());
    keep(kvs, range.maxModRevision(), kv -> kv.modRevision() <= range.maxModRevision());
    keep(kvs, range.minCreateRevision(), kv -> kv.createRevision() >= range.minCreateRevision());
    keep(kvs, range.maxCreateRevision(), kv -> kv.createRevision() <= range.maxCreateRevision());
    Comparator<KeyValue> order =
        switch (range.sortTarget()) {
          case KEY, UNRECOGNIZED -> Comparator.comparing(KeyValue::key);
          case VERSION -> Comparator.comparingLong(KeyValue::version);
          case CREATE -> Comparator.comparingLong(KeyValue::createRevision);
          case MOD -> Comparator.comparingLong(KeyValue::modRevision);
          case VALUE -> Comparator.comparing(KeyValue::value);
        };
    kvs.sort(range.sortOrder() == SortOrder.DESCEND ? order.reversed() : order);
    boolean more = range.limit() > 0 && kvs.size() > range.limit();
    if (more) {
      kvs = kvs.subList(0, (int) range.limit());
    }
    if (range.keysOnly()) {
      kvs =
          kvs.stream()
              .map(kv ->
                  new KeyValue(
                      kv.key(),
                      kv.createRevision(),
                      kv.modRevision(),
                      kv.version(),
                      Bytes.EMPTY,
                      kv.lease()))
              .toList();
    }
    return new RangeResponse(revision, kvs, more, all.size());
  }

  private static void keep(List<KeyValue> kvs, long bound, Predicate<KeyValue> condition) {
    if (bound != 0) {
      kvs.removeIf(condition.negate());
    }
  }

  private static List<KeyValue> inRange(
      NavigableMap<Bytes, KeyValue> state, Bytes key, Bytes rangeEnd) {
    boolean fromKey = rangeEnd.equals(Bytes.wrap(new byte[1]));
    return state.values().stream()
        .filter(kv ->
            rangeEnd.isEmpty()
                ? kv.key().equals(key)
                : kv.key().compareTo(key) >= 0 && (fromKey || kv.key().compareTo(rangeEnd) < 0))
        .toList();
  }

  /** Why a request was refused. */
  static final class Refused extends Exception {
    private static final long serialVersionUID = 1L;
    final KvError error;

    Refused(KvError error) {
      this.error = error;
    }
  }

  /** One request under way, on a copy of the newest state. */
  private final class Run {
    final NavigableMap<Bytes, KeyValue> before = newest();
    final NavigableMap<Bytes, KeyValue> state = new TreeMap<>(before);
    final List<Change> made = new ArrayList<>();
    final List<Event> events = new ArrayList<>();
    boolean changed;

    private long revision() {
      return Model.this.revision() + (changed ? 1 : 0);
    }

    KvResponse step(KvOp op, boolean alone, boolean nested) throws Refused {
      return switch (op) {
        case PutRequest put -> put(put, alone);
        case DeleteRangeRequest delete -> delete(delete);
        case RangeRequest range -> range(range, state, revision(), Model.this.revision());
        case TxnRequest txn -> {
          if (!nested) {
            check(txn);
          }
          boolean succeeded = txn.compares().stream().allMatch(this::holds);
          List<KvResponse> responses = new ArrayList<>();
          for (KvOp step : succeeded ? txn.success() : txn.failure()) {
            responses.add(step(step, false, true));
          }
          yield new TxnResponse(nested ? 0 : revision(), succeeded, responses);
        }
        case EmptyOp _ -> throw new Refused(KvError.KEY_NOT_FOUND);
      };
    }

    private void check(TxnRequest txn) throws Refused {
      boolean succeeded = txn.compares().stream().allMatch(this::holds);
      for (KvOp step : succeeded ? txn.success() : txn.failure()) {
        switch (step) {
          case RangeRequest range -> {
            if (range.revision() > Model.this.revision()) {
              throw new Refused(KvError.FUTURE_REVISION);
            }
            if (range.revision() != 0 && range.revision() < compacted) {
              throw new Refused(KvError.COMPACTED);
            }
          }
          case PutRequest put -> {
            if ((put.ignoreValue() || put.ignoreLease()) && !before.containsKey(put.key())) {
              throw new Refused(KvError.KEY_NOT_FOUND);
            }
            if (!leaseExists(put.lease())) {
              throw new Refused(KvError.LEASE_NOT_FOUND);
            }
          }
          case TxnRequest inner -> check(inner);
          case DeleteRangeRequest _, EmptyOp _ -> {}
        }
      }
    }

    private PutResponse put(PutRequest put, boolean alone) throws Refused {
      KeyValue old = state.get(put.key());
      if (alone && !leaseExists(put.lease())) {
        throw new Refused(KvError.LEASE_NOT_FOUND);
      }
      if (old == null && (put.ignoreValue() || put.ignoreLease())) {
        throw new Refused(KvError.KEY_NOT_FOUND);
      }
      changed = true;
      made.add(new Change(revision(), false, put.key()));
      KeyValue kv =
          new KeyValue(
              put.key(),
              old == null ? revision() : old.createRevision(),
              revision(),
              old == null ? 1 : old.version() + 1,
              put.ignoreValue() && old != null ? old.value() : put.value(),
              put.ignoreLease() && old != null ? old.lease() : put.lease());
      state.put(put.key(), kv);
      events.add(new Event(false, kv, old));
      return new PutResponse(revision(), put.prevKv() ? old : null);
    }

    private DeleteRangeResponse delete(DeleteRangeRequest delete) {
      List<KeyValue> gone = inRange(state, delete.key(), delete.rangeEnd());
      for (KeyValue kv : gone) {
        changed = true;
        state.remove(kv.key());
        made.add(new Change(revision(), true, kv.key()));
        events.add(new Event(true, new KeyValue(kv.key(), 0, revision(), 0, Bytes.EMPTY, 0), kv));
      }
      return new DeleteRangeResponse(revision(), gone.size(), delete.prevKv() ? gone : List.of());
    }

    private boolean holds(Compare compare) {
      List<KeyValue> kvs = inRange(before, compare.key(), compare.rangeEnd());
      if (kvs.isEmpty()) {
        return compare.target() != Compare.Target.VALUE && holds(compare, null);
      }
      return kvs.stream().allMatch(kv -> holds(compare, kv));
    }

    private boolean holds(Compare compare, @Nullable KeyValue kv) {
      int order =
          switch (compare.target()) {
            case VERSION -> Long.compare(kv == null ? 0 : kv.version(), compare.number());
            case CREATE -> Long.compare(kv == null ? 0 : kv.createRevision(), compare.number());
            case MOD -> Long.compare(kv == null ? 0 : kv.modRevision(), compare.number());
            case LEASE -> Long.compare(kv == null ? 0 : kv.lease(), compare.number());
            case VALUE -> kv == null ? 0 : kv.value().compareTo(compare.value());
            case UNRECOGNIZED -> 0;
          };
      return switch (compare.result()) {
        case EQUAL -> order == 0;
        case NOT_EQUAL -> order != 0;
        case GREATER -> order > 0;
        case LESS -> order < 0;
        case UNRECOGNIZED -> true;
      };
    }
  }

  private boolean leaseExists(long lease) {
    return lease == 0 || leases.containsKey(lease);
  }
}

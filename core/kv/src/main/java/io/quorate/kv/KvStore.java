package io.quorate.kv;

import io.quorate.base.Bytes;
import io.quorate.base.Checks;
import io.quorate.base.RowSink;
import io.quorate.base.Rows;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The store that changes: applies requests one after the other, and collects the rows that they
 * change until the caller takes them.
 *
 * <p>A batch is: any number of {@link #apply} calls, then one {@link #finish}, then the caller
 * writes what it was handed to the engine that {@link Rows} reads. Requests of a batch see what
 * earlier ones of it changed. Between {@code finish} and the engine's write nothing may be read.
 *
 * <p>What a write costs: one exact read of the key's newest row, and two rows written: the new
 * version, and the change with the old one. A deletion removes the newest row and writes that of
 * the generation that it ended. Rows of changes and generations are written once and, when
 * compaction has passed them, deleted once.
 *
 * <p>Owned by one thread: the loop of its group.
 */
public final class KvStore {
  private static final int STATE_BYTES = 1 + 5 * Long.BYTES;

  /** See {@link #firstRow}. */
  private static final byte FIRST_ROW = 'A';

  private final Rows rows;
  private final PendingRows pending;
  private final SideRows side;
  private final Leases leases;
  private final AuthChanges authChanges;
  private final Authorizer authorizer;
  private final Alarms alarms;
  private final KnownGaps gaps = new KnownGaps();
  private final CreationOrders orders;

  /** The version that the change under way finds; decoded in place. */
  private final StoredVersion old = new StoredVersion();

  private long revision = 1;
  private long compactedRevision = -1;

  /** Changes that the request under way has made: the sub-revision of its next. */
  private int changes;

  private StoreObserver observer = StoreObserver.NONE;

  /** What the request under way has done, if anybody wants to know. */
  private List<Event> events = List.of();

  /** See {@link StateHash}. */
  private long totalSum;

  private long garbageSum;
  private long forgottenSum;
  private boolean stateChanged;

  private KvStore(Rows rows) {
    this.rows = rows;
    this.pending = new PendingRows(rows);
    this.side = SideRows.open(pending);
    this.leases = Leases.open(side, pending);
    AuthState auth = AuthState.open(side);
    this.authChanges = new AuthChanges(auth);
    this.authorizer = new Authorizer(auth, lease -> Leases.keys(pending, lease));
    this.alarms = Alarms.open(side);
    this.orders = CreationOrders.open(side, pending);
  }

  /**
   * Opens the store that the rows hold; an empty one if they hold none.
   *
   * @throws io.quorate.base.QuorateException.Corrupt if the rows are damaged or of a newer format
   */
  public static KvStore open(Rows rows) {
    KvStore store = new KvStore(rows);
    byte[] row = RowFormat.stateRow();
    byte[] state = rows.get(row);
    if (state != null) {
      RowFormat.formatByte(row, state);
      if (state.length != STATE_BYTES) {
        throw RowFormat.damaged("the store's state has another length", row);
      }
      store.revision = RowFormat.getLong(state, 1);
      store.compactedRevision = RowFormat.getLong(state, 1 + Long.BYTES);
      store.totalSum = RowFormat.getLong(state, 1 + 2 * Long.BYTES);
      store.garbageSum = RowFormat.getLong(state, 1 + 3 * Long.BYTES);
      store.forgottenSum = RowFormat.getLong(state, 1 + 4 * Long.BYTES);
      if (store.revision < 1
          || store.compactedRevision < -1
          || store.compactedRevision > store.revision) {
        throw RowFormat.damaged("the store's revisions make no sense", row);
      }
    }
    return store;
  }

  /** Where a store's rows begin: those before belong to what is around it, a member's group. */
  public static byte[] firstRow() {
    return new byte[] {FIRST_ROW};
  }

  /** A store of keys that came from elsewhere, without history; see {@link ImportedStore}. */
  static KvStore imported(Rows rows, long revision, Collection<Lease> leases) {
    KvStore store = new KvStore(rows);
    store.revision = revision;
    store.compactedRevision = revision;
    store.totalSum = StateHash.contentSum(rows, revision);
    store.stateChanged = true;
    leases.forEach(store.leases::put);
    return store;
  }

  /** The revision after the last request applied; 1 for an empty store. */
  public long revision() {
    return revision;
  }

  /** The oldest revision that can be read, or −1 if nothing was compacted yet. */
  public long compactedRevision() {
    return compactedRevision;
  }

  /** From now on {@code next} hears what requests do, and nobody else. */
  public void observe(StoreObserver next) {
    observer = next;
  }

  /** A lease, or null; as of the last request applied. */
  public @Nullable Lease lease(long id) {
    return leases.find(id);
  }

  /** All leases, in the order of their numbers; a view that changes with the next request. */
  public Collection<Lease> leases() {
    return leases.all();
  }

  /** Who may do what, as of the last request applied. */
  public Authorizer authorizer() {
    return authorizer;
  }

  /** The alarms that are raised, by kind and member; a view that changes with the next request. */
  public Collection<Alarm> alarms() {
    return alarms.all();
  }

  /** Whether a request adds to the state, in whichever branch: what a full group refuses. */
  public static boolean grows(KvRequest request) {
    return Alarms.grows(request);
  }

  /** How many bytes a request may add to the state, roughly, as etcd reckons it; 0 if none. */
  public static long growth(KvRequest request) {
    return Alarms.growth(request);
  }

  /**
   * The hash over the revisions, all versions that compaction hasn't forgotten, and the rows beside
   * them.
   */
  public long stateHash() {
    return StateHash.of(revision, compactedRevision, totalSum - forgottenSum + side.sum());
  }

  /**
   * The state hash computed anew from all rows, at the cost of reading them: it differs from {@link
   * #stateHash} if they are damaged. Only between batches.
   */
  public long recomputedStateHash() {
    long content = StateHash.contentSum(rows, compactedRevision) + SideRows.recomputedSum(rows);
    return StateHash.of(revision, compactedRevision, content);
  }

  /**
   * Carries out a request, or refuses it unchanged.
   *
   * @param request validated by {@link KvValidator}
   * @param principal for whom; whether it may is decided here, by what is applied so far
   * @param answered whether someone waits for the answer; if not, whatever only the answer needs is
   *     skipped and an answer without content returned. What changes is the same
   */
  public KvResult apply(KvRequest request, Principal principal, boolean answered) {
    Checks.that(changes == 0, "a request with %d changes was not closed", changes);
    if (authorizer.enabled()) {
      KvError refused = authorizer.check(principal, request);
      if (refused != null) {
        return new KvFailure(refused);
      }
    }
    KvError full = alarms.refusal(request);
    if (full != null) {
      return new KvFailure(full);
    }
    if (observer.wantsEvents()) {
      events = new ArrayList<>();
    }
    KvResult result =
        switch (request) {
          case PutRequest put -> put(put, answered);
          case TxnRequest txn -> txn(txn, answered);
          case DeleteRangeRequest delete -> deleteRange(delete, answered);
          case RangeRequest range -> reader(pending).range(range);
          case ComputedRequest computed -> computed.carryOut(new Step(answered));
          case CompactRequest compact -> compact(compact.revision());
          case LeaseRequest lease -> lease(lease);
          case AuthRequest auth -> authChanges.apply(auth, revision);
          case AlarmRequest alarm -> alarms.apply(alarm, revision);
          case EmptyOp _ -> new KvFailure(KvError.KEY_NOT_FOUND);
        };
    closeRevision();
    events = List.of();
    return result;
  }

  /**
   * Makes a state that was put back into one that nobody has seen the like of: alarms are taken
   * back, and the revision moves on, with all before it compacted. Whoever remembers a revision
   * from after the backup (a watcher, a cache) asks for one that is compacted, or lower than any
   * that is new, and so learns that it must begin anew.
   *
   * @param revisions by how much; 0 leaves revision and history as they are
   */
  public void restored(long revisions) {
    Checks.that(revisions >= 0 && revisions <= Long.MAX_VALUE - revision, "bump=%d", revisions);
    for (Alarm alarm : List.copyOf(alarms.all())) {
      apply(new AlarmClearRequest(alarm.member(), alarm.kind(), false), Principal.MEMBER, false);
    }
    if (revisions > 0) {
      revision += revisions;
      forgottenSum = garbageSum;
      compactedRevision = revision;
      stateChanged = true;
    }
  }

  /** What a computed request may do. */
  private final class Step implements KvStep {
    private final boolean answered;
    private boolean done;

    Step(boolean answered) {
      this.answered = answered;
    }

    @Override
    public KvReader reader() {
      Checks.that(!done, "read behind what was done");
      return KvStore.this.reader(pending);
    }

    @Override
    public boolean isAnswered() {
      return answered;
    }

    @Override
    public boolean isVacant(Bytes key, Bytes rangeEnd) {
      if (gaps.covers(key, rangeEnd)) {
        return true;
      }
      try (VersionScan scan = reader().scan(key, rangeEnd, revision)) {
        if (scan.next()) {
          return false;
        }
      }
      gaps.learn(key, rangeEnd);
      return true;
    }

    @Override
    public void follow(Bytes prefix, boolean grouped) {
      Checks.that(!done, "followed behind what was done");
      orders.follow(prefix, grouped, revision + 1);
    }

    @Override
    public KvResult txn(TxnRequest txn) {
      Checks.that(!done, "a second transaction");
      done = true;
      return KvStore.this.txn(txn, answered);
    }
  }

  /** What was changed since the last call becomes a revision, if anything was. */
  private void closeRevision() {
    if (changes == 0) {
      return;
    }
    revision++;
    changes = 0;
    stateChanged = true;
    if (observer.wantsEvents()) {
      observer.changed(revision, events);
      events = new ArrayList<>();
    }
  }

  /** Hands over the rows that the batch changed, and begins the next batch. */
  public void finish(RowSink sink) {
    pending.drainTo(sink);
    side.finish(sink);
    if (stateChanged) {
      sink.put(RowFormat.stateRow(), encodeState());
      stateChanged = false;
    }
  }

  /**
   * A reader of the present state: over the store's own rows between batches (never during one), or
   * over a view of the same state for another thread.
   */
  public KvReader reader(Rows view) {
    return new KvReader(view, revision, compactedRevision);
  }

  /**
   * The work that is left of past compactions, or null if there is none.
   *
   * @param view rows that the job reads, at the present state or later; on any thread
   */
  public @Nullable CompactionJob compaction(Rows view) {
    return CompactionJob.resume(view, compactedRevision);
  }

  private byte[] encodeState() {
    byte[] state = new byte[STATE_BYTES];
    state[0] = RowFormat.FORMAT;
    RowFormat.setLong(state, 1, revision);
    RowFormat.setLong(state, 1 + Long.BYTES, compactedRevision);
    RowFormat.setLong(state, 1 + 2 * Long.BYTES, totalSum);
    RowFormat.setLong(state, 1 + 3 * Long.BYTES, garbageSum);
    RowFormat.setLong(state, 1 + 4 * Long.BYTES, forgottenSum);
    return state;
  }

  /** The revision that the request under way shows: the new one from its first change on. */
  private long shownRevision() {
    return changes == 0 ? revision : revision + 1;
  }

  private KvResult put(PutRequest put, boolean answered) {
    if (put.lease() != 0 && !leases.exists(put.lease())) {
      return new KvFailure(KvError.LEASE_NOT_FOUND);
    }
    Bytes key = put.key();
    byte[] row = RowFormat.newestRow(key);
    byte[] oldStored = gaps.covers(key) ? null : pending.get(row);
    if (oldStored != null) {
      old.decode(row, oldStored);
    } else if (put.ignoreValue() || put.ignoreLease()) {
      return new KvFailure(KvError.KEY_NOT_FOUND);
    }
    boolean exists = oldStored != null;
    long main = revision + 1;
    long oldLease = exists ? old.lease() : 0;
    long lease = put.ignoreLease() ? oldLease : put.lease();
    Bytes value = put.ignoreValue() ? old.value() : put.value();
    byte[] stored =
        exists
            ? old.successor(main, changes, lease, value)
            : StoredVersion.first(main, changes, lease, value);
    KeyValue prevKv = answered && put.prevKv() && exists ? old.toKeyValue(key, true) : null;

    long keyHash = StoredVersion.keyHash(key);
    pending.put(row, stored);
    if (!exists) {
      gaps.put(key);
      totalSum += orders.created(key, main);
    }
    recordChange(key, keyHash, exists, false);
    totalSum += StoredVersion.hash(keyHash, stored);
    leases.move(key, oldLease, lease);
    if (observer.wantsEvents()) {
      addPut(key, exists, lease, value);
    }
    return new PutResponse(shownRevision(), prevKv);
  }

  private DeleteRangeResponse deleteRange(DeleteRangeRequest delete, boolean answered) {
    if (KeyRange.isEmpty(delete.key(), delete.rangeEnd())) {
      return new DeleteRangeResponse(shownRevision(), 0, List.of());
    }
    // Collected before the first is deleted: a scan doesn't live through changes of what it scans.
    List<byte[]> found = new ArrayList<>();
    List<byte[]> versions = new ArrayList<>();
    if (KeyRange.isSingle(delete.rangeEnd())) {
      byte[] row = RowFormat.newestRow(delete.key());
      byte[] stored = pending.get(row);
      if (stored != null) {
        found.add(row);
        versions.add(stored);
      }
    } else {
      byte[] from = RowFormat.newestRow(delete.key());
      try (var scan = pending.scan(from, KeyRange.newestEnd(delete.rangeEnd()))) {
        while (scan.next()) {
          found.add(scan.key());
          versions.add(scan.value());
        }
      }
    }
    boolean wanted = answered && delete.prevKv();
    List<KeyValue> prevKvs = wanted ? new ArrayList<>(found.size()) : List.of();
    for (int i = 0; i < found.size(); i++) {
      byte[] row = found.get(i);
      Bytes key = RowFormat.keyOfNewest(row);
      old.decode(row, versions.get(i));
      if (wanted) {
        prevKvs.add(old.toKeyValue(key, true));
      }
      deleteOne(row, key);
    }
    return new DeleteRangeResponse(shownRevision(), found.size(), prevKvs);
  }

  /** Deletes the key whose newest version is in {@link #old}. */
  private void deleteOne(byte[] row, Bytes key) {
    leases.move(key, old.lease(), 0);
    if (observer.wantsEvents()) {
      addDelete(key);
    }
    pending.delete(row);
    totalSum -= orders.deleted(key, old.createRevision());
    pending.append(
        RowFormat.generationRow(key, revision + 1, changes),
        StoredGeneration.encode(old.createRevision()));
    recordChange(key, StoredVersion.keyHash(key), true, true);
  }

  /** Writes the next change, which takes the version in {@link #old}, if there is one. */
  private void recordChange(Bytes key, long keyHash, boolean exists, boolean deletion) {
    pending.append(
        RowFormat.changeRow(revision + 1, changes),
        StoredChange.encode(deletion, garbageSum, key, exists ? old : null));
    long hash =
        StoredChange.hash(keyHash, revision + 1, changes, deletion ? old.createRevision() : 0);
    totalSum += hash;
    garbageSum += hash + (exists ? old.hash(keyHash) : 0);
    changes++;
  }

  private KvResult txn(TxnRequest txn, boolean answered) {
    KvReader before = reader(pending);
    TxnPath path = TxnPath.choose(before, gaps, txn);
    KvError error = path.check(leases::exists, txn);
    if (error != null) {
      return new KvFailure(error);
    }
    path.rewind();
    long totalBefore = totalSum;
    long garbageBefore = garbageSum;
    pending.mark();
    List<KvResponse> responses = new ArrayList<>();
    boolean succeeded = path.next();
    error = steps(succeeded ? txn.success() : txn.failure(), path, answered, responses);
    if (error != null) {
      pending.undo();
      totalSum = totalBefore;
      garbageSum = garbageBefore;
      changes = 0;
      events = new ArrayList<>();
      return new KvFailure(error);
    }
    pending.keep();
    return new TxnResponse(shownRevision(), succeeded, responses);
  }

  /**
   * Carries out the steps of a branch. What could fail was checked; yet a put that keeps the value
   * can lose its key to a deletion without end earlier in the transaction, which no validation, as
   * etcd's, sees. Then the transaction fails like any other.
   */
  private @Nullable KvError steps(
      List<KvOp> ops, TxnPath path, boolean answered, List<KvResponse> responses) {
    for (KvOp op : ops) {
      switch (op) {
        case PutRequest put -> {
          switch (put(put, answered)) {
            case KvResponse response -> responses.add(response);
            case KvFailure failure -> {
              return failure.error();
            }
          }
        }
        case DeleteRangeRequest delete -> responses.add(deleteRange(delete, answered));
        case RangeRequest range -> {
          if (answered) {
            responses.add(
                new KvReader(pending, shownRevision(), compactedRevision).rangeChecked(range));
          }
        }
        case TxnRequest nested -> {
          List<KvResponse> inner = new ArrayList<>();
          boolean succeeded = path.next();
          KvError error =
              steps(succeeded ? nested.success() : nested.failure(), path, answered, inner);
          if (error != null) {
            return error;
          }
          responses.add(new TxnResponse(0, succeeded, inner));
        }
        case EmptyOp _ -> {
          return KvError.KEY_NOT_FOUND;
        }
      }
    }
    return null;
  }

  private void addPut(Bytes key, boolean exists, long lease, Bytes value) {
    long main = revision + 1;
    KeyValue put =
        new KeyValue(
            key,
            exists ? old.createRevision() : main,
            main,
            exists ? old.version() + 1 : 1,
            value,
            lease);
    events.add(new Event(false, put, exists ? old.toKeyValue(key, true) : null));
  }

  private void addDelete(Bytes key) {
    KeyValue deleted = new KeyValue(key, 0, revision + 1, 0, Bytes.EMPTY, 0);
    events.add(new Event(true, deleted, old.toKeyValue(key, true)));
  }

  private KvResult lease(LeaseRequest request) {
    return switch (request) {
      case LeaseGrantRequest grant -> {
        if (leases.exists(grant.id())) {
          yield new KvFailure(KvError.LEASE_EXISTS);
        }
        Lease lease = new Lease(grant.id(), grant.ttlSeconds(), 0);
        leases.put(lease);
        observer.leaseGranted(lease);
        yield new LeaseGrantResponse(revision, lease);
      }
      case LeaseRevokeRequest revoke -> {
        if (!leases.exists(revoke.id())) {
          yield new KvFailure(KvError.LEASE_NOT_FOUND);
        }
        endLease(revoke.id());
        yield new LeaseChangeResponse(revision);
      }
      case LeaseExpireRequest expire -> {
        for (long id : expire.ids()) {
          if (leases.exists(id)) {
            endLease(id);
          }
        }
        yield new LeaseChangeResponse(revision);
      }
      case LeaseCheckpointRequest checkpoint -> {
        for (LeaseCheckpointRequest.Remaining each : checkpoint.remaining()) {
          Lease lease = leases.find(each.id());
          if (lease != null) {
            leases.put(new Lease(lease.id(), lease.ttlSeconds(), each.seconds()));
          }
        }
        yield new LeaseChangeResponse(revision);
      }
    };
  }

  /** Deletes a lease's keys, as a revision if there are any, and then the lease. */
  private void endLease(long id) {
    for (Bytes key : Leases.keys(pending, id)) {
      byte[] row = RowFormat.newestRow(key);
      byte[] stored = pending.get(row);
      if (stored == null) {
        throw RowFormat.damaged("a key that is attached to a lease doesn't exist", row);
      }
      old.decode(row, stored);
      deleteOne(row, key);
    }
    leases.remove(id);
    closeRevision();
    observer.leaseEnded(id);
  }

  private KvResult compact(long target) {
    if (target <= compactedRevision) {
      return new KvFailure(KvError.COMPACTED);
    }
    if (target > revision) {
      return new KvFailure(KvError.FUTURE_REVISION);
    }
    forgottenSum = garbageUpTo(target);
    compactedRevision = target;
    stateChanged = true;
    return new CompactResponse(revision);
  }

  /** The hash sum of what the changes up to a revision made garbage. */
  private long garbageUpTo(long target) {
    if (target == revision) {
      return garbageSum;
    }
    if (target < 1) {
      return 0;
    }
    byte[] row = RowFormat.changeRow(target + 1, 0);
    byte[] next = pending.get(row);
    if (next == null) {
      throw RowFormat.damaged("the first change of a revision is missing", row);
    }
    return StoredChange.garbageBefore(row, next);
  }
}

package io.quorate.kv;

import io.quorate.base.Bytes;
import io.quorate.base.Checks;
import io.quorate.base.RowCursor;
import io.quorate.base.Rows;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads the store as it was at one moment.
 *
 * <p>It keeps nothing between calls: with rows that don't change (a view of the engine) and the
 * revisions that belong to them, it may be used on any thread, as long as the rows may. What it
 * returns shares arrays with the rows.
 */
public final class KvReader {
  private final Rows rows;
  private final long revision;
  private final long compactedRevision;

  /**
   * A reader of rows.
   *
   * @param rows the rows, in the state that {@code revision} left them
   * @param revision the store's revision, for the header and the bound of what may be read
   * @param compactedRevision the oldest readable revision, or −1 if nothing was compacted yet
   */
  public KvReader(Rows rows, long revision, long compactedRevision) {
    this.rows = rows;
    this.revision = revision;
    this.compactedRevision = compactedRevision;
  }

  /** The revision of the store that is read. */
  public long revision() {
    return revision;
  }

  /** The oldest readable revision, or −1 if nothing was compacted yet. */
  public long compactedRevision() {
    return compactedRevision;
  }

  /** Answers a range; the failure is COMPACTED or FUTURE_REVISION. */
  public KvResult range(RangeRequest request) {
    long at = request.revision() <= 0 ? revision : request.revision();
    KvError error = readable(at);
    if (error != null) {
      return new KvFailure(error);
    }
    if (KeyRange.isSingle(request.rangeEnd())) {
      return single(request, at);
    }
    RangeSelection selection = new RangeSelection(request);
    if (!KeyRange.isEmpty(request.key(), request.rangeEnd())) {
      try (VersionScan scan = scan(request.key(), request.rangeEnd(), at)) {
        selection.addAll(scan);
      }
    }
    return selection.response(revision);
  }

  /** Why nothing can be read at a revision, or null if it can. */
  @Nullable KvError readable(long at) {
    return at > revision
        ? KvError.FUTURE_REVISION
        : at < compactedRevision ? KvError.COMPACTED : null;
  }

  /** One key: nothing to sort, and no limit that it could exceed. */
  private RangeResponse single(RangeRequest request, long at) {
    StoredVersion version = new StoredVersion();
    if (!find(request.key(), at, version)) {
      return new RangeResponse(revision, List.of(), false, 0);
    }
    List<KeyValue> kvs =
        request.countOnly() || !RangeSelection.passes(request, version)
            ? List.of()
            : List.of(version.toKeyValue(request.key(), !request.keysOnly()));
    return new RangeResponse(revision, kvs, false, 1);
  }

  /**
   * Answers a transaction that changes nothing ({@link TxnRequest#readOnly}).
   *
   * @throws IllegalArgumentException if it could change something
   */
  public KvResult txn(TxnRequest request) {
    if (!request.readOnly()) {
      throw new IllegalArgumentException("the transaction is not read-only");
    }
    TxnPath path = TxnPath.choose(this, KnownGaps.NONE, request);
    KvError error = path.check(_ -> false, request);
    if (error != null) {
      return new KvFailure(error);
    }
    path.rewind();
    return read(request, path, revision);
  }

  private TxnResponse read(TxnRequest txn, TxnPath path, long headerRevision) {
    boolean succeeded = path.next();
    List<KvOp> ops = succeeded ? txn.success() : txn.failure();
    List<KvResponse> responses = new ArrayList<>(ops.size());
    for (KvOp op : ops) {
      switch (op) {
        case RangeRequest range -> responses.add(rangeChecked(range));
        case TxnRequest nested -> responses.add(read(nested, path, 0));
        case EmptyOp _, PutRequest _, DeleteRangeRequest _ -> {}
      }
    }
    return new TxnResponse(headerRevision, succeeded, responses);
  }

  /** A range whose revision was checked with its transaction. */
  KvResponse rangeChecked(RangeRequest range) {
    return switch (range(range)) {
      case KvResponse response -> response;
      case KvFailure failure -> throw Checks.unreachable("a checked range failed: " + failure);
    };
  }

  /** The newest version of a key, or null if it doesn't exist. */
  public @Nullable KeyValue get(Bytes key) {
    StoredVersion version = new StoredVersion();
    return find(key, revision, version) ? version.toKeyValue(key, true) : null;
  }

  /**
   * The revisions from {@code from} on, which is at least the compacted one, up to that which is
   * read. The caller closes it.
   */
  public History history(long from) {
    Checks.that(from >= compactedRevision, "from=%d compacted=%d", from, compactedRevision);
    return new History(this, from);
  }

  /**
   * The hash of the keys, their versions and their leases as they are and were up to a revision; of
   * whoever has the same content after the same compaction it is the same.
   *
   * @param revision from the compacted one to that which is read
   */
  public long hash(long revision) {
    Checks.that(
        revision >= compactedRevision && revision <= this.revision,
        "revision=%d compacted=%d",
        revision,
        compactedRevision);
    return StateHash.upTo(this, revision);
  }

  /** The keys that are attached to a lease, in key order; none of a lease that isn't. */
  public List<Bytes> leaseKeys(long lease) {
    return Leases.keys(rows, lease);
  }

  /**
   * From which revision on the keys of a followed prefix are also found in the order of their
   * creation; {@link Long#MAX_VALUE} if it isn't followed. See {@link KvStep#follow}.
   */
  public long followedSince(Bytes prefix) {
    return CreationOrders.since(rows, prefix);
  }

  /**
   * The keys of a group that were created from a revision on, and are still there.
   *
   * @param group a prefix that is followed, or one of its groups, its end included
   */
  public CreationScan createdFrom(Bytes group, long revision) {
    return new CreationScan(rows, group, revision);
  }

  /** The keys of a range as they are now, in order, at most so many. */
  public List<KeyValue> first(Bytes key, Bytes rangeEnd, int limit) {
    List<KeyValue> kvs = new ArrayList<>();
    try (VersionScan scan = scan(key, rangeEnd, revision)) {
      while (kvs.size() < limit && scan.next()) {
        kvs.add(scan.version().toKeyValue(scan.key(), true));
      }
    }
    return kvs;
  }

  /**
   * How a range ends.
   *
   * @param last its last key; null if it has none, or more than were to be passed
   * @param passed how many keys were passed to find it
   * @param bytes how many bytes their values have
   */
  public record RangeTail(@Nullable Bytes last, int passed, long bytes) {}

  /**
   * Looks for the last key of a range, as it is now, by passing all of them.
   *
   * @param keysMax how many may be passed
   * @param bytesMax how many bytes the values of those may have of which one more is passed
   */
  public RangeTail tail(Bytes key, Bytes rangeEnd, int keysMax, long bytesMax) {
    int passed = 0;
    long bytes = 0;
    Bytes last = null;
    try (VersionScan scan = scan(key, rangeEnd, revision)) {
      while (scan.next()) {
        if (passed == keysMax || bytes > bytesMax) {
          return new RangeTail(null, passed, bytes);
        }
        passed++;
        bytes += scan.version().value().length();
        last = scan.key();
      }
    }
    return new RangeTail(last, passed, bytes);
  }

  /** The rows that are read. */
  Rows rows() {
    return rows;
  }

  /** Decodes the newest version of a key into {@code into}; false if there is none. */
  boolean findNewest(Bytes key, StoredVersion into) {
    byte[] row = RowFormat.newestRow(key);
    byte[] stored = rows.get(row);
    if (stored == null) {
      return false;
    }
    into.decode(row, stored);
    return true;
  }

  /** The keys of a range that exist at a readable revision. */
  VersionScan scan(Bytes key, Bytes rangeEnd, long at) {
    return at == revision
        ? VersionScan.newest(rows, key, rangeEnd)
        : VersionScan.at(rows, key, rangeEnd, at);
  }

  /** Decodes the version of a key that is visible at a revision; false if there is none. */
  boolean find(Bytes key, long at, StoredVersion into) {
    if (findNewest(key, into) && into.createRevision() <= at) {
      into.goBack(rows, key, at);
      return true;
    }
    if (at == revision) {
      return false;
    }
    byte[] from = RowFormat.generationRow(key, at + 1, 0);
    try (RowCursor ended = rows.scan(from, RowFormat.afterGenerations(key))) {
      if (!ended.next()) {
        return false;
      }
      byte[] row = ended.key();
      byte[] stored = ended.value();
      if (StoredGeneration.createRevision(row, stored) > at) {
        return false;
      }
      StoredGeneration.find(rows, row, stored, at, into);
      return true;
    }
  }
}

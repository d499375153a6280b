package io.quorate.machine;

import io.quorate.base.Bytes;
import io.quorate.base.Checks;
import io.quorate.base.ErrorCode;
import io.quorate.base.Hash64;
import io.quorate.base.QuorateException;
import io.quorate.base.RowSink;
import io.quorate.base.Rows;
import io.quorate.kv.Alarm;
import io.quorate.kv.Authorizer;
import io.quorate.kv.CompactionJob;
import io.quorate.kv.KvReader;
import io.quorate.kv.KvRequest;
import io.quorate.kv.KvResult;
import io.quorate.kv.KvStore;
import io.quorate.kv.Lease;
import io.quorate.kv.LeaseChangeResponse;
import io.quorate.kv.LeaseCheckpointRequest;
import io.quorate.kv.LeaseExpireRequest;
import io.quorate.kv.Principal;
import io.quorate.kv.StoreObserver;
import java.nio.ByteBuffer;
import java.util.Collection;
import org.jspecify.annotations.Nullable;

/**
 * One group's state, as far as its log has been applied.
 *
 * <p>The node applies committed, locally durable entries in batches: {@link #apply}, {@link
 * #applyConfiguration} or {@link #applyNothing} once for each entry in order, then {@link #finish}
 * with the engine's batch, then the engine writes that batch. A read ({@link #latest}, {@link
 * #reader}) is allowed before the first entry of a batch and after the engine has written it, not
 * in between.
 *
 * <p>Owned by one thread: the loop of its group.
 */
public final class Machine {
  /** First byte of the rows that hold each key's newest version: what an engine's cache is for. */
  public static final byte NEWEST_ROWS = 'N';

  /** First byte of the rows that hold the changes: they come in the order of revisions. */
  public static final byte CHANGE_ROWS = 'R';

  private static final byte FORMAT = 1;
  private static final byte[] APPLIED_ROW = {1, 'a'};
  private static final byte[] CONFIGURATION_ROW = {1, 'c'};
  private static final int APPLIED_BYTES = 1 + 2 * Long.BYTES;

  private final Rows rows;
  private final KvStore store;
  private long appliedIndex;
  private long appliedTerm;
  private Bytes configuration = Bytes.EMPTY;
  private long configurationHash = Hash64.of(Bytes.EMPTY, 0);
  private boolean configurationChanged;

  /** The applied index that the last batch wrote. */
  private long finishedIndex;

  private Machine(Rows rows) {
    this.rows = rows;
    this.store = KvStore.open(rows);
  }

  /**
   * Opens the state that the rows hold: a new group's if they hold none.
   *
   * @param rows what the engine holds, always at its newest; kept for all reads
   * @throws QuorateException.Corrupt if the rows are damaged or of a newer format
   */
  public static Machine open(Rows rows) {
    Machine machine = new Machine(rows);
    byte[] applied = read(rows, APPLIED_ROW);
    if (applied != null) {
      if (applied.length != APPLIED_BYTES) {
        throw damaged(APPLIED_ROW, "it has another length");
      }
      ByteBuffer buffer = ByteBuffer.wrap(applied, 1, APPLIED_BYTES - 1);
      machine.appliedIndex = buffer.getLong();
      machine.appliedTerm = buffer.getLong();
      if (machine.appliedIndex <= 0 || machine.appliedTerm < 0) {
        throw damaged(APPLIED_ROW, "its numbers make no sense");
      }
    }
    byte[] configuration = read(rows, CONFIGURATION_ROW);
    if (configuration != null) {
      machine.configuration = Bytes.wrap(configuration, 1, configuration.length - 1);
      machine.configurationHash = Hash64.of(machine.configuration, 0);
    }
    machine.finishedIndex = machine.appliedIndex;
    return machine;
  }

  /**
   * The machine's rows of a state that was put back.
   *
   * @param index the entry that the state counts as, and the group's log begins behind
   * @param term that entry's term
   * @param configuration who belongs to the group, in the node's own encoding
   */
  public static void restored(long index, long term, Bytes configuration, RowSink sink) {
    sink.put(APPLIED_ROW, applied(index, term));
    sink.put(CONFIGURATION_ROW, stored(configuration));
  }

  /** Index of the last entry applied; 0 before the first. */
  public long appliedIndex() {
    return appliedIndex;
  }

  /** Term of the last entry applied; 0 before the first. */
  public long appliedTerm() {
    return appliedTerm;
  }

  /** The configuration last applied, as the node encoded it; empty if none was. */
  public Bytes configuration() {
    return configuration;
  }

  /** Equal on all members at an equal {@link #appliedIndex}. */
  public long stateHash() {
    return Hash64.combine(store.stateHash(), configurationHash);
  }

  /**
   * The state hash computed anew from all rows, at the cost of reading them; it differs from {@link
   * #stateHash} if they are damaged. Only between batches.
   */
  public long recomputedStateHash() {
    return Hash64.combine(store.recomputedStateHash(), Hash64.of(configuration, 0));
  }

  /** From now on {@code observer} hears what commands do, and nobody else. */
  public void observe(StoreObserver observer) {
    store.observe(observer);
  }

  /** A lease, or null; as of the last command applied. */
  public @Nullable Lease lease(long id) {
    return store.lease(id);
  }

  /** The alarms that are raised; a view that changes with the next command. */
  public Collection<Alarm> alarms() {
    return store.alarms();
  }

  /** All leases, in the order of their numbers; a view that changes with the next command. */
  public Collection<Lease> leases() {
    return store.leases();
  }

  /** Who may do what, as of the last command applied. */
  public Authorizer authorizer() {
    return store.authorizer();
  }

  /** The store's revision. */
  public long revision() {
    return store.revision();
  }

  /** The oldest readable revision, or −1 if nothing was compacted yet. */
  public long compactedRevision() {
    return store.compactedRevision();
  }

  /**
   * Applies a command.
   *
   * @param index the entry's index, one after the last applied
   * @param term the entry's term, at least that of the last applied
   * @param payload the entry's bytes, as {@link CommandCodec} wrote them; never changed again
   * @param answered whether a caller of this member waits; if not, whatever only the answer needs
   *     is skipped
   * @return the result for the proposer
   * @throws QuorateException.Corrupt if the payload can't be read; the group stops
   */
  public KvResult apply(long index, long term, Bytes payload, boolean answered) {
    CommandReader in = CommandCodec.openBehindProposal(payload);
    Principal principal = PrincipalCodec.read(in);
    KvRequest request = RequestCodec.read(in);
    in.end();
    return apply(index, term, principal, request, answered);
  }

  /**
   * Applies a command whose request the caller still has, on the member that proposed it: the
   * payload is not decoded again.
   *
   * @param principal what {@code CommandCodec.decode(payload).principal()} would give
   * @param request what {@code CommandCodec.decode(payload).request()} would give
   */
  public KvResult apply(
      long index, long term, Principal principal, KvRequest request, boolean answered) {
    advance(index, term);
    return isOfTerm(request, term)
        ? store.apply(request, principal, answered)
        : new LeaseChangeResponse(store.revision());
  }

  /** What a leader decides by its own clock counts in its own term only. */
  private static boolean isOfTerm(KvRequest request, long term) {
    return switch (request) {
      case LeaseExpireRequest expire -> expire.term() == term;
      case LeaseCheckpointRequest checkpoint -> checkpoint.term() == term;
      default -> true;
    };
  }

  /** Applies an entry without a command, such as a leader's first. */
  public void applyNothing(long index, long term) {
    advance(index, term);
  }

  /**
   * Applies a change of membership.
   *
   * @param configuration the new configuration, in the node's own encoding; kept and handed back
   */
  public void applyConfiguration(long index, long term, Bytes configuration) {
    advance(index, term);
    this.configuration = configuration.compact();
    configurationHash = Hash64.of(this.configuration, 0);
    configurationChanged = true;
  }

  /**
   * Hands over all rows that changed since the last call, the applied index among them, and begins
   * the next batch.
   *
   * @return whether there was anything to write
   */
  public boolean finish(RowSink sink) {
    if (appliedIndex == finishedIndex) {
      return false;
    }
    store.finish(sink);
    if (configurationChanged) {
      sink.put(CONFIGURATION_ROW, stored(configuration));
      configurationChanged = false;
    }
    sink.put(APPLIED_ROW, applied(appliedIndex, appliedTerm));
    finishedIndex = appliedIndex;
    return true;
  }

  /** Reads the newest state through the rows that the machine was opened with. */
  public KvReader latest() {
    return reader(rows);
  }

  /**
   * Reads the present state through a view of the engine taken in the same turn of the loop; the
   * reader may then go to another thread.
   */
  public KvReader reader(Rows view) {
    checkBetweenBatches();
    return store.reader(view);
  }

  /**
   * The work that past compactions have left, or null if there is none. Its steps' deletions go to
   * the engine in batches of their own.
   *
   * @param view what the job reads; a view of the present state or the engine's rows
   */
  public @Nullable CompactionJob compaction(Rows view) {
    checkBetweenBatches();
    return store.compaction(view);
  }

  private void checkBetweenBatches() {
    Checks.that(
        appliedIndex == finishedIndex,
        "read within a batch: applied %d, finished %d",
        appliedIndex,
        finishedIndex);
  }

  private void advance(long index, long term) {
    Checks.that(index == appliedIndex + 1, "entry %d after %d", index, appliedIndex);
    Checks.that(term >= appliedTerm && term > 0, "term %d after %d", term, appliedTerm);
    appliedIndex = index;
    appliedTerm = term;
  }

  private static byte[] applied(long index, long term) {
    return ByteBuffer.allocate(APPLIED_BYTES).put(FORMAT).putLong(index).putLong(term).array();
  }

  private static byte[] stored(Bytes configuration) {
    byte[] value = new byte[1 + configuration.length()];
    value[0] = FORMAT;
    configuration.copyTo(value, 1);
    return value;
  }

  private static byte @Nullable [] read(Rows rows, byte[] row) {
    byte[] value = rows.get(row);
    if (value != null && (value.length == 0 || value[0] != FORMAT)) {
      throw damaged(row, "its format is not " + FORMAT);
    }
    return value;
  }

  private static QuorateException damaged(byte[] row, String what) {
    return QuorateException.of(
        ErrorCode.DATA_DAMAGED,
        "the machine's row " + Bytes.copyOf(row) + " can't be read: " + what);
  }
}

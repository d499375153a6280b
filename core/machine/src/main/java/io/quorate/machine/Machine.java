package io.quorate.machine;

import io.quorate.base.Bytes;
import io.quorate.base.RowSink;
import io.quorate.base.Rows;
import io.quorate.kv.CompactionJob;
import io.quorate.kv.KvReader;
import io.quorate.kv.KvRequest;
import io.quorate.kv.KvResult;
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
@SuppressWarnings("DoNotCallSuggester")
public final class Machine {
  /** First byte of the rows that hold each key's newest version: what an engine's cache is for. */
  public static final byte NEWEST_ROWS = 'N';

  private final Rows rows;

  private Machine(Rows rows) {
    this.rows = rows;
  }

  /**
   * Opens the state that the rows hold: a new group's if they hold none.
   *
   * @param rows what the engine holds, always at its newest; kept for all reads
   * @throws io.quorate.base.QuorateException.Corrupt if the rows are damaged or of a newer format
   */
  public static Machine open(Rows rows) {
    return new Machine(rows);
  }

  /** Index of the last entry applied; 0 before the first. */
  public long appliedIndex() {
    return 0;
  }

  /** Term of the last entry applied; 0 before the first. */
  public long appliedTerm() {
    return 0;
  }

  /** The configuration last applied, as the node encoded it; empty if none was. */
  public Bytes configuration() {
    return Bytes.EMPTY;
  }

  /** Equal on all members at an equal {@link #appliedIndex}. */
  public long stateHash() {
    return 0;
  }

  /** The store's revision. */
  public long revision() {
    return 1;
  }

  /** The oldest readable revision, or −1 if nothing was compacted yet. */
  public long compactedRevision() {
    return -1;
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
   * @throws io.quorate.base.QuorateException.Corrupt if the payload can't be read; the group stops
   */
  public KvResult apply(long index, long term, Bytes payload, boolean answered) {
    throw new UnsupportedOperationException(rows.toString() + index + term + payload + answered);
  }

  /**
   * Applies a command whose request the caller still has, on the member that proposed it: the
   * payload is not decoded again.
   *
   * @param request what {@code CommandCodec.decode(payload).request()} would give
   */
  public KvResult apply(long index, long term, KvRequest request, boolean answered) {
    throw new UnsupportedOperationException(rows.toString() + index + term + request + answered);
  }

  /** Applies an entry without a command, such as a leader's first. */
  public void applyNothing(long index, long term) {
    throw new UnsupportedOperationException(rows.toString() + index + term);
  }

  /**
   * Applies a change of membership.
   *
   * @param configuration the new configuration, in the node's own encoding; kept and handed back
   */
  public void applyConfiguration(long index, long term, Bytes configuration) {
    throw new UnsupportedOperationException(rows.toString() + index + term + configuration);
  }

  /**
   * Hands over all rows that changed since the last call, the applied index among them, and begins
   * the next batch.
   *
   * @return whether there was anything to write
   */
  public boolean finish(RowSink sink) {
    throw new UnsupportedOperationException(sink.toString());
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
    return new KvReader(view, revision(), compactedRevision());
  }

  /**
   * The work that past compactions have left, or null if there is none. Its steps' deletions go to
   * the engine in batches of their own.
   *
   * @param view what the job reads; a view of the present state or the engine's rows
   */
  public @Nullable CompactionJob compaction(Rows view) {
    throw new UnsupportedOperationException(view.toString());
  }
}

package io.quorate.kv;

import io.quorate.base.RowSink;
import io.quorate.base.Rows;
import org.jspecify.annotations.Nullable;

/**
 * The store that changes: applies requests one after the other, and collects the rows that they
 * change until the caller takes them.
 *
 * <p>A batch is: any number of {@link #apply} calls, then one {@link #finish}, then the caller
 * writes what it was handed to the engine that {@link Rows} reads. Requests of a batch see what
 * earlier ones of it changed. Between {@code finish} and the engine's write nothing may be read.
 *
 * <p>Owned by one thread: the loop of its group.
 */
@SuppressWarnings("DoNotCallSuggester")
public final class KvStore {
  private final Rows rows;

  private KvStore(Rows rows) {
    this.rows = rows;
  }

  /**
   * Opens the store that the rows hold; an empty one if they hold none.
   *
   * @throws io.quorate.base.QuorateException.Corrupt if the rows are damaged or of a newer format
   */
  public static KvStore open(Rows rows) {
    return new KvStore(rows);
  }

  /** The revision after the last request applied; 1 for an empty store. */
  public long revision() {
    return 1;
  }

  /** The oldest revision that can be read, or −1 if nothing was compacted yet. */
  public long compactedRevision() {
    return -1;
  }

  /** The hash over the revisions and all versions that compaction hasn't forgotten. */
  public long stateHash() {
    return 0;
  }

  /**
   * Carries out a request, or refuses it unchanged.
   *
   * @param request validated by {@link KvValidator}
   * @param answered whether someone waits for the answer; if not, whatever only the answer needs is
   *     skipped and an answer without content returned. What changes is the same
   */
  public KvResult apply(KvRequest request, boolean answered) {
    throw new UnsupportedOperationException(rows.toString() + request + answered);
  }

  /** Hands over the rows that the batch changed, and begins the next batch. */
  public void finish(RowSink sink) {
    throw new UnsupportedOperationException(sink.toString());
  }

  /**
   * A reader of the present state: over the store's own rows between batches (never during one), or
   * over a view of the same state for another thread.
   */
  public KvReader reader(Rows view) {
    return new KvReader(view, revision(), compactedRevision());
  }

  /**
   * The work that is left of past compactions, or null if there is none.
   *
   * @param view rows that the job reads, at the present state or later; on any thread
   */
  public @Nullable CompactionJob compaction(Rows view) {
    throw new UnsupportedOperationException(view.toString() + rows);
  }
}

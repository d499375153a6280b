package io.quorate.kv;

import io.quorate.base.Bytes;
import io.quorate.base.Checks;
import io.quorate.base.RowCursor;
import io.quorate.base.Rows;
import org.jspecify.annotations.Nullable;

/**
 * A walk over the keys of a range that exist at a revision, in key order, each with the version
 * that is visible there.
 *
 * <p>Moving on decodes nothing that it needn't: counting the newest keys of a range costs one
 * cursor step a key. Used by one thread, which closes it.
 */
sealed interface VersionScan extends AutoCloseable {
  /** Goes to the next key; false at the end. */
  boolean next();

  /** The present key. */
  Bytes key();

  /** The present key's version; overwritten by {@link #next}. */
  StoredVersion version();

  @Override
  void close();

  /** The keys as they are now. */
  static VersionScan newest(Rows rows, Bytes key, Bytes rangeEnd) {
    return new Newest(rows.scan(RowFormat.newestRow(key), KeyRange.newestEnd(rangeEnd)));
  }

  /** The keys as they were at a revision. */
  static VersionScan at(Rows rows, Bytes key, Bytes rangeEnd, long revision) {
    return new AtRevision(
        rows,
        rows.scan(RowFormat.newestRow(key), KeyRange.newestEnd(rangeEnd)),
        rows.scan(RowFormat.historyStart(key), KeyRange.historyEnd(rangeEnd)),
        revision);
  }

  /** Only newest rows; a row's name is asked for once, since an engine may copy it each time. */
  final class Newest implements VersionScan {
    private final RowCursor rows;
    private final StoredVersion version = new StoredVersion();
    private byte @Nullable [] row;

    Newest(RowCursor rows) {
      this.rows = rows;
    }

    @Override
    public boolean next() {
      row = null;
      return rows.next();
    }

    @Override
    public Bytes key() {
      return RowFormat.keyOfNewest(row());
    }

    @Override
    public StoredVersion version() {
      version.decode(row(), rows.value());
      return version;
    }

    private byte[] row() {
      byte[] known = row;
      if (known == null) {
        known = rows.key();
        row = known;
      }
      return known;
    }

    @Override
    public void close() {
      rows.close();
    }
  }

  /**
   * Newest and history rows side by side. A key's newest version is the visible one if it is old
   * enough; otherwise the first of its history rows that is, unless that is a deletion. The cost is
   * that of walking both families over the range, and of a get for each version from history that
   * is asked for.
   */
  final class AtRevision implements VersionScan {
    private final Rows rows;
    private final RowCursor newest;
    private final RowCursor history;
    private final long revision;
    private final StoredVersion version = new StoredVersion();
    private boolean newestThere;
    private boolean historyThere;
    private byte[] newestRow = {};
    private Bytes newestKey = Bytes.EMPTY;
    private Bytes historyKey = Bytes.EMPTY;
    private byte[] historyRow = {};
    private Bytes key = Bytes.EMPTY;

    /** The history row of the visible version and its value, until someone asks for the version. */
    private byte @Nullable [] foundRow;

    private byte[] foundValue = {};

    AtRevision(Rows rows, RowCursor newest, RowCursor history, long revision) {
      this.rows = rows;
      this.newest = newest;
      this.history = history;
      this.revision = revision;
      advanceNewest();
      if (advanceHistory()) {
        historyKey = RowFormat.keyOfHistory(historyRow);
      }
    }

    @Override
    public boolean next() {
      while (newestThere || historyThere) {
        int order = !historyThere ? -1 : !newestThere ? 1 : newestKey.compareTo(historyKey);
        key = order <= 0 ? newestKey : historyKey;
        boolean visible = false;
        if (order <= 0) {
          byte[] stored = newest.value();
          if (StoredVersion.modRevision(newestRow, stored) <= revision) {
            version.decode(newestRow, stored);
            foundRow = null;
            visible = true;
          }
          advanceNewest();
        }
        if (order >= 0) {
          visible = passHistoryOfKey(visible);
        }
        if (visible) {
          return true;
        }
      }
      return false;
    }

    /** Goes past the history rows of the present key, taking the visible one if none is yet. */
    private boolean passHistoryOfKey(boolean found) {
      boolean visible = found;
      boolean decided = found;
      byte[] first = historyRow;
      do {
        if (!decided && RowFormat.mainOfHistory(historyRow) <= revision) {
          foundValue = history.value();
          visible = !StoredHistory.isDeletion(historyRow, foundValue);
          foundRow = historyRow;
          decided = true;
        }
      } while (advanceHistory() && RowFormat.sameKeyInHistory(first, historyRow));
      if (historyThere) {
        historyKey = RowFormat.keyOfHistory(historyRow);
      }
      return visible;
    }

    private void advanceNewest() {
      newestThere = newest.next();
      if (newestThere) {
        newestRow = newest.key();
        newestKey = RowFormat.keyOfNewest(newestRow);
      }
    }

    private boolean advanceHistory() {
      historyThere = history.next();
      if (historyThere) {
        historyRow = history.key();
      }
      return historyThere;
    }

    @Override
    public Bytes key() {
      return key;
    }

    @Override
    public StoredVersion version() {
      byte[] row = foundRow;
      if (row != null) {
        boolean exists = StoredHistory.find(rows, row, foundValue, version);
        Checks.that(exists, "a deletion was taken for a version");
        foundRow = null;
      }
      return version;
    }

    @Override
    public void close() {
      newest.close();
      history.close();
    }
  }
}

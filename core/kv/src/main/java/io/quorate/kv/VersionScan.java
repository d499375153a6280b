package io.quorate.kv;

import io.quorate.base.Bytes;
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
        rows.scan(RowFormat.beforeGenerations(key), KeyRange.generationsEnd(rangeEnd)),
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
   * Newest rows and those of ended generations side by side: a key is visible if one of its
   * generations holds the revision. The cost is that of walking both families over the range, and,
   * for each version that is asked for and isn't the newest, of finding it.
   */
  final class AtRevision implements VersionScan {
    private final Rows rows;
    private final RowCursor newest;
    private final RowCursor ended;
    private final long revision;
    private final StoredVersion version = new StoredVersion();
    private boolean newestThere;
    private boolean endedThere;
    private byte[] newestRow = {};
    private Bytes newestKey = Bytes.EMPTY;
    private byte[] endedRow = {};
    private Bytes endedKey = Bytes.EMPTY;
    private Bytes key = Bytes.EMPTY;

    /** The generation that holds the revision, if it has ended, until its version is asked for. */
    private byte @Nullable [] foundEnded;

    private byte[] foundValue = {};

    AtRevision(Rows rows, RowCursor newest, RowCursor ended, long revision) {
      this.rows = rows;
      this.newest = newest;
      this.ended = ended;
      this.revision = revision;
      advanceNewest();
      if (advanceEnded()) {
        endedKey = RowFormat.keyOfGeneration(endedRow);
      }
    }

    @Override
    public boolean next() {
      while (newestThere || endedThere) {
        int order = !endedThere ? -1 : !newestThere ? 1 : newestKey.compareTo(endedKey);
        key = order <= 0 ? newestKey : endedKey;
        foundEnded = null;
        boolean visible = false;
        if (order <= 0) {
          version.decode(newestRow, newest.value());
          visible = version.createRevision() <= revision;
          advanceNewest();
        }
        if (order >= 0) {
          visible = passEndedOfKey(visible);
        }
        if (visible) {
          return true;
        }
      }
      return false;
    }

    /** Goes past the ended generations of the present key, the oldest first. */
    private boolean passEndedOfKey(boolean found) {
      boolean visible = found;
      boolean decided = found;
      byte[] first = endedRow;
      do {
        if (!decided && RowFormat.deletionOfGeneration(endedRow) > revision) {
          foundEnded = endedRow;
          foundValue = ended.value();
          visible = StoredGeneration.createRevision(endedRow, foundValue) <= revision;
          decided = true;
        }
      } while (advanceEnded() && RowFormat.sameKeyInGenerations(first, endedRow));
      if (endedThere) {
        endedKey = RowFormat.keyOfGeneration(endedRow);
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

    private boolean advanceEnded() {
      endedThere = ended.next();
      if (endedThere) {
        endedRow = ended.key();
      }
      return endedThere;
    }

    @Override
    public Bytes key() {
      return key;
    }

    @Override
    public StoredVersion version() {
      byte[] row = foundEnded;
      if (row == null) {
        version.goBack(rows, key, revision);
      } else {
        StoredGeneration.find(rows, row, foundValue, revision, version);
        foundEnded = null;
      }
      return version;
    }

    @Override
    public void close() {
      newest.close();
      ended.close();
    }
  }
}

package io.quorate.kv;

import io.quorate.base.Checks;
import io.quorate.base.RowCursor;
import io.quorate.base.RowSink;
import io.quorate.base.Rows;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The rows that a batch has changed so far, laid over the rows that it began with: what lets later
 * requests of the batch see earlier ones.
 *
 * <p>Two kinds of rows have two homes. Rows that change (newest, leases, meta) are in a sorted map.
 * Change and generation rows are written once and hardly ever read within their own batch, so they
 * are only appended; the first read that might touch them sorts them in, each once.
 *
 * <p>A {@link #mark} makes everything since undoable. Owned by the store.
 */
final class PendingRows implements Rows {
  /** Stands for a row that is gone; no row has an empty value. */
  private static final byte[] GONE = {};

  private final Rows base;
  private final TreeMap<byte[], byte[]> changed = new TreeMap<>(Arrays::compareUnsigned);
  private final ArrayList<byte[]> appendedRows = new ArrayList<>();
  private final ArrayList<byte[]> appendedValues = new ArrayList<>();

  /** The first {@link #sortedIn} of the appended rows, in order. */
  private final TreeMap<byte[], byte[]> appendedInOrder = new TreeMap<>(Arrays::compareUnsigned);

  private int sortedIn;

  /** What {@link #undo} restores, newest last: rows, and their values before (null: none here). */
  private final ArrayList<byte[]> undoRows = new ArrayList<>();

  private final ArrayList<byte @Nullable []> undoValues = new ArrayList<>();
  private boolean marked;
  private int markedAppended;

  PendingRows(Rows base) {
    this.base = base;
  }

  /** Writes a row that may change again. */
  void put(byte[] row, byte[] value) {
    Checks.that(value.length > 0, "an empty value stands for a row that is gone");
    change(row, value);
  }

  /** Removes a row that may come back. */
  void delete(byte[] row) {
    change(row, GONE);
  }

  private void change(byte[] row, byte[] value) {
    byte[] before = changed.put(row, value);
    if (marked) {
      undoRows.add(row);
      undoValues.add(before);
    }
  }

  /** Writes a change or generation row, which never existed before and is never written again. */
  void append(byte[] row, byte[] value) {
    appendedRows.add(row);
    appendedValues.add(value);
  }

  /** From here on, everything can be undone. */
  void mark() {
    Checks.that(!marked, "marks don't nest");
    marked = true;
    markedAppended = appendedRows.size();
  }

  /** What happened since the mark stays. */
  void keep() {
    Checks.that(marked, "there is no mark");
    marked = false;
    undoRows.clear();
    undoValues.clear();
  }

  /** What happened since the mark is taken back. */
  void undo() {
    Checks.that(marked, "there is no mark");
    for (int i = undoRows.size() - 1; i >= 0; i--) {
      byte[] before = undoValues.get(i);
      if (before == null) {
        changed.remove(undoRows.get(i));
      } else {
        changed.put(undoRows.get(i), before);
      }
    }
    for (int i = appendedRows.size() - 1; i >= markedAppended; i--) {
      if (i < sortedIn) {
        appendedInOrder.remove(appendedRows.get(i));
      }
      appendedRows.remove(i);
      appendedValues.remove(i);
    }
    sortedIn = Math.min(sortedIn, appendedRows.size());
    keep();
  }

  /** Hands over all rows and forgets them. */
  void drainTo(RowSink sink) {
    Checks.that(!marked, "a transaction is under way");
    for (Map.Entry<byte[], byte[]> row : changed.entrySet()) {
      if (isGone(row.getValue())) {
        sink.delete(row.getKey());
      } else {
        sink.put(row.getKey(), row.getValue());
      }
    }
    for (int i = 0; i < appendedRows.size(); i++) {
      sink.put(appendedRows.get(i), appendedValues.get(i));
    }
    changed.clear();
    appendedRows.clear();
    appendedValues.clear();
    appendedInOrder.clear();
    sortedIn = 0;
  }

  @Override
  public byte @Nullable [] get(byte[] row) {
    byte[] here = over(row).get(row);
    if (here == null) {
      return base.get(row);
    }
    return isGone(here) ? null : here;
  }

  @Override
  public RowCursor scan(byte[] from, byte @Nullable [] to) {
    if (to != null && Arrays.compareUnsigned(from, to) >= 0) {
      return base.scan(from, to);
    }
    NavigableMap<byte[], byte[]> over = over(from);
    NavigableMap<byte[], byte[]> part =
        to == null ? over.tailMap(from, true) : over.subMap(from, true, to, false);
    RowCursor under = base.scan(from, to);
    return part.isEmpty() ? under : new MergedCursor(part, under);
  }

  private static boolean isGone(byte[] value) {
    return value.length == 0;
  }

  /** The rows of this batch among which a row would be; a scan stays within one family. */
  private NavigableMap<byte[], byte[]> over(byte[] row) {
    if (row[0] != RowFormat.CHANGE && row[0] != RowFormat.GENERATION) {
      return changed;
    }
    for (; sortedIn < appendedRows.size(); sortedIn++) {
      appendedInOrder.put(appendedRows.get(sortedIn), appendedValues.get(sortedIn));
    }
    return appendedInOrder;
  }

  /** Two sorted walks as one; where both have a row, the batch's wins. */
  private static final class MergedCursor implements RowCursor {
    private final Iterator<Map.Entry<byte[], byte[]>> over;
    private final RowCursor under;
    private Map.@Nullable Entry<byte[], byte[]> overNext;
    private byte @Nullable [] underNext;
    private byte[] key = GONE;
    private byte[] value = GONE;
    private boolean fromUnder;

    MergedCursor(NavigableMap<byte[], byte[]> over, RowCursor under) {
      this.over = over.entrySet().iterator();
      this.under = under;
      this.overNext = this.over.next();
      this.underNext = under.next() ? under.key() : null;
    }

    @Override
    public boolean next() {
      if (fromUnder) {
        advanceUnder();
        fromUnder = false;
      }
      while (true) {
        Map.Entry<byte[], byte[]> here = overNext;
        byte[] there = underNext;
        if (here == null && there == null) {
          return false;
        }
        int order =
            here == null ? 1 : there == null ? -1 : Arrays.compareUnsigned(here.getKey(), there);
        if (order > 0 && there != null) {
          key = there;
          fromUnder = true;
          return true;
        }
        if (order == 0) {
          advanceUnder();
        }
        overNext = over.hasNext() ? over.next() : null;
        if (here != null && !isGone(here.getValue())) {
          key = here.getKey();
          value = here.getValue();
          return true;
        }
      }
    }

    private void advanceUnder() {
      underNext = under.next() ? under.key() : null;
    }

    @Override
    public byte[] key() {
      return key;
    }

    @Override
    public byte[] value() {
      return fromUnder ? under.value() : value;
    }

    @Override
    public void close() {
      under.close();
    }
  }
}

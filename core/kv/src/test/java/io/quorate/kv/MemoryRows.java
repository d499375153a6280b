package io.quorate.kv;

import io.quorate.base.RowCursor;
import io.quorate.base.RowSink;
import io.quorate.base.Rows;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** An engine in a map: what it is written is there at once. */
final class MemoryRows implements Rows, RowSink {
  private final TreeMap<byte[], byte[]> map = new TreeMap<>(Arrays::compareUnsigned);

  /** The rows as they are now. */
  MemoryRows view() {
    MemoryRows view = new MemoryRows();
    view.map.putAll(map);
    return view;
  }

  @Override
  public byte @Nullable [] get(byte[] row) {
    return map.get(row);
  }

  @Override
  public RowCursor scan(byte[] from, byte @Nullable [] to) {
    if (to != null && Arrays.compareUnsigned(from, to) >= 0) {
      return new Cursor(Map.<byte[], byte[]>of().entrySet().iterator());
    }
    var part = to == null ? map.tailMap(from, true) : map.subMap(from, true, to, false);
    return new Cursor(part.entrySet().iterator());
  }

  @Override
  public void put(byte[] row, byte[] value) {
    map.put(row, value);
  }

  @Override
  public void delete(byte[] row) {
    map.remove(row);
  }

  /** Does one step of a job and loses what it hands over, as a crash before the write would. */
  static void stepInVain(CompactionJob job, int maxRows) {
    new MemoryRows().step(job, maxRows);
  }

  /** Does one step of a job and writes what it hands over, as an engine's batch: afterwards. */
  boolean step(CompactionJob job, int maxRows) {
    List<Runnable> batch = new ArrayList<>();
    boolean done =
        job.step(
            maxRows,
            new RowSink() {
              @Override
              public void put(byte[] row, byte[] value) {
                batch.add(() -> map.put(row, value));
              }

              @Override
              public void delete(byte[] row) {
                batch.add(() -> map.remove(row));
              }
            });
    batch.forEach(Runnable::run);
    return done;
  }

  /** Every row as text, to compare. */
  List<String> dump() {
    List<String> rows = new ArrayList<>();
    map.forEach((row, value) ->
        rows.add(
            java.util.HexFormat.of().formatHex(row)
                + " = "
                + java.util.HexFormat.of().formatHex(value)));
    return rows;
  }

  /** The rows from one up to, not including, another. */
  List<byte[]> names(byte[] from, byte[] to) {
    return new ArrayList<>(map.subMap(from, to).keySet());
  }

  /** How many rows a family has. */
  int count(byte family) {
    return map.subMap(new byte[] {family}, RowFormat.endOf(family)).size();
  }

  private static final class Cursor implements RowCursor {
    private final Iterator<Map.Entry<byte[], byte[]>> rows;
    private Map.@Nullable Entry<byte[], byte[]> present;

    Cursor(Iterator<Map.Entry<byte[], byte[]>> rows) {
      this.rows = rows;
    }

    @Override
    public boolean next() {
      present = rows.hasNext() ? rows.next() : null;
      return present != null;
    }

    @Override
    public byte[] key() {
      return java.util.Objects.requireNonNull(present).getKey();
    }

    @Override
    public byte[] value() {
      return java.util.Objects.requireNonNull(present).getValue();
    }

    @Override
    public void close() {}
  }
}

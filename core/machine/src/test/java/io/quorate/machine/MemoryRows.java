package io.quorate.machine;

import io.quorate.base.RowCursor;
import io.quorate.base.RowSink;
import io.quorate.base.Rows;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
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
      return new Cursor(new TreeMap<byte[], byte[]>().entrySet().iterator());
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

  /** Every row as text, to compare. */
  List<String> dump() {
    List<String> rows = new ArrayList<>();
    HexFormat hex = HexFormat.of();
    map.forEach((row, value) -> rows.add(hex.formatHex(row) + " = " + hex.formatHex(value)));
    return rows;
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
      return Objects.requireNonNull(present).getKey();
    }

    @Override
    public byte[] value() {
      return Objects.requireNonNull(present).getValue();
    }

    @Override
    public void close() {}
  }
}

package io.quorate.checkers;

import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What a read saw: the elements of a list in their order, or the value of a register as a list of
 * one, and none if it was never written. Unchanging.
 */
public final class Elements {
  /** Seen of a key that nobody has written. */
  public static final Elements NONE = new Elements(new long[0], 0);

  /** In words, longer lists are told by their last elements. */
  private static final int TOLD_MAX = 12;

  private final long[] values;
  private final int size;

  private Elements(long[] values, int size) {
    this.values = values;
    this.size = size;
  }

  public static Elements of(long... values) {
    return values.length == 0 ? NONE : new Elements(values.clone(), values.length);
  }

  public int size() {
    return size;
  }

  public boolean isEmpty() {
    return size == 0;
  }

  /**
   * @throws IndexOutOfBoundsException unless {@code 0 <= index < size()}
   */
  public long get(int index) {
    return values[Objects.checkIndex(index, size)];
  }

  public long last() {
    return get(size - 1);
  }

  /** The first {@code length} elements; shares them, so that it costs nothing. */
  public Elements prefix(int length) {
    Objects.checkFromToIndex(0, length, size);
    return length == size ? this : new Elements(values, length);
  }

  /** These, and one more behind them. */
  public Elements with(long value) {
    long[] longer = Arrays.copyOf(values, size + 1);
    longer[size] = value;
    return new Elements(longer, size + 1);
  }

  public boolean isPrefixOf(Elements that) {
    return size <= that.size && Arrays.equals(values, 0, size, that.values, 0, size);
  }

  /** Where {@code value} is first, or -1. */
  public int indexOf(long value) {
    for (int i = 0; i < size; i++) {
      if (values[i] == value) {
        return i;
      }
    }
    return -1;
  }

  public boolean contains(long value) {
    return indexOf(value) >= 0;
  }

  public long[] toArray() {
    return Arrays.copyOf(values, size);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Elements that && size == that.size && isPrefixOf(that);
  }

  @Override
  public int hashCode() {
    int hash = 1;
    for (int i = 0; i < size; i++) {
      hash = 31 * hash + Long.hashCode(values[i]);
    }
    return hash;
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder("[");
    int from = Math.max(0, size - TOLD_MAX);
    if (from > 0) {
      text.append("… ");
    }
    for (int i = from; i < size; i++) {
      text.append(i == from ? "" : " ").append(values[i]);
    }
    return text.append(']').toString();
  }
}

package io.quorate.checkers;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a history tells of one list: who appended what, what was read, and the order of its
 * versions, which is that of the longest read.
 *
 * <p>What a read tells is without what its own transaction had appended before: where those
 * elements come to lie among those of others isn't known until somebody else reads them.
 */
final class ListHistory {
  /**
   * A read of a committed transaction.
   *
   * @param seen without the transaction's own elements
   * @param beforeWrite whether the transaction appends to the key after it
   */
  record Seen(Transaction reader, Elements seen, boolean beforeWrite) {}

  /** A place in the order that no committed transaction wrote. */
  static final int NOBODY = -1;

  private final long key;
  private final Map<Long, Integer> writers = new HashMap<>();
  private final List<Long> appended = new ArrayList<>();
  private final List<Seen> reads = new ArrayList<>();
  private Elements order = Elements.NONE;
  private boolean disputed;

  ListHistory(long key) {
    this.key = key;
  }

  long key() {
    return key;
  }

  /**
   * @throws IllegalArgumentException if it was appended before: then nobody can tell whose it is
   */
  void addAppend(Transaction writer, long value) {
    Integer before = writers.putIfAbsent(value, writer.id());
    if (before != null) {
      throw new IllegalArgumentException(
          "%d is written to k%d by T%d and %s: a workload writes no value of a key twice"
              .formatted(value, key, before, writer.name()));
    }
    appended.add(value);
  }

  void addRead(Seen read) {
    reads.add(read);
    if (read.seen().size() > order.size()) {
      order = read.seen();
    }
  }

  /**
   * Says that the reads don't have one order. Then nothing is concluded from it, neither what came
   * after what nor what came after a read.
   */
  void dispute() {
    disputed = true;
  }

  boolean isDisputed() {
    return disputed;
  }

  List<Seen> reads() {
    return reads;
  }

  /** The longest read; the first of those that are equally long. */
  Elements order() {
    return order;
  }

  /** Who appended {@code value}, whatever became of it; null if nobody did. */
  @Nullable Integer writerOf(long value) {
    return writers.get(value);
  }

  /** All that was appended, in the order of invocations. */
  List<Long> appended() {
    return appended;
  }
}

package io.quorate.client;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * If all of this holds, then do that, else do the other; in one step, under one revision.
 *
 * <pre>{@code
 * Txn.when(Compare.version("lock").is(0))
 *     .then(Put.of("lock", "me"))
 *     .otherwise(Range.key("lock"))
 * }</pre>
 *
 * Each method gives a new transaction with more in it. A transaction may be a part of another.
 */
public record Txn(List<Compare> compares, List<Op> success, List<Op> failure) implements Op {
  private static final Txn EMPTY = new Txn(List.of(), List.of(), List.of());

  /** Keeps the lists from changing. */
  public Txn {
    compares = List.copyOf(compares);
    success = List.copyOf(success);
    failure = List.copyOf(failure);
  }

  /** All of these must hold; of none it is always so. */
  public static Txn when(Compare... compares) {
    return EMPTY.and(compares);
  }

  /** Does these, whatever the state. */
  public static Txn always(Op... ops) {
    return EMPTY.then(ops);
  }

  /** These must hold as well. */
  public Txn and(Compare... more) {
    return new Txn(joined(compares, more), success, failure);
  }

  /** What is done, in this order, if all comparisons hold. */
  public Txn then(Op... ops) {
    return new Txn(compares, joined(success, ops), failure);
  }

  /** What is done, in this order, if one does not. */
  public Txn otherwise(Op... ops) {
    return new Txn(compares, success, joined(failure, ops));
  }

  /** Whether no branch, at any depth, holds a write: then it may be sent again without harm. */
  boolean readOnly() {
    return readOnly(success) && readOnly(failure);
  }

  private static boolean readOnly(List<Op> ops) {
    for (Op op : ops) {
      if (!(op instanceof Range || (op instanceof Txn txn && txn.readOnly()))) {
        return false;
      }
    }
    return true;
  }

  private static <T> List<T> joined(List<T> some, T[] more) {
    List<T> all = new ArrayList<>(some);
    all.addAll(Arrays.asList(more));
    return all;
  }
}

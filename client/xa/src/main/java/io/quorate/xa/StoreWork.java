package io.quorate.xa;

import io.quorate.client.Compare;
import io.quorate.client.Op;
import java.util.List;

/** What a transaction does in the store itself, in the same step as its decision. */
record StoreWork(List<Compare> compares, List<Op> ops) {
  static final StoreWork NONE = new StoreWork(List.of(), List.of());

  StoreWork {
    compares = List.copyOf(compares);
    ops = List.copyOf(ops);
  }

  boolean isEmpty() {
    return compares.isEmpty() && ops.isEmpty();
  }
}

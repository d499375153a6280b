package io.quorate.cli;

import io.quorate.client.KeyValue;
import org.jspecify.annotations.Nullable;

/** What two clusters have under each key, told in the order of keys. */
@FunctionalInterface
interface KeyPairs {
  /** A key that at least one of them has; the other is null. */
  void pair(@Nullable KeyValue source, @Nullable KeyValue target);

  /** Goes through all keys of two scans but the {@linkplain MigrationTarget#MARK mark}. */
  static void each(KeyScan source, KeyScan target, KeyPairs told) {
    KeyValue there = next(source);
    KeyValue here = next(target);
    while (there != null || here != null) {
      int order = there == null ? 1 : here == null ? -1 : there.key().compareTo(here.key());
      told.pair(order <= 0 ? there : null, order >= 0 ? here : null);
      if (order <= 0) {
        there = next(source);
      }
      if (order >= 0) {
        here = next(target);
      }
    }
  }

  private static @Nullable KeyValue next(KeyScan scan) {
    KeyValue next = scan.next();
    return next != null && next.key().equals(MigrationTarget.MARK) ? scan.next() : next;
  }
}

package io.quorate.recipes;

import io.quorate.base.Bytes;
import io.quorate.client.KeyValue;
import java.util.ArrayList;
import java.util.List;

/** What stands below a semaphore's name. */
record SemaphoreKeys(Bytes limit, Bytes prefix) {
  SemaphoreKeys(LockName name) {
    this(name.below("limit"), name.below("p/"));
  }

  /** Who has a permit, and who waits for one. */
  List<QueueEntry> entries(Iterable<KeyValue> inOrder, int permits) {
    List<QueueEntry> entries = new ArrayList<>();
    for (KeyValue kv : inOrder) {
      if (kv.key().startsWith(prefix) && Occupancy.isPlace(prefix, kv)) {
        entries.add(QueueEntry.of(QueueEntry.Role.PERMIT, kv, entries.size() < permits));
      }
    }
    return List.copyOf(entries);
  }
}

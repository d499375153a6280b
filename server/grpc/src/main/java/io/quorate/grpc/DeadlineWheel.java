package io.quorate.grpc;

import org.jspecify.annotations.Nullable;

/**
 * The deadlines of all calls of a loop. Nearly all calls end long before theirs, so adding and
 * removing must cost next to nothing: each is a link into one of the slots of a wheel, and a call
 * whose deadline is more than a turn of the wheel away stays in its slot until then. Deadlines are
 * met late by up to {@link #TICK_NANOS}, never early. Owned by its loop.
 */
final class DeadlineWheel {
  /** How late a deadline may be noticed. */
  static final long TICK_NANOS = 4_000_000;

  private static final int SLOTS = 2_048;

  /** A thing with a deadline. */
  abstract static class Entry {
    private @Nullable Entry previous;
    private @Nullable Entry next;
    private int slot = -1;
    private long atNanos;

    /** The deadline has passed; the entry is out of the wheel already. */
    abstract void expired();
  }

  private final @Nullable Entry[] slots = new Entry[SLOTS];
  private final long originNanos;
  private long ticked;
  private int size;

  DeadlineWheel(long nowNanos) {
    this.originNanos = nowNanos;
  }

  /** How many deadlines are ahead. */
  int size() {
    return size;
  }

  /** Adds an entry that is in no wheel. */
  void add(Entry entry, long atNanos) {
    long tick = Math.max(ticked + 1, (atNanos - originNanos + TICK_NANOS - 1) / TICK_NANOS);
    int slot = (int) (tick & (SLOTS - 1));
    entry.atNanos = atNanos;
    entry.slot = slot;
    entry.previous = null;
    Entry head = slots[slot];
    entry.next = head;
    if (head != null) {
      head.previous = entry;
    }
    slots[slot] = entry;
    size++;
  }

  /** Removes an entry; without effect if it isn't here. */
  void remove(Entry entry) {
    if (entry.slot < 0) {
      return;
    }
    Entry previous = entry.previous;
    Entry next = entry.next;
    if (previous == null) {
      slots[entry.slot] = next;
    } else {
      previous.next = next;
    }
    if (next != null) {
      next.previous = previous;
    }
    entry.previous = null;
    entry.next = null;
    entry.slot = -1;
    size--;
  }

  /** Moves on to now and tells all whose deadline has passed. */
  void advance(long nowNanos) {
    long target = (nowNanos - originNanos) / TICK_NANOS;
    long from = Math.max(ticked + 1, target - SLOTS + 1);
    ticked = Math.max(ticked, target);
    for (long tick = from; tick <= target; tick++) {
      int slot = (int) (tick & (SLOTS - 1));
      Entry entry = slots[slot];
      while (entry != null) {
        Entry next = entry.next;
        if (entry.atNanos - nowNanos <= 0) {
          remove(entry);
          entry.expired();
          // What expired may have removed others: go on from the slot's head if ours went.
          if (next != null && next.slot != slot) {
            next = slots[slot];
          }
        }
        entry = next;
      }
    }
  }
}

package io.quorate.grpc;

import org.jspecify.annotations.Nullable;

/**
 * The open calls of a connection by stream number: open addressing without objects of its own.
 * Clients number their streams 1, 3, 5…, so the number halved falls into neighbouring slots, and
 * hardly ever into a taken one. Owned by the connection's loop.
 */
final class StreamTable {
  private static final int CAPACITY_MIN = 16;

  private @Nullable GrpcCall[] slots = new GrpcCall[CAPACITY_MIN];
  private int size;

  /** How many calls are open. */
  int size() {
    return size;
  }

  /** The call of a stream, or null. */
  @Nullable GrpcCall get(int streamId) {
    int mask = slots.length - 1;
    for (int at = (streamId >>> 1) & mask; ; at = (at + 1) & mask) {
      GrpcCall call = slots[at];
      if (call == null || call.streamId() == streamId) {
        return call;
      }
    }
  }

  /** Adds a call whose stream isn't here. */
  void add(GrpcCall call) {
    if (2 * (size + 1) > slots.length) {
      resize(slots.length * 2);
    }
    insert(call);
    size++;
  }

  /** Removes the call of a stream; without effect if there is none. */
  void remove(int streamId) {
    int mask = slots.length - 1;
    int at = (streamId >>> 1) & mask;
    while (true) {
      GrpcCall call = slots[at];
      if (call == null) {
        return;
      }
      if (call.streamId() == streamId) {
        break;
      }
      at = (at + 1) & mask;
    }
    size--;
    // Closes the gap: whoever was displaced over it moves back, so that lookups still find all.
    int gap = at;
    for (int next = (gap + 1) & mask; ; next = (next + 1) & mask) {
      GrpcCall call = slots[next];
      if (call == null) {
        break;
      }
      int home = (call.streamId() >>> 1) & mask;
      if (((next - home) & mask) >= ((next - gap) & mask)) {
        slots[gap] = call;
        gap = next;
      }
    }
    slots[gap] = null;
    if (slots.length > CAPACITY_MIN && 8 * size < slots.length) {
      resize(slots.length / 2);
    }
  }

  /** Whether any call's request has been coming for too long. */
  boolean anyOverdue(long nowNanos) {
    for (GrpcCall call : slots) {
      if (call != null && call.isOverdue(nowNanos)) {
        return true;
      }
    }
    return false;
  }

  /** All calls, oldest stream first, as they are now. */
  GrpcCall[] snapshot() {
    GrpcCall[] all = new GrpcCall[size];
    int count = 0;
    for (GrpcCall call : slots) {
      if (call != null) {
        all[count++] = call;
      }
    }
    java.util.Arrays.sort(all, (a, b) -> Integer.compare(a.streamId(), b.streamId()));
    return all;
  }

  private void insert(GrpcCall call) {
    int mask = slots.length - 1;
    int at = (call.streamId() >>> 1) & mask;
    while (slots[at] != null) {
      at = (at + 1) & mask;
    }
    slots[at] = call;
  }

  private void resize(int capacity) {
    @Nullable GrpcCall[] old = slots;
    slots = new GrpcCall[capacity];
    for (GrpcCall call : old) {
      if (call != null) {
        insert(call);
      }
    }
  }
}

package io.quorate.recipes;

import io.quorate.base.QuorateException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Several locks that are held together or not at all. They are acquired in the order of their
 * names, whatever order they are given in: so two that want some of the same never wait for each
 * other.
 */
public final class MultiLock {
  private final List<DistributedLock> locks;

  private MultiLock(List<DistributedLock> locks) {
    this.locks = locks;
  }

  /**
   * All of these.
   *
   * @throws IllegalArgumentException if there is none, or two have one name
   */
  public static MultiLock of(List<? extends DistributedLock> locks) {
    List<DistributedLock> sorted = new ArrayList<>(locks);
    sorted.sort(Comparator.comparing(DistributedLock::name));
    if (sorted.isEmpty()) {
      throw new IllegalArgumentException("no lock");
    }
    for (int i = 1; i < sorted.size(); i++) {
      if (sorted.get(i).name().equals(sorted.get(i - 1).name())) {
        throw new IllegalArgumentException("twice the lock " + sorted.get(i).name());
      }
    }
    return new MultiLock(List.copyOf(sorted));
  }

  /** What is held. */
  public static final class Handles implements AutoCloseable {
    private final List<LockHandle> held;

    private Handles(List<LockHandle> held) {
      this.held = held;
    }

    /** One for each lock, in the order of their names. */
    public List<LockHandle> each() {
      return held;
    }

    /** Whether all surely are held at this moment. */
    public boolean isHeld() {
      return held.stream().allMatch(LockHandle::isHeld);
    }

    /** Gives all back. Idempotent. */
    @Override
    public void close() {
      for (LockHandle each : held) {
        var unused = each.releaseAsync(); // all of them, whatever becomes of the waiting
      }
      held.forEach(LockHandle::close);
    }
  }

  /**
   * Waits for all, for as long as it takes.
   *
   * @throws QuorateException as {@link DistributedLock#acquire()}; none is held then
   */
  public Handles acquire() {
    return hold(null).orElseThrow();
  }

  /** Waits for all, for so long at most; then none is held. */
  public Optional<Handles> tryAcquire(Duration atMost) {
    return hold(atMost);
  }

  private Optional<Handles> hold(@org.jspecify.annotations.Nullable Duration atMost) {
    long begun = System.nanoTime();
    List<LockHandle> held = new ArrayList<>();
    Handles handles = new Handles(held);
    boolean all = false;
    try {
      for (DistributedLock each : locks) {
        Optional<LockHandle> next =
            atMost == null
                ? Optional.of(each.acquire())
                : each.tryAcquire(atMost.minusNanos(System.nanoTime() - begun));
        if (next.isEmpty()) {
          return Optional.empty();
        }
        held.add(next.get());
      }
      all = true;
      return Optional.of(handles);
    } finally {
      if (!all) {
        handles.close();
      }
    }
  }
}

package io.quorate.recipes;

import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;
import org.jspecify.annotations.Nullable;

/**
 * A {@link Mutex} as {@link java.util.concurrent.locks.Lock}: a thread holds it, and may take it
 * again. Threads of one process exclude each other, too, also when each has a {@code ThreadLock} of
 * its own.
 *
 * <p>It differs from other locks in that it can be lost while it is held, since its session can
 * end. Then {@link #unlock} says so with {@link QuorateException.Conflict}, and so does taking it
 * again; another thread may have it by then.
 */
public final class ThreadLock implements Lock {
  private final Mutex mutex;

  /** What each thread has: after a loss, more than one believes to have it. */
  private final Map<Thread, Hold> holds = new ConcurrentHashMap<>();

  /** That a thread has it, and how often it took it. */
  private static final class Hold {
    final LockHandle handle;
    int times = 1;

    Hold(LockHandle handle) {
      this.handle = handle;
    }
  }

  ThreadLock(Mutex mutex) {
    this.mutex = mutex;
  }

  /**
   * The handle that the calling thread holds it by.
   *
   * @throws IllegalMonitorStateException if it doesn't hold it
   */
  public LockHandle handle() {
    return hold().handle;
  }

  private Hold hold() {
    Hold hold = holds.get(Thread.currentThread());
    if (hold == null) {
      throw new IllegalMonitorStateException("this thread doesn't hold the lock " + mutex.name());
    }
    return hold;
  }

  /** Whether the calling thread holds it; it may be lost nevertheless. */
  public boolean isHeldByCurrentThread() {
    return holds.containsKey(Thread.currentThread());
  }

  private boolean again() {
    Hold hold = holds.get(Thread.currentThread());
    if (hold == null) {
      return false;
    }
    hold.handle.requireHeld();
    hold.times++;
    return true;
  }

  private void got(LockHandle got) {
    holds.put(Thread.currentThread(), new Hold(got));
  }

  /** Waits for it, whatever interrupts; an interrupt stays set. */
  @Override
  public void lock() {
    if (again()) {
      return;
    }
    boolean interrupted = false;
    while (true) {
      try {
        got(mutex.acquire());
        break;
      } catch (QuorateException e) {
        if (e.code() != ErrorCode.INTERRUPTED) {
          throw e;
        }
        interrupted |= Thread.interrupted();
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void lockInterruptibly() throws InterruptedException {
    if (!again()) {
      got(interruptibly(null).orElseThrow());
    }
  }

  /** In one round trip, unless the thread has it already. */
  @Override
  public boolean tryLock() {
    if (again()) {
      return true;
    }
    Optional<LockHandle> got = mutex.tryAcquire();
    got.ifPresent(this::got);
    return got.isPresent();
  }

  @Override
  public boolean tryLock(long time, TimeUnit unit) throws InterruptedException {
    if (again()) {
      return true;
    }
    Optional<LockHandle> got = interruptibly(Duration.ofNanos(unit.toNanos(Math.max(0, time))));
    got.ifPresent(this::got);
    return got.isPresent();
  }

  private Optional<LockHandle> interruptibly(@Nullable Duration atMost)
      throws InterruptedException {
    try {
      return atMost == null ? Optional.of(mutex.acquire()) : mutex.tryAcquire(atMost);
    } catch (QuorateException e) {
      if (e.code() == ErrorCode.INTERRUPTED && Thread.interrupted()) {
        throw (InterruptedException) new InterruptedException(e.getMessage()).initCause(e);
      }
      throw e;
    }
  }

  /**
   * Gives it back, if it was taken no more often than this.
   *
   * @throws IllegalMonitorStateException if the thread doesn't hold it
   * @throws QuorateException.Conflict with {@link ErrorCode#OWNERSHIP_LOST} if it was lost
   *     meanwhile
   */
  @Override
  public void unlock() {
    Hold hold = hold();
    if (--hold.times > 0) {
      return;
    }
    holds.remove(Thread.currentThread());
    if (hold.handle.release() == Released.NOT_HELD) {
      throw QuorateException.of(
          ErrorCode.OWNERSHIP_LOST,
          "the lock " + mutex.name() + " was lost before it was released");
    }
  }

  /** There are none. */
  @Override
  public Condition newCondition() {
    throw new UnsupportedOperationException("a lock over a network has no conditions");
  }
}

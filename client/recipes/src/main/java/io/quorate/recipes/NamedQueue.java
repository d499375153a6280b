package io.quorate.recipes;

import java.util.List;

/**
 * All who hold something of one name, or wait for it.
 *
 * @param name what it is called
 * @param kind what its keys tell that it is
 * @param permits how many may hold it at a time; 0 if its keys don't tell
 * @param entries in the order in which they asked
 */
public record NamedQueue(LockName name, Kind kind, int permits, List<QueueEntry> entries) {

  /** What takes turns. */
  public enum Kind {
    /** A {@link Mutex} or a {@link LeaderElection}: their keys are alike. */
    EXCLUSIVE,
    /** A {@link ReadWriteLock}. */
    READ_WRITE,
    /** A {@link Semaphore}. */
    SEMAPHORE
  }
}

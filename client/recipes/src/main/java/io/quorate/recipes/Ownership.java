package io.quorate.recipes;

/** What one can have as its own for a while. */
public enum Ownership {
  /** A {@link Mutex}, also as a {@link ThreadLock} or one of a {@link MultiLock}. */
  LOCK,
  /** The side of a {@link ReadWriteLock} that many have. */
  READ_LOCK,
  /** The side of a {@link ReadWriteLock} that one has. */
  WRITE_LOCK,
  /** One of a {@link Semaphore}'s. */
  PERMIT,
  /** That of a {@link LeaderElection}. */
  LEADERSHIP
}

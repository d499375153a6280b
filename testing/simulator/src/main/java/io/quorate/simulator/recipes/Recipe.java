package io.quorate.simulator.recipes;

/** What a schedule is about. */
enum Recipe {
  /** A lock that one holds at a time. */
  MUTEX,
  /** An election, and who observes it. */
  ELECTION,
  /** Readers and writers. */
  READ_WRITE,
  /** Permits. */
  SEMAPHORE,
  /** Parties that pass together. */
  BARRIER,
  /** Ids, and the workers that make them. */
  IDS
}

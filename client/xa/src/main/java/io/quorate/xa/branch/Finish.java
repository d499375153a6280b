package io.quorate.xa.branch;

/** What a resource answers when it is told to commit or to abort a branch. */
public enum Finish {
  /** It has done so, now or before, or there is nothing of the branch that could be done. */
  DONE,
  /**
   * It has done the opposite, by itself, by somebody's hand, or because it lost what it had
   * prepared: XA's heuristic outcome.
   */
  OTHERWISE
}

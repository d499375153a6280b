package io.quorate.checkers;

/** What a kind of data tells of a history: what is wrong by itself, and what depends on what. */
interface Workload {
  /** Adds all that a read or two show to be wrong. */
  void addAnomaliesTo(Findings findings);

  /** Adds the ww, wr and rw edges between transactions that certainly happened. */
  void addDependenciesTo(Graph.Builder graph);

  /** Why there is an edge of {@code type}: a clause that names both transactions. */
  String because(Transaction from, Transaction to, int type);
}

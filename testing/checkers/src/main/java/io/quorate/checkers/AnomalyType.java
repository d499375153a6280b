package io.quorate.checkers;

import java.util.List;

/**
 * What can be wrong with a history, and the weakest levels that forbid it. First what a read or two
 * show by themselves; then the cycles of dependencies, in the order in which they are looked for.
 *
 * <p>Dependencies are Adya's: <i>ww</i> from a write to the next one of the key, <i>wr</i> from a
 * write to who read it, <i>rw</i> from who read to who wrote next.
 */
public enum AnomalyType {
  /** A read saw what nobody wrote. */
  GARBAGE_READ("garbage-read", Level.READ_UNCOMMITTED),
  /** A read saw an element twice, as when a retry appends once more. */
  DUPLICATE_ELEMENTS("duplicate-elements", Level.READ_UNCOMMITTED),
  /** A transaction read what it wrote only later. */
  FUTURE_READ("future-read", Level.READ_UNCOMMITTED),
  /** Versions of a register are before each other, as who read one wrote the other. */
  CYCLIC_VERSIONS("cyclic-versions", Level.READ_COMMITTED),
  /** Of two reads of a key neither is the other's beginning. */
  INCOMPATIBLE_ORDER("incompatible-order", Level.READ_COMMITTED),
  /** A committed transaction read what a failed one wrote. */
  G1A("G1a", Level.READ_COMMITTED),
  /** A transaction read what another wrote over later. */
  G1B("G1b", Level.READ_COMMITTED),
  /** A committed write lies on top of a failed one. */
  DIRTY_UPDATE("dirty-update", Level.READ_COMMITTED),
  /** A read disagrees with what the same transaction wrote or read before. */
  INTERNAL("internal", Level.SNAPSHOT_ISOLATION, Level.REPEATABLE_READ),
  /** Two committed transactions read one version of a key, and both wrote it. */
  LOST_UPDATE("lost-update", Level.SNAPSHOT_ISOLATION, Level.REPEATABLE_READ),

  /** Versions of a register are before each other, by the order of sessions. */
  CYCLIC_VERSIONS_PROCESS(
      "cyclic-versions-process",
      Level.STRONG_SESSION_SNAPSHOT_ISOLATION,
      Level.STRONG_SESSION_REPEATABLE_READ),
  /** Versions of a register are before each other, by real time. */
  CYCLIC_VERSIONS_REALTIME(
      "cyclic-versions-realtime", Level.STRONG_SNAPSHOT_ISOLATION, Level.STRONG_REPEATABLE_READ),

  /** A cycle of ww: writes of two transactions lie between each other. */
  G0("G0", Level.READ_UNCOMMITTED),
  /** A cycle of ww and wr: transactions read from each other in a circle. */
  G1C("G1c", Level.READ_COMMITTED),
  /** A cycle with one rw, as when a reader sees half of a transaction. */
  G_SINGLE("G-single", Level.SNAPSHOT_ISOLATION, Level.REPEATABLE_READ),
  /** A cycle with several rw, no two behind each other, as a long fork. */
  G_NONADJACENT("G-nonadjacent", Level.SNAPSHOT_ISOLATION, Level.REPEATABLE_READ),
  /** A cycle with rw behind rw, as write skew. Snapshot isolation allows it. */
  G2_ITEM("G2-item", Level.REPEATABLE_READ),

  G0_PROCESS(G0, true),
  G1C_PROCESS(G1C, true),
  G_SINGLE_PROCESS(G_SINGLE, true),
  G_NONADJACENT_PROCESS(G_NONADJACENT, true),
  G2_ITEM_PROCESS(G2_ITEM, true),

  G0_REALTIME(G0, false),
  G1C_REALTIME(G1C, false),
  G_SINGLE_REALTIME(G_SINGLE, false),
  G_NONADJACENT_REALTIME(G_NONADJACENT, false),
  G2_ITEM_REALTIME(G2_ITEM, false),

  /** Some cycle: which, the budget didn't suffice to tell. */
  CYCLE("cycle", Level.STRICT_SERIALIZABLE);

  private final String label;

  @SuppressWarnings("ImmutableEnumChecker") // List.of never changes
  private final List<Level> breaks;

  AnomalyType(String label, Level... breaks) {
    this.label = label;
    this.breaks = List.of(breaks);
  }

  AnomalyType(AnomalyType plain, boolean process) {
    this.label = plain.label + (process ? "-process" : "-realtime");
    this.breaks =
        plain.breaks.stream()
            .map(level -> process ? level.withSessions() : level.withRealTime())
            .toList();
  }

  /** The anomaly's name in the field: {@code G1c-process}. */
  public String label() {
    return label;
  }

  /** The weakest levels that forbid it; so do all that imply one of them. */
  public List<Level> breaks() {
    return breaks;
  }

  @Override
  public String toString() {
    return label;
  }
}

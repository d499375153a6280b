package io.quorate.checkers;

import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Locale;

/**
 * Isolation levels, each once for itself, once with the order in which every session ran its
 * transactions (<i>strong session</i>), and once with real time (<i>strong</i>, and for
 * serializable <i>strict</i>).
 *
 * <p>They are Adya's item levels: no predicates, so repeatable read is his PL-2.99, and a phantom
 * is no business of theirs. Snapshot isolation and repeatable read are both above read committed
 * and below serializable, and neither is above the other.
 */
public enum Level {
  READ_UNCOMMITTED(Isolation.READ_UNCOMMITTED, Order.ANY),
  READ_COMMITTED(Isolation.READ_COMMITTED, Order.ANY),
  SNAPSHOT_ISOLATION(Isolation.SNAPSHOT_ISOLATION, Order.ANY),
  REPEATABLE_READ(Isolation.REPEATABLE_READ, Order.ANY),
  SERIALIZABLE(Isolation.SERIALIZABLE, Order.ANY),
  STRONG_SESSION_READ_UNCOMMITTED(Isolation.READ_UNCOMMITTED, Order.SESSION),
  STRONG_SESSION_READ_COMMITTED(Isolation.READ_COMMITTED, Order.SESSION),
  STRONG_SESSION_SNAPSHOT_ISOLATION(Isolation.SNAPSHOT_ISOLATION, Order.SESSION),
  STRONG_SESSION_REPEATABLE_READ(Isolation.REPEATABLE_READ, Order.SESSION),
  STRONG_SESSION_SERIALIZABLE(Isolation.SERIALIZABLE, Order.SESSION),
  STRONG_READ_UNCOMMITTED(Isolation.READ_UNCOMMITTED, Order.REAL_TIME),
  STRONG_READ_COMMITTED(Isolation.READ_COMMITTED, Order.REAL_TIME),
  STRONG_SNAPSHOT_ISOLATION(Isolation.SNAPSHOT_ISOLATION, Order.REAL_TIME),
  STRONG_REPEATABLE_READ(Isolation.REPEATABLE_READ, Order.REAL_TIME),
  STRICT_SERIALIZABLE(Isolation.SERIALIZABLE, Order.REAL_TIME);

  private enum Isolation {
    READ_UNCOMMITTED,
    READ_COMMITTED,
    SNAPSHOT_ISOLATION,
    REPEATABLE_READ,
    SERIALIZABLE;

    boolean implies(Isolation that) {
      return switch (this) {
        case READ_UNCOMMITTED, READ_COMMITTED -> compareTo(that) >= 0;
        case SNAPSHOT_ISOLATION, REPEATABLE_READ ->
            this == that || that.compareTo(READ_COMMITTED) <= 0;
        case SERIALIZABLE -> true;
      };
    }
  }

  /** Each has the one before it. */
  private enum Order {
    ANY,
    SESSION,
    REAL_TIME
  }

  private final Isolation isolation;
  private final Order order;

  Level(Isolation isolation, Order order) {
    this.isolation = isolation;
    this.order = order;
  }

  /** Whether all that is so at {@code that} is so at this one too. */
  public boolean implies(Level that) {
    return isolation.implies(that.isolation) && order.compareTo(that.order) >= 0;
  }

  /** The level's name in the field: {@code snapshot-isolation}. */
  public String label() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  @Override
  public String toString() {
    return label();
  }

  /** The same isolation with the sessions' order. */
  Level withSessions() {
    return of(isolation, Order.SESSION);
  }

  /** The same isolation with real time. */
  Level withRealTime() {
    return of(isolation, Order.REAL_TIME);
  }

  /** Whether it can't hold, where {@code broken} don't. */
  boolean isBrokenBy(Collection<Level> broken) {
    return broken.stream().anyMatch(this::implies);
  }

  /** Of all levels that can hold although {@code broken} don't, those that no other is above. */
  static List<Level> strongestBeside(Collection<Level> broken) {
    List<Level> holding =
        Arrays.stream(values()).filter(level -> !level.isBrokenBy(broken)).toList();
    return holding.stream()
        .filter(level -> holding.stream().noneMatch(it -> it != level && it.implies(level)))
        .toList();
  }

  /** Of {@code levels}, those that are above no other. */
  static List<Level> weakestOf(Collection<Level> levels) {
    return Arrays.stream(values())
        .filter(levels::contains)
        .filter(level -> levels.stream().noneMatch(it -> it != level && level.implies(it)))
        .toList();
  }

  private static Level of(Isolation isolation, Order order) {
    return Arrays.stream(values())
        .filter(level -> level.isolation == isolation && level.order == order)
        .findFirst()
        .orElseThrow();
  }
}

package io.quorate.base;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Invariants, stated in code and checked in production.
 *
 * <p>A check costs one comparison: the primitive overloads allocate nothing while it holds. {@link
 * #deep()} guards checks of linear cost, which run in tests and in the simulator only ({@code
 * -Dquorate.checks.deep=true}).
 */
public final class Checks {
  private static final boolean DEEP = Boolean.getBoolean("quorate.checks.deep");

  private Checks() {}

  /** Whether checks whose cost grows with the state are on. Constant for the life of the JVM. */
  public static boolean deep() {
    return DEEP;
  }

  /**
   * @throws InvariantViolation with {@code message} if {@code holds} is false
   */
  public static void that(boolean holds, String message) {
    if (!holds) {
      throw new InvariantViolation(message);
    }
  }

  /**
   * @throws InvariantViolation with {@code format} filled in if {@code holds} is false
   */
  public static void that(boolean holds, String format, long a) {
    if (!holds) {
      throw new InvariantViolation(String.format(Locale.ROOT, format, a));
    }
  }

  /**
   * @throws InvariantViolation with {@code format} filled in if {@code holds} is false
   */
  public static void that(boolean holds, String format, long a, long b) {
    if (!holds) {
      throw new InvariantViolation(String.format(Locale.ROOT, format, a, b));
    }
  }

  /**
   * @throws InvariantViolation with {@code format} filled in if {@code holds} is false
   */
  public static void that(boolean holds, String format, long a, long b, long c) {
    if (!holds) {
      throw new InvariantViolation(String.format(Locale.ROOT, format, a, b, c));
    }
  }

  /**
   * @throws InvariantViolation with {@code format} filled in if {@code holds} is false
   */
  public static void that(boolean holds, String format, @Nullable Object a) {
    if (!holds) {
      throw new InvariantViolation(String.format(Locale.ROOT, format, a));
    }
  }

  /**
   * @throws InvariantViolation with {@code format} filled in if {@code holds} is false
   */
  public static void that(boolean holds, String format, @Nullable Object a, @Nullable Object b) {
    if (!holds) {
      throw new InvariantViolation(String.format(Locale.ROOT, format, a, b));
    }
  }

  /** The code has reached a place that it reasoned can't be reached. */
  public static InvariantViolation unreachable(String why) {
    return new InvariantViolation(why);
  }
}

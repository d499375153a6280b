package io.quorate.events.aggregate;

import java.time.Duration;

/**
 * How often a command is decided anew when others were faster. The pauses between are random, up to
 * a bound that doubles: so of many who meet again and again, each gets its turn.
 *
 * @param attempts at least one
 * @param delayMin bound of the first pause
 * @param delayMax bound of the later ones
 */
public record Retry(int attempts, Duration delayMin, Duration delayMax) {
  /** Ten attempts, with pauses of up to 2 ms, doubling to 200 ms. */
  public static final Retry DEFAULT = new Retry(10, Duration.ofMillis(2), Duration.ofMillis(200));

  /** One attempt alone. */
  public static final Retry NEVER = jittered(1);

  /** Checks the bounds. */
  public Retry {
    if (attempts < 1
        || delayMin.isNegative()
        || delayMin.isZero()
        || delayMax.compareTo(delayMin) < 0) {
      throw new IllegalArgumentException(
          "attempts=" + attempts + " delayMin=" + delayMin + " delayMax=" + delayMax);
    }
  }

  /** So many attempts, with pauses as usual. */
  public static Retry jittered(int attempts) {
    return new Retry(attempts, Duration.ofMillis(2), Duration.ofMillis(200));
  }

  /** The bound of the pause behind an attempt. */
  long delayNanosMax(int attempt) {
    long most = delayMin.toNanos() << Math.min(attempt - 1, 20);
    return Math.min(delayMax.toNanos(), most);
  }
}

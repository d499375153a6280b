package io.quorate.simulator;

/**
 * A machine's clock beside the world's time: it may run fast, slow or not at all. A monotonic one
 * never goes back, but may jump ahead; the wall's jumps either way.
 */
public final class LocalClock {
  private static final long MILLION = 1_000_000;

  private long worldBase;
  private long localBase;
  private long partsPerMillion = MILLION;

  public LocalClock(long worldNow, long localNow) {
    worldBase = worldNow;
    localBase = localNow;
  }

  /** What it shows at a time of the world. */
  public long at(long worldNow) {
    return localBase + scaled(worldNow - worldBase);
  }

  /** From now on it runs at this rate: a million is right, 0 is not at all. */
  public void rate(long worldNow, long newPartsPerMillion) {
    localBase = at(worldNow);
    worldBase = worldNow;
    partsPerMillion = newPartsPerMillion;
  }

  /** It is so much ahead of what it was; behind, if that is negative. */
  public void jump(long worldNow, long nanos) {
    localBase = at(worldNow) + nanos;
    worldBase = worldNow;
  }

  /** How long the world has to wait until so much has passed here; long, if it stands still. */
  public long worldDelay(long localDelay) {
    return partsPerMillion == 0
        ? Math.max(localDelay, MILLION)
        : localDelay / partsPerMillion * MILLION
            + localDelay % partsPerMillion * MILLION / partsPerMillion;
  }

  private long scaled(long elapsed) {
    return elapsed / MILLION * partsPerMillion + elapsed % MILLION * partsPerMillion / MILLION;
  }
}

package io.quorate.simulator;

import io.quorate.base.Checks;
import java.util.List;

/**
 * A stream of chance: the same seed gives the same draws on every machine (SplitMix64; Steele, Lea
 * and Flood, 2014). Each purpose has a stream of its own, so that a draw more for one of them
 * changes nothing for the others. Used by one thread.
 */
public final class Chance {
  private static final long GOLDEN = 0x9e3779b97f4a7c15L;

  private long state;

  public Chance(long seed) {
    state = seed;
  }

  /** Another stream, by its name; whatever was drawn from this one doesn't change it. */
  public static Chance of(long seed, String purpose) {
    long mixed = seed;
    for (int i = 0; i < purpose.length(); i++) {
      mixed = mix(mixed * 31 + purpose.charAt(i));
    }
    return new Chance(mixed);
  }

  /** Any number. */
  public long next() {
    state += GOLDEN;
    return mix(state);
  }

  /** A number from 0 up to, not including, the bound. */
  public long below(long bound) {
    Checks.that(bound > 0, "bound=%d", bound);
    // The bias is below 2^-40 for every bound in use here.
    return Math.unsignedMultiplyHigh(next(), bound);
  }

  /** A number from 0 up to, not including, the bound. */
  public int below(int bound) {
    return (int) below((long) bound);
  }

  /** A number between two, both included. */
  public long between(long least, long most) {
    return least + below(most - least + 1);
  }

  /** True once in so many draws. */
  public boolean oneIn(int times) {
    return below(times) == 0;
  }

  /** True with this probability. */
  public boolean happens(double probability) {
    return fraction() < probability;
  }

  /** A duration whose mean is this, exponentially distributed, at most twenty times it. */
  public long exponential(long mean) {
    return (long) Math.min(20.0 * mean, -StrictMath.log(1 - fraction()) * mean);
  }

  /** One of them. */
  public <T> T oneOf(List<T> choices) {
    return choices.get(below(choices.size()));
  }

  /** From 0 up to, not including, 1. */
  private double fraction() {
    return (next() >>> 11) * 0x1.0p-53;
  }

  private static long mix(long value) {
    long z = value;
    z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return z ^ (z >>> 31);
  }
}

package io.quorate.simulator;

import java.util.Arrays;
import java.util.TreeSet;

/** What some worlds came to, together. Mutable; whoever shares it locks it. */
final class Tally {
  private long firstSeed = Long.MAX_VALUE;
  private long lastSeed;
  private long worlds;
  private long wrong;
  private long twice;
  private long undecided;
  private long simulatedNanos;
  private long operations;
  private long events;
  private long faults;
  private final int[] worldsReaching = new int[Coverage.NAMES.size()];
  private final TreeSet<Long> states = new TreeSet<>();

  void add(Outcome outcome) {
    firstSeed = Math.min(firstSeed, outcome.plan().seed());
    lastSeed = Math.max(lastSeed, outcome.plan().seed());
    worlds++;
    wrong += outcome.violations().isEmpty() ? 0 : 1;
    simulatedNanos += outcome.simulatedNanos();
    operations += outcome.operations();
    events += outcome.events();
    undecided += outcome.undecided();
    faults += outcome.plan().faults().size();
    outcome.coverage().reached().stream().forEach(each -> worldsReaching[each]++);
    states.addAll(outcome.coverage().states());
  }

  /** A world was lived once more in another process. */
  void livedAgain(boolean same) {
    twice++;
    wrong += same ? 0 : 1;
  }

  /** How many were lived once more in another process. */
  long twice() {
    return twice;
  }

  /** Keys of whose history nobody knows whether it is right. */
  long undecided() {
    return undecided;
  }

  /** The lowest seed of them. */
  long firstSeed() {
    return firstSeed;
  }

  /** The highest seed of them. */
  long lastSeed() {
    return lastSeed;
  }

  /** In how many worlds that was reached which has this number in {@link Coverage#NAMES}. */
  int worldsReaching(int number) {
    return worldsReaching[number];
  }

  /** How much of {@link Coverage#NAMES} was reached. */
  long reached() {
    return Arrays.stream(worldsReaching).filter(each -> each > 0).count();
  }

  /** How many states of all members together there were that differ. */
  int states() {
    return states.size();
  }

  long worlds() {
    return worlds;
  }

  /** How many of them had a violation. */
  long wrong() {
    return wrong;
  }

  /** Their times, added up. */
  long simulatedNanos() {
    return simulatedNanos;
  }

  /** What their clients asked. */
  long operations() {
    return operations;
  }

  long events() {
    return events;
  }

  /** What went wrong in them, as planned. */
  long faults() {
    return faults;
  }
}

package io.quorate.simulator;

/** What some worlds came to, together. Mutable; whoever shares it locks it. */
final class Tally {
  private long firstSeed = Long.MAX_VALUE;
  private long lastSeed;
  private long worlds;
  private long wrong;
  private long simulatedNanos;
  private long operations;
  private long events;
  private long faults;

  void add(Outcome outcome) {
    firstSeed = Math.min(firstSeed, outcome.plan().seed());
    lastSeed = Math.max(lastSeed, outcome.plan().seed());
    worlds++;
    wrong += outcome.violations().isEmpty() ? 0 : 1;
    simulatedNanos += outcome.simulatedNanos();
    operations += outcome.operations();
    events += outcome.events();
    faults += outcome.plan().faults().size();
  }

  /** The lowest seed of them. */
  long firstSeed() {
    return firstSeed;
  }

  /** The highest seed of them. */
  long lastSeed() {
    return lastSeed;
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

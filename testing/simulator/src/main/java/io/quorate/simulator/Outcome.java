package io.quorate.simulator;

import java.util.List;

/**
 * How a world ended.
 *
 * @param plan what it was
 * @param violations what must never be and was; none in a good world
 * @param simulatedNanos how long it lasted in its own time
 * @param events how many things happened in it
 * @param operations how much clients asked for
 * @param answered of it, how much was answered
 * @param digest of all that happened: equal seeds, equal digests
 * @param undecided keys of whose history no search found out in time whether it is right
 * @param coverage what it has reached of what is worth reaching
 * @param last the last things that happened, if they were recorded
 */
record Outcome(
    Plan plan,
    List<String> violations,
    long simulatedNanos,
    long events,
    int operations,
    int answered,
    long digest,
    int undecided,
    Coverage coverage,
    List<String> last) {
  Outcome {
    violations = List.copyOf(violations);
    last = List.copyOf(last);
  }
}

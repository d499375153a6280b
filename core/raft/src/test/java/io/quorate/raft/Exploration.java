package io.quorate.raft;

import io.quorate.base.InvariantViolation;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Through every state that a {@link CheckedWorld} can reach within its bounds. States are told
 * apart by a 64-bit hash of their canonical encoding; among 10⁷ of them the chance that any two
 * share one is about 3 in a million.
 *
 * <p>It goes breadth first, so that the story of a violation is short, while the states that wait
 * for their turn are few; of more it takes the newest first, whose next states are soon exhausted,
 * so that the heap holds a bounded number of states and of the rest the hashes alone.
 */
final class Exploration {
  /** What was found; {@code depth} is the longest way on which a state was first met. */
  record Result(
      String name,
      long states,
      long steps,
      int depth,
      boolean exhausted,
      @Nullable String violation,
      List<String> trace) {}

  private static final int BREADTH_MAX = 50_000;

  private final CheckedWorld.Bounds bounds;
  private final SafetyRules rules;
  private final long statesMax;

  private long[] seen = new long[1 << 16];
  private int seenCount;
  private int[] parents = new int[1 << 14];
  private int[] codes = new int[1 << 14];

  private record Waiting(CheckedWorld world, int ordinal, int depth) {}

  Exploration(CheckedWorld.Bounds bounds, SafetyRules rules, long statesMax) {
    this.bounds = bounds;
    this.rules = rules;
    this.statesMax = statesMax;
  }

  Result run() {
    ArrayDeque<Waiting> queue = new ArrayDeque<>();
    CheckedWorld initial = new CheckedWorld(bounds, rules);
    add(initial.hash());
    queue.addLast(new Waiting(initial, 0, 0));
    long steps = 0;
    int depth = 0;
    while (!queue.isEmpty()) {
      Waiting waiting = queue.size() > BREADTH_MAX ? queue.removeLast() : queue.removeFirst();
      depth = Math.max(depth, waiting.depth());
      for (int code : waiting.world().actions()) {
        steps++;
        CheckedWorld next;
        try {
          next = waiting.world().after(code);
        } catch (InvariantViolation violation) {
          return new Result(
              bounds.name(),
              seenCount,
              steps,
              waiting.depth() + 1,
              false,
              String.valueOf(violation.getMessage()),
              trace(waiting.ordinal(), code));
        }
        if (!next.beyondBounds() && add(next.hash())) {
          int ordinal = seenCount - 1;
          remember(ordinal, waiting.ordinal(), code);
          queue.addLast(new Waiting(next, ordinal, waiting.depth() + 1));
        }
      }
      if (seenCount >= statesMax) {
        return new Result(bounds.name(), seenCount, steps, depth, false, null, List.of());
      }
    }
    return new Result(bounds.name(), seenCount, steps, depth, true, null, List.of());
  }

  /** The steps from the beginning, found again by taking them. */
  private List<String> trace(int ordinal, int last) {
    List<Integer> path = new ArrayList<>();
    path.add(last);
    for (int at = ordinal; at != 0; at = parents[at]) {
      path.addFirst(codes[at]);
    }
    List<String> words = new ArrayList<>();
    CheckedWorld world = new CheckedWorld(bounds, rules);
    for (int i = 0; i < path.size(); i++) {
      words.add(world.describe(path.get(i)));
      if (i < path.size() - 1) {
        world = world.after(path.get(i));
      }
    }
    return words;
  }

  private void remember(int ordinal, int parent, int code) {
    if (ordinal >= parents.length) {
      parents = Arrays.copyOf(parents, 2 * parents.length);
      codes = Arrays.copyOf(codes, 2 * codes.length);
    }
    parents[ordinal] = parent;
    codes[ordinal] = code;
  }

  private boolean add(long hash) {
    if (2 * seenCount >= seen.length) {
      long[] old = seen;
      seen = new long[2 * old.length];
      for (long each : old) {
        if (each != 0) {
          insert(each);
        }
      }
    }
    boolean fresh = insert(hash == 0 ? 1 : hash);
    seenCount += fresh ? 1 : 0;
    return fresh;
  }

  private boolean insert(long hash) {
    int at = (int) hash & (seen.length - 1);
    while (seen[at] != 0) {
      if (seen[at] == hash) {
        return false;
      }
      at = (at + 1) & (seen.length - 1);
    }
    seen[at] = hash;
    return true;
  }
}

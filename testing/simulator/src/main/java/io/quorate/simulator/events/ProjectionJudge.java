package io.quorate.simulator.events;

import io.quorate.base.Bytes;
import io.quorate.kv.Event;
import io.quorate.kv.KeyValue;
import io.quorate.simulator.recipes.Witness;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Holds the generations of a projection against what the store applied.
 *
 * <ul>
 *   <li>One begins when none is in the making, has a number that none had, and is taken into use or
 *       dropped; what is taken into use has what was in use had when it was begun.
 *   <li>What is in use or in the making isn't dropped, nor are its keys; and nothing is written for
 *       what was dropped.
 *   <li>An event is taken in once.
 * </ul>
 */
final class ProjectionJudge {
  private static final int DIGITS = 16;

  private final Bytes state;
  private final String definitions;
  private final String keys;
  private final List<String> violations = new ArrayList<>();
  private final Set<Long> defined = new HashSet<>();

  /** The events that each generation has taken in. */
  private final Map<Long, Set<String>> taken = new HashMap<>();

  /** What was in use had these when the present one in the making was begun. */
  private Set<String> atBegin = Set.of();

  private Generations present = new Generations(0, 0, 0);

  /**
   * Which there are.
   *
   * @param making 0 if none is
   */
  private record Generations(long last, long inUse, long making) {
    boolean has(long number) {
      return number == inUse || number == making;
    }

    static Generations parse(KeyValue kv) {
      String[] lines = kv.value().toUtf8().split("\n", -1);
      return new Generations(
          Long.parseLong(lines[0]), number(lines[1]), lines.length > 2 ? number(lines[2]) : 0);
    }

    private static long number(String line) {
      return Long.parseLong(line.substring(0, line.indexOf(' ')));
    }
  }

  ProjectionJudge(String root, String name) {
    state = Bytes.utf8(root + "q/" + name + "#state");
    definitions = root + "c/" + name + "@";
    keys = root + "p/" + name + "#";
  }

  List<String> violations() {
    return violations;
  }

  /**
   * Looks at all that has happened.
   *
   * @param events that are there in the end
   */
  void judge(Witness witness, List<String> events) {
    Set<String> there = new HashSet<>(events);
    for (Event each : witness.events()) {
      String key = each.kv().key().toUtf8();
      if (each.kv().key().equals(state)) {
        changed(each, there);
      } else if (key.startsWith(definitions)) {
        defined(Long.parseLong(key.substring(definitions.length())), each);
      } else if (key.startsWith(keys)) {
        written(numberOf(key), each);
      }
    }
  }

  /** Whether all that is there belongs to what is in use, which has taken in these events. */
  boolean isMade(Witness witness, List<String> events) {
    Generations now = present(witness);
    String mine = keys + "%016x/".formatted(now.inUse);
    boolean isAlone =
        witness.below(Bytes.utf8(definitions)).size() == 1
            && witness.below(Bytes.utf8(keys)).stream()
                .allMatch(kv -> kv.key().toUtf8().startsWith(mine));
    return isAlone
        && now.making == 0
        && events.stream().allMatch(event -> witness.has(Bytes.utf8(mine + event)));
  }

  /** Which generations there are, and how many keys have which, in words. */
  String words(Witness witness) {
    Map<Long, Integer> counts = new TreeMap<>();
    witness
        .below(Bytes.utf8(keys))
        .forEach(kv -> counts.merge(numberOf(kv.key().toUtf8()), 1, Integer::sum));
    return present(witness) + " with " + counts;
  }

  private Generations present(Witness witness) {
    List<KeyValue> found = witness.below(state);
    return found.isEmpty() ? present : Generations.parse(found.get(0));
  }

  private long numberOf(String key) {
    return Long.parseLong(key.substring(keys.length(), key.indexOf('/', keys.length())), 16);
  }

  private void changed(Event event, Set<String> there) {
    if (event.delete()) {
      violations.add("what generations there are was forgotten at " + event.kv().modRevision());
      return;
    }
    Generations before = present;
    Generations now = Generations.parse(event.kv());
    present = now;
    boolean isFirst = before.last == 0 && now.equals(new Generations(1, 1, 0));
    boolean begins =
        before.making == 0
            && now.equals(new Generations(before.last + 1, before.inUse, before.last + 1));
    boolean swaps =
        before.making != 0 && now.equals(new Generations(before.last, before.making, 0));
    boolean drops = before.making != 0 && now.equals(new Generations(before.last, before.inUse, 0));
    if (begins) {
      atBegin = Set.copyOf(taken(before.inUse));
    } else if (swaps) {
      swapped(now.inUse, there);
    } else if (!isFirst && !drops) {
      violations.add(
          "generations went from " + before + " to " + now + " at " + event.kv().modRevision());
    }
  }

  private Set<String> taken(long number) {
    return taken.computeIfAbsent(number, each -> new HashSet<>());
  }

  private void swapped(long number, Set<String> there) {
    Set<String> missing = new TreeSet<>(atBegin);
    missing.removeAll(taken(number));
    missing.retainAll(there); // it may have been truncated since
    if (!missing.isEmpty()) {
      violations.add("generation " + number + " was taken into use without " + missing);
    }
  }

  private void defined(long number, Event event) {
    if (event.delete()) {
      defined.remove(number);
      if (present.has(number)) {
        violations.add("dropped: generation " + number + " of " + present);
      }
    } else if (!present.has(number) || !defined.add(number)) {
      violations.add("defined: generation " + number + " of " + present);
    }
  }

  private void written(long number, Event event) {
    Bytes key = event.kv().key();
    if (event.delete()) {
      if (present.has(number)) {
        violations.add("deleted: " + key.toUtf8() + " of " + present);
      }
    } else if (!defined.contains(number)) {
      violations.add("written: " + key.toUtf8() + ", whose generation was dropped");
    } else if (!taken(number).add(key.toUtf8().substring(keys.length() + DIGITS + 1))) {
      violations.add("taken in twice: " + key.toUtf8());
    }
  }
}

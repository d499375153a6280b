package io.quorate.simulator.recipes;

import io.quorate.base.Bytes;
import io.quorate.kv.Event;
import java.util.List;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;

/**
 * Judges who passed a barrier, by what the store applied: a generation passes when all its parties
 * have come and none of them has gone away, and no more are told that they passed than were there.
 */
final class BarrierJudge {
  private final String name;
  private final int parties;
  private final boolean nothingIsTakenAway;
  private final Consumer<String> violations;

  /** Who was told to have passed, by generation. */
  private final TreeMap<Long, TreeSet<String>> passed = new TreeMap<>();

  /**
   * @param nothingIsTakenAway whether nobody deletes what others wait with
   */
  BarrierJudge(String name, int parties, boolean nothingIsTakenAway, Consumer<String> violations) {
    this.name = name;
    this.parties = parties;
    this.nothingIsTakenAway = nothingIsTakenAway;
    this.violations = violations;
  }

  void passed(String who, long generation) {
    if (!passed.computeIfAbsent(generation, none -> new TreeSet<>()).add(who)) {
      violations.accept("%s passed generation %d twice".formatted(who, generation));
    }
  }

  int passes() {
    return passed.size();
  }

  void judge(List<Event> events) {
    TreeMap<Long, TreeSet<Bytes>> there = new TreeMap<>();
    TreeMap<Long, Integer> everThere = new TreeMap<>();
    Bytes generationKey = Bytes.utf8(name + "/generation");
    Bytes leftKey = Bytes.utf8(name + "/left");
    long leftAt = 0;
    String waiting = name + "/g/";
    TreeSet<Long> opened = new TreeSet<>();
    long present = 0;
    for (Event event : events) {
      Bytes key = event.kv().key();
      String text = key.toUtf8();
      if (key.equals(generationKey) && !event.delete()) {
        long next = Long.parseLong(event.kv().value().toUtf8());
        int count = there.getOrDefault(present, new TreeSet<>()).size();
        if (next != present + 1 || count < parties) {
          violations.accept(
              "generation %d of %d passed to %d with %d of %d parties"
                  .formatted(present, opened.size(), next, count, parties));
        }
        opened.add(present);
        everThere.put(present, count);
        present = next;
      } else if (key.equals(leftKey)) {
        leftAt = event.kv().modRevision();
      } else if (text.startsWith(waiting)) {
        long of = Long.parseLong(text.substring(waiting.length(), text.lastIndexOf('/')));
        TreeSet<Bytes> those = there.computeIfAbsent(of, none -> new TreeSet<>());
        if (event.delete()) {
          if (event.kv().modRevision() == leftAt) {
            those.remove(key); // whose session ends just then may have been counted
          }
        } else {
          if (of != present) {
            violations.accept("%s came while %d was waited for".formatted(text, present));
          }
          those.add(key);
        }
      }
    }
    passed.forEach((generation, who) -> {
      if (!opened.contains(generation)) {
        violations.accept("%s passed generation %d, which didn't".formatted(who, generation));
      } else if (nothingIsTakenAway && who.size() > everThere.getOrDefault(generation, 0)) {
        violations.accept(
            "%s passed generation %d, of %d that were there"
                .formatted(who, generation, everThere.get(generation)));
      }
    });
  }
}

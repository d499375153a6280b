package io.quorate.simulator.events;

import io.quorate.base.Bytes;
import io.quorate.base.QuorateException;
import io.quorate.events.AppendResult;
import io.quorate.events.ExpectedVersion;
import io.quorate.events.Position;
import io.quorate.events.RecordedEvent;
import io.quorate.kv.Event;
import io.quorate.simulator.recipes.Witness;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/**
 * Holds what writers, followers and consumers saw against what the store applied.
 *
 * <ul>
 *   <li>A stream's versions have no gap, and no append stands behind a version twice.
 *   <li>An append is in all of its streams at one revision, or in none; and once.
 *   <li>What a writer was told is what happened: appended where it was told, not appended if it was
 *       told of a conflict or of a refusal; and what it expected or excluded held there.
 *   <li>A follower is told of each event once, in the order of positions, and of all up to where it
 *       says it is, but for what was truncated before.
 *   <li>A consumer's events are handled in their order within each stream, none is left out, a
 *       checkpoint never moves back, and what the store did for one it did once.
 * </ul>
 */
final class EventJudge {
  private final Truth truth;
  private final Witness witness;
  private final String root;
  private final List<String> violations = new ArrayList<>();
  private final Map<UUID, List<Truth.Appended>> byId = new LinkedHashMap<>();

  EventJudge(Truth truth, Witness witness, String root) {
    this.truth = truth;
    this.witness = witness;
    this.root = root;
    for (Truth.Appended each : truth.appends()) {
      byId.computeIfAbsent(each.id(), id -> new ArrayList<>()).add(each);
    }
  }

  List<String> violations() {
    return violations;
  }

  void streams() {
    Map<String, Long> ends = new HashMap<>();
    for (Truth.Appended each : truth.appends()) {
      long end = ends.getOrDefault(each.stream(), 0L);
      if (each.first() != end + 1 || each.last() != end + each.count()) {
        violations.add("behind version " + end + " stands " + each);
      }
      ends.put(each.stream(), each.last());
    }
    byId.forEach((id, all) -> {
      Set<String> streams = new HashSet<>();
      for (Truth.Appended each : all) {
        if (!streams.add(each.stream())) {
          violations.add("twice in a stream: " + each);
        }
        if (each.revision() != all.get(0).revision()) {
          violations.add("at two revisions: " + all);
        }
      }
    });
  }

  // ---- writers ---------------------------------------------------------------------------------

  void attempt(Attempt attempt) {
    List<Truth.Appended> done = byId.getOrDefault(attempt.id(), List.of());
    boolean isRepetition = attempt.expected().isEmpty();
    Set<String> streams = new HashSet<>();
    done.forEach(each -> streams.add(each.stream()));
    if (!isRepetition && !done.isEmpty() && !streams.equals(attempt.expected().keySet())) {
      violations.add("in some of its streams: " + attempt);
    }
    AppendResult result = attempt.result();
    QuorateException failure = attempt.failure();
    if (result instanceof AppendResult.Appended appended) {
      told(attempt, done, appended.position(), appended.versions());
      if (!isRepetition) {
        expected(attempt, done);
      }
    } else if (result instanceof AppendResult.AlreadyAppended already) {
      told(attempt, done, already.position(), already.versions());
      if (!isRepetition) {
        violations.add("told that it had been done before: " + attempt);
      }
    } else if (result != null && !isRepetition && !done.isEmpty()) {
      violations.add("told of a conflict, and done: " + attempt + " at " + done);
    } else if (failure != null
        && !isRepetition
        && !(failure instanceof QuorateException.Indeterminate)
        && !done.isEmpty()) {
      violations.add("told that it failed, and done: " + attempt);
    }
  }

  private void told(
      Attempt attempt, List<Truth.Appended> done, Position position, Map<String, Long> versions) {
    if (done.isEmpty()) {
      violations.add("told as appended, and isn't: " + attempt);
      return;
    }
    for (Truth.Appended each : done) {
      Long version = versions.get(each.stream());
      if (each.revision() != position.revision() || (version != null && version != each.last())) {
        violations.add("told otherwise than it happened: " + attempt + " at " + each);
      }
    }
  }

  /** What was expected and excluded held when it took effect. */
  private void expected(Attempt attempt, List<Truth.Appended> done) {
    for (Truth.Appended each : done) {
      ExpectedVersion expected = attempt.expected().get(each.stream());
      long before = each.first() - 1;
      boolean holds =
          expected != null
              && (expected.equals(ExpectedVersion.any())
                  || (expected.equals(ExpectedVersion.exists()) && before > 0)
                  || (!expected.equals(ExpectedVersion.exists())
                      && expected.equals(ExpectedVersion.exactly(before))));
      if (!holds) {
        violations.add("expected otherwise: " + attempt + " at " + each);
      }
    }
    String tag = attempt.unlessTag();
    if (tag != null && !done.isEmpty()) {
      long revision = done.get(0).revision();
      for (Truth.Happened event : truth.events()) {
        if (event.position().isAfter(attempt.after())
            && event.position().revision() < revision
            && event.tags().contains(tag)) {
          violations.add("appended though " + event + " is there: " + attempt);
        }
      }
    }
  }

  // ---- followers -------------------------------------------------------------------------------

  void follower(Follower follower) {
    Map<Position, Truth.Happened> there = new HashMap<>();
    truth.events().forEach(event -> there.put(event.position(), event));
    Position last = Position.START;
    Set<Position> told = new HashSet<>();
    for (RecordedEvent event : follower.told()) {
      Truth.Happened happened = there.get(event.position());
      if (!event.position().isAfter(last)) {
        violations.add("told " + event.position() + " behind " + last);
      }
      if (happened == null
          || !happened.stream().equals(event.stream())
          || happened.version() != event.version()
          || !happened.append().equals(event.id().append())) {
        violations.add("told of what didn't happen: " + event);
      }
      last = event.position();
      told.add(last);
    }
    for (Truth.Happened event : truth.events()) {
      boolean wanted =
          !event.position().isAfter(follower.reached())
              && follower.query().items().stream()
                  .allMatch(item -> event.stream().startsWith(item.category()));
      if (wanted && !told.contains(event.position()) && truth.isPresent(event)) {
        violations.add("passed over " + event + " on the way to " + follower.reached().toText());
      }
    }
  }

  // ---- consumers -------------------------------------------------------------------------------

  void handled(List<RecordedEvent> handled) {
    Map<String, Long> last = new HashMap<>();
    Set<String> known = new HashSet<>();
    for (RecordedEvent event : handled) {
      String name = event.stream() + "/" + event.version();
      if (!known.add(name) || event.type().equals(Writer.BAD)) {
        continue; // handled once more, or behind others for having been parked
      }
      long before = last.getOrDefault(event.stream(), 0L);
      if (event.version() < before) {
        violations.add(name + " was handled behind version " + before);
      }
      last.put(event.stream(), event.version());
    }
    for (Truth.Happened event : truth.events()) {
      if (!known.contains(event.name()) && truth.isPresent(event)) {
        violations.add("never handled: " + event);
      }
    }
  }

  void checkpoints() {
    Map<Bytes, Position> checkpoints = new HashMap<>();
    Map<Bytes, Long> done = new HashMap<>();
    Bytes groups = Bytes.utf8(root + "g/");
    Bytes projected = Bytes.utf8(root + "x/");
    for (Event each : witness.events()) {
      Bytes key = each.kv().key();
      if (key.startsWith(groups) && key.toUtf8().contains("#checkpoint#") && !each.delete()) {
        Position now = Position.parse(each.kv().value().toUtf8());
        Position before = checkpoints.put(key, now);
        if (before != null && !now.isAfter(before)) {
          violations.add("a checkpoint moved from " + before.toText() + " to " + now.toText());
        }
      } else if (key.startsWith(projected)) {
        if (done.merge(key, 1L, Long::sum) > 1) {
          violations.add("done twice: " + key.toUtf8());
        }
      }
    }
    for (Truth.Happened event : truth.events()) {
      boolean isDone = done.containsKey(Bytes.utf8(root + "x/" + event.name()));
      if (!isDone && truth.isPresent(event)) {
        violations.add("never done by the store: " + event);
      }
    }
  }
}

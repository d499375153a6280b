package io.quorate.simulator.recipes;

import io.quorate.base.Bytes;
import io.quorate.kv.Event;
import io.quorate.kv.KeyValue;
import io.quorate.recipes.FencingToken;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Judges who held what: by what each process believed at each moment, and by what the store
 * applied.
 *
 * <ul>
 *   <li>No token is given twice.
 *   <li>Nobody takes itself for the owner while another does who excludes it, unless an operator
 *       took the key away behind its back.
 *   <li>What is written under guard takes effect only while its key was there, and its turn had
 *       come; what was told of it is what happened; and of those who exclude each other, tokens
 *       never fall.
 * </ul>
 */
final class LockJudge {
  /** How a guarded write ended, as far as its writer knows. */
  enum Told {
    DONE,
    NOT_DONE,
    UNKNOWN
  }

  /** Whether one who holds excludes another. */
  interface Sharing {
    /** How many may hold it at a time besides those who don't exclude each other. */
    boolean exclude(Grant one, Grant other);

    /** How many places before one's own are in nobody's way: one less than the permits. */
    default int roomBefore() {
      return 0;
    }
  }

  /** That somebody holds it. */
  record Grant(String who, boolean writes, Held held) {}

  private record Write(FencingToken token, String who, boolean writes, @Nullable Told told) {}

  private final Bytes keys;
  private final Bytes guarded;
  private final Sharing sharing;
  private final boolean trustsBelief;
  private final Consumer<String> violations;
  private final Map<String, Grant> holding = new LinkedHashMap<>();
  private final TreeSet<FencingToken> given = new TreeSet<>();
  private final Map<Bytes, Write> writes = new LinkedHashMap<>();
  private int granted;

  /**
   * @param keys what all places begin with
   * @param guarded what is written under guard
   * @param trustsBelief whether nobody takes anything away behind an owner's back
   */
  LockJudge(
      Bytes keys,
      Bytes guarded,
      Sharing sharing,
      boolean trustsBelief,
      Consumer<String> violations) {
    this.keys = keys;
    this.guarded = guarded;
    this.sharing = sharing;
    this.trustsBelief = trustsBelief;
    this.violations = violations;
  }

  /** How often it was held. */
  int granted() {
    return granted;
  }

  /** Something ended in a way that nobody who uses it could handle. */
  void broke(String what) {
    violations.accept(what);
  }

  void granted(Grant grant) {
    granted++;
    if (!given.add(grant.held().token())) {
      violations.accept("%s has %s, as another had".formatted(grant.who(), grant.held().token()));
    }
    holding.put(grant.who(), grant);
    look();
  }

  /** It holds it no more, or wants to. */
  void left(String who) {
    holding.remove(who);
  }

  /** Looks who takes itself for the owner at this moment. */
  void look() {
    if (!trustsBelief) {
      return;
    }
    List<Grant> held = new ArrayList<>();
    for (Grant each : holding.values()) {
      if (each.held().isHeld()) {
        held.add(each);
      }
    }
    int exclusive = 0;
    for (int i = 0; i < held.size(); i++) {
      for (int j = 0; j < i; j++) {
        exclusive += sharing.exclude(held.get(i), held.get(j)) ? 1 : 0;
      }
    }
    if (exclusive > 0 || (sharing.roomBefore() > 0 && held.size() > sharing.roomBefore() + 1)) {
      StringBuilder names = new StringBuilder();
      held.forEach(
          each -> names.append(each.who()).append(' ').append(each.held().token()).append("; "));
      violations.accept("all of these hold it: " + names);
    }
  }

  void writes(Bytes value, Grant grant) {
    writes.put(value, new Write(grant.held().token(), grant.who(), grant.writes(), null));
  }

  void wrote(Bytes value, Told told) {
    Write write = writes.get(value);
    if (write != null) {
      writes.put(value, new Write(write.token(), write.who(), write.writes(), told));
    }
  }

  // ---- what the store applied ------------------------------------------------------------------

  /** Whether a place is one of a reader, or of a writer that reads by now. */
  private static boolean reads(KeyValue place) {
    return place.value().toUtf8().endsWith("\nreads") || place.key().toUtf8().contains("/r/");
  }

  void judge(List<Event> events) {
    TreeMap<Long, KeyValue> places = new TreeMap<>(); // by when they were created
    Map<Bytes, Long> created = new LinkedHashMap<>();
    FencingToken last = null;
    TreeSet<Bytes> seen = new TreeSet<>(Bytes::compareTo);
    for (Event event : events) {
      Bytes key = event.kv().key();
      if (key.equals(guarded) && !event.delete()) {
        Bytes value = event.kv().value();
        Write write = writes.get(value);
        if (write == null) {
          continue; // not of this schedule
        }
        seen.add(value);
        KeyValue place = places.get(write.token().revision());
        if (place == null) {
          violations.accept(
              "%s wrote under %s, whose key was gone".formatted(write.who(), write.token()));
        } else if (!isTurn(places, place)) {
          violations.accept(
              "%s wrote under %s, whose turn it was not: %s"
                  .formatted(write.who(), write.token(), places.values()));
        }
        if (write.writes() && sharing.roomBefore() == 0) {
          if (last != null && last.isAfter(write.token())) {
            violations.accept(
                "%s wrote under %s after %s".formatted(write.who(), write.token(), last));
          }
          last = write.token();
        }
        if (write.told() == Told.NOT_DONE) {
          violations.accept("%s was told that %s wrote nothing".formatted(write.who(), value));
        }
      } else if (key.startsWith(keys)) {
        if (event.delete()) {
          Long at = created.remove(key);
          if (at != null) {
            places.remove(at);
          }
        } else {
          created.put(key, event.kv().createRevision());
          places.put(event.kv().createRevision(), event.kv());
        }
      }
    }
    writes.forEach((value, write) -> {
      if (write.told() == Told.DONE && !seen.contains(value)) {
        violations.accept("%s was told that it wrote %s".formatted(write.who(), value.toUtf8()));
      }
    });
  }

  private boolean isTurn(NavigableMap<Long, KeyValue> places, KeyValue place) {
    var before = places.headMap(place.createRevision(), false).values();
    if (sharing.roomBefore() > 0) {
      return before.size() <= sharing.roomBefore();
    }
    return reads(place) ? before.stream().allMatch(LockJudge::reads) : before.isEmpty();
  }
}

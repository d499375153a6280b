package io.quorate.simulator;

import io.quorate.node.MembershipRefusal;
import io.quorate.node.Quirk;
import io.quorate.node.Refusal;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What of all that is worth reaching a world has reached: the named situations of {@link Probe};
 * each fault that strikes a leader, and one that strikes somebody else; each kind of frame; each
 * refusal. And, without names, the states that the members were in all together, as far as they
 * differ in what matters: who leads, who is behind and by how much, who has a voice.
 */
final class Coverage {
  private static final EnumMap<Probe, Integer> PROBES = new EnumMap<>(Probe.class);

  /** For who leads; for who doesn't, one more. */
  private static final EnumMap<Fault.Kind, Integer> FAULTS = new EnumMap<>(Fault.Kind.class);

  /**
   * What clients may be told. The others don't come about here: nobody writes what is too large or
   * waits in queues that are full, stops a member in an orderly way, or asks where a learner would
   * say no; and a write without a leader waits for one.
   */
  private static final List<Refusal> REFUSABLE =
      List.of(
          Refusal.LEADER_CHANGED,
          Refusal.TIMED_OUT,
          Refusal.TIMED_OUT_LEADER_LOST,
          Refusal.DISK_FULL,
          Refusal.NOT_APPLIED,
          Refusal.NOT_SERVING,
          Refusal.REPAIRING);

  /** What operators may be told: they ask for addresses that can be, and for few members. */
  private static final List<MembershipRefusal> REJECTABLE =
      List.of(
          MembershipRefusal.NOT_FOUND,
          MembershipRefusal.URLS_EXIST,
          MembershipRefusal.TOO_MANY_LEARNERS,
          MembershipRefusal.NOT_ENOUGH_STARTED,
          MembershipRefusal.UNHEALTHY,
          MembershipRefusal.NOT_A_LEARNER,
          MembershipRefusal.LEARNER_NOT_READY);

  private static final EnumMap<MembershipRefusal, Integer> REJECTIONS =
      new EnumMap<>(MembershipRefusal.class);

  private static final EnumMap<Quirk, Integer> QUIRKS = new EnumMap<>(Quirk.class);
  private static final EnumMap<Refusal, Integer> REFUSALS = new EnumMap<>(Refusal.class);

  /** All that has a name, by number: frames first, by their codes less one. */
  static final List<String> NAMES = names();

  private final BitSet reached = new BitSet();
  private final TreeSet<Long> states = new TreeSet<>();

  private static List<String> names() {
    List<String> names = new ArrayList<>();
    for (int type = 1; type <= Frames.COUNT; type++) {
      names.add(Frames.NAMES.get(type) + " arrives");
    }
    for (Probe each : Probe.values()) {
      PROBES.put(each, names.size());
      names.add(each.text());
    }
    for (Fault.Kind each : Fault.Kind.values()) {
      FAULTS.put(each, names.size());
      names.add(words(each) + ", of a leader");
      names.add(words(each) + ", of one that doesn't lead");
    }
    for (Quirk each : Quirk.values()) {
      QUIRKS.put(each, names.size());
      names.add("by chance alone: " + words(each));
    }
    for (Refusal each : REFUSABLE) {
      REFUSALS.put(each, names.size());
      names.add("a client is refused: " + words(each));
    }
    for (MembershipRefusal each : REJECTABLE) {
      REJECTIONS.put(each, names.size());
      names.add("an operator is refused: " + words(each));
    }
    return List.copyOf(names);
  }

  private static String words(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }

  private void mark(@Nullable Integer number) {
    if (number != null) {
      reached.set(number);
    }
  }

  void reached(Probe probe) {
    mark(PROBES.get(probe));
  }

  void reachedIf(boolean holds, Probe probe) {
    if (holds) {
      reached(probe);
    }
  }

  /** A fault happens to somebody. */
  void struck(Fault.Kind kind, boolean leader) {
    Integer number = FAULTS.get(kind);
    mark(number == null || leader ? number : Integer.valueOf(number + 1));
  }

  /** A quirk happens. */
  void happened(Quirk quirk) {
    mark(QUIRKS.get(quirk));
  }

  /** A frame arrives. */
  void arrived(int type) {
    reached.set(type - 1);
  }

  /** A client is refused. */
  void refused(Refusal why) {
    mark(REFUSALS.get(why));
  }

  /** A change of members is refused. */
  void rejected(MembershipRefusal why) {
    mark(REJECTIONS.get(why));
  }

  /** The members were in this state, whatever it stands for. */
  void state(long state) {
    states.add(state);
  }

  /** The numbers of what was reached. */
  BitSet reached() {
    return (BitSet) reached.clone();
  }

  /** The states, each once. */
  Set<Long> states() {
    return Collections.unmodifiableSet(states);
  }
}

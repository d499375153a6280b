package io.quorate.simulator;

import io.quorate.base.Bytes;
import io.quorate.node.MemberInfo;
import io.quorate.node.Membership;
import io.quorate.node.ReplicaStatus;
import io.quorate.raft.Configuration;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Who shall belong to a group after each committed change, told once more, in the simplest way: it
 * remembers every change that it has ever seen, so none counts twice.
 */
final class Roll {
  /** A member as it is wanted: whether it only learns, and where it is reached. */
  private record Wanted(boolean learns, List<String> urls) {}

  /** Who is wanted and who is gone, from an index on. */
  private record Stand(TreeMap<Long, Wanted> wanted, TreeSet<Long> gone) {
    Stand copy() {
      return new Stand(new TreeMap<>(wanted), new TreeSet<>(gone));
    }
  }

  private static final int ADD = 1;
  private static final int ADD_LEARNER = 2;
  private static final int REMOVE = 3;
  private static final int UPDATE = 4;
  private static final int PROMOTE = 5;

  private final TreeMap<Long, Stand> stands = new TreeMap<>();
  private final TreeMap<Long, Configuration> configurations = new TreeMap<>();
  private final TreeSet<String> seen = new TreeSet<>();

  /** By URL, where changes that name it took effect. */
  private final TreeMap<String, List<Long>> effects = new TreeMap<>();

  Roll(Configuration founders, List<MemberInfo> members) {
    Stand first = new Stand(new TreeMap<>(), new TreeSet<>());
    for (MemberInfo each : members) {
      first.wanted().put(each.id(), new Wanted(each.learner(), each.peerUrls()));
    }
    stands.put(0L, first);
    configurations.put(0L, founders);
  }

  private Stand last() {
    return stands.lastEntry().getValue();
  }

  /** A configuration is applied first. */
  void configured(long index, Configuration next) {
    configurations.put(index, next);
  }

  /** The last configuration that anybody has applied. */
  Configuration configuration() {
    return configurations.lastEntry().getValue();
  }

  /** Whether up to an index only founders can know who founded the group. */
  boolean isUnconfigured(long index) {
    return configurations.floorKey(index) == 0;
  }

  /** A change is applied first. */
  void apply(long index, Bytes payload) {
    ByteBuffer in = ByteBuffer.wrap(payload.toArray()).order(ByteOrder.LITTLE_ENDIAN);
    in.get(); // the format
    long origin = in.getLong();
    long life = in.getLong();
    long sequence = in.getLong();
    long member = in.getLong();
    int kind = in.get();
    Stand next = last().copy();
    boolean again = !seen.add(origin + "/" + life + "/" + sequence);
    if (again || next.gone().contains(origin) || next.gone().contains(member)) {
      return;
    }
    Wanted known = next.wanted().get(member);
    switch (kind) {
      case ADD, ADD_LEARNER -> reached(index, next, member, kind == ADD_LEARNER, urls(in));
      case UPDATE -> reached(index, next, member, known != null && known.learns(), urls(in));
      case PROMOTE ->
          next.wanted().put(member, new Wanted(false, known == null ? List.of() : known.urls()));
      case REMOVE -> {
        next.wanted().remove(member);
        next.gone().add(member);
      }
      default -> throw new IllegalStateException("a change of kind " + kind);
    }
    stands.put(index, next);
  }

  private void reached(long index, Stand next, long member, boolean learns, List<String> urls) {
    next.wanted().put(member, new Wanted(learns, urls));
    urls.forEach(url -> effects.computeIfAbsent(url, none -> new ArrayList<>()).add(index));
  }

  private static List<String> urls(ByteBuffer in) {
    List<String> urls = new ArrayList<>();
    for (int left = in.getInt(); left > 0; left--) {
      byte[] text = new byte[in.getInt()];
      in.get(text);
      urls.add(new String(text, StandardCharsets.UTF_8));
    }
    return urls;
  }

  /** Where changes that name a URL took effect, in order. */
  List<Long> effects(String url) {
    return effects.getOrDefault(url, List.of());
  }

  /** Who is wanted, by all that anybody has applied. */
  List<Long> wanted() {
    return List.copyOf(last().wanted().keySet());
  }

  /** Whether a member is wanted, by all that anybody has applied. */
  boolean wants(long member) {
    return last().wanted().containsKey(member);
  }

  /** Whether a member was removed, by all that anybody has applied. */
  boolean isGone(long member) {
    return last().gone().contains(member);
  }

  /** Whether a member was removed by what is applied up to an index. */
  boolean isGone(long member, long index) {
    return stands.floorEntry(index).getValue().gone().contains(member);
  }

  /** Whether a member is wanted as a voter, or removed, by what is applied up to an index. */
  boolean isVoterOrGone(long member, long index) {
    Wanted wanted = stands.floorEntry(index).getValue().wanted().get(member);
    return isGone(member, index) || (wanted != null && !wanted.learns());
  }

  /** Whether a member has these for its members that are wanted. */
  boolean isAsWanted(ReplicaStatus status) {
    TreeSet<Long> voters = new TreeSet<>();
    TreeSet<Long> learners = new TreeSet<>();
    last().wanted().forEach((id, each) -> (each.learns() ? learners : voters).add(id));
    return voters.equals(new TreeSet<>(status.voters()))
        && learners.equals(new TreeSet<>(status.learners()))
        && !configuration().isJoint();
  }

  /** What is wrong with the members as a member that has applied so much tells them, or nothing. */
  String wrong(ReplicaStatus status, Membership told) {
    long at = status.appliedIndex();
    Stand stand = stands.floorEntry(at).getValue();
    Configuration configuration = configurations.floorEntry(at).getValue();
    TreeMap<Long, Wanted> must = new TreeMap<>(stand.wanted());
    for (long id : configuration.members()) {
      must.putIfAbsent(id, new Wanted(configuration.isLearner(id), List.of()));
    }
    TreeMap<Long, Wanted> is = new TreeMap<>();
    for (MemberInfo each : told.members()) {
      boolean leaves = !stand.wanted().containsKey(each.id());
      is.put(each.id(), new Wanted(each.learner(), leaves ? List.of() : each.peerUrls()));
    }
    return is.equals(must)
        ? ""
        : "member %d has these members at %d: %s, and they are %s"
            .formatted(status.member(), at, is, must);
  }

  @Override
  public String toString() {
    StringBuilder out = new StringBuilder();
    for (Map.Entry<Long, Wanted> each : last().wanted().entrySet()) {
      out.append(each.getKey()).append(each.getValue().learns() ? " learns, " : " votes, ");
    }
    return out + "gone " + last().gone();
  }
}

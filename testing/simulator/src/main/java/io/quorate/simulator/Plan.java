package io.quorate.simulator;

import io.quorate.base.Limits;
import io.quorate.kv.Principal;
import io.quorate.node.MemberInfo;
import io.quorate.node.MembershipSettings;
import io.quorate.node.NodeSettings;
import io.quorate.node.Quirk;
import io.quorate.raft.Configuration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.LongStream;

/**
 * All that is decided about a world before it begins: how large it is, how hostile the members'
 * settings are, and what goes wrong when. The rest is the seed's.
 *
 * @param seed what all chance comes from
 * @param members how many there are
 * @param learners how many of them have no vote: the last ones
 * @param groups how many groups they form, all of them each
 * @param abandoned how many of them, fewer than half, are never healed; only they lose data
 * @param clients how many ask
 * @param operationsPerSecond how much they ask for, all together
 * @param keys of how many keys
 * @param compacts whether they compact
 * @param watchers how many clients watch
 * @param leasers how many clients have leases
 * @param leaseCheckpoints whether leaders tell what is left of long leases
 * @param operators how many change the members, as it is served to operators
 * @param users how many clients have a name and rights
 * @param backups how many backups are taken, of the last of which a new cluster is made in the end
 * @param loadNanos how long they ask while things go wrong
 * @param heartbeatNanos of the leader
 * @param electionNanos without a leader before a member campaigns
 * @param retainedEntries kept in the log beyond what the state needs
 * @param cachedLogBytes of the log kept in memory
 * @param segmentBytes of a file of the log
 * @param appendEntriesMax entries in a message to a follower; 0 for what is usual
 * @param flushBytes after which an engine flushes by itself
 * @param sectorBytes of the disks
 * @param delayNanos of the network, on average
 * @param syncNanos of the disks, on average
 * @param quirks which of {@link io.quorate.node.Quirk} happen now and then: a bit for each, in
 *     order
 * @param beyond whether every disk may rot: who then can't go on must say so, and nothing else is
 *     demanded of it
 * @param faults what goes wrong, by time
 */
record Plan(
    long seed,
    int members,
    int learners,
    int groups,
    int abandoned,
    int clients,
    int operationsPerSecond,
    int keys,
    boolean compacts,
    int watchers,
    int leasers,
    boolean leaseCheckpoints,
    int operators,
    int users,
    int backups,
    long loadNanos,
    long heartbeatNanos,
    long electionNanos,
    long retainedEntries,
    long cachedLogBytes,
    int segmentBytes,
    int appendEntriesMax,
    long flushBytes,
    int sectorBytes,
    long delayNanos,
    long syncNanos,
    long quirks,
    boolean beyond,
    List<Fault> faults) {
  private static final long MILLIS = 1_000_000L;
  private static final long SECOND = 1_000 * MILLIS;

  /** What the cluster is called. */
  static final long CLUSTER = 7;

  /** How long faults last, on average: for some of them, shorter than an election. */
  private static final List<Long> DURATIONS =
      List.of(10 * SECOND, 2 * SECOND, 2 * SECOND, 10 * MILLIS);

  /** What members are told where operators change them: as usual, but for a learner more. */
  private static final MembershipSettings OPERATED =
      new MembershipSettings(true, 2, false, false, 0);

  Plan {
    groups = Math.max(1, groups); // there were times when nobody said how many
    faults = List.copyOf(faults);
  }

  /** What a seed draws: a size, settings, and a part of all that can go wrong. */
  static Plan draw(long seed) {
    Chance chance = Chance.of(seed, "plan");
    Chance audience = Chance.of(seed, "audience");
    int members = chance.oneOf(List.of(1, 3, 3, 3, 3, 5, 5, 5, 7));
    long load = chance.between(20, 60) * SECOND;
    boolean hostile = chance.oneIn(2);
    List<Fault.Kind> kinds = new ArrayList<>();
    for (Fault.Kind kind : Fault.Kind.values()) {
      if (chance.oneIn(2)) {
        kinds.add(kind);
      }
    }
    boolean changesMembers = members > 1 && chance.oneIn(4);
    int operators = changesMembers ? 0 : operators(seed);
    kinds.remove(Fault.Kind.RECONFIGURE);
    if (changesMembers || operators > 0) {
      kinds.removeIf(Fault.Kind::damagesDisk); // too few might have what is agreed on
    }
    if (changesMembers) {
      int share = chance.oneIn(2) ? kinds.size() : 1; // in half of them, of all faults each second
      kinds.addAll(Collections.nCopies(Math.max(1, share), Fault.Kind.RECONFIGURE));
    }
    if (kinds.isEmpty()) {
      kinds.add(Fault.Kind.KILL);
    }
    boolean beyond = !changesMembers && operators == 0 && members > 1 && chance.oneIn(16);
    kinds.remove(Fault.Kind.ROT_EVERYWHERE);
    if (beyond) {
      kinds.removeIf(Fault.Kind::damagesDisk);
      kinds.add(chance.oneIn(2) ? Fault.Kind.ROT : Fault.Kind.ROT_EVERYWHERE);
    }
    int abandoned =
        !beyond && !changesMembers && operators == 0 && chance.oneIn(4)
            ? (int) chance.between(0, (members - 1) / 2)
            : 0;
    int learners =
        abandoned == 0 && members > 3 && chance.oneIn(3) ? (int) chance.between(1, 2) : 0;
    long election = hostile ? chance.oneOf(List.of(SECOND, 300 * MILLIS, 100 * MILLIS)) : SECOND;
    // Beyond repair, what is behind the damage must tell of each group that there was more of it.
    int groups = !beyond && operators == 0 && chance.oneIn(3) ? (int) chance.between(2, 4) : 1;
    int clients = (int) chance.between(1, 16);
    return new Plan(
        seed,
        members,
        learners,
        groups,
        abandoned,
        clients,
        (int) chance.between(150, 400),
        (int) chance.between(2, 60),
        chance.oneIn(2),
        audience.below(5),
        audience.below(4),
        audience.oneIn(2),
        operators,
        users(seed, clients),
        backups(seed),
        load,
        election / 10,
        election,
        hostile ? chance.between(5, 50) : 5_000,
        hostile ? chance.between(1, 16) << 10 : 1 << 20,
        hostile ? smallSegment(chance, !beyond && groups <= 2) : 256 << 10,
        hostile ? chance.oneOf(List.of(0, 1, 3)) : 0,
        hostile ? chance.between(1, 16) << 10 : 64 << 10,
        chance.oneIn(2) ? 512 : 4_096,
        chance.oneOf(List.of(MILLIS / 10, MILLIS / 10, MILLIS, 20 * MILLIS)),
        chance.oneOf(List.of(MILLIS / 10, MILLIS / 4, 5 * MILLIS)),
        chance.oneIn(2) ? chance.between(1, 1_000_000) : 0,
        beyond,
        faults(chance, kinds, members, load, chance.between(500, 5_000) * MILLIS));
  }

  /** In a third of the worlds operators change the members. */
  private static int operators(long seed) {
    Chance chance = Chance.of(seed, "operators");
    return chance.oneIn(3) ? (int) chance.between(1, 2) : 0;
  }

  /** In a quarter of the worlds some clients have names, and only the rights that go with them. */
  private static int users(long seed, int clients) {
    Chance chance = Chance.of(seed, "users");
    return clients > 1 && chance.oneIn(4) ? (int) chance.between(1, Math.min(6, clients - 1)) : 0;
  }

  /** In a third of the worlds somebody takes backups. */
  private static int backups(long seed) {
    Chance chance = Chance.of(seed, "backups");
    return chance.oneIn(3) ? (int) chance.between(1, 3) : 0;
  }

  /** For whom those ask who have no name: where that matters, they may do everything. */
  Principal outsider() {
    return users > 0 ? Principal.MEMBER : Principal.NOBODY;
  }

  /** The smallest has eight blocks; each begins with where all groups stand. */
  private static int smallSegment(Chance chance, boolean smallest) {
    return smallest && chance.oneIn(2) ? 32 << 10 : 64 << 10;
  }

  /** Five members and 200 operations a second, with all kinds of faults: one every two seconds. */
  static Plan bench(long seed) {
    Chance chance = Chance.of(seed, "bench");
    List<Fault.Kind> kinds = new ArrayList<>(List.of(Fault.Kind.values()));
    kinds.remove(Fault.Kind.RECONFIGURE); // which goes with fewer of the others
    kinds.remove(Fault.Kind.ROT_EVERYWHERE); // which would be the end
    kinds.remove(Fault.Kind.BURST); // which would change the load
    return new Plan(
        seed,
        5,
        0,
        1,
        0,
        8,
        200,
        40,
        true,
        2,
        2,
        false,
        0,
        0,
        0,
        60 * SECOND,
        100 * MILLIS,
        SECOND,
        5_000,
        1 << 20,
        256 << 10,
        0,
        64 << 10,
        4_096,
        MILLIS / 10,
        MILLIS / 4,
        0,
        false,
        faults(chance, kinds, 5, 60 * SECOND, 2 * SECOND));
  }

  /** A short life in which nothing goes wrong, with a log in small segments. */
  static Plan calm(long seed, int members, int segmentBytes) {
    return new Plan(
        seed,
        members,
        0,
        1,
        0,
        4,
        100,
        10,
        false,
        1,
        1,
        false,
        0,
        0,
        0,
        2 * SECOND,
        100 * MILLIS,
        SECOND,
        1_000,
        4 << 10,
        segmentBytes,
        0,
        64 << 10,
        4_096,
        MILLIS / 10,
        MILLIS / 10,
        0,
        false,
        List.of());
  }

  /** The same, in which things go wrong for another time; what would happen later doesn't. */
  Plan withLoad(long nanos) {
    return with(nanos, faults.stream().filter(each -> each.at() < nanos).toList());
  }

  /** The same without some of its faults. */
  Plan withFaults(List<Fault> kept) {
    return with(loadNanos, kept);
  }

  private Plan with(long nanos, List<Fault> kept) {
    return new Plan(
        seed,
        members,
        learners,
        groups,
        abandoned,
        clients,
        operationsPerSecond,
        keys,
        compacts,
        watchers,
        leasers,
        leaseCheckpoints,
        operators,
        users,
        backups,
        nanos,
        heartbeatNanos,
        electionNanos,
        retainedEntries,
        cachedLogBytes,
        segmentBytes,
        appendEntriesMax,
        flushBytes,
        sectorBytes,
        delayNanos,
        syncNanos,
        quirks,
        beyond,
        kept);
  }

  /** The settings of a member. */
  NodeSettings settings(long member) {
    return settings(member, initial(member), /* founding= */ true);
  }

  private List<MemberInfo> initial(long member) {
    List<MemberInfo> initial = new ArrayList<>();
    for (long each = 1; each <= members; each++) {
      initial.add(
          new MemberInfo(
              each,
              "m" + each,
              List.of("http://10.0.0." + each + ":2380"),
              each == member ? List.of("http://10.0.0." + each + ":2379") : List.of(),
              !isVoter(each)));
    }
    return initial;
  }

  /**
   * The settings of a member that knows these members.
   *
   * @param founding whether it is one of the first
   */
  NodeSettings settings(long member, List<MemberInfo> initial, boolean founding) {
    return settings(CLUSTER, groups, member, initial, founding);
  }

  /** The same in whichever cluster. */
  NodeSettings settings(
      long cluster, int groupsThere, long member, List<MemberInfo> initial, boolean founding) {
    return new NodeSettings(
        cluster,
        member,
        initial,
        founding,
        groupsThere,
        heartbeatNanos,
        electionNanos,
        5 * SECOND + 2 * electionNanos,
        1 << 20,
        retainedEntries,
        cachedLogBytes,
        segmentBytes,
        leaseCheckpoints,
        appendEntriesMax == 0 ? Limits.APPEND_ENTRIES_MAX : appendEntriesMax,
        operators == 0 ? MembershipSettings.DEFAULT : OPERATED);
  }

  /** Who votes and who learns at first. */
  Configuration founders() {
    long[] voters = LongStream.rangeClosed(1, members - learners).toArray();
    return Configuration.of(
        voters, LongStream.rangeClosed(members - learners + 1, members).toArray());
  }

  /** The quirks that may happen. */
  Set<Quirk> quirksThatHappen() {
    Set<Quirk> happen = EnumSet.noneOf(Quirk.class);
    for (Quirk each : Quirk.values()) {
      if (quirks != 0 && each != Quirk.DIVERGES && Chance.of(quirks, each.name()).oneIn(2)) {
        happen.add(each);
      }
    }
    return happen;
  }

  /** Whether somebody changes the members; elsewhere the group keeps them by itself. */
  boolean changesMembers() {
    return faults.stream().anyMatch(each -> each.kind() == Fault.Kind.RECONFIGURE);
  }

  /** Whether a member has a vote at the beginning and in the end. */
  boolean isVoter(long member) {
    return member <= members - learners;
  }

  /** Whether a member is one of those that are never healed: the last ones. */
  boolean isAbandoned(long member) {
    return abandoned > 0 && member > members - abandoned;
  }

  private static List<Fault> faults(
      Chance chance, List<Fault.Kind> kinds, int members, long load, long mean) {
    List<Fault> faults = new ArrayList<>();
    for (long at = chance.exponential(mean); at < load; at += 1 + chance.exponential(mean)) {
      faults.add(
          new Fault(
              at,
              chance.oneOf(kinds),
              chance.oneIn(3) ? Fault.LEADER : chance.between(1, members),
              chance.between(1, members),
              chance.exponential(chance.oneOf(DURATIONS))));
    }
    faults.sort(Comparator.comparingLong(Fault::at));
    return faults;
  }
}

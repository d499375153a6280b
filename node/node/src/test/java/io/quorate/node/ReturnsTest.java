package io.quorate.node;

import static io.quorate.node.WorldCalls.leader;
import static io.quorate.node.WorldCalls.node;
import static io.quorate.node.WorldCalls.read;
import static io.quorate.node.WorldCalls.reconfigure;
import static io.quorate.node.WorldCalls.refused;
import static io.quorate.node.WorldCalls.replica;
import static io.quorate.node.WorldCalls.restart;
import static io.quorate.node.WorldCalls.start;
import static io.quorate.node.WorldCalls.warm;
import static org.assertj.core.api.Assertions.assertThat;

import io.quorate.raft.Configuration;
import io.quorate.raft.Incarnation;
import io.quorate.raft.RaftCore;
import io.quorate.raft.Returned;
import io.quorate.raft.Role;
import io.quorate.raft.Standing;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** Members whose directory was wiped, copied, or put back from an older day come back. */
class ReturnsTest {
  private static final long SECOND = 1_000_000_000L;

  @Test
  void a_wiped_member_comes_back_with_its_vote() {
    World world = new World(132);
    warm(world, 3);
    long wiped = follower(world);
    wipe(world, wiped);
    world.runUntil("its vote", 10 * SECOND, () -> hasVote(world, wiped));
    assertThat(read(world, wiped, "warm")).isEqualTo("1");
    // Nobody can do without it now.
    long other = 6 - wiped - leader(world);
    world.place(other).kill();
    Put put = put(world, wiped, "with its help");
    world.runUntil("a put", 10 * SECOND, put::isAnswered);
    assertThat(put.revision).isPositive();
    assertThat(refused(world, wiped)).isEmpty();
  }

  @Test
  void a_wiped_member_votes_for_nobody_before_it_was_taken_in() {
    World world = new World(133);
    warm(world, 3);
    long wiped = follower(world);
    long leader = leader(world);
    long other = 6 - wiped - leader;
    wipe(world, wiped);
    world.runUntil("the refusal", SECOND, () -> !refused(world, wiped).isEmpty());
    assertThat(refused(world, wiped))
        .startsWith("refused by member ")
        .contains("takes it in again");
    world.place(leader).kill();
    world.run(20 * SECOND);
    RaftCore core = replica(world, wiped).core();
    assertThat(core.role()).isEqualTo(Role.FOLLOWER);
    assertThat(core.term()).isZero();
    assertThat(replica(world, other).core().role()).isNotEqualTo(Role.LEADER);
    restart(world, leader);
    world.runUntil("its vote", 20 * SECOND, () -> hasVote(world, wiped));
  }

  @Test
  void an_older_directory_comes_back_with_its_vote() {
    World world = new World(134);
    warm(world, 3);
    long old = follower(world);
    WorldDisk before = world.place(old).disk.copy();
    restartOf(world, old); // one more start, so that the copy is of an earlier one
    Put put = put(world, leader(world), "meanwhile");
    world.runUntil("a put", SECOND, put::isAnswered);
    world.run(SECOND);
    world.place(old).kill();
    world.place(old).putIn(before);
    restart(world, old);
    world.runUntil("the refusal", SECOND, () -> !refused(world, old).isEmpty());
    world.runUntil("its vote", 10 * SECOND, () -> hasVote(world, old));
    assertThat(read(world, old, "meanwhile")).isEqualTo("v");
  }

  /** What it has on disk says that it returns, and as which life. */
  @Test
  void a_wiped_member_that_is_restarted_over_and_over_comes_back() {
    World world = new World(135);
    warm(world, 3);
    long wiped = follower(world);
    wipe(world, wiped);
    for (int i = 0; i < 12; i++) {
      world.run(300 * World.MILLIS + i * (37 * World.MILLIS));
      restartOf(world, wiped);
    }
    world.runUntil("its vote", 20 * SECOND, () -> hasVote(world, wiped));
    restartOf(world, wiped);
    world.run(2 * SECOND);
    assertThat(hasVote(world, wiped)).isTrue();
    assertThat(refused(world, wiped)).isEmpty();
  }

  /** It can't tell what it promised, and one of those who could is down for good. */
  @Test
  void a_member_that_lost_its_logs_end_returns_though_another_one_stays_away() {
    World world = new World(138);
    warm(world, 5);
    long lost = follower(world);
    long leader = leader(world);
    long away =
        LongStream.rangeClosed(1, 5).filter(id -> id != lost && id != leader).findFirst().orElse(0);
    loseLogsEnd(world, lost, away);
    world.run(SECOND);
    assertThat(replica(world, lost).core().isSilent()).isTrue();
    world.runUntil("its place", 10 * SECOND, () -> configuration(world, lost).isLearner(lost));
    assertThat(replica(world, lost).membership().members())
        .as("a voter that is on its way back is told as one")
        .noneMatch(MemberInfo::learner);
    world.runUntil("its vote", 10 * SECOND, () -> hasVote(world, lost));
    // Nobody can do without it now.
    long other =
        LongStream.rangeClosed(1, 5)
            .filter(id -> id != lost && id != leader && id != away)
            .findFirst()
            .orElse(0);
    world.place(other).kill();
    Put put = put(world, lost, "with its help");
    world.runUntil("a put", 10 * SECOND, put::isAnswered);
    assertThat(put.revision).isPositive();
    // What it lost is settled: the next start need not wait for anybody.
    world.run(2 * SECOND);
    restartOf(world, lost);
    world.run(SECOND);
    assertThat(replica(world, lost).core().isSilent()).isFalse();
  }

  /** What it says of itself must reach the leader before anything that it acknowledges. */
  @Test
  void a_member_that_gives_up_takes_nothing_from_whom_it_could_not_tell() {
    World world = new World(148);
    warm(world, 5);
    long lost = follower(world);
    long away = LongStream.rangeClosed(1, 5).filter(id -> id != lost).max().orElse(0);
    away = away == leader(world) ? away - 1 : away;
    away = away == lost ? away - 1 : away;
    loseLogsEnd(world, lost, away);
    world.run(SECOND);
    world.place(lost).fullQueues(true);
    RaftCore core = replica(world, lost).core();
    world.runUntil("that it gives up", 10 * SECOND, () -> core.standing() == Standing.RETURNING);
    Put put = put(world, leader(world), "that it doesn't take");
    world.runUntil("a put", 10 * SECOND, put::isAnswered);
    world.run(2 * SECOND);
    assertThat(core.leader()).as("whom it follows").isZero();
    world.place(lost).fullQueues(false);
    restartOf(world, lost);
    world.runUntil("its vote", 20 * SECOND, () -> hasVote(world, lost));
  }

  /** With nobody to lead without it, giving up what it was would leave two of three for good. */
  @Test
  void a_member_that_lost_its_logs_end_waits_where_nobody_leads_without_it() {
    World world = new World(139);
    warm(world, 3);
    long lost = follower(world);
    long leader = leader(world);
    long other = 6 - lost - leader;
    loseLogsEnd(world, lost, other);
    world.run(30 * SECOND);
    assertThat(replica(world, lost).core().isSilent()).isTrue();
    assertThat(replica(world, lost).core().standing()).isEqualTo(Standing.GOOD);
    restart(world, other);
    Put put = put(world, lost, "with all of them");
    world.runUntil("a put", 10 * SECOND, put::isAnswered);
    assertThat(put.revision).isPositive();
  }

  @Test
  void the_next_leader_goes_on_with_taking_it_in() {
    World world = new World(136);
    warm(world, 5);
    long wiped = follower(world);
    wipe(world, wiped);
    long first = leader(world);
    world.runUntil(
        "its place as a learner", 10 * SECOND, () -> configuration(world, first).isLearner(wiped));
    world.place(first).kill();
    world.runUntil("its vote", 20 * SECOND, () -> hasVote(world, wiped));
  }

  /** What it knew of itself is of an earlier life by now. */
  @Test
  void an_original_that_comes_after_its_successor_is_one_more_life() {
    World world = new World(137);
    warm(world, 3);
    long member = follower(world);
    world.place(member).kill();
    WorldDisk original = world.place(member).disk;
    world.place(member).wipe();
    restart(world, member);
    world.runUntil("its vote", 10 * SECOND, () -> hasVote(world, member));
    long boot = life(world, member);
    assertThat(boot).isEqualTo(Incarnation.nextLife(1));
    world.place(member).kill();
    world.place(member).putIn(original);
    restart(world, member);
    world.runUntil("the refusal", SECOND, () -> !refused(world, member).isEmpty());
    world.runUntil(
        "its vote",
        10 * SECOND,
        () -> hasVote(world, member) && life(world, member) == Incarnation.nextLife(boot));
  }

  /** Its earlier self's commands are still in the log, under the numbers that it uses now. */
  @Test
  void a_wiped_member_takes_no_command_of_its_earlier_life_for_its_own() {
    World world = new World(138);
    start(world, 3, 100_000);
    Put warm = Put.to(world, 1, "warm", "1");
    world.runUntil("the first put", 5 * SECOND, warm::isAnswered);
    long wiped = follower(world);
    for (int i = 0; i < 200; i++) {
      Put put = put(world, wiped, "earlier " + i);
      world.runUntil("a put", SECOND, put::isAnswered);
    }
    wipe(world, wiped);
    for (int i = 0; i < 200; i++) {
      put(world, wiped, "later " + i);
      world.run(50 * World.MILLIS);
    }
    world.runUntil("its vote", 10 * SECOND, () -> hasVote(world, wiped));
    Put last = put(world, wiped, "last");
    world.runUntil("a put", SECOND, last::isAnswered);
    assertThat(read(world, wiped, "last")).isEqualTo("v");
    assertThat(read(world, wiped, "earlier 7")).isEqualTo("v");
    world.run(SECOND);
    assertThat(replica(world, wiped).applier().machine().stateHash())
        .isEqualTo(replica(world, leader(world)).applier().machine().stateHash());
  }

  @Test
  void of_two_members_the_wiped_one_waits_and_says_so() {
    World world = new World(139);
    warm(world, 2);
    long wiped = follower(world);
    wipe(world, wiped);
    world.run(20 * SECOND);
    assertThat(refused(world, wiped)).contains("a leader with a quorum");
    assertThat(replica(world, 3 - wiped).core().role()).isNotEqualTo(Role.LEADER);
  }

  @Test
  void a_wiped_learner_comes_back_as_a_learner() {
    World world = new World(140);
    warm(world, 3);
    long wiped = follower(world);
    long[] others = LongStream.rangeClosed(1, 3).filter(id -> id != wiped).toArray();
    reconfigure(world, others, new long[] {wiped});
    wipe(world, wiped);
    world.runUntil(
        "its return",
        10 * SECOND,
        () ->
            !replica(world, wiped).hard().isReturning()
                && refused(world, wiped).isEmpty()
                && replica(world, wiped).hard().lifeBoot > 0);
    world.run(SECOND);
    assertThat(configuration(world, leader(world)).isLearner(wiped)).isTrue();
    assertThat(configuration(world, leader(world)).isVoter(wiped)).isFalse();
  }

  /** Taken in again as a learner by the operator, it is one; by itself it isn't promoted. */
  @Test
  void a_wiped_member_that_was_removed_and_added_again_is_what_it_was_added_as() {
    World world = new World(33);
    warm(world, 3);
    long leader = leader(world);
    long wiped = follower(world);
    wipe(world, wiped);
    world.runUntil("the refusal", SECOND, () -> !refused(world, wiped).isEmpty());
    long[] others = LongStream.rangeClosed(1, 3).filter(id -> id != wiped).toArray();
    reconfigure(world, others, new long[0]);
    reconfigure(world, others, new long[] {wiped});
    world.runUntil("the welcome", 10 * SECOND, () -> refused(world, wiped).isEmpty());
    Put put = put(world, leader, "after");
    world.runUntil("a put", SECOND, put::isAnswered);
    world.run(5 * SECOND);
    assertThat(world.place(wiped).replica().status().learner()).isTrue();
    assertThat(node(world, leader).connectedPeers()).contains(wiped);
  }

  /**
   * Takes the end off a member's log, so that nothing shows what was there, and nobody remembers
   * either. It begins again when another one is down.
   */
  private static void loseLogsEnd(World world, long member, long away) {
    RaftCore before = replica(world, member).core();
    long end = before.stableIndex();
    long leader = leader(world);
    Put last = put(world, leader, "what one of them loses");
    world.runUntil("a put", SECOND, () -> last.isAnswered() && before.stableIndex() > end);
    world.place(member).kill();
    world.place(member).disk.damageLastEntryHeader("log");
    world.place(leader).kill();
    restart(world, leader);
    world.run(3 * SECOND);
    world.place(away).kill();
    restart(world, member);
  }

  private static boolean hasVote(World world, long member) {
    return world.places.values().stream()
            .filter(World.Place::isUp)
            .allMatch(place -> configuration(world, place.member).isIncomingVoter(member))
        && replica(world, member).hard().lifeBoot > 0
        && !replica(world, member).hard().isReturning();
  }

  private static long life(World world, long member) {
    Returned known = configuration(world, leader(world)).returned(member);
    return known == null ? 0 : known.boot();
  }

  private static Configuration configuration(World world, long at) {
    return replica(world, at).committedConfiguration();
  }

  private static void wipe(World world, long member) {
    world.place(member).kill();
    world.place(member).wipe();
    restart(world, member);
  }

  private static void restartOf(World world, long member) {
    world.place(member).kill();
    restart(world, member);
  }

  private static long follower(World world) {
    return leader(world) == 3 ? 2 : leader(world) == 2 ? 1 : world.places.size() == 2 ? 2 : 3;
  }

  private static Put put(World world, long member, String key) {
    return Put.to(world, member, key, "v");
  }
}

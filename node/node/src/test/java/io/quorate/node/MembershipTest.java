package io.quorate.node;

import static io.quorate.node.Change.add;
import static io.quorate.node.Change.done;
import static io.quorate.node.Change.learner;
import static io.quorate.node.Change.rejected;
import static io.quorate.node.WorldCalls.leader;
import static io.quorate.node.WorldCalls.node;
import static io.quorate.node.WorldCalls.read;
import static io.quorate.node.WorldCalls.replica;
import static io.quorate.node.WorldCalls.restart;
import static io.quorate.node.WorldCalls.warm;
import static org.assertj.core.api.Assertions.assertThat;

import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.raft.Configuration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Members come, learn, vote, move and go, as operators ask for it. */
class MembershipTest {
  private static final long SECOND = 1_000_000_000L;
  private static final String NEW = "http://127.0.0.1:9001";

  /** A quorum never waits for a process that nobody has started. */
  @Test
  void a_lone_member_serves_on_until_the_one_that_was_added_has_caught_up() {
    World world = new World(201);
    warm(world, 1);
    long added = done(world, 1, add(NEW));
    assertThat(member(world, 1, added))
        .isEqualTo(new MemberInfo(added, "", List.of(NEW), List.of(), false));
    assertThat(configuration(world, 1).voters()).containsExactly(1);
    put(world, 1, "alone", "still");
    join(world, added, 1);
    awaitVote(world, added);
    assertThat(read(world, added, "alone")).isEqualTo("still");
    assertThat(member(world, 1, added).name()).isEqualTo("m" + added);
    put(world, added, "together", "now");
    world.place(added).kill();
    Put put = Put.to(world, 1, "one", "of two");
    world.run(2 * SECOND);
    assertThat(put.isAnswered()).as("its vote is needed").isFalse();
  }

  @Test
  void a_cluster_grows_to_five_and_shrinks_to_three_by_way_of_any_member() {
    World world = new World(202);
    warm(world, 1);
    List<Long> members = new ArrayList<>(List.of(1L));
    for (int i = 0; i < 4; i++) {
      long by = members.get(i);
      long added = done(world, by, add("http://127.0.0.1:" + (9001 + i)));
      join(world, added, by);
      awaitVote(world, added);
      members.add(added);
    }
    put(world, members.get(4), "five", "5");
    for (int i = 0; i < 2; i++) {
      long gone = members.removeFirst(); // the first of them leads
      done(world, members.get(i), new MembershipChange.Remove(gone));
      world.runUntil("word to it", 5 * SECOND, () -> world.place(gone).removed != null);
      world.place(gone).kill();
    }
    put(world, members.getFirst(), "three", "3");
    assertThat(configuration(world, leader(world)).voters())
        .containsExactlyInAnyOrder(members.stream().mapToLong(Long::longValue).toArray());
    assertThat(ids(world, members.getLast())).containsExactlyInAnyOrderElementsOf(members);
  }

  @Test
  void a_learner_is_promoted_when_it_has_caught_up_and_not_before() {
    World world = new World(203);
    warm(world, 3);
    long added = done(world, 2, learner(NEW));
    assertThat(member(world, 1, added).learner()).isTrue();
    assertThat(rejected(world, 1, new MembershipChange.Promote(added)))
        .isEqualTo(MembershipRefusal.LEARNER_NOT_READY);
    assertThat(rejected(world, 1, learner("http://127.0.0.1:9002")))
        .isEqualTo(MembershipRefusal.TOO_MANY_LEARNERS);
    join(world, added, 1);
    world.runUntil("its log", 5 * SECOND, () -> replica(world, added).applier().applied() > 0);
    world.run(SECOND);
    assertThat(world.place(added).replica().status().learner()).isTrue();
    done(world, added, new MembershipChange.Promote(added));
    assertThat(world.place(added).replica().status().learner()).isFalse();
    assertThat(rejected(world, 3, new MembershipChange.Promote(added)))
        .isEqualTo(MembershipRefusal.NOT_A_LEARNER);
  }

  @Test
  void a_learner_that_was_started_so_promotes_itself() {
    World world = new World(204);
    warm(world, 3);
    long added = done(world, 1, learner(NEW));
    join(world, added, 1, new MembershipSettings(true, 1, true, false, 0));
    awaitVote(world, added);
  }

  @Test
  void a_change_that_may_not_be_is_refused_by_any_member_for_the_same_reason() {
    World world = new World(205);
    warm(world, 3);
    long down = leader(world) == 3 ? 2 : 3;
    for (long by = 1; by <= 3; by++) {
      assertThat(rejected(world, by, new MembershipChange.Remove(99)))
          .isEqualTo(MembershipRefusal.NOT_FOUND);
      assertThat(rejected(world, by, new MembershipChange.Update(99, List.of(NEW))))
          .isEqualTo(MembershipRefusal.NOT_FOUND);
      assertThat(rejected(world, by, new MembershipChange.Promote(99)))
          .isEqualTo(MembershipRefusal.NOT_FOUND);
      assertThat(rejected(world, by, new MembershipChange.Promote(2)))
          .isEqualTo(MembershipRefusal.NOT_A_LEARNER);
      assertThat(rejected(world, by, add("http://127.0.0.1:2381")))
          .isEqualTo(MembershipRefusal.URLS_EXIST);
      assertThat(
              rejected(world, by, new MembershipChange.Update(2, List.of("http://127.0.0.1:2383"))))
          .isEqualTo(MembershipRefusal.URLS_EXIST);
      for (String url : List.of("", "127.0.0.1:1", "ftp://a:1", "http://a")) {
        assertThat(rejected(world, by, add(url))).isEqualTo(MembershipRefusal.BAD_URLS);
      }
    }
    world.place(down).kill();
    world.run(SECOND);
    long up = 6 - down - leader(world);
    assertThat(rejected(world, up, add(NEW))).isEqualTo(MembershipRefusal.UNHEALTHY);
    assertThat(rejected(world, up, learner(NEW))).isEqualTo(MembershipRefusal.UNHEALTHY);
    assertThat(rejected(world, up, new MembershipChange.Remove(up)))
        .as("one of the two that are left would be no quorum")
        .isEqualTo(MembershipRefusal.UNHEALTHY);
    done(world, up, new MembershipChange.Remove(down));
    assertThat(ids(world, up)).hasSize(2).doesNotContain(down);
  }

  @Test
  void the_last_member_stays_and_no_second_one_is_added_before_the_first_has_started() {
    World world = new World(206);
    warm(world, 1);
    assertThat(rejected(world, 1, new MembershipChange.Remove(1)))
        .isEqualTo(MembershipRefusal.NOT_ENOUGH_STARTED);
    long added = done(world, 1, add(NEW));
    assertThat(rejected(world, 1, add("http://127.0.0.1:9002")))
        .isEqualTo(MembershipRefusal.NOT_ENOUGH_STARTED);
    assertThat(rejected(world, 1, new MembershipChange.Remove(1)))
        .as("who has no vote yet can't be left alone")
        .isEqualTo(MembershipRefusal.NOT_ENOUGH_STARTED);
    done(world, 1, new MembershipChange.Remove(added)); // a slip of the pen is no end of a cluster
    put(world, 1, "after", "it");
  }

  /** The second is judged while the first is agreed on, but still in the configuration. */
  @Test
  void two_removals_at_once_leave_a_member_that_serves() {
    World world = new World(212);
    warm(world, 2);
    long leader = leader(world);
    Change one = Change.ask(world, leader, new MembershipChange.Remove(leader));
    Change other = Change.ask(world, 3 - leader, new MembershipChange.Remove(3 - leader));
    world.runUntil("answers", 10 * SECOND, () -> one.isAnswered() && other.isAnswered());
    assertThat(List.of(String.valueOf(one.outcome), String.valueOf(other.outcome)))
        .filteredOn(each -> each.contains("NOT_ENOUGH_STARTED"))
        .hasSize(1);
    long stays = other.outcome instanceof MembershipOutcome.Done ? leader : 3 - leader;
    put(world, stays, "alone", "but there");
  }

  @Test
  void two_removals_at_once_leave_a_quorum_of_those_that_run() {
    World world = new World(213);
    warm(world, 4);
    long leader = leader(world);
    long down = leader == 4 ? 3 : 4;
    List<Long> others =
        Stream.of(1L, 2L, 3L, 4L).filter(each -> each != leader && each != down).toList();
    world.place(down).kill();
    world.run(3 * SECOND);
    Change one = Change.ask(world, leader, new MembershipChange.Remove(others.get(0)));
    Change other = Change.ask(world, others.get(1), new MembershipChange.Remove(others.get(1)));
    world.runUntil("answers", 10 * SECOND, () -> one.isAnswered() && other.isAnswered());
    assertThat(one.outcome).isInstanceOf(MembershipOutcome.Done.class);
    assertThat(other.outcome)
        .isEqualTo(new MembershipOutcome.Rejected(MembershipRefusal.UNHEALTHY));
    put(world, leader, "two", "of three");
  }

  /** Its conversation stands, and its silence counts from the beginning of the leader only. */
  @Test
  void a_member_that_a_new_leader_has_not_heard_yet_is_no_part_of_the_quorum_that_is_left() {
    World world = new World(224);
    warm(world, 3);
    long old = leader(world);
    long hangs = old == 3 ? 2 : 3;
    long next = 6 - old - hangs;
    world.place(hangs).pause(20 * SECOND);
    LeadershipMove moved = moved(world, old, next);
    assertThat(moved).isEqualTo(LeadershipMove.MOVED);
    Change removal = Change.ask(world, next, new MembershipChange.Remove(old));
    world.runUntil("an answer", 10 * SECOND, removal::isAnswered);
    assertThat(removal.outcome)
        .isEqualTo(new MembershipOutcome.Rejected(MembershipRefusal.UNHEALTHY));
    put(world, next, "two", "of three");
  }

  /** It has said nothing yet that would tell, and what isn't committed any more has no way back. */
  @Test
  void a_member_that_died_a_moment_ago_is_no_part_of_the_quorum_that_is_left() {
    World world = new World(219);
    warm(world, 3);
    long leads = leader(world);
    long dies = leads == 3 ? 2 : 3;
    long other = 6 - leads - dies;
    world.place(dies).pause(20 * SECOND); // as where no connection breaks
    world.run(World.MILLIS);
    assertThat(rejected(world, leads, new MembershipChange.Remove(other)))
        .isEqualTo(MembershipRefusal.UNHEALTHY);
    put(world, leads, "two", "of three");
  }

  /** It has to be taken in first, and who is left must be a quorum without it. */
  @Test
  void a_member_whose_directory_was_replaced_is_no_part_of_the_quorum_that_is_left() {
    World world = new World(218);
    warm(world, 3);
    long leads = leader(world);
    long replaced = leads == 3 ? 2 : 3;
    long other = 6 - leads - replaced;
    world.place(replaced).kill();
    world.place(replaced).wipe();
    restart(world, replaced);
    world.runUntil("word of it", SECOND, () -> !WorldCalls.refused(world, replaced).isEmpty());
    assertThat(rejected(world, leads, new MembershipChange.Remove(other)))
        .isEqualTo(MembershipRefusal.UNHEALTHY);
    world.runUntil("its vote", 20 * SECOND, () -> WorldCalls.refused(world, replaced).isEmpty());
    done(world, leads, new MembershipChange.Remove(other));
    put(world, leads, "of", "two");
  }

  @Test
  void who_is_removed_says_nothing_is_done_that_is_not() {
    World world = new World(214);
    warm(world, 3);
    long leader = leader(world);
    long gone = leader == 3 ? 2 : 3;
    Change moves = Change.ask(world, gone, new MembershipChange.Update(1, List.of(NEW)));
    Change removal = Change.ask(world, leader, new MembershipChange.Remove(gone));
    world.runUntil("the removal", 10 * SECOND, removal::isAnswered);
    world.run(10 * SECOND);
    boolean moved = member(world, leader, 1).peerUrls().equals(List.of(NEW));
    assertThat(moved).as("the removal comes first").isFalse();
    assertThat(moves.outcome).isNull();
  }

  @Test
  void a_member_that_fails_does_not_say_that_a_change_under_way_had_no_effect() {
    World world = new World(215);
    warm(world, 3);
    long failing = leader(world) == 3 ? 2 : 3;
    Change change = Change.ask(world, failing, learner(NEW));
    world.runUntil(
        "the change at the others",
        5 * SECOND,
        () -> replica(world, leader(world)).membership().members().size() == 4);
    assertThat(change.isAnswered()).isFalse();
    replica(world, failing).fail(QuorateException.of(ErrorCode.LOG_FAILED, "for the test"));
    world.run(SECOND);
    assertThat(change.refusal).isEqualTo(Refusal.NOT_APPLIED);
  }

  /** It waits for entries of its peers, none of whom will give any to who has been removed. */
  @Test
  void a_removed_member_whose_log_is_damaged_is_told_so_too() {
    World world = new World(216);
    warm(world, 3);
    long gone = leader(world) == 3 ? 2 : 3;
    world.place(gone).disk.damageLastEntry("log");
    for (int i = 0; i < 20; i++) {
      put(world, leader(world), "more", "entries " + i);
    }
    world.run(SECOND);
    world.place(gone).kill();
    world.run(SECOND);
    done(world, leader(world), new MembershipChange.Remove(gone));
    world.run(SECOND);
    restart(world, gone);
    world.runUntil("the word", 20 * SECOND, () -> world.place(gone).removed != null);
    assertThat(node(world, gone).running(Node.KEYSPACE)).as("its log was damaged").isNull();
    assertThat(world.place(gone).removed).contains("has been removed from the cluster");
  }

  /** The one that it comes to mends its log still, and doesn't know yet who belongs. */
  @Test
  void a_removed_member_that_comes_before_anybody_has_begun_is_told_once_they_have() {
    World world = new World(217);
    warm(world, 3);
    long added = done(world, 1, add(NEW));
    done(world, 1, new MembershipChange.Remove(added));
    long mends = leader(world) == 3 ? 2 : 3;
    world.run(SECOND);
    put(world, leader(world), "on", "everybody's disk");
    world.run(SECOND);
    world.place(mends).disk.damageLastEntry("log");
    for (int i = 0; i < 20; i++) {
      put(world, leader(world), "more", "entries " + i);
    }
    world.run(SECOND);
    for (long member = 1; member <= 3; member++) {
      world.place(member).kill();
    }
    restart(world, mends);
    WorldCalls.begin(
        world,
        added,
        List.of(self(mends), new MemberInfo(added, "new", List.of(NEW), List.of(), false)),
        false,
        50,
        MembershipSettings.DEFAULT);
    world.run(3 * SECOND);
    assertThat(node(world, mends).running(Node.KEYSPACE)).as("it waits for entries").isNull();
    assertThat(world.place(added).removed).isNull();
    for (long member = 1; member <= 3; member++) {
      if (member != mends) {
        world.cut(member, added);
        List<MemberInfo> initial = List.of(self(1), self(2), self(3));
        WorldCalls.begin(world, member, initial, true, 50, MembershipSettings.DEFAULT);
      }
    }
    world.runUntil("the word", 20 * SECOND, () -> world.place(added).removed != null);
    assertThat(world.place(added).removed).contains("has been removed from the cluster");
  }

  /** What etcd lost with an update: whether the member only learns. */
  @Test
  void a_learner_that_moves_stays_a_learner() {
    World world = new World(207);
    warm(world, 3);
    long added = done(world, 1, learner(NEW));
    join(world, added, 1);
    world.runUntil("its name", 5 * SECOND, () -> !member(world, 1, added).name().isEmpty());
    done(world, 2, new MembershipChange.Update(added, List.of("http://127.0.0.1:9100")));
    MemberInfo moved = member(world, 2, added);
    assertThat(moved.learner()).isTrue();
    assertThat(moved.name()).isEqualTo("m" + added);
    assertThat(moved.peerUrls()).containsExactly("http://127.0.0.1:9100");
    world.place(added).kill();
    join(world, added, 1); // its flags are of yesterday
    world.run(3 * SECOND);
    assertThat(member(world, 2, added)).isEqualTo(moved);
  }

  @Test
  void a_member_that_was_removed_while_it_was_away_is_told_when_it_comes_also_by_restarted_ones() {
    World world = new World(208);
    warm(world, 3);
    long gone = leader(world) == 3 ? 2 : 3;
    world.place(gone).kill();
    world.run(SECOND);
    long stays = leader(world);
    done(world, stays, new MembershipChange.Remove(gone));
    world.run(SECOND);
    for (long member = 1; member <= 3; member++) {
      if (member != gone) {
        world.place(member).kill();
        restart(world, member);
      }
    }
    world.run(5 * SECOND);
    restart(world, gone);
    world.runUntil("the word", 20 * SECOND, () -> world.place(gone).removed != null);
    assertThat(world.place(gone).removed).contains("has been removed from the cluster");
    assertThat(ClusterView.decode(node(world, stays).describe(gone)).askerRemoved()).isTrue();
    put(world, stays, "undisturbed", "yes");
  }

  @Test
  void an_id_is_never_given_twice_not_even_for_the_same_url() {
    World world = new World(209);
    warm(world, 3);
    TreeSet<Long> given = new TreeSet<>();
    for (int i = 0; i < 5; i++) {
      long added = done(world, 1 + i % 3, learner(NEW));
      assertThat(given.add(added)).isTrue();
      done(world, 1 + (i + 1) % 3, new MembershipChange.Remove(added));
      assertThat(rejected(world, 1, new MembershipChange.Remove(added)))
          .isEqualTo(MembershipRefusal.NOT_FOUND);
    }
  }

  @Test
  void leadership_moves_to_the_voter_that_is_named_and_to_nobody_else() {
    World world = new World(210);
    warm(world, 3);
    long first = leader(world);
    long target = first == 3 ? 1 : 3;
    long third = 6 - first - target;
    long learner = done(world, first, learner(NEW));
    assertThat(moved(world, third, target)).isEqualTo(LeadershipMove.NOT_LEADER);
    assertThat(moved(world, first, 99)).isEqualTo(LeadershipMove.BAD_TARGET);
    assertThat(moved(world, first, learner)).isEqualTo(LeadershipMove.BAD_TARGET);
    assertThat(moved(world, first, first)).isEqualTo(LeadershipMove.MOVED);
    assertThat(moved(world, first, target)).isEqualTo(LeadershipMove.MOVED);
    assertThat(world.place(first).replica().leader()).isEqualTo(target);
    world.place(third).kill();
    world.run(100 * World.MILLIS);
    assertThat(moved(world, target, third)).isEqualTo(LeadershipMove.NOT_TAKEN);
    put(world, target, "it", "leads on");
  }

  /** The others are lost for good, and one of them was only just added. */
  @Test
  void a_survivor_makes_itself_a_cluster_of_one_and_grows_again() {
    World world = new World(211);
    warm(world, 3);
    long survivor = leader(world) == 3 ? 2 : 3;
    long added = done(world, survivor, learner(NEW));
    put(world, survivor, "kept", "as it was");
    world.run(SECOND);
    for (long member = 1; member <= 3; member++) {
      world.place(member).kill();
    }
    MembershipSettings alone = new MembershipSettings(true, 1, false, true, 0);
    for (int start = 0; start < 2; start++) { // the second time there is nothing left to do
      WorldCalls.begin(world, survivor, List.of(self(survivor)), true, 50, alone);
      world.runUntil("a leader", 2 * SECOND, () -> leads(world, survivor));
      assertThat(read(world, survivor, "kept")).isEqualTo("as it was");
      world.runUntil("the list", SECOND, () -> ids(world, survivor).equals(List.of(survivor)));
      world.place(survivor).kill();
    }
    WorldCalls.begin(
        world, survivor, List.of(self(survivor)), true, 50, MembershipSettings.DEFAULT);
    world.runUntil("a leader", 2 * SECOND, () -> leads(world, survivor));
    assertThat(ClusterView.decode(node(world, survivor).describe(added)).askerRemoved()).isTrue();
    long next = done(world, survivor, add(NEW));
    join(world, next, survivor);
    awaitVote(world, next);
    assertThat(read(world, next, "kept")).isEqualTo("as it was");
  }

  private static MemberInfo self(long member) {
    return new MemberInfo(
        member, "m" + member, List.of("http://127.0.0.1:" + (2380 + member)), List.of(), false);
  }

  private static boolean leads(World world, long member) {
    return world.place(member).isUp() && world.place(member).replica().status().isLeader();
  }

  /** Whatever dies on the way, a change is done once or not at all, and everywhere. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16})
  void a_change_is_whole_whoever_dies_while_it_is_made(long seed) {
    World world = new World(300 + seed);
    warm(world, 3);
    List<Change> asked = new ArrayList<>();
    List<Long> expected = new ArrayList<>(List.of(1L, 2L, 3L));
    for (int i = 0; i < 6; i++) {
      long by = 1L + world.random.nextInt(3);
      MembershipChange wanted = learnerOrGone(world, expected, i);
      Change change = Change.ask(world, by, wanted);
      asked.add(change);
      world.run(1_000L * world.random.nextInt(1_500));
      long dies = 1L + world.random.nextInt(3);
      world.place(dies).kill();
      world.run(world.random.nextInt(300) * World.MILLIS);
      restart(world, dies);
      if (dies == by && !change.isAnswered()) {
        change.refusal = Refusal.STOPPED; // its process went
      }
      world.runUntil("an answer", 10 * SECOND, change::isAnswered);
      world.runUntil("a leader", 10 * SECOND, () -> hasLeader(world));
      world.run(3 * SECOND);
      if (change.outcome instanceof MembershipOutcome.Done(long member)) {
        assertThat(ids(world, leader(world)).contains(member))
            .isEqualTo(wanted instanceof MembershipChange.Add);
      }
      List<MemberInfo> first = sorted(world, 1);
      assertThat(first).as("seed %d", seed).hasSizeBetween(3, 4);
      assertThat(sorted(world, 2)).isEqualTo(first);
      assertThat(sorted(world, 3)).isEqualTo(first);
      Configuration configuration = configuration(world, leader(world));
      assertThat(ids(world, 1)).containsExactlyInAnyOrderElementsOf(boxed(configuration.members()));
      expected = new ArrayList<>(ids(world, 1));
    }
    assertThat(asked.stream().anyMatch(each -> each.outcome != null)).isTrue();
  }

  private static MembershipChange learnerOrGone(World world, List<Long> present, int round) {
    List<Long> added = present.stream().filter(id -> id < 0 || id > 3).toList();
    assertThat(world.places).hasSize(3);
    return added.isEmpty()
        ? learner("http://127.0.0.1:" + (9100 + round))
        : new MembershipChange.Remove(added.getFirst());
  }

  private static LeadershipMove moved(World world, long by, long target) {
    LeadershipMove[] answer = {null};
    world
        .place(by)
        .replica()
        .membership()
        .moveLeader(
            target,
            new Reply<>() {
              @Override
              public void done(LeadershipMove result) {
                answer[0] = result;
              }

              @Override
              public void refused(Refusal why) {
                throw new AssertionError(why);
              }
            });
    world.runUntil("the move", 8 * SECOND, () -> answer[0] != null);
    return answer[0];
  }

  private static void join(World world, long member, long knows) {
    join(world, member, knows, MembershipSettings.DEFAULT);
  }

  /** Starts a member that was added, on what is on its disk: it knows what the cluster told it. */
  private static void join(World world, long member, long knows, MembershipSettings settings) {
    ClusterView view = ClusterView.decode(node(world, knows).describe(member));
    List<MemberInfo> initial =
        view.members().stream()
            .map(each ->
                each.id() == member
                    ? new MemberInfo(
                        member, "m" + member, each.peerUrls(), List.of("http://c:1"), false)
                    : each)
            .toList();
    WorldCalls.begin(world, member, initial, false, 50, settings);
    world.run(World.MILLIS);
  }

  private static void awaitVote(World world, long member) {
    world.runUntil(
        "its vote",
        10 * SECOND,
        () ->
            world.place(member).isUp()
                && world.place(member).replica().membership().isSettled()
                && replica(world, member).committedConfiguration().isIncomingVoter(member));
  }

  private static void put(World world, long by, String key, String value) {
    Put put = Put.to(world, by, key, value);
    world.runUntil("a put", 5 * SECOND, put::isAnswered);
    assertThat(put.revision).isPositive();
  }

  private static boolean hasLeader(World world) {
    return world.places.values().stream()
        .allMatch(each -> each.isUp() && each.replica().leader() != 0);
  }

  private static MemberInfo member(World world, long at, long id) {
    return world.place(at).replica().membership().members().stream()
        .filter(each -> each.id() == id)
        .findFirst()
        .orElseThrow();
  }

  private static List<MemberInfo> sorted(World world, long at) {
    return world.place(at).replica().membership().members().stream()
        .sorted(Comparator.comparingLong(MemberInfo::id))
        .toList();
  }

  private static List<Long> ids(World world, long at) {
    return sorted(world, at).stream().map(MemberInfo::id).toList();
  }

  private static List<Long> boxed(long[] ids) {
    return Stream.of(ids).flatMap(each -> java.util.Arrays.stream(each).boxed()).toList();
  }

  private static Configuration configuration(World world, long at) {
    return replica(world, at).committedConfiguration();
  }
}

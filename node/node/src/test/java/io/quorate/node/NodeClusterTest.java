package io.quorate.node;

import static io.quorate.node.WorldCalls.leader;
import static io.quorate.node.WorldCalls.read;
import static io.quorate.node.WorldCalls.restart;
import static io.quorate.node.WorldCalls.start;
import static org.assertj.core.api.Assertions.assertThat;

import io.quorate.base.Bytes;
import io.quorate.base.Limits;
import io.quorate.kv.CompactRequest;
import io.quorate.kv.CompactResponse;
import io.quorate.kv.KeyValue;
import io.quorate.kv.KvResult;
import io.quorate.kv.Principal;
import io.quorate.wal.GroupState;
import io.quorate.wal.Hole;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Whole members in one thread and virtual time: what a client is told, under faults. */
class NodeClusterTest {
  private static final long SECOND = 1_000_000_000L;

  /** Puts that a follower misses, and the bytes of their values. */
  private static final int FAR_BEHIND = 600;

  private static final int FAR_BEHIND_BYTES = 3_000_000;

  private final List<Put> puts = new ArrayList<>();

  @Test
  void a_lone_member_serves_at_once() {
    World world = new World(1);
    start(world, 1);
    Put put = put(world, 1, "a", "1");
    world.runUntil("a put on a lone member", SECOND, put::isAnswered);
    assertThat(put.revision).isEqualTo(2);
    assertThat(read(world, 1, "a")).isEqualTo("1");
  }

  @Test
  void three_members_elect_a_leader_and_agree() {
    World world = new World(2);
    start(world, 3);
    Put first = put(world, 1, "a", "1");
    Put second = put(world, 2, "b", "2");
    Put third = put(world, 3, "c", "3");
    world.runUntil(
        "puts through every member",
        5 * SECOND,
        () -> first.isAnswered() && second.isAnswered() && third.isAnswered());
    assertThat(new TreeSet<>(List.of(first.revision, second.revision, third.revision)))
        .containsExactly(2L, 3L, 4L);
    for (long member = 1; member <= 3; member++) {
      assertThat(read(world, member, "a")).isEqualTo("1");
      assertThat(read(world, member, "c")).isEqualTo("3");
    }
  }

  @Test
  void every_member_publishes_its_name_and_addresses() {
    World world = new World(3);
    start(world, 3);
    world.runUntil(
        "three published members",
        10 * SECOND,
        () ->
            world.places.values().stream()
                .allMatch(place ->
                    place.replica().membership().members().stream()
                        .allMatch(member -> !member.clientUrls().isEmpty())));
  }

  @Test
  void a_survivor_serves_soon_after_the_leader_died() {
    World world = new World(4);
    start(world, 3);
    Put warm = put(world, 1, "a", "1");
    world.runUntil("the first put", 5 * SECOND, warm::isAnswered);
    long leader = leader(world);
    long survivor = leader == 1 ? 2 : 1;
    world.place(leader).kill();
    Put after = put(world, survivor, "a", "2");
    long killed = world.now;
    world.runUntil("a put after the leader died", 2 * SECOND, after::isAnswered);
    assertThat(after.revision).isEqualTo(3);
    assertThat(world.now - killed).as("no election time-out is sat out").isLessThan(SECOND / 2);
  }

  @Test
  void a_compaction_gives_its_space_back_while_the_member_serves() {
    World world = new World(6);
    start(world, 3);
    for (int i = 0; i < 500; i++) {
      put(world, 1, "k", "v" + i);
    }
    world.runUntil("the puts", 10 * SECOND, () -> puts.stream().allMatch(Put::isAnswered));
    boolean[] done = {false, false};
    world
        .place(1)
        .replica()
        .write(
            new CompactRequest(400, /* physical= */ true),
            Principal.NOBODY,
            new Reply<>() {
              @Override
              public void done(KvResult result) {
                done[0] = result instanceof CompactResponse;
              }

              @Override
              public void refused(Refusal why) {
                throw new AssertionError(why);
              }
            });
    world.runUntil("the compaction", 5 * SECOND, () -> done[0]);
    world
        .place(1)
        .replica()
        .compacted(
            400,
            new Barrier() {
              @Override
              public void passed() {
                done[1] = true;
              }

              @Override
              public void refused(Refusal why) {
                throw new AssertionError(why);
              }
            });
    world.runUntil("its space", 5 * SECOND, () -> done[1]);
    assertThat(world.place(1).replica().status().compactedRevision()).isEqualTo(400);
    assertThat(world.place(1).stopped).isNull();
    assertThat(read(world, 1, "k")).isEqualTo("v499");
  }

  @Test
  void writes_without_a_quorum_are_refused_in_time_and_not_lost_track_of() {
    World world = new World(5);
    start(world, 3);
    Put warm = put(world, 1, "a", "1");
    world.runUntil("the first put", 5 * SECOND, warm::isAnswered);
    world.place(2).kill();
    world.place(3).kill();
    Put alone = put(world, 1, "a", "2");
    world.runUntil("a refusal", 8 * SECOND, alone::isAnswered);
    assertThat(alone.refusal).isIn(Refusal.TIMED_OUT, Refusal.TIMED_OUT_LEADER_LOST);
    restart(world, 2);
    restart(world, 3);
    Put again = put(world, 1, "b", "3");
    world.runUntil("a put with all members", 10 * SECOND, again::isAnswered);
    assertThat(again.revision).isPositive();
  }

  @Test
  void writes_on_a_broken_connection_are_handed_over_again_when_it_is_mended() {
    World world = new World(7);
    start(world, 3);
    Put warm = put(world, 1, "a", "1");
    world.runUntil("the first put", 5 * SECOND, warm::isAnswered);
    long leader = leader(world);
    long follower = leader == 1 ? 2 : 1;
    world.run(2 * SECOND);
    for (int i = 0; i < 10; i++) {
      put(world, follower, "k" + i, "v");
      world.run(20_000);
    }
    world.cut(leader, follower);
    put(world, follower, "late", "v");
    world.run(300 * World.MILLIS);
    world.heal();
    world.runUntil("the puts", 2 * SECOND, () -> puts.stream().allMatch(Put::isAnswered));
    assertThat(puts).allMatch(put -> put.revision > 0);
  }

  @Test
  void a_wiped_member_has_no_vote_even_after_all_others_were_restarted() {
    World world = new World(8);
    start(world, 3);
    Put first = put(world, 1, "a", "1");
    world.runUntil("the first put", 5 * SECOND, first::isAnswered);
    world.run(2 * SECOND);
    for (long member = 1; member <= 3; member++) {
      world.place(member).kill();
    }
    world.place(3).wipe();
    restart(world, 2);
    restart(world, 3);
    Put alone = put(world, 2, "a", "2");
    world.runUntil("a refusal", 8 * SECOND, alone::isAnswered);
    assertThat(alone.refusal).as("one directory of three is no quorum").isNotNull();
    restart(world, 1);
    Put again = put(world, 2, "a", "3");
    world.runUntil("a put with two directories", 8 * SECOND, again::isAnswered);
    assertThat(again.revision).isPositive();
  }

  @Test
  void a_member_whose_logs_end_is_damaged_helps_nobody_to_win_until_the_others_have_filled_it() {
    damagedEnd(11, disk -> disk.damageLastEntry("log"), /* outline= */ true);
  }

  @Test
  void a_member_that_cannot_tell_what_its_logs_end_was_helps_nobody_to_win_who_may_lack_it() {
    damagedEnd(12, disk -> disk.damageLastEntryHeader("log"), /* outline= */ false);
  }

  private void damagedEnd(long seed, Consumer<WorldDisk> damage, boolean outline) {
    World world = new World(seed);
    start(world, 3);
    Put warm = put(world, 1, "a", "1");
    world.runUntil("the first put", 5 * SECOND, warm::isAnswered);
    long leader = leader(world);
    long[] others = LongStream.rangeClosed(1, 3).filter(id -> id != leader).toArray();
    world.cut(leader, others[1]);
    world.cut(others[0], others[1]);
    Put first = put(world, leader, "a", "2");
    world.runUntil("a put without the one that is cut off", 5 * SECOND, first::isAnswered);
    assertThat(first.revision).isPositive();
    world.place(leader).kill();
    world.place(others[0]).kill();
    damage.accept(world.place(others[0]).disk);
    restart(world, others[0]);
    Hole hole = holeOf(world, others[0]);
    assertThat(hole).isNotNull();
    if (hole != null) {
      assertThat(hole.open()).isEqualTo(!outline);
    }
    world.heal();
    Put alone = put(world, others[1], "a", "3");
    world.runUntil("a refusal", 8 * SECOND, alone::isAnswered);
    assertThat(alone.refusal).as("neither has what was acknowledged").isNotNull();

    restart(world, leader);
    Put again = put(world, leader, "b", "1");
    world.runUntil("a put with all of them", 8 * SECOND, again::isAnswered);
    assertThat(again.revision).isPositive();
    assertThat(read(world, others[1], "a")).isEqualTo("2");
    assertThat(read(world, others[0], "a")).isEqualTo("2");
    world.run(SECOND);
    world.place(others[0]).kill();
    restart(world, others[0]);
    assertThat(holeOf(world, others[0])).isNull();
  }

  @Test
  void a_last_batch_that_is_damaged_wherever_it_was_is_let_go_when_nobody_has_a_copy() {
    World world = new World(13);
    start(world, 3);
    Put warm = put(world, 1, "a", "1");
    world.runUntil("the first put", 5 * SECOND, warm::isAnswered);
    world.run(SECOND);
    long leader = leader(world);
    long[] others = LongStream.rangeClosed(1, 3).filter(id -> id != leader).toArray();
    world.cut(leader, others[1]);
    world.cut(others[0], others[1]);
    Put lost = put(world, leader, "a", "2");
    world.runUntil("a put on two disks", 5 * SECOND, lost::isAnswered);
    for (long holder : List.of(leader, others[0])) {
      world.place(holder).kill();
      world.place(holder).disk.damageLastEntry("log");
    }
    restart(world, leader);
    restart(world, others[0]);
    assertThat(holeOf(world, leader)).isNotNull();
    assertThat(holeOf(world, others[0])).isNotNull();
    world.heal();
    Put again = put(world, others[1], "b", "1");
    world.runUntil("a put with all of them", 8 * SECOND, again::isAnswered);
    assertThat(again.revision).isPositive();
    for (long member = 1; member <= 3; member++) {
      assertThat(read(world, member, "a")).as("at member %d", member).isEqualTo("1");
      assertThat(read(world, member, "b")).as("at member %d", member).isEqualTo("1");
    }
  }

  private static @Nullable Hole holeOf(World world, long member) {
    Node node = world.place(member).node;
    assertThat(node).isNotNull();
    return node.wal().recovered().stream()
        .filter(group -> group.group() == Node.KEYSPACE)
        .findFirst()
        .map(GroupState::hole)
        .orElse(null);
  }

  @Test
  void a_member_whose_uncommitted_log_exceeds_its_cache_takes_another_leaders_log() {
    World world = new World(9);
    start(world, 3);
    Put warm = put(world, 1, "a", "1");
    world.runUntil("the first put", 5 * SECOND, warm::isAnswered);
    world.run(2 * SECOND);
    long leader = leader(world);
    long[] others = LongStream.rangeClosed(1, 3).filter(id -> id != leader).toArray();
    world.cut(leader, others[0]);
    world.cut(leader, others[1]);
    for (int i = 0; i < 100; i++) {
      put(world, leader, "k" + i, "v".repeat(1_000));
    }
    world.run(200 * World.MILLIS);
    world.place(leader).kill();
    Put other = put(world, others[0], "a", "2");
    world.runUntil("a put without it", 5 * SECOND, other::isAnswered);
    restart(world, leader);
    world.heal();
    Put last = put(world, leader, "last", "last");
    world.runUntil("a put through it", 5 * SECOND, last::isAnswered);
    assertThat(last.revision).isPositive();
    assertThat(world.place(leader).stopped).isNull();
  }

  @Test
  void a_snapshot_that_could_not_be_made_is_made_later() {
    World world = new World(10);
    start(world, 3);
    Put warm = put(world, 1, "a", "1");
    world.runUntil("the first put", 5 * SECOND, warm::isAnswered);
    world.run(2 * SECOND);
    long leader = leader(world);
    long behind = leader == 1 ? 2 : 1;
    world.place(behind).kill();
    for (int i = 0; i < 300; i++) {
      put(world, leader, "k" + i, "v".repeat(500));
      world.run(10 * World.MILLIS);
    }
    world.run(3 * SECOND);
    assertThat(world.place(leader).replica().status().firstIndex()).isGreaterThan(100);
    world.place(leader).readersReject = true;
    restart(world, behind);
    world.run(3 * SECOND);
    world.place(leader).readersReject = false;
    world.runUntil(
        "the snapshot",
        20 * SECOND,
        () -> world.place(behind).replica().latest().get(Bytes.utf8("k299")) != null);
  }

  @Test
  void a_follower_that_is_far_behind_is_supplied_at_a_rate() {
    World world = new World(14);
    long behind = fallBehind(world);
    long begun = world.now;
    restart(world, behind, FAR_BEHIND);
    awaitSupplied(world, behind);
    assertThat(world.now - begun)
        .as("time for %d MB at the rate, less the first append", FAR_BEHIND_BYTES / 1_000_000)
        .isGreaterThan(
            (FAR_BEHIND_BYTES - Limits.APPEND_BYTES_MAX)
                * SECOND
                / Limits.LOG_CATCH_UP_BYTES_PER_SECOND)
        .isLessThan(3 * SECOND);
    assertThat(world.place(leader(world)).replica().status().firstIndex())
        .as("it was supplied from the log")
        .isLessThan(100);
  }

  @Test
  void a_follower_that_a_commit_waits_for_is_supplied_at_once() {
    World world = new World(15);
    long behind = fallBehind(world);
    long leader = leader(world);
    world.place(6 - leader - behind).kill();
    restart(world, behind, FAR_BEHIND);
    Put waits = put(world, leader, "waits", "1");
    long begun = world.now;
    world.runUntil("a put that needs the follower", 5 * SECOND, waits::isAnswered);
    assertThat(waits.revision).isPositive();
    assertThat(world.now - begun)
        .as("twice as fast as the rate at the least")
        .isLessThan(FAR_BEHIND_BYTES * SECOND / Limits.LOG_CATCH_UP_BYTES_PER_SECOND / 2);
  }

  @Test
  void a_read_that_needs_a_follower_that_is_far_behind_is_answered_soon() {
    World world = new World(16);
    long behind = fallBehind(world);
    long leader = leader(world);
    restart(world, behind, FAR_BEHIND);
    world.run(100 * World.MILLIS);
    world.place(6 - leader - behind).kill();
    long begun = world.now;
    assertThat(read(world, leader, "a")).isEqualTo("1");
    assertThat(world.now - begun).as("time of the read").isLessThan(SECOND / 10);
  }

  /** Three members, one of which is down and lacks much of the log. Returns which. */
  private long fallBehind(World world) {
    start(world, 3, FAR_BEHIND);
    Put warm = put(world, 1, "a", "1");
    world.runUntil("the first put", 5 * SECOND, warm::isAnswered);
    long leader = leader(world);
    long behind = leader == 1 ? 2 : 1;
    world.place(behind).kill();
    String value = "v".repeat(FAR_BEHIND_BYTES / FAR_BEHIND);
    for (int i = 0; i < FAR_BEHIND; i++) {
      put(world, leader, "k" + i, value);
      world.run(World.MILLIS);
    }
    world.runUntil("the puts", 20 * SECOND, () -> puts.stream().allMatch(Put::isAnswered));
    return behind;
  }

  private static void awaitSupplied(World world, long member) {
    world.runUntil(
        "the last put on the member",
        20 * SECOND,
        () ->
            world.place(member).replica().latest().get(Bytes.utf8("k" + (FAR_BEHIND - 1))) != null);
  }

  @Test
  void a_member_with_a_full_disk_waits_for_room_and_goes_on() {
    World world = new World(11);
    start(world, 3);
    Put warm = put(world, 1, "a", "1");
    world.runUntil("the first put", 5 * SECOND, warm::isAnswered);
    world.run(2 * SECOND);
    long full = leader(world);
    world.place(full).disk.full = true;
    for (int i = 0; i < 300; i++) {
      put(world, 1 + i % 3, "k" + i, "v".repeat(2_000));
      world.run(5 * World.MILLIS);
    }
    world.run(10 * SECOND);
    assertThat(leader(world)).as("who can't write doesn't lead").isNotEqualTo(full);
    assertThat(world.place(full).stopped).isNull();
    Put refused = put(world, full, "refused", "v");
    assertThat(refused.refusal).as("said at once").isEqualTo(Refusal.DISK_FULL);
    world.place(full).disk.full = false;
    world.run(SECOND);
    Put last = put(world, full, "last", "last");
    world.runUntil("a put through it", 10 * SECOND, last::isAnswered);
    assertThat(last.revision).isPositive();
    world.run(5 * SECOND);
    check(world, 11);
  }

  /** One seed: {@code mvn test -pl node/node -am -Dtest=NodeClusterTest -Dseed=17}. */
  static LongStream seeds() {
    Long one = Long.getLong("seed");
    return one != null
        ? LongStream.of(one)
        : LongStream.range(1, 1 + Integer.getInteger("seeds", 40));
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void nothing_acknowledged_is_lost_under_kills_and_cuts(long seed) {
    World world = new World(seed);
    start(world, 3);
    for (int round = 0; round < 12; round++) {
      for (int i = 0; i < 20; i++) {
        long member = 1L + world.random.nextInt(3);
        if (world.place(member).isUp()) {
          put(world, member, "k" + world.random.nextInt(10), "v" + puts.size());
        }
        world.run(World.MILLIS * world.random.nextInt(20));
      }
      World.Place any = world.place(1 + world.random.nextInt(3));
      switch (world.random.nextInt(8)) {
        case 0 -> any.kill();
        case 1 -> world.cut(1 + world.random.nextInt(3), 1 + world.random.nextInt(3));
        case 2 -> world.heal();
        case 3 -> any.readersReject = !any.readersReject;
        case 4 -> any.disk.full = !any.disk.full;
        case 5 -> any.pause(World.MILLIS * world.random.nextInt(3_000));
        case 6 -> any.fullQueues(world.random.nextBoolean());
        default -> world.run(World.MILLIS * world.random.nextInt(3_000));
      }
      world.run(World.MILLIS * world.random.nextInt(1_500));
      for (long member = 1; member <= 3; member++) {
        World.Place place = world.place(member);
        if (!place.isUp() && !place.disk.full && world.random.nextBoolean()) {
          restart(world, member);
        }
      }
    }
    world.heal();
    for (long member = 1; member <= 3; member++) {
      world.place(member).readersReject = false;
      world.place(member).disk.full = false;
      world.place(member).fullQueues(false);
      if (!world.place(member).isUp()) {
        restart(world, member);
      }
    }
    Put last = put(world, 1, "last", "last");
    world.runUntil("a put after all is healed, seed " + seed, 20 * SECOND, last::isAnswered);
    world.run(8 * SECOND);
    check(world, seed);
  }

  /** Every acknowledged write has a revision of its own, and the newest of each key is there. */
  private void check(World world, long seed) {
    TreeMap<Long, Put> byRevision = new TreeMap<>();
    for (Put put : puts) {
      if (put.revision > 0) {
        assertThat(byRevision.put(put.revision, put))
            .as("one write a revision, seed %d", seed)
            .isNull();
      }
    }
    assertThat(byRevision).hasSizeGreaterThan(10);
    TreeMap<String, Put> newest = new TreeMap<>();
    byRevision.values().forEach(put -> newest.put(put.key, put));
    for (long member = 1; member <= 3; member++) {
      assertThat(world.place(member).stopped).as("member %d, seed %d", member, seed).isNull();
      for (Put put : newest.values()) {
        KeyValue found = world.place(member).replica().latest().get(Bytes.utf8(put.key));
        assertThat(found).as("%s on member %d, seed %d", put.key, member, seed).isNotNull();
        assertThat(found.modRevision())
            .as("%s on member %d, seed %d", put.key, member, seed)
            .isGreaterThanOrEqualTo(put.revision);
        if (found.modRevision() == put.revision) {
          assertThat(found.value().toUtf8()).isEqualTo(put.value);
        }
      }
    }
  }

  private Put put(World world, long member, String key, String value) {
    Put put = Put.to(world, member, key, value);
    puts.add(put);
    return put;
  }
}

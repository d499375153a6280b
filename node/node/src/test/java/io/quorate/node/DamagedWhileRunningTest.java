package io.quorate.node;

import static io.quorate.node.WorldCalls.leader;
import static io.quorate.node.WorldCalls.node;
import static io.quorate.node.WorldCalls.read;
import static io.quorate.node.WorldCalls.replica;
import static io.quorate.node.WorldCalls.start;
import static io.quorate.node.WorldCalls.warm;
import static org.assertj.core.api.Assertions.assertThat;

import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.kv.KvStore;
import io.quorate.machine.Machine;
import java.lang.reflect.Field;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** A group that finds its state damaged ends, and begins anew with another one; nobody restarts. */
class DamagedWhileRunningTest {
  private static final long SECOND = 1_000_000_000L;

  @Test
  void a_follower_whose_state_is_damaged_gets_another_one() {
    World world = new World(201);
    warm(world, 3);
    long damaged = leader(world) % 3 + 1;
    fail(world, damaged);
    expectAnother(world, damaged);
  }

  @Test
  void a_leader_whose_state_is_damaged_gets_another_one_while_others_go_on() {
    World world = new World(202);
    warm(world, 3);
    long damaged = leader(world);
    fail(world, damaged);
    world.runUntil("another leader", 10 * SECOND, () -> isLedByAnother(world, damaged));
    expectAnother(world, damaged);
  }

  /** Its log is short and its state older than that: only a peer's state can help. */
  @Test
  void a_state_behind_a_trimmed_log_comes_from_a_peer() {
    World world = new World(203);
    start(world, 3, 10);
    for (int i = 0; i < 200; i++) {
      Put put = Put.to(world, 1 + i % 3, "key " + i, "v");
      world.runUntil("a put", 5 * SECOND, put::isAnswered);
    }
    world.run(5 * SECOND);
    long damaged = leader(world) % 3 + 1;
    fail(world, damaged);
    expectAnother(world, damaged);
    assertThat(read(world, damaged, "key 7")).isEqualTo("v");
  }

  @Test
  void a_follower_that_computes_another_state_is_found_out_by_the_next_acknowledgement() {
    World world = new World(204);
    warm(world, 3);
    long other = leader(world) % 3 + 1;
    Machine spoilt = spoil(world, other);
    world.runUntil("its end", SECOND, () -> isAnew(world, other, spoilt));
    expectAnother(world, other);
  }

  @Test
  void a_leader_that_computes_another_state_than_most_gives_way() {
    World world = new World(205);
    warm(world, 5);
    long other = leader(world);
    Machine spoilt = spoil(world, other);
    world.runUntil("its end", SECOND, () -> isAnew(world, other, spoilt));
    world.runUntil("another leader", 10 * SECOND, () -> isLedByAnother(world, other));
    expectAnother(world, other);
  }

  @Test
  void of_two_states_without_a_majority_neither_is_given_up() {
    World world = new World(206);
    warm(world, 2);
    long other = leader(world) % 2 + 1;
    Machine spoilt = spoil(world, other);
    world.run(5 * SECOND);
    assertThat(replica(world, other).applier().machine()).isSameAs(spoilt);
    assertThat(replica(world, 3 - other).hasFailed()).isFalse();
  }

  /** What was agreed on by the earlier run of the group is not taken for this one's. */
  @Test
  void calls_that_were_under_way_are_answered_once_and_later_ones_rightly() {
    World world = new World(207);
    warm(world, 3);
    long damaged = leader(world) % 3 + 1;
    for (int i = 0; i < 50; i++) {
      Put.to(world, damaged, "under way " + i, "v");
    }
    fail(world, damaged);
    expectAnother(world, damaged);
    for (int i = 0; i < 100; i++) {
      Put put = Put.to(world, damaged, "later " + i, "v" + i);
      world.runUntil("a put", SECOND, put::isAnswered);
      assertThat(read(world, damaged, "later " + i)).isEqualTo("v" + i);
    }
  }

  private static void expectAnother(World world, long member) {
    world.runUntil(
        "its return",
        10 * SECOND,
        () -> {
          GroupReplica running = node(world, member).running(Node.KEYSPACE);
          return running != null && !running.hasFailed() && running.leader() != 0;
        });
    Put put = Put.to(world, member, "after", "v");
    world.runUntil("a put", 5 * SECOND, put::isAnswered);
    assertThat(put.revision).isPositive();
    assertThat(read(world, member, "after")).isEqualTo("v");
    world.run(SECOND);
    for (World.Place place : world.places.values()) {
      assertThat(replica(world, place.member).applier().machine().stateHash())
          .as("member %d of %s", place.member, world.places.keySet())
          .isEqualTo(replica(world, leader(world)).applier().machine().stateHash());
    }
    assertThat(replica(world, member).applier().machine().recomputedStateHash())
        .isEqualTo(replica(world, member).applier().machine().stateHash());
  }

  private static boolean isLedByAnother(World world, long member) {
    return world.places.values().stream()
        .map(place -> Objects.requireNonNull(place.node).running(Node.KEYSPACE))
        .anyMatch(each -> each != null && each.leader() != 0 && each.leader() != member);
  }

  private static void fail(World world, long member) {
    replica(world, member).fail(QuorateException.of(ErrorCode.ENGINE_DAMAGED, "a block is bad"));
  }

  private static boolean isAnew(World world, long member, Machine before) {
    GroupReplica running = node(world, member).running(Node.KEYSPACE);
    return running == null || running.applier().machine() != before;
  }

  /** A state that comes to be another one, as by a bug or a bit of the memory. */
  private static Machine spoil(World world, long member) {
    Machine machine = replica(world, member).applier().machine();
    try {
      Field store = Machine.class.getDeclaredField("store");
      store.setAccessible(true);
      Field sum = KvStore.class.getDeclaredField("totalSum");
      sum.setAccessible(true);
      sum.setLong(store.get(machine), sum.getLong(store.get(machine)) + 1);
    } catch (ReflectiveOperationException e) {
      throw new LinkageError(e.getMessage(), e);
    }
    Put put = Put.to(world, member, "on top", "v");
    world.runUntil("a put", 5 * SECOND, put::isAnswered);
    return machine;
  }
}

package io.quorate.node;

import static io.quorate.node.WorldCalls.leader;
import static io.quorate.node.WorldCalls.read;
import static io.quorate.node.WorldCalls.start;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quorate.base.Bytes;
import io.quorate.base.Limits;
import io.quorate.base.QuorateException;
import io.quorate.kv.CompactRequest;
import io.quorate.kv.KvResult;
import io.quorate.kv.PutRequest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Single faults, each with what it must not take with it. */
class NodeFaultsTest {
  private static final long SECOND = 1_000_000_000L;

  /** What became of waiting for a compaction's space. */
  private static final class Space implements Barrier {
    boolean passed;
    @Nullable Refusal refusal;

    @Override
    public void passed() {
      passed = true;
    }

    @Override
    public void refused(Refusal why) {
      assertThat(refusal).as("answered once").isNull();
      refusal = why;
    }
  }

  private final List<Put> puts = new ArrayList<>();

  /** Whoever waits and throws when it is told takes nobody's answer with it. */
  @Test
  void a_reply_that_throws_costs_nobody_else_the_answer() {
    World world = new World(21);
    warm(world, 1);
    put(world, 1, "before");
    world
        .place(1)
        .replica()
        .write(
            new PutRequest(Bytes.utf8("mine"), Bytes.utf8("v"), 0, false, false, false),
            new Reply<KvResult>() {
              @Override
              public void done(KvResult result) {
                throw new IllegalStateException("the connection is gone");
              }

              @Override
              public void refused(Refusal why) {
                throw new IllegalStateException("the connection is gone");
              }
            });
    put(world, 1, "after");
    world.runUntil("the others' answers", SECOND, () -> puts.stream().allMatch(Put::isAnswered));
    assertThat(puts).allMatch(put -> put.revision > 0);
    assertThat(world.place(1).stopped).isNull();
    assertThat(read(world, 1, "mine")).isEqualTo("v");
  }

  /** A read that throws is alone with it, too. */
  @Test
  void a_read_that_throws_costs_nobody_else_the_answer() {
    World world = new World(22);
    warm(world, 1);
    Space other = new Space();
    world
        .place(1)
        .replica()
        .readBarrier(
            new Barrier() {
              @Override
              public void passed() {
                throw new IllegalStateException("the connection is gone");
              }

              @Override
              public void refused(Refusal why) {
                throw new IllegalStateException("the connection is gone");
              }
            });
    world.place(1).replica().readBarrier(other);
    world.runUntil("the other's read", SECOND, () -> other.passed);
    assertThat(world.place(1).stopped).isNull();
  }

  @Test
  void whoever_waits_for_a_compactions_space_is_refused_in_time() {
    World world = new World(23);
    warm(world, 1);
    compact(world);
    world.place(1).readersReject = true;
    Space space = new Space();
    world.place(1).replica().compacted(2, space);
    long asked = world.now;
    world.runUntil("a refusal", 10 * SECOND, () -> space.refusal != null);
    assertThat(space.refusal).isEqualTo(Refusal.TIMED_OUT);
    assertThat(world.now - asked).isLessThan(8 * SECOND);
    world.place(1).readersReject = false;
    Space later = new Space();
    world.place(1).replica().compacted(2, later);
    world.runUntil("the space", SECOND, () -> later.passed);
  }

  @Test
  void those_who_wait_for_a_compactions_space_are_bounded_and_settled_at_the_end() {
    World world = new World(24);
    warm(world, 1);
    Space[] waiting = new Space[Limits.WAITING_COMPACTIONS_MAX];
    Replica replica = world.place(1).replica();
    for (int i = 0; i < waiting.length; i++) {
      waiting[i] = new Space();
      replica.compacted(1_000, waiting[i]);
    }
    Space oneMore = new Space();
    replica.compacted(1_000, oneMore);
    assertThat(oneMore.refusal).isEqualTo(Refusal.OVERLOADED);
    node(world, 1).close(() -> {});
    assertThat(Arrays.stream(waiting)).allMatch(each -> each.refusal == Refusal.STOPPED);
    Space late = new Space();
    replica.compacted(1_000, late);
    assertThat(late.refusal).isEqualTo(Refusal.STOPPED);
  }

  /** The state can't be written: who waits is told so, and what was acknowledged is there later. */
  @Test
  void a_state_without_room_stops_the_member_after_everyone_has_been_told() {
    World world = new World(25);
    warm(world, 1);
    world.place(1).disk.stateFull = true;
    while (world.place(1).stopped == null && puts.size() < 100) {
      for (int i = 0; i < 5; i++) {
        put(world, 1, "k" + puts.size(), "v".repeat(2_000));
      }
      world.runUntil("answers", SECOND, () -> puts.stream().allMatch(Put::isAnswered));
    }
    assertThat(world.place(1).stopped).hasMessageContaining("the disk is full");
    assertThat(world.place(1).replica().status().failure()).contains("make room");
    assertThat(puts.getLast().refusal)
        .as("it is in the log, so nobody may say that it took no effect")
        .isEqualTo(Refusal.NOT_APPLIED);
    Put after = put(world, 1, "after");
    assertThat(after.refusal).isEqualTo(Refusal.DISK_FULL);
    world.place(1).kill();
    world.place(1).disk.stateFull = false;
    WorldCalls.restart(world, 1);
    world.run(SECOND);
    for (Put put : puts) {
      if (put.revision > 0 || put.refusal == Refusal.NOT_APPLIED) {
        assertThat(read(world, 1, put.key)).as(put.key).isEqualTo(put.value);
      }
    }
    assertThat(read(world, 1, "after")).isEmpty();
  }

  /** Its own last proposals are written first, though they don't come from the append. */
  @Test
  void a_paused_leader_finds_proposals_and_its_successors_append_in_one_turn() {
    World world = new World(26);
    warm(world, 3);
    long leader = leader(world);
    long[] others = {leader == 1 ? 2 : 1, leader == 3 ? 2 : 3};
    world.place(leader).pause(6 * SECOND);
    for (int i = 0; i < 3; i++) {
      put(world, others[0], "a" + i);
      put(world, others[1], "b" + i);
    }
    world.run(5 * SECOND);
    assertThat(world.place(others[0]).replica().leader()).isIn(others[0], others[1]);
    world.runUntil("the puts", 5 * SECOND, () -> puts.stream().allMatch(Put::isAnswered));
    world.run(2 * SECOND);
    assertThat(world.place(leader).stopped).isNull();
    assertThat(puts).allMatch(put -> put.revision > 0);
    for (Put put : puts) {
      assertThat(read(world, leader, put.key)).isEqualTo(put.value);
    }
  }

  @Test
  void two_members_records_in_one_batch_are_both_taken_over() {
    World world = new World(27);
    start(world, 3);
    world.place(3).pause(5 * SECOND);
    world.run(7 * SECOND);
    for (World.Place place : world.places.values()) {
      assertThat(place.replica().members())
          .as("the members as %d knows them", place.member)
          .hasSize(3)
          .allMatch(member -> !member.clientUrls().isEmpty());
    }
  }

  @Test
  void a_malformed_peer_url_is_refused_at_the_start() {
    World world = new World(28);
    NodeSettings settings =
        NodeSettings.of(
            7, 1, List.of(new MemberInfo(1, "m1", List.of("http//oops"), List.of(), false)));
    assertThatThrownBy(() -> world.place(1).start(settings))
        .isInstanceOf(QuorateException.class)
        .hasMessageContaining("\"http//oops\" is no peer URL");
  }

  /** One that is in the log all the same, from a version that did not look, hurts nobody. */
  @Test
  void a_malformed_peer_url_in_a_members_record_is_passed_over() {
    World world = new World(29);
    warm(world, 3);
    for (World.Place place : world.places.values()) {
      node(world, place.member)
          .published(
              new MemberInfo(
                  2,
                  "m2",
                  List.of("", "::", "http://h", "http://127.0.0.1:2382"),
                  List.of(),
                  false));
    }
    Put put = put(world, 3, "after");
    world.runUntil("a put", 2 * SECOND, put::isAnswered);
    assertThat(put.revision).isPositive();
    assertThat(world.places.values()).allMatch(place -> place.stopped == null);
  }

  /** What a member hands over goes into every member's log: what none could apply must not. */
  @Test
  void a_leader_takes_no_record_that_could_not_be_applied() {
    World world = new World(30);
    warm(world, 3);
    long leader = leader(world);
    long from = leader == 1 ? 2 : 1;
    ReplicaStatus before = world.place(leader).replica().status();
    Bytes nonsense = Bytes.utf8("nonsense");
    Bytes bad = MemberRows.encode(new MemberInfo(from, "m", List.of("nowhere"), List.of(), false));
    for (Bytes payload : List.of(nonsense, bad)) {
      forward(world, from, leader, Applier.MEMBER_KIND, payload);
    }
    forward(world, from, leader, (byte) 2, nonsense);
    world.run(SECOND);
    assertThat(world.place(leader).replica().status().lastIndex()).isEqualTo(before.lastIndex());
    assertThat(world.places.values()).allMatch(place -> place.stopped == null);
  }

  private static void forward(World world, long from, long leader, byte kind, Bytes payload) {
    Forwarding forwarding = new Forwarding();
    forwarding.begin();
    forwarding.add(1_000 + forwarding.nextNumber(), kind, payload);
    long term = world.place(leader).replica().term();
    World.WorldTransport transport = world.place(from).transport;
    assertThat(transport).isNotNull();
    transport.send(
        leader,
        Transport.Lane.CONSENSUS,
        forwarding.head(new FrameWriter(), Node.KEYSPACE, term, 1),
        forwarding.body());
  }

  private static void compact(World world) {
    boolean[] done = {false};
    world
        .place(1)
        .replica()
        .write(
            new CompactRequest(2, /* physical= */ true),
            new Reply<KvResult>() {
              @Override
              public void done(KvResult result) {
                done[0] = true;
                world.place(1).readersReject = true;
              }

              @Override
              public void refused(Refusal why) {
                throw new AssertionError(why);
              }
            });
    world.runUntil("the compaction", SECOND, () -> done[0]);
  }

  private static Node node(World world, long member) {
    Node node = world.place(member).node;
    if (node == null) {
      throw new IllegalStateException("member " + member + " is down");
    }
    return node;
  }

  private static void warm(World world, int members) {
    start(world, members);
    Put warm = Put.to(world, 1, "warm", "1");
    world.runUntil("the first put", 5 * SECOND, warm::isAnswered);
    world.run(2 * SECOND);
  }

  private Put put(World world, long member, String key) {
    return put(world, member, key, "v");
  }

  private Put put(World world, long member, String key, String value) {
    Put put = Put.to(world, member, key, value);
    puts.add(put);
    return put;
  }
}

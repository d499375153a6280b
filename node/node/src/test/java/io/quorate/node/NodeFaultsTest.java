package io.quorate.node;

import static io.quorate.node.Transport.Rejection.Ground.NOT_THIS_MEMBER;
import static io.quorate.node.WorldCalls.leader;
import static io.quorate.node.WorldCalls.node;
import static io.quorate.node.WorldCalls.read;
import static io.quorate.node.WorldCalls.reconfigure;
import static io.quorate.node.WorldCalls.refused;
import static io.quorate.node.WorldCalls.replica;
import static io.quorate.node.WorldCalls.start;
import static io.quorate.node.WorldCalls.warm;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quorate.base.Bytes;
import io.quorate.base.Limits;
import io.quorate.base.QuorateException;
import io.quorate.base.RowCursor;
import io.quorate.engine.RowBatch;
import io.quorate.engine.RowView;
import io.quorate.kv.CompactRequest;
import io.quorate.kv.KvResult;
import io.quorate.kv.Principal;
import io.quorate.kv.PutRequest;
import io.quorate.machine.CommandCodec;
import io.quorate.raft.Admission;
import io.quorate.raft.Configuration;
import io.quorate.raft.EntryKind;
import io.quorate.raft.Incarnation;
import io.quorate.raft.Role;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;
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
            Principal.NOBODY,
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
  void a_compaction_whose_step_failed_is_not_tried_again_at_every_turn() {
    World world = new World(38);
    warm(world, 1);
    compact(world);
    int before = world.place(1).rejections;
    for (int i = 0; i < 100; i++) {
      node(world, 1).dirty(replica(world, 1));
      world.run(10 * World.MILLIS);
    }
    assertThat(world.place(1).rejections - before).isBetween(1, 3);
    world.place(1).readersReject = false;
    Space space = new Space();
    world.place(1).replica().compacted(2, space);
    world.runUntil("the space", SECOND, () -> space.passed);
  }

  /** As everywhere else: nobody could mend it by trying again. */
  @Test
  void a_compaction_that_finds_damage_stops_the_group() {
    World world = new World(39);
    warm(world, 1);
    compact(world);
    Applier applier = replica(world, 1).applier();
    RowBatch damage = new RowBatch();
    try (RowView rows = applier.engine().view();
        RowCursor changes = rows.scan(new byte[] {'R'}, new byte[] {'S'})) {
      while (changes.next()) {
        damage.put(changes.key(), new byte[] {0x7f});
      }
    }
    applier.engine().purge(damage);
    world.place(1).readersReject = false;
    Space space = new Space();
    world.place(1).replica().compacted(2, space);
    world.run(2 * SECOND);
    assertThat(world.place(1).stopped).hasMessageContaining("the group must stop");
    assertThat(space.refusal).isNotNull();
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
      assertThat(place.replica().membership().members())
          .as("the members as %d knows them", place.member)
          .hasSize(3)
          .allMatch(member -> !member.clientUrls().isEmpty());
    }
  }

  @Test
  void a_peer_url_names_a_host_and_a_port() {
    assertThat(PeerUrls.address("https://my_node.lan:2380"))
        .isEqualTo(InetSocketAddress.createUnresolved("my_node.lan", 2380));
    assertThat(PeerUrls.address("http://[::1]:2380"))
        .isEqualTo(InetSocketAddress.createUnresolved("[::1]", 2380));
    for (String url :
        List.of("", ":", "a b", "http://h", "http://:1", "tcp://h:1", "http://h:70000")) {
      assertThat(PeerUrls.address(url)).as(url).isNull();
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

  /**
   * The leader restarted and has forgotten what it had: it refuses the second copy of a write, and
   * the first is in the log.
   */
  @Test
  void a_write_that_was_handed_over_twice_is_not_proposed_again_for_one_refusal() {
    World world = new World(36);
    warm(world, 3);
    long leader = leader(world);
    long from = leader == 1 ? 2 : 1;
    long term = world.place(leader).replica().term();
    long end = world.place(leader).replica().status().lastIndex();
    Put twice = put(world, from, "twice");
    world.runUntil(
        "the write in the leader's log",
        SECOND,
        () -> world.place(leader).replica().status().lastIndex() > end);
    replica(world, from).peerRoom(leader);
    Bytes refusal =
        new FrameWriter()
            .begin(FrameType.FORWARD_REFUSED, Node.KEYSPACE)
            .u64(term)
            .u64(replica(world, from).life())
            .u32(1)
            .u64(1 + earlierPuts(from))
            .u8(Forwarding.NOT_LEADING)
            .toBytes();
    node(world, from).conversations().frame(leader, Transport.Lane.CONSENSUS, refusal);
    // It is slow: its timer, and with it the next attempt, comes before the leader's appends.
    world.place(from).pause(300 * World.MILLIS);
    world.runUntil("the put", 5 * SECOND, twice::isAnswered);
    Put next = put(world, from, "next");
    world.runUntil("the next put", 5 * SECOND, next::isAnswered);
    assertThat(twice.revision).isPositive();
    assertThat(next.revision).as("one revision for each").isEqualTo(twice.revision + 1);
  }

  /** {@link WorldCalls#warm} puts once, by way of member 1. */
  private static long earlierPuts(long member) {
    return member == 1 ? 1 : 0;
  }

  /** Every member would stop at it, again at every start. */
  @Test
  void a_leader_takes_no_command_that_could_not_be_applied() {
    World world = new World(37);
    warm(world, 3);
    long leader = leader(world);
    long from = leader == 1 ? 2 : 1;
    long end = world.place(leader).replica().status().lastIndex();
    byte[] whole =
        CommandCodec.encode(
                from,
                1,
                9,
                new PutRequest(Bytes.utf8("k"), Bytes.utf8("v"), 0, false, false, false))
            .toArray();
    byte[] foreign = whole.clone();
    foreign[0]++;
    List<byte[]> bad = new ArrayList<>(List.of(new byte[0], foreign));
    for (int length = 1; length < whole.length; length++) {
      bad.add(Arrays.copyOf(whole, length));
    }
    for (byte[] payload : bad) {
      forward(world, from, leader, Applier.kind(EntryKind.COMMAND), Bytes.wrap(payload));
    }
    world.run(SECOND);
    assertThat(world.place(leader).replica().status().lastIndex()).isEqualTo(end);
    assertThat(world.places.values()).allMatch(place -> place.stopped == null);
    forward(world, from, leader, Applier.kind(EntryKind.COMMAND), Bytes.wrap(whole));
    world.run(SECOND);
    assertThat(read(world, from, "k")).isEqualTo("v");
  }

  /** They are passed over when they come again, so this is the one time to say it. */
  @Test
  void writes_refused_before_one_that_cannot_be_read_are_told_of() throws Exception {
    Bytes whole =
        CommandCodec.encode(
            2, 1, 9, new PutRequest(Bytes.utf8("k"), Bytes.utf8("v"), 0, false, false, false));
    byte command = Applier.kind(EntryKind.COMMAND);
    Forwarding sender = new Forwarding();
    sender.begin();
    sender.add(sender.nextNumber(), command, whole);
    sender.add(sender.nextNumber(), command, Bytes.EMPTY);
    FrameWriter frames = new FrameWriter();
    FrameReader in = new FrameReader(joined(sender.head(frames, 1, 4, 1), sender.body()));
    in.u8();
    in.u64();
    List<FrameReader> told = new ArrayList<>();
    assertThatThrownBy(() ->
            new Forwarding()
                .receive(
                    frames,
                    1,
                    2,
                    in,
                    (term, kind, payload) -> {
                      if (payload.isEmpty()) {
                        throw new FrameReader.Malformed("empty");
                      }
                      return Admission.OVERLOADED;
                    },
                    (head, body) -> told.add(new FrameReader(joined(head, body)))))
        .isInstanceOf(FrameReader.Malformed.class);
    assertThat(told).hasSize(1);
    FrameReader refusal = told.getFirst();
    assertThat(FrameType.of(refusal.u8())).isEqualTo(FrameType.FORWARD_REFUSED);
    assertThat(refusal.u64()).isEqualTo(1);
    assertThat(refusal.u64()).as("term").isEqualTo(4);
    assertThat(refusal.u64()).as("boot").isEqualTo(1);
    assertThat(refusal.u32()).isEqualTo(1);
    assertThat(refusal.u64()).as("sequence").isEqualTo(9);
    assertThat(refusal.u8()).isEqualTo(Forwarding.OVERLOADED);
    refusal.end();
  }

  private static Bytes joined(Bytes head, Bytes body) {
    byte[] both = new byte[head.length() + body.length()];
    body.copyTo(both, head.copyTo(both, 0));
    return Bytes.wrap(both);
  }

  /** What found the queue full goes as soon as there is room, not with the next heartbeat. */
  @Test
  void a_full_queue_holds_a_follower_back_until_there_is_room_and_no_longer() {
    World world = new World(31);
    warm(world, 3);
    long leader = leader(world);
    long follower = leader == 1 ? 2 : 1;
    transport(world, leader).full(follower, true);
    for (int i = 0; i < 20; i++) {
      put(world, leader, "k" + i, "v".repeat(500));
      world.run(World.MILLIS);
    }
    world.runUntil("the puts", SECOND, () -> puts.stream().allMatch(Put::isAnswered));
    long committed = world.place(leader).replica().status().commitIndex();
    assertThat(world.place(follower).replica().status().lastIndex()).isLessThan(committed);
    transport(world, leader).full(follower, false);
    world.runUntil(
        "the follower's log",
        20 * World.MILLIS,
        () -> world.place(follower).replica().status().lastIndex() >= committed);
  }

  /** The core would believe the queue full, and nothing would come to tell it otherwise. */
  @Test
  void room_in_a_queue_is_told_after_that_it_was_full_even_within_one_turn() {
    World world = new World(40);
    warm(world, 3);
    long leader = leader(world);
    long follower = leader == 1 ? 2 : 1;
    GroupReplica replica = replica(world, leader);
    List<Runnable> ends =
        List.of(
            () -> replica.peerRoom(follower),
            () ->
                replica.peerUp(
                    follower,
                    new Incarnation(
                        node(world, follower).boot(),
                        nonce(world, leader, follower),
                        replica.term(),
                        replica(world, follower).knownIndex())));
    for (Runnable end : ends) {
      replica.queueFull(follower);
      end.run();
      world.run(World.MILLIS);
      Put put = put(world, leader, "after");
      world.runUntil("the put", SECOND, put::isAnswered);
      long committed = world.place(leader).replica().status().commitIndex();
      world.runUntil(
          "the follower's log",
          20 * World.MILLIS,
          () -> world.place(follower).replica().status().lastIndex() >= committed);
    }
  }

  /** What one member knows another's directory by. */
  private static long nonce(World world, long member, long of) {
    Incarnation known = replica(world, member).hard().peers.get(of);
    if (known == null) {
      throw new AssertionError("member " + of + " is unknown to " + member);
    }
    return known.nonce();
  }

  /** Anybody who can dial could keep a member from voting. */
  @Test
  void the_word_of_a_stranger_takes_nobodys_voice() {
    World world = new World(41);
    warm(world, 3);
    node(world, 2)
        .conversations()
        .disowned(99, new Transport.Rejection("I say so", NOT_THIS_MEMBER));
    Bytes standing = Regard.notThisMember("I say so").encode(new FrameWriter(), Node.KEYSPACE);
    node(world, 2).conversations().frame(99, Transport.Lane.CONSENSUS, standing);
    assertThat(refused(world, 2)).isEmpty();
  }

  /** With one, it could never be added again with an empty directory. */
  @Test
  void of_a_removed_member_that_comes_again_no_record_is_made() {
    World world = new World(43);
    warm(world, 3);
    long leader = leader(world);
    long removed = leader == 3 ? 2 : 3;
    long other = 6 - leader - removed;
    long[] stay = LongStream.of(leader, other).sorted().toArray();
    reconfigure(world, stay, new long[0]);
    Configuration after = Configuration.of(stay);
    world.runUntil(
        "the other's configuration",
        SECOND,
        () -> replica(world, other).committedConfiguration().equals(after));
    assertThat(replica(world, other).hard().peers).doesNotContainKey(removed);
    world.cut(removed, other);
    world.run(10 * World.MILLIS);
    world.heal();
    world.runUntil("a conversation", SECOND, () -> connected(world, other, removed));
    world.run(10 * World.MILLIS);
    assertThat(replica(world, other).hard().peers).doesNotContainKey(removed);
  }

  /** A new member may come before those whom it comes to know of it. */
  @Test
  void of_a_member_that_came_before_it_was_added_a_record_is_made_then() {
    World world = new World(44);
    warm(world, 3);
    Bytes presence = presence(0, 0);
    node(world, 2).conversations().up(new PeerHandshake(7, 4, 2, 1, 4711, presence));
    world.run(SECOND);
    assertThat(replica(world, 2).hard().peers).doesNotContainKey(4L);
    reconfigure(world, new long[] {1, 2, 3}, new long[] {4});
    world.runUntil("the record", SECOND, () -> replica(world, 2).hard().peers.containsKey(4L));
    assertThat(nonce(world, 2, 4)).isEqualTo(4711);
  }

  private static Bytes presence(long term, long index) {
    return new FrameWriter()
        .begin()
        .u32(1)
        .u64(Node.KEYSPACE)
        .u64(term)
        .u64(index)
        .u64(0)
        .u64(0)
        .bool(false)
        .toBytes();
  }

  private static boolean connected(World world, long member, long to) {
    return node(world, member).connectedPeers().contains(to);
  }

  /** Beside its original it gets no conversation at all, and still learns why. */
  @Test
  void a_copy_of_a_directory_beside_its_original_learns_that_it_is_refused() {
    World world = new World(34);
    warm(world, 3);
    PeerHandshake copy = new PeerHandshake(7, 3, 1, 1, 4711, presence(1, 9));
    Conversations conversations = node(world, 1).conversations();
    Transport.Rejection rejection = conversations.admit(copy);
    assertThat(rejection).isNotNull();
    assertThat(rejection.disowns()).isTrue();
    assertThat(rejection.reason()).contains("a copy of it runs beside it");
    node(world, 2).conversations().disowned(1, rejection);
    world.run(SECOND);
    assertThat(refused(world, 2)).isEqualTo("refused by member 1: " + rejection.reason());
    assertThat(replica(world, 2).core().role()).isEqualTo(Role.FOLLOWER);
  }

  /**
   * Those that were out must elect the leader that brings them in, if it is their votes it needs.
   */
  @Test
  void members_that_were_removed_have_a_voice_where_they_are_added_again() {
    World world = new World(44);
    warm(world, 3);
    long leader = leader(world);
    long[] others = LongStream.rangeClosed(1, 3).filter(id -> id != leader).toArray();
    reconfigure(world, new long[] {leader}, new long[0]);
    for (long other : others) {
      world.runUntil("the word of it", SECOND, () -> !refused(world, other).isEmpty());
    }
    world.runUntil(
        "the end of its conversations",
        5 * SECOND,
        () -> node(world, leader).connectedPeers().isEmpty());
    reconfigure(world, new long[] {1, 2, 3}, new long[0]);
    for (long other : others) {
      world.runUntil("its welcome", 20 * SECOND, () -> refused(world, other).isEmpty());
      assertThat(replica(world, other).core().configuration().configuration().voters())
          .containsExactly(1, 2, 3);
    }
  }

  @Test
  void a_member_that_was_removed_learns_it_and_is_let_go() {
    World world = new World(35);
    warm(world, 3);
    long leader = leader(world);
    long removed = leader == 3 ? 2 : 3;
    long[] others = LongStream.rangeClosed(1, 3).filter(id -> id != removed).toArray();
    reconfigure(world, others, new long[0]);
    world.runUntil("the word of it", SECOND, () -> !refused(world, removed).isEmpty());
    assertThat(refused(world, removed)).contains("has been removed from the cluster");
    world.runUntil(
        "the end of its conversations",
        5 * SECOND,
        () -> node(world, removed).connectedPeers().isEmpty());
    world.run(10 * SECOND);
    assertThat(node(world, removed).connectedPeers()).isEmpty();
    assertThat(node(world, leader).connectedPeers()).hasSize(1);
    assertThat(leader(world)).as("nobody was disturbed").isEqualTo(leader);
    Put put = put(world, leader, "after");
    world.runUntil("a put by the others", SECOND, put::isAnswered);
    assertThat(put.revision).isPositive();
    reconfigure(world, others, new long[] {removed});
    world.runUntil(
        "its return",
        5 * SECOND,
        () -> world.place(removed).replica().latest().get(Bytes.utf8("after")) != null);
  }

  private static World.WorldTransport transport(World world, long member) {
    World.WorldTransport transport = world.place(member).transport;
    if (transport == null) {
      throw new IllegalStateException("member " + member + " is down");
    }
    return transport;
  }

  private static void forward(World world, long from, long leader, byte kind, Bytes payload) {
    Forwarding forwarding = new Forwarding();
    forwarding.begin();
    forwarding.add(1_000 + forwarding.nextNumber(), kind, payload);
    long term = world.place(leader).replica().term();
    transport(world, from)
        .send(
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
            Principal.NOBODY,
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

  private Put put(World world, long member, String key) {
    return put(world, member, key, "v");
  }

  private Put put(World world, long member, String key, String value) {
    Put put = Put.to(world, member, key, value);
    puts.add(put);
    return put;
  }
}

package io.quorate.transport;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quorate.base.Bytes;
import io.quorate.base.Limits;
import io.quorate.base.QuorateException;
import io.quorate.node.ClusterView;
import io.quorate.node.MemberInfo;
import io.quorate.node.PeerHandshake;
import io.quorate.node.Transport.Lane;
import io.quorate.transport.TestMember.Disowned;
import io.quorate.transport.TestMember.Down;
import io.quorate.transport.TestMember.Frame;
import io.quorate.transport.TestMember.Room;
import io.quorate.transport.TestMember.Up;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Two members, or a member and a peer that misbehaves, over loopback. */
@Timeout(60)
class NettyTransportTest {
  private static final Bytes CHUNK = Bytes.wrap(new byte[Limits.SNAPSHOT_CHUNK_BYTES]);

  /** Shows order, integrity and both directions, with frames small and large. */
  @Test
  void frames_arrive_whole_and_in_order_both_ways() throws Exception {
    long seed = Long.getLong("seed", 7);
    Random random = new Random(seed);
    try (TestMember a = new TestMember(1);
        TestMember b = new TestMember(2)) {
      join(a, b);
      for (int i = 0; i < 2_000; i++) {
        byte[] head = bytes(random, 1 + random.nextInt(60));
        byte[] body = bytes(random, random.nextInt(i % 100 == 0 ? 300_000 : 500));
        TestMember from = i % 2 == 0 ? a : b;
        TestMember to = i % 2 == 0 ? b : a;
        assertThat(
                from.onLoop(() ->
                    from.transport.send(to.id, Lane.CONSENSUS, Bytes.wrap(head), Bytes.wrap(body))))
            .isTrue();
        byte[] whole = ByteBuffer.allocate(head.length + body.length).put(head).put(body).array();
        assertThat(to.nextFrame())
            .as("-Dseed=%d -Dtest=NettyTransportTest", seed)
            .isEqualTo(new Frame(from.id, Lane.CONSENSUS, Bytes.wrap(whole)));
      }
    }
  }

  /** Shows that many frames of one turn keep their order though they share buffers. */
  @Test
  void frames_of_one_turn_travel_together_in_order() throws Exception {
    try (TestMember a = new TestMember(1);
        TestMember b = new TestMember(2)) {
      join(a, b);
      a.onLoop(() -> {
        for (int i = 0; i < 10_000; i++) {
          a.transport.send(2, Lane.CONSENSUS, Bytes.utf8("n"), Bytes.utf8("" + i));
        }
        return true;
      });
      for (int i = 0; i < 10_000; i++) {
        assertThat(b.nextFrame().bytes().toUtf8()).isEqualTo("n" + i);
      }
      assertThat(a.onLoop(() -> a.transport.queuedBytes(2))).isZero();
    }
  }

  /** Shows that the largest frame passes, and that a larger one is a mistake of ours. */
  @Test
  void the_largest_frame_passes_and_a_larger_one_is_a_bug() throws Exception {
    try (TestMember a = new TestMember(1);
        TestMember b = new TestMember(2)) {
      join(a, b);
      Bytes largest = Bytes.wrap(new byte[Limits.FRAME_BYTES_MAX]);
      assertThat(a.send(2, Lane.CONSENSUS, largest)).isTrue();
      assertThat(b.nextFrame().bytes().length()).isEqualTo(Limits.FRAME_BYTES_MAX);
      assertThatThrownBy(
              () -> a.send(2, Lane.CONSENSUS, Bytes.wrap(new byte[Limits.FRAME_BYTES_MAX + 1])))
          .hasMessageContaining("frame of");
    }
  }

  /** Shows that whoever has the smaller id dials, whichever side was started to connect first. */
  @Test
  void the_member_with_the_larger_id_waits_to_be_dialled() throws Exception {
    try (TestMember a = new TestMember(1);
        TestMember b = new TestMember(2);
        RawPeer larger = RawPeer.dial(a.address())) {
      b.connect(1, a.address());
      larger.say(RawPeer.hello(9, 1, Lane.CONSENSUS, 1));
      assertThat(larger.hear())
          .isInstanceOfSatisfying(
              Greeting.Refusal.class, it -> assertThat(it.reason()).contains("smaller id dials"));
      a.connect(2, b.address());
      assertThat(a.nextEvent()).isEqualTo(new Up(2));
      assertThat(b.nextEvent()).isEqualTo(new Up(1));
    }
  }

  /** Shows that ids compare as unsigned: etcd's ids use all 64 bits. */
  @Test
  void ids_compare_unsigned() throws Exception {
    try (TestMember a = new TestMember(5);
        TestMember b = new TestMember(0x8000_0000_0000_0001L)) {
      join(a, b);
    }
  }

  @Test
  void a_member_of_another_cluster_is_refused_by_name_and_not_dialled_hot() throws Exception {
    try (TestMember a = new TestMember(1, 0xBAD, TestMember.settings(0));
        TestMember b = new TestMember(2)) {
      a.connect(2, b.address());
      // The second attempt shows that it goes on; that it came a second later, PauseTest shows.
      b.awaitAdmissions(2);
      assertThat(a.events).isEmpty();
      assertThat(b.events).isEmpty();
      b.gate.set(peer -> null);
      a.gate.set(peer -> null);
      assertThat(a.nextEvent()).isEqualTo(new Up(2));
      assertThat(b.nextEvent()).isEqualTo(new Up(1));
    }
  }

  /** Shows that the dialler judges too, and that the other side learns of it before it is up. */
  @Test
  void a_dialler_may_refuse_whom_it_reached() throws Exception {
    try (TestMember a = new TestMember(1);
        TestMember b = new TestMember(2)) {
      a.gate.set(peer -> "seen a later life of you");
      a.connect(2, b.address());
      a.awaitAdmissions(2);
      assertThat(a.events).isEmpty();
      assertThat(b.events).isEmpty();
    }
  }

  /** Shows that it is told to the node and not only logged, whichever side dialled. */
  @Test
  void who_is_refused_for_its_directory_learns_it() throws Exception {
    try (TestMember a = new TestMember(1);
        TestMember b = new TestMember(2)) {
      a.disowning = true;
      b.disowning = true;
      b.gate.set(peer -> "your directory was wiped");
      a.connect(2, b.address());
      assertThat(a.nextEvent()).isEqualTo(new Disowned(2, "your directory was wiped"));
      assertThat(b.events).isEmpty();
      a.gate.set(peer -> "a copy of you runs");
      b.gate.set(peer -> null);
      assertThat(b.nextEvent()).isEqualTo(new Disowned(1, "a copy of you runs"));
      a.gate.set(peer -> null);
      assertThat(a.next(Up.class)).isEqualTo(new Up(2));
      assertThat(b.next(Up.class)).isEqualTo(new Up(1));
    }
  }

  /** Shows that a stale address doesn't lead to the wrong conversation. */
  @Test
  void another_member_at_the_address_is_refused() throws Exception {
    try (TestMember a = new TestMember(1);
        TestMember other = new TestMember(3);
        TestMember b = new TestMember(2)) {
      other.gate.set(peer -> peer.to() == 3 ? null : "meant for " + peer.to());
      a.connect(2, other.address());
      other.awaitAdmissions(1);
      a.connect(2, b.address());
      assertThat(a.next(Up.class)).isEqualTo(new Up(2));
      assertThat(other.events).isEmpty();
    }
  }

  @Test
  void garbage_is_hung_up_on_and_hurts_nobody() throws Exception {
    try (TestMember a = new TestMember(1);
        TestMember b = new TestMember(2)) {
      join(a, b);
      for (String garbage :
          new String[] {"GET / HTTP/1.1\r\n\r\n", "Q", "QRTPxxxxxxxxxxxx", "\0"}) {
        try (RawPeer stranger = RawPeer.dial(b.address())) {
          stranger.write(garbage.getBytes(US_ASCII));
          if (garbage.length() == 1 && garbage.charAt(0) == 'Q') {
            stranger.write("X".getBytes(US_ASCII));
          }
          assertThat(stranger.isClosedByPeer()).as(garbage).isTrue();
        }
      }
      assertThat(a.send(2, Lane.CONSENSUS, "still here")).isTrue();
      assertThat(b.nextFrame().bytes().toUtf8()).isEqualTo("still here");
    }
  }

  @Test
  void a_version_that_isnt_known_is_hung_up_on() throws Exception {
    try (TestMember b = new TestMember(2);
        RawPeer stranger = RawPeer.dial(b.address())) {
      byte[] hello = new byte[12];
      ByteBuffer.wrap(hello).putInt(0x51525450).put((byte) 2).put((byte) 1);
      java.util.zip.CRC32C crc = new java.util.zip.CRC32C();
      crc.update(hello, 0, 8);
      ByteBuffer.wrap(hello).putInt(8, (int) crc.getValue());
      stranger.write(hello);
      assertThat(stranger.hear())
          .isInstanceOfSatisfying(
              Greeting.Refusal.class, it -> assertThat(it.reason()).contains("version 2"));
      assertThat(stranger.isClosedByPeer()).isTrue();
    }
  }

  @Test
  void who_doesnt_introduce_itself_in_time_is_hung_up_on() throws Exception {
    TransportSettings impatient = impatient();
    try (TestMember b = new TestMember(2, TestMember.CLUSTER, impatient);
        RawPeer silent = RawPeer.dial(b.address());
        RawPeer halfway = RawPeer.dial(b.address())) {
      halfway.say(RawPeer.hello(1, 2, Lane.CONSENSUS, 1));
      assertThat(halfway.hear()).isInstanceOf(Greeting.Welcome.class);
      assertThat(silent.isClosedByPeer()).isTrue();
      assertThat(halfway.isClosedByPeer()).isTrue();
      assertThat(b.events).isEmpty();
    }
  }

  /** Shows that strangers can't pile up: past the bound they are hung up on at once. */
  @Test
  void handshakes_at_once_are_bounded() throws Exception {
    try (TestMember b = new TestMember(2)) {
      RawPeer[] strangers = new RawPeer[Limits.PENDING_HANDSHAKES_MAX + 1];
      for (int i = 0; i < strangers.length; i++) {
        strangers[i] = RawPeer.dial(b.address());
      }
      assertThat(strangers[strangers.length - 1].isClosedByPeer()).isTrue();
      for (RawPeer stranger : strangers) {
        stranger.close();
      }
      try (TestMember a = new TestMember(1)) {
        join(a, b);
      }
    }
  }

  @Test
  void a_frame_over_the_limit_ends_the_conversation() throws Exception {
    try (TestMember b = new TestMember(2);
        RawPeer a = RawPeer.open(b, 1, Lane.CONSENSUS, 1)) {
      assertThat(b.nextEvent()).isEqualTo(new Up(1));
      a.write(ByteBuffer.allocate(8).putInt(Limits.FRAME_BYTES_MAX + 1).array());
      assertThat(b.next(Down.class).why()).contains("claims a length");
      assertThat(a.isClosedByPeer()).isTrue();
    }
  }

  @Test
  void a_damaged_frame_ends_the_conversation_and_is_not_delivered() throws Exception {
    try (TestMember b = new TestMember(2);
        RawPeer a = RawPeer.open(b, 1, Lane.CONSENSUS, 1)) {
      byte[] good = RawPeer.frame("good".getBytes(US_ASCII));
      byte[] bad = RawPeer.frame("bad".getBytes(US_ASCII));
      bad[bad.length - 1] ^= 1;
      a.write(good);
      a.write(bad);
      a.write(good);
      assertThat(b.next(Down.class).why()).contains("wrong checksum");
      assertThat(b.nextFrame().bytes().toUtf8()).isEqualTo("good");
      assertThat(b.frames).isEmpty();
    }
  }

  /** Shows what the fail-over time stands on: a reset or an end is told in the turn it arrives. */
  @Test
  void a_lost_connection_is_told_at_once() throws Exception {
    try (TestMember b = new TestMember(2)) {
      for (boolean byReset : new boolean[] {true, false}) {
        RawPeer a = RawPeer.open(b, 1, Lane.CONSENSUS, 1);
        assertThat(b.nextEvent()).isEqualTo(new Up(1));
        long before = System.nanoTime();
        if (byReset) {
          a.reset();
        } else {
          a.close();
        }
        assertThat(b.nextEvent()).isInstanceOf(Down.class);
        assertThat(Duration.ofNanos(System.nanoTime() - before)).isLessThan(Duration.ofMillis(500));
      }
    }
  }

  @Test
  void a_member_that_comes_back_is_dialled_again() throws Exception {
    try (TestMember a = new TestMember(1)) {
      TestMember b = new TestMember(2);
      InetSocketAddress address = b.address();
      join(a, b);
      for (int life = 0; life < 3; life++) {
        b.close();
        assertThat(a.nextEvent()).isInstanceOf(Down.class);
        b = new TestMember(2, TestMember.CLUSTER, TestMember.settings(address.getPort()));
        assertThat(a.nextEvent()).isEqualTo(new Up(2));
        assertThat(b.nextEvent()).isEqualTo(new Up(1));
        assertThat(b.send(1, Lane.CONSENSUS, "life " + life)).isTrue();
        assertThat(a.nextFrame().bytes().toUtf8()).isEqualTo("life " + life);
      }
      b.close();
    }
  }

  /** Shows that the end of the old conversation is told before the beginning of the new one. */
  @Test
  void a_newer_connection_replaces_the_one_that_stands() throws Exception {
    try (TestMember b = new TestMember(2);
        RawPeer first = RawPeer.open(b, 1, Lane.CONSENSUS, 1)) {
      assertThat(b.nextEvent()).isEqualTo(new Up(1));
      try (RawPeer second = RawPeer.open(b, 1, Lane.CONSENSUS, 2)) {
        assertThat(b.nextEvent())
            .isInstanceOfSatisfying(Down.class, it -> assertThat(it.why()).contains("newer"));
        assertThat(b.nextEvent()).isEqualTo(new Up(1));
        assertThat(first.isClosedByPeer()).isTrue();
        second.write(RawPeer.frame("second".getBytes(US_ASCII)));
        assertThat(b.nextFrame().bytes().toUtf8()).isEqualTo("second");
      }
    }
  }

  /** Shows the bound on a queue, the refusal past it, and the word of room when it has drained. */
  @Test
  void a_peer_that_doesnt_read_fills_its_queue_and_makes_room_by_reading() throws Exception {
    try (TestMember b = new TestMember(2);
        RawPeer a = RawPeer.open(b, 1, Lane.CONSENSUS, 1)) {
      assertThat(b.nextEvent()).isEqualTo(new Up(1));
      int accepted = 0;
      while (b.send(1, Lane.CONSENSUS, CHUNK)) {
        accepted++;
      }
      long queued = b.onLoop(() -> b.transport.queuedBytes(1));
      assertThat(queued)
          .isLessThanOrEqualTo(Limits.PEER_QUEUE_BYTES_MAX)
          .isGreaterThan(Limits.PEER_QUEUE_BYTES_MAX - 2L * CHUNK.length());
      assertThat(b.events).isEmpty();
      for (int i = 0; i < accepted; ) {
        if (a.readFrame().length > 0) {
          i++;
        }
      }
      assertThat(b.nextEvent()).isEqualTo(new Room(1));
      assertThat(b.send(1, Lane.CONSENSUS, CHUNK)).isTrue();
    }
  }

  /** Shows that chunks of a snapshot wait in a queue of their own. */
  @Test
  void a_full_bulk_lane_doesnt_delay_consensus() throws Exception {
    try (TestMember b = new TestMember(2);
        RawPeer a = RawPeer.open(b, 1, Lane.CONSENSUS, 1)) {
      assertThat(b.nextEvent()).isEqualTo(new Up(1));
      assertThat(b.send(1, Lane.BULK, CHUNK)).as("before the lane stands").isFalse();
      try (RawPeer bulk = RawPeer.open(b, 1, Lane.BULK, 1)) {
        assertThat(b.nextEvent()).as("the lane stands").isEqualTo(new Room(1));
        int accepted = 0;
        while (b.send(1, Lane.BULK, CHUNK)) {
          accepted++;
        }
        assertThat(b.send(1, Lane.CONSENSUS, "first")).isTrue();
        byte[] frame;
        do {
          frame = a.readFrame();
        } while (frame.length == 0);
        assertThat(frame).isEqualTo("first".getBytes(US_ASCII));
        for (int i = 0; i < accepted; ) {
          if (bulk.readFrame().length > 0) {
            i++;
          }
        }
        assertThat(b.nextEvent()).isEqualTo(new Room(1));
      }
      assertThat(b.nextEvent()).as("the end of a lane").isInstanceOf(Down.class);
    }
  }

  @Test
  void bulk_frames_go_both_ways_on_their_own_lane() throws Exception {
    try (TestMember a = new TestMember(1);
        TestMember b = new TestMember(2)) {
      join(a, b);
      for (TestMember from : new TestMember[] {a, b}) {
        TestMember to = from == a ? b : a;
        while (!from.send(to.id, Lane.BULK, CHUNK)) {
          assertThat(from.next(Room.class)).isNotNull();
        }
        assertThat(to.nextFrame()).isEqualTo(new Frame(from.id, Lane.BULK, CHUNK));
      }
    }
  }

  @Test
  void a_bulk_lane_without_its_conversation_is_refused() throws Exception {
    try (TestMember b = new TestMember(2);
        RawPeer a = RawPeer.open(b, 1, Lane.CONSENSUS, 7);
        RawPeer bulk = RawPeer.dial(b.address())) {
      assertThat(b.nextEvent()).isEqualTo(new Up(1));
      bulk.say(RawPeer.hello(1, 2, Lane.BULK, 6));
      assertThat(bulk.hear()).isEqualTo(new Greeting.Refusal("no such conversation"));
      a.write(RawPeer.frame("untouched".getBytes(US_ASCII)));
      assertThat(b.nextFrame().bytes().toUtf8()).isEqualTo("untouched");
    }
  }

  /** Shows how a host is noticed that went away without a word. */
  @Test
  void a_silent_peer_is_dropped() throws Exception {
    try (TestMember b = new TestMember(2, TestMember.CLUSTER, impatient());
        RawPeer a = RawPeer.open(b, 1, Lane.CONSENSUS, 1)) {
      assertThat(b.nextEvent()).isEqualTo(new Up(1));
      assertThat(b.next(Down.class).why()).contains("silent");
      a.readFrame();
    }
  }

  /** Shows that two members that have nothing to say keep their conversation. */
  @Test
  void idle_members_keep_each_other() throws Exception {
    try (TestMember a = new TestMember(1, TestMember.CLUSTER, impatient());
        TestMember b = new TestMember(2, TestMember.CLUSTER, impatient())) {
      join(a, b);
      try (RawPeer silent = RawPeer.open(b, 0, Lane.CONSENSUS, 1)) {
        assertThat(b.next(Down.class).member()).isZero();
        silent.readFrame();
      }
      assertThat(a.events).noneMatch(it -> it instanceof Down);
      assertThat(b.events).noneMatch(it -> it instanceof Down);
    }
  }

  @Test
  void a_disconnected_member_is_told_and_not_dialled_again() throws Exception {
    try (TestMember a = new TestMember(1);
        TestMember b = new TestMember(2)) {
      join(a, b);
      int admissions = b.admissions.get();
      a.disconnect(2);
      assertThat(a.next(Down.class)).isEqualTo(new Down(2, "disconnected"));
      assertThat(b.next(Down.class).member()).isEqualTo(1);
      assertThat(a.send(2, Lane.CONSENSUS, "gone")).isFalse();
      assertThat(b.admissions).hasValue(admissions);
      a.connect(2, b.address());
      assertThat(a.nextEvent()).isEqualTo(new Up(2));
    }
  }

  @Test
  void names_are_resolved_off_the_loop() throws Exception {
    try (TestMember a = new TestMember(1);
        TestMember b = new TestMember(2)) {
      a.connect(2, InetSocketAddress.createUnresolved("localhost", b.address().getPort()));
      assertThat(a.nextEvent()).isEqualTo(new Up(2));
    }
  }

  @Test
  void an_address_in_use_is_a_clear_error() throws Exception {
    try (TestMember b = new TestMember(2)) {
      assertThatThrownBy(() ->
              new TestMember(3, TestMember.CLUSTER, TestMember.settings(b.address().getPort())))
          .isInstanceOf(QuorateException.class)
          .hasMessageContaining("can't listen for peers on")
          .hasMessageContaining(Integer.toString(b.address().getPort()));
    }
  }

  /**
   * Who isn't a member may ask in which cluster a member is, and is told whether it was removed.
   */
  @Test
  void whoever_asks_is_told_of_the_cluster_and_that_is_all() throws Exception {
    try (TestMember a = new TestMember(1);
        TestMember other = new TestMember(2)) {
      ClusterView told = other.ask(0, a.address());
      assertThat(told.clusterId()).isEqualTo(TestMember.CLUSTER);
      assertThat(told.members()).extracting(MemberInfo::id).containsExactly(1L);
      assertThat(told.askerRemoved()).isFalse();
      assertThat(other.ask(99, a.address()).askerRemoved()).isTrue();
      assertThat(a.events).as("no conversation began").isEmpty();
      assertThat(a.admissions).hasValue(0);
      InetSocketAddress nobody = new InetSocketAddress(InetAddress.getLoopbackAddress(), 1);
      assertThatThrownBy(() -> other.ask(0, nobody)).hasMessageContaining("refused");
    }
  }

  /** Shows that a mistake in the node's handler costs the conversation, not the loop. */
  @Test
  void a_failing_handler_ends_the_conversation_only() throws Exception {
    try (TestMember a = new TestMember(1);
        TestMember b = new TestMember(2)) {
      b.gate.set((PeerHandshake peer) -> {
        b.gate.set(again -> null);
        throw new IllegalStateException("planted");
      });
      a.connect(2, b.address());
      assertThat(a.nextEvent()).isEqualTo(new Up(2));
      assertThat(b.nextEvent()).isEqualTo(new Up(1));
    }
  }

  private static void join(TestMember a, TestMember b) throws Exception {
    a.connect(b.id, b.address());
    b.connect(a.id, a.address());
    assertThat(a.nextEvent()).isEqualTo(new Up(b.id));
    assertThat(b.nextEvent()).isEqualTo(new Up(a.id));
  }

  private static TransportSettings impatient() {
    TransportSettings usual = TestMember.settings(0);
    return new TransportSettings(
        usual.listen(),
        null,
        Duration.ofMillis(300),
        usual.connectDeadline(),
        usual.retryMax(),
        usual.refusedRetryMax(),
        Duration.ofMillis(50));
  }

  private static byte[] bytes(Random random, int length) {
    byte[] bytes = new byte[length];
    random.nextBytes(bytes);
    return bytes;
  }
}

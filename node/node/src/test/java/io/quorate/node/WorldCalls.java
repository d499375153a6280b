package io.quorate.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.quorate.base.Bytes;
import io.quorate.kv.KeyValue;
import io.quorate.raft.Configuration;
import io.quorate.raft.Reconfiguration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/** What tests do with the members of a {@link World}. */
final class WorldCalls {
  private static final long SECOND = 1_000_000_000L;

  /** As few as let a member fall behind what the log has. */
  private static final long RETAINED_ENTRIES = 50;

  private WorldCalls() {}

  static String read(World world, long member, String key) {
    String[] value = {null};
    Replica replica = world.place(member).replica();
    replica.readBarrier(
        new Barrier() {
          @Override
          public void passed() {
            KeyValue found = replica.latest().get(Bytes.utf8(key));
            value[0] = found == null ? "" : found.value().toUtf8();
          }

          @Override
          public void refused(Refusal why) {
            throw new AssertionError(why);
          }
        });
    world.runUntil("a linearizable read", 5 * SECOND, () -> value[0] != null);
    return value[0];
  }

  static long leader(World world) {
    for (World.Place place : world.places.values()) {
      if (place.isUp() && place.replica().status().isLeader()) {
        return place.member;
      }
    }
    throw new AssertionError("no leader");
  }

  static void start(World world, int members) {
    start(world, members, RETAINED_ENTRIES);
  }

  static void start(World world, int members, long retainedEntries) {
    for (long member = 1; member <= members; member++) {
      world.place(member);
    }
    for (long member = 1; member <= members; member++) {
      restart(world, member, retainedEntries);
    }
    world.run(World.MILLIS);
  }

  /** Started, led, and with something in its log. */
  static void warm(World world, int members) {
    start(world, members);
    Put warm = Put.to(world, 1, "warm", "1");
    world.runUntil("the first put", 5 * SECOND, warm::isAnswered);
    world.run(2 * SECOND);
  }

  static Node node(World world, long member) {
    Node node = world.place(member).node;
    if (node == null) {
      throw new IllegalStateException("member " + member + " is down");
    }
    return node;
  }

  static GroupReplica replica(World world, long member) {
    return Objects.requireNonNull(node(world, member).running(Node.KEYSPACE));
  }

  static String refused(World world, long member) {
    return world.place(member).replica().status().refused();
  }

  static void reconfigure(World world, long[] voters, long[] learners) {
    long leader = leader(world);
    assertThat(node(world, leader).reconfigure(Node.KEYSPACE, voters, learners))
        .isEqualTo(Reconfiguration.ACCEPTED);
    Configuration wanted = Configuration.of(voters, learners);
    world.runUntil(
        "the configuration",
        5 * SECOND,
        () -> {
          Configuration committed = replica(world, leader).committedConfiguration();
          return !committed.isJoint()
              && Arrays.equals(committed.voters(), wanted.voters())
              && Arrays.equals(committed.learners(), wanted.learners());
        });
  }

  static void restart(World world, long member) {
    restart(world, member, RETAINED_ENTRIES);
  }

  static void restart(World world, long member, long retainedEntries) {
    List<MemberInfo> initial = new ArrayList<>();
    for (long id : world.places.keySet()) {
      initial.add(
          new MemberInfo(
              id,
              "m" + id,
              List.of("http://127.0.0.1:" + (2380 + id)),
              // As from --initial-cluster: of the others a member knows the peer URLs only.
              id == member ? List.of("http://127.0.0.1:" + (2379 + 100 * id)) : List.of(),
              false));
    }
    begin(world, member, initial, true, retainedEntries, MembershipSettings.DEFAULT);
  }

  /** Starts a member with whatever is on its disk. */
  static void begin(
      World world,
      long member,
      List<MemberInfo> initial,
      boolean founding,
      long retainedEntries,
      MembershipSettings membership) {
    NodeSettings defaults = NodeSettings.of(7, member, initial);
    world
        .place(member)
        .start(
            new NodeSettings(
                defaults.clusterId(),
                member,
                initial,
                founding,
                1,
                defaults.heartbeatNanos(),
                defaults.electionNanos(),
                defaults.requestTimeoutNanos(),
                defaults.requestBytesMax(),
                retainedEntries,
                16 << 10,
                64 << 10,
                /* leaseCheckpoints= */ true,
                defaults.appendEntriesMax(),
                membership));
    world.run(World.MILLIS);
  }
}

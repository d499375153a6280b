package io.quorate.node;

import static io.quorate.node.WorldCalls.leader;
import static io.quorate.node.WorldCalls.warm;
import static org.assertj.core.api.Assertions.assertThat;

import io.quorate.base.Bytes;
import io.quorate.base.Limits;
import io.quorate.kv.KvResult;
import io.quorate.kv.LeaseGrantRequest;
import io.quorate.kv.Principal;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What is asked of leases' clocks, by way of whichever member. */
class LeaseCallsTest {
  private static final long SECOND = 1_000_000_000L;

  /** A renewal, and what became of it. */
  private static final class Renewal implements Reply<LeaseStanding> {
    @Nullable LeaseStanding standing;
    @Nullable Refusal refusal;

    static Renewal of(World world, long member, long lease) {
      Renewal renewal = new Renewal();
      world.place(member).replica().renew(lease, renewal);
      return renewal;
    }

    boolean isAnswered() {
      return standing != null || refusal != null;
    }

    /** What was answered is that the lease has all its time. */
    Renewal expect(long seconds) {
      assertThat(refusal).isNull();
      assertThat(standing).isEqualTo(new LeaseStanding(seconds, seconds));
      return this;
    }

    @Override
    public void done(LeaseStanding result) {
      assertThat(isAnswered()).as("answered once").isFalse();
      standing = result;
    }

    @Override
    public void refused(Refusal why) {
      assertThat(isAnswered()).as("answered once").isFalse();
      refusal = why;
    }
  }

  private static void grant(World world, long member, long lease, long seconds) {
    List<KvResult> granted = new ArrayList<>();
    world
        .place(member)
        .replica()
        .write(
            new LeaseGrantRequest(lease, seconds),
            Principal.NOBODY,
            new Reply<KvResult>() {
              @Override
              public void done(KvResult result) {
                granted.add(result);
              }

              @Override
              public void refused(Refusal why) {
                throw new AssertionError(why);
              }
            });
    world.runUntil("the grant", 5 * SECOND, () -> !granted.isEmpty());
  }

  private static long follower(World world) {
    return leader(world) % 3 + 1;
  }

  private static int frames(World world, long member, FrameType type) {
    World.WorldTransport transport = Objects.requireNonNull(world.place(member).transport);
    return transport.sent[type.code];
  }

  /** Each round costs every peer a turn: 10,000 renewals a second must not be as many rounds. */
  @Test
  void renewals_that_come_close_together_share_their_rounds() {
    World world = new World(71);
    warm(world, 3);
    long leader = leader(world);
    for (long member : new long[] {leader, follower(world)}) {
      grant(world, member, member, 10);
      int asked = frames(world, member, FrameType.LEASE_ASK);
      int rounds = frames(world, leader, FrameType.APPEND);
      List<Renewal> renewals = new ArrayList<>();
      long took = 100 * World.MILLIS;
      for (long end = world.now + took; world.now < end; world.run(World.MILLIS / 10)) {
        renewals.add(Renewal.of(world, member, member));
      }
      Renewal last = renewals.getLast();
      world.runUntil("the last answer", 10 * World.MILLIS, last::isAnswered);
      renewals.forEach(renewal -> renewal.expect(10));
      long most = took / Limits.LEASE_ROUND_NANOS + 2;
      assertThat(renewals.size()).isGreaterThan(900);
      assertThat(frames(world, member, FrameType.LEASE_ASK) - asked)
          .isLessThanOrEqualTo((int) most);
      assertThat(frames(world, leader, FrameType.APPEND) - rounds)
          .as("to two peers, and some that are due anyway")
          .isLessThan(2 * (int) most + 20);
    }
  }

  @Test
  void a_renewal_alone_is_sent_at_once() {
    World world = new World(72);
    warm(world, 3);
    long follower = follower(world);
    grant(world, follower, 1, 10);
    for (int i = 0; i < 10; i++) {
      world.run(50 * World.MILLIS);
      Renewal renewal = Renewal.of(world, follower, 1);
      world.runUntil("the answer", 2 * World.MILLIS, renewal::isAnswered);
      renewal.expect(10);
    }
  }

  /** The leader has the answers, and its way to the member that asked has no room for them. */
  @Test
  void a_renewal_whose_answer_went_astray_is_asked_again() {
    World world = new World(73);
    warm(world, 3);
    long follower = follower(world);
    grant(world, follower, 1, 10);
    world.place(leader(world)).fullQueues(true);
    Renewal renewal = Renewal.of(world, follower, 1);
    world.run(3 * World.MILLIS);
    world.place(leader(world)).fullQueues(false);
    assertThat(renewal.isAnswered()).isFalse();
    world.runUntil("the answer", 2 * Limits.LEASE_CALL_RETRY_NANOS, renewal::isAnswered);
    renewal.expect(10);
  }

  /** Who was told that a lease has all its time has it, whoever leads next. */
  @Test
  void a_renewal_that_was_told_outlives_the_leader_that_had_told_others_of_less() {
    World world = new World(74);
    warm(world, 3);
    long leader = leader(world);
    grant(world, leader, 1, 3_600);
    world.run(301 * SECOND);
    assertThat(world.place(follower(world)).replica().leases().iterator().next().remainingSeconds())
        .as("the others were told")
        .isBetween(3_200L, 3_320L);
    Renewal renewal = Renewal.of(world, leader, 1);
    world.runUntil("the renewal", SECOND, renewal::isAnswered);
    renewal.expect(3_600);
    world.place(leader).kill();
    long other = leader % 3 + 1;
    Put put = Put.to(world, other, Bytes.utf8("k").toUtf8(), "v");
    world.runUntil("another leader", 5 * SECOND, put::isAnswered);
    world.run(SECOND);
    LeaseStanding[] standing = {null};
    world
        .place(other)
        .replica()
        .leaseStanding(
            1,
            new Reply<LeaseStanding>() {
              @Override
              public void done(LeaseStanding result) {
                standing[0] = result;
              }

              @Override
              public void refused(Refusal why) {
                throw new AssertionError(why);
              }
            });
    world.runUntil("how it stands", SECOND, () -> standing[0] != null);
    assertThat(standing[0].remainingSeconds()).isGreaterThan(3_500);
  }
}

package io.quorate.simulator;

import io.quorate.base.Bytes;
import io.quorate.kv.KvRequest;
import io.quorate.kv.KvResponse;
import io.quorate.kv.KvResult;
import io.quorate.kv.LeaseGrantRequest;
import io.quorate.kv.LeaseRevokeRequest;
import io.quorate.kv.PutRequest;
import io.quorate.node.LeaseStanding;
import io.quorate.node.Refusal;
import io.quorate.node.Replica;
import io.quorate.node.Reply;
import java.util.function.Consumer;

/**
 * A client that has one lease after the other: it attaches keys to it, renews it for a while at
 * whichever member, and then revokes it or lets it end.
 *
 * <p>A lease must not end before its time has passed since it was renewed last, by whatever clock
 * counted it; it must end when it isn't renewed; and nobody is told that it is gone who has it.
 */
final class LeasingClient {
  private static final long SECOND = 1_000_000_000L;
  private static final long NETWORK = 100_000L;

  /** No clock runs faster than twice as fast as it should. */
  private static final long CLOCK_RATE_MAX = 2;

  /** A clock that jumps by less than this isn't noticed to have jumped. */
  private static final long JUMP_UNNOTICED = 1_600_000_000L;

  private final World world;
  private final Group group;
  private final int number;
  private final Chance chance;
  private boolean stopped;
  private int leases;
  private int keys;

  private long lease;
  private long ttlSeconds;
  private int renewals;

  /** When the last renewal that was answered had been asked for; the grant is the first. */
  private long renewedAt;

  private boolean granted;

  /** When the grant was answered. */
  private long grantedAt;

  LeasingClient(World world, Group group, int number, Chance chance) {
    this.world = world;
    this.group = group;
    this.number = number;
    this.chance = chance;
  }

  void start() {
    stopped = false;
    later(SECOND, this::next);
  }

  /** It renews nothing any more. */
  void stop() {
    stopped = true;
  }

  private void later(long mean, Runnable action) {
    Timeline timeline = world.timeline();
    timeline.at(timeline.now() + 1 + chance.exponential(mean), null, action);
  }

  private void next() {
    if (stopped) {
      return;
    }
    long id = number * 1_000_000L + ++leases;
    lease = id;
    ttlSeconds = chance.between(3, 9);
    renewals = chance.below(8);
    granted = false;
    long asked = world.timeline().now();
    group.truth().watchLease(id, this::ended);
    write(
        new LeaseGrantRequest(id, ttlSeconds),
        done -> {
          if (id != lease) {
            return; // it took so long that the client has turned to its next
          }
          granted = true;
          grantedAt = world.timeline().now();
          renewedAt = asked;
          for (int left = chance.below(4); left > 0; left--) {
            Bytes key = Bytes.utf8("m" + number + "-" + ++keys);
            write(new PutRequest(key, key, id, false, false, false), put -> {});
          }
        });
    later(ttlSeconds * SECOND / 3, () -> renew(id));
  }

  private void renew(long id) {
    if (id != lease || stopped) {
      return;
    }
    if (renewals-- <= 0) {
      if (chance.oneIn(2)) {
        write(new LeaseRevokeRequest(id), done -> {});
      }
      later(SECOND, this::next);
      return;
    }
    long asked = world.timeline().now();
    reach(replica ->
        replica.renew(
            id,
            new Reply<LeaseStanding>() {
              @Override
              public void done(LeaseStanding standing) {
                renewed(id, asked, standing);
              }

              @Override
              public void refused(Refusal why) {
                world.coverage().refused(why);
              }
            }));
    later(ttlSeconds * SECOND / 3, () -> renew(id));
  }

  private void renewed(long id, long asked, LeaseStanding standing) {
    if (standing.exists()) {
      if (id == lease) {
        renewedAt = Math.max(renewedAt, asked);
        world.coverage().reached(Probe.LEASE_RENEWED);
      }
    } else if (granted && id == lease && grantedAt <= asked && group.truth().hasLease(id)) {
      world.violation("lease " + id + " was told to be gone while it was there");
    }
  }

  /** The lease ended, by its leader's clock if {@code expired}. */
  private void ended(long id, boolean expired) {
    if (!expired || id != lease || !granted) {
      return;
    }
    world.coverage().reached(Probe.LEASE_EXPIRED);
    long least = ttlSeconds * SECOND / CLOCK_RATE_MAX - JUMP_UNNOTICED;
    long lived = world.timeline().now() - renewedAt;
    if (lived < least) {
      world.violation(
          "lease %d of %d s ended %.3f s after it was renewed"
              .formatted(id, ttlSeconds, lived / 1e9));
    }
  }

  private void write(KvRequest request, Consumer<KvResponse> done) {
    reach(replica ->
        replica.write(
            request,
            world.plan().outsider(),
            new Reply<KvResult>() {
              @Override
              public void done(KvResult result) {
                if (result instanceof KvResponse response) {
                  done.accept(response);
                }
              }

              @Override
              public void refused(Refusal why) {
                world.coverage().refused(why);
              }
            }));
  }

  /** Does something at a member, if one listens. */
  private void reach(Consumer<Replica> action) {
    Host host = world.host(chance.oneOf(world.asked()));
    if (host.isUp()) {
      Timeline timeline = world.timeline();
      timeline.at(
          timeline.now() + 1 + chance.exponential(NETWORK),
          host.life(),
          () -> {
            Replica replica = host.replica(group.number());
            if (replica != null) {
              action.accept(replica);
            }
          });
    }
  }
}

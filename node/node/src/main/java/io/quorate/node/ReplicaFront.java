package io.quorate.node;

import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.kv.AuthenticateResponse;
import io.quorate.kv.Authorizer;
import io.quorate.kv.KvReader;
import io.quorate.kv.KvRequest;
import io.quorate.kv.KvResult;
import io.quorate.kv.Lease;
import io.quorate.kv.Principal;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What callers hold of a group: the replica that runs, or word that none does as long as this
 * member's log is being repaired. Used on the loop.
 */
final class ReplicaFront implements Replica {
  private final Env env;
  private final long member;
  private final long group;
  private final Repairs repairs;
  private @Nullable GroupReplica running;
  private Consumer<AuthenticateResponse> tokenObserver = _ -> {};

  ReplicaFront(Env env, long member, long group, Repairs repairs) {
    this.env = env;
    this.member = member;
    this.group = group;
    this.repairs = repairs;
  }

  void begun(GroupReplica replica) {
    running = replica;
    replica.observeTokens(tokenObserver);
  }

  /** It runs no more, and will again. */
  void ended() {
    running = null;
  }

  private GroupReplica replica() {
    GroupReplica present = running;
    if (present == null) {
      throw QuorateException.of(
          ErrorCode.STOPPED, repairs.waitsFor(group) + "; ask another member meanwhile");
    }
    return present;
  }

  @Override
  public long group() {
    return group;
  }

  @Override
  public Loop loop() {
    return env.loop();
  }

  @Override
  public void write(KvRequest request, Principal principal, Reply<? super KvResult> reply) {
    GroupReplica present = running;
    if (present == null) {
      reply.refused(Refusal.REPAIRING);
    } else {
      present.write(request, principal, reply);
    }
  }

  @Override
  public Authorizer authorizer() {
    return replica().authorizer();
  }

  @Override
  public void observeTokens(Consumer<AuthenticateResponse> observer) {
    tokenObserver = observer;
    GroupReplica present = running;
    if (present != null) {
      present.observeTokens(observer);
    }
  }

  @Override
  public void readBarrier(Barrier barrier) {
    GroupReplica present = running;
    if (present == null) {
      barrier.refused(Refusal.REPAIRING);
    } else {
      present.readBarrier(barrier);
    }
  }

  @Override
  public boolean hasState() {
    return running != null;
  }

  @Override
  public KvReader latest() {
    return replica().latest();
  }

  @Override
  public View view() {
    return replica().view();
  }

  @Override
  public Executor readers() {
    return env.readers();
  }

  @Override
  public Watches watches() {
    return replica().watches();
  }

  @Override
  public void renew(long lease, Reply<? super LeaseStanding> reply) {
    GroupReplica present = running;
    if (present == null) {
      reply.refused(Refusal.REPAIRING);
    } else {
      present.renew(lease, reply);
    }
  }

  @Override
  public void leaseStanding(long lease, Reply<? super LeaseStanding> reply) {
    GroupReplica present = running;
    if (present == null) {
      reply.refused(Refusal.REPAIRING);
    } else {
      present.leaseStanding(lease, reply);
    }
  }

  @Override
  public Collection<Lease> leases() {
    return replica().leases();
  }

  @Override
  public Supplier<long[]> leasesByEnd() {
    return replica().leasesByEnd();
  }

  @Override
  public void compacted(long revision, Barrier barrier) {
    GroupReplica present = running;
    if (present == null) {
      barrier.refused(Refusal.REPAIRING);
    } else {
      present.compacted(revision, barrier);
    }
  }

  @Override
  public void reclaim(Barrier ended) {
    GroupReplica present = running;
    if (present == null) {
      ended.refused(Refusal.REPAIRING);
    } else {
      present.reclaim(ended);
    }
  }

  @Override
  public ReplicaStatus status() {
    GroupReplica present = running;
    return present != null
        ? present.status()
        : new ReplicaStatus(
            member,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            false,
            List.of(),
            List.of(),
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            repairs.waitsFor(group),
            "",
            "",
            List.of());
  }

  @Override
  public long termAt(long index) {
    GroupReplica present = running;
    return present == null ? -1 : present.termAt(index);
  }

  @Override
  public long term() {
    GroupReplica present = running;
    return present == null ? 0 : present.term();
  }

  @Override
  public long leader() {
    GroupReplica present = running;
    return present == null ? 0 : present.leader();
  }

  @Override
  public Membership membership() {
    GroupReplica present = running;
    return present == null ? new AwayMembership() : present.membership();
  }

  /** As long as no replica runs, nobody is known and nothing is taken. */
  private static final class AwayMembership implements Membership {
    @Override
    public List<MemberInfo> members() {
      return List.of();
    }

    @Override
    public void change(MembershipChange change, Reply<? super MembershipOutcome> reply) {
      reply.refused(Refusal.REPAIRING);
    }

    @Override
    public void moveLeader(long target, Reply<? super LeadershipMove> reply) {
      reply.refused(Refusal.REPAIRING);
    }

    @Override
    public boolean isLearner() {
      return false;
    }

    @Override
    public boolean isSettled() {
      return false;
    }
  }
}

package io.quorate.node;

import io.quorate.base.Bytes;
import io.quorate.base.Limits;
import io.quorate.kv.KvFailure;
import io.quorate.kv.KvResult;
import io.quorate.kv.Lease;
import io.quorate.kv.LeaseCheckpointRequest;
import io.quorate.kv.LeaseExpireRequest;
import io.quorate.kv.Principal;
import io.quorate.raft.RaftCore;
import io.quorate.raft.Role;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What is asked of a lease's clock, on its way to the leader, who has it.
 *
 * <p>All that arrives in a turn goes together: on the leader behind one read barrier, so that a
 * leader that was replaced without knowing it renews nothing; from another member in one frame to
 * the leader. Asking twice does no harm, so whatever a change of leader or a broken connection
 * leaves open is simply asked again, until its time is over.
 *
 * <p>Used on the loop.
 */
final class LeaseCalls {
  private static final int RENEW = 1;
  private static final int LOOK = 2;

  private static final int ANSWERED = 0;
  private static final int ASK_AGAIN = 1;

  /** Bytes of one question in a frame. */
  private static final int ASK_BYTES = 17;

  /** Questions in one frame. */
  private static final int FRAME_ASKS_MAX = 4_096;

  /** A question that waits for its answer. */
  private static final class Ask {
    final long number;
    final int kind;
    final long lease;
    final long deadline;

    final Reply<? super LeaseStanding> reply;

    Ask(long number, int kind, long lease, long deadline, Reply<? super LeaseStanding> reply) {
      this.number = number;
      this.kind = kind;
      this.lease = lease;
      this.deadline = deadline;
      this.reply = reply;
    }
  }

  private final GroupReplica replica;
  private final Node node;
  private final Lessor lessor;
  private final FrameWriter frames = new FrameWriter();

  /** Every question that isn't answered, by its number: the oldest first. */
  private final TreeMap<Long, Ask> open = new TreeMap<>();

  /** Those that go with the next turn. */
  private ArrayDeque<Ask> waiting = new ArrayDeque<>();

  private long lastNumber;
  private boolean retry;

  LeaseCalls(GroupReplica replica, Node node) {
    this.replica = replica;
    this.node = node;
    this.lessor = new Lessor(new Proposed(), node.settings().leaseCheckpoints());
  }

  /** The clocks, of use where this member leads. */
  Lessor lessor() {
    return lessor;
  }

  int count() {
    return open.size();
  }

  /** Asks for a lease to be renewed; answered with how it stands then. */
  void renew(long lease, long deadline, Reply<? super LeaseStanding> reply) {
    add(RENEW, lease, deadline, reply);
  }

  /** Asks how a lease stands. */
  void look(long lease, long deadline, Reply<? super LeaseStanding> reply) {
    add(LOOK, lease, deadline, reply);
  }

  private void add(int kind, long lease, long deadline, Reply<? super LeaseStanding> reply) {
    if (open.size() >= Limits.WAITING_LEASE_CALLS_MAX) {
      reply.refused(Refusal.OVERLOADED);
      return;
    }
    Ask ask = new Ask(++lastNumber, kind, lease, deadline, reply);
    open.put(ask.number, ask);
    waiting.addLast(ask);
  }

  // ---- the turn --------------------------------------------------------------------------------

  /** Sends on what waits, if there is a leader. */
  void flush(long now) {
    countOrNot(now);
    if (waiting.isEmpty() || retry) {
      return;
    }
    long leader = replica.core().leader();
    if (leader == node.member()) {
      if (lessor.term() != 0) {
        askHere();
      }
    } else if (leader != 0) {
      askThere(leader);
    }
  }

  /** A member counts from when it leads and has applied what was agreed on before its term. */
  void countOrNot(long now) {
    RaftCore core = replica.core();
    boolean leads =
        core.role() == Role.LEADER && replica.applier().applied() >= core.leadershipIndex();
    if (!leads) {
      if (lessor.term() != 0) {
        lessor.follow();
      }
    } else if (lessor.term() != core.term()) {
      lessor.lead(now, core.term(), replica.applier().machine().leases());
      node.dirty(replica);
    }
  }

  /** Time has passed: what waits may be sent again, and what has waited too long is refused. */
  void tick(long now) {
    retry = false;
    lessor.tick(now);
    Refusal why = replica.core().leader() != 0 ? Refusal.TIMED_OUT : Refusal.NO_LEADER;
    while (!open.isEmpty() && open.firstEntry().getValue().deadline - now <= 0) {
      Ask ask = open.pollFirstEntry().getValue();
      waiting.remove(ask);
      replica.answers().refused(ask.reply, why);
    }
  }

  /** Refuses what waits; the clocks stand still. */
  void refuseAll(Refusal why) {
    lessor.follow();
    List<Ask> all = List.copyOf(open.values());
    open.clear();
    waiting.clear();
    for (Ask ask : all) {
      replica.answers().refused(ask.reply, why);
    }
  }

  /** Another leader, or the way to it was broken: what has no answer is asked anew. */
  void askAgain() {
    retry = false;
    waiting = new ArrayDeque<>(open.values());
  }

  // ---- asking ----------------------------------------------------------------------------------

  private void askHere() {
    List<Ask> asks = List.copyOf(waiting);
    waiting.clear();
    replica.readBarrier(
        new Barrier() {
          @Override
          public void passed() {
            answer(asks);
          }

          @Override
          public void refused(Refusal why) {
            again(asks);
          }
        });
  }

  private void answer(List<Ask> asks) {
    long now = node.env().loop().now();
    for (Ask ask : asks) {
      LeaseStanding standing = standing(now, ask.kind, ask.lease);
      if (standing == null) {
        again(List.of(ask));
      } else if (open.remove(ask.number) != null) {
        replica.answers().done(ask.reply, standing);
      }
    }
  }

  private void again(List<Ask> asks) {
    for (Ask ask : asks) {
      if (open.containsKey(ask.number)) {
        waiting.addLast(ask);
        retry = true; // at the next tick, or when a leader is found
      }
    }
  }

  /** The clock's answer, or null if it can't be known now. */
  private @Nullable LeaseStanding standing(long now, int kind, long lease) {
    if (lessor.term() == 0 || (kind == RENEW && lessor.isEnding(lease))) {
      return null;
    }
    if (kind == RENEW) {
      lessor.renew(now, lease);
    }
    return lessor.standing(now, lease);
  }

  private void askThere(long leader) {
    while (!waiting.isEmpty()) {
      int count = Math.min(waiting.size(), FRAME_ASKS_MAX);
      frames.begin(FrameType.LEASE_ASK, replica.group()).u64(replica.life()).u32(count);
      List<Ask> sent = new ArrayList<>(count);
      for (int i = 0; i < count; i++) {
        Ask ask = waiting.removeFirst();
        sent.add(ask);
        frames.u64(ask.number).u8(ask.kind).u64(ask.lease);
      }
      if (!send(leader, frames.toBytes())) {
        again(sent);
        return;
      }
    }
  }

  private boolean send(long to, Bytes frame) {
    return node.env().transport().send(to, Transport.Lane.CONSENSUS, frame, Bytes.EMPTY);
  }

  // ---- frames ----------------------------------------------------------------------------------

  /** Another member's questions. */
  void asked(long from, FrameReader in) throws FrameReader.Malformed {
    long life = in.u64();
    int count = in.count(ASK_BYTES);
    long[] numbers = new long[count];
    int[] kinds = new int[count];
    long[] leases = new long[count];
    for (int i = 0; i < count; i++) {
      numbers[i] = in.u64();
      kinds[i] = in.u8();
      leases[i] = in.u64();
    }
    in.end();
    replica.readBarrier(
        new Barrier() {
          @Override
          public void passed() {
            answer(from, life, numbers, kinds, leases);
          }

          @Override
          public void refused(Refusal why) {
            // Whoever asks does so again when it hears of a leader, or its time is over.
          }
        });
  }

  private void answer(long to, long life, long[] numbers, int[] kinds, long[] leases) {
    long now = node.env().loop().now();
    frames.begin(FrameType.LEASE_ANSWER, replica.group()).u64(life).u32(numbers.length);
    for (int i = 0; i < numbers.length; i++) {
      LeaseStanding standing = standing(now, kinds[i], leases[i]);
      frames
          .u64(numbers[i])
          .u8(standing == null ? ASK_AGAIN : ANSWERED)
          .u64(standing == null ? 0 : standing.ttlSeconds())
          .u64(standing == null ? 0 : standing.remainingSeconds());
    }
    send(to, frames.toBytes());
  }

  /** The leader's answers. */
  void answered(FrameReader in) throws FrameReader.Malformed {
    long life = in.u64();
    int count = in.count(ASK_BYTES);
    for (int i = 0; i < count; i++) {
      long number = in.u64();
      int outcome = in.u8();
      long ttl = in.u64();
      long remaining = in.u64();
      Ask ask = life == replica.life() ? open.get(number) : null;
      if (ask == null) {
        continue;
      }
      if (outcome == ANSWERED) {
        open.remove(number);
        replica.answers().done(ask.reply, new LeaseStanding(ttl, remaining));
      } else {
        again(List.of(ask));
      }
    }
    in.end();
  }

  // ---- what the clocks decide ------------------------------------------------------------------

  /** A lease was granted. */
  void granted(Lease lease) {
    lessor.granted(node.env().loop().now(), lease);
  }

  /** A lease has ended. */
  void ended(long id) {
    lessor.ended(id);
    if (!waiting.isEmpty()) {
      retry = false; // it may be what somebody waits for
      node.dirty(replica);
    }
  }

  private final class Proposed implements Lessor.Proposals {
    @Override
    public void expire(long term, List<Long> ids) {
      replica.write(
          new LeaseExpireRequest(term, ids),
          Principal.MEMBER,
          new Reply<KvResult>() {
            @Override
            public void done(KvResult result) {
              if (result instanceof KvFailure) {
                later(Limits.REFUSED_EXPIRY_RETRY_NANOS); // an alarm is raised
              } else {
                lessor.expiryDone(node.env().loop().now(), term);
              }
            }

            @Override
            public void refused(Refusal why) {
              later(Limits.CALL_SWEEP_NANOS);
            }

            private void later(long nanos) {
              node.env()
                  .loop()
                  .schedule(nanos, () -> lessor.expiryDone(node.env().loop().now(), term));
            }
          });
    }

    @Override
    public void checkpoint(long term, List<LeaseCheckpointRequest.Remaining> remaining) {
      replica.write(
          new LeaseCheckpointRequest(term, remaining),
          Principal.MEMBER,
          new Reply<KvResult>() {
            @Override
            public void done(KvResult result) {}

            @Override
            public void refused(Refusal why) {
              // The next one tells more.
            }
          });
    }
  }
}

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
 * the leader. Where there are peers a round costs every one of them a turn, so that there is one in
 * {@link Limits#LEASE_ROUND_NANOS} at the most, and one barrier at a time: what arrives meanwhile
 * goes with the next. A lonely question doesn't wait.
 *
 * <p>Asking twice does no harm, so whatever a change of leader, a broken connection, a full way or
 * a refused barrier leaves open is simply asked again, until its time is over.
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

    /** It is among those that are still to be sent. */
    boolean waits = true;

    /** When it was sent last. */
    long sentAt;

    Ask(long number, int kind, long lease, long deadline, Reply<? super LeaseStanding> reply) {
      this.number = number;
      this.kind = kind;
      this.lease = lease;
      this.deadline = deadline;
      this.reply = reply;
    }
  }

  /** What another member asks. */
  private static final class Asked {
    final long from;
    final long life;
    final long[] numbers;
    final int[] kinds;
    final long[] leases;

    Asked(long from, long life, int count) {
      this.from = from;
      this.life = life;
      this.numbers = new long[count];
      this.kinds = new int[count];
      this.leases = new long[count];
    }
  }

  private final GroupReplica replica;
  private final Node node;
  private final Lessor lessor;
  private final FrameWriter frames = new FrameWriter();

  /** Every question that isn't answered, by its number: the oldest first. */
  private final TreeMap<Long, Ask> open = new TreeMap<>();

  /** Those that are to be sent; some may be answered or over. */
  private final ArrayDeque<Ask> waiting = new ArrayDeque<>();

  /** What others ask this member, who leads as far as they know; and how many questions it is. */
  private final ArrayDeque<Asked> asked = new ArrayDeque<>();

  private int askedCount;

  private long lastNumber;

  /** Before this nothing of this member's own is sent again. */
  private long retryAt;

  /** When this member last began a round. */
  private long lastRound;

  /** When it was last looked for questions that went astray. */
  private long lastLook;

  /** A barrier of this member's is under way. */
  private boolean isRoundUnderWay;

  LeaseCalls(GroupReplica replica, Node node) {
    this.replica = replica;
    this.node = node;
    this.lessor = new Lessor(new Proposed(), node.settings().leaseCheckpoints());
    long now = node.env().loop().now();
    this.retryAt = now;
    this.lastRound = now - Limits.LEASE_ROUND_NANOS;
    this.lastLook = now;
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

  /** Sends on what waits, if there is a leader and its time has come. */
  void flush(long now) {
    countOrNot(now);
    long leader = replica.core().leader();
    if (leader != node.member()) {
      turnAway();
      if (leader != 0 && ownDue(now) && roundDue(now)) {
        lastRound = now;
        askThere(leader, now);
      }
    } else if (lessor.term() != 0
        && !isRoundUnderWay
        && (ownDue(now) || !asked.isEmpty())
        && roundDue(now)) {
      lastRound = now;
      askHere(now);
    }
  }

  /**
   * When {@link #flush} has something to do that it can't do yet; {@link Long#MAX_VALUE} if not.
   */
  long nextDeadline() {
    if (waiting.isEmpty() && asked.isEmpty()) {
      return lessor.nextDeadline();
    }
    long leader = replica.core().leader();
    boolean stuck =
        leader == 0 || isRoundUnderWay || (leader == node.member() && lessor.term() == 0);
    if (stuck) {
      return lessor.nextDeadline(); // whatever ends that is followed by a turn
    }
    long due = hasPeers() ? lastRound + Limits.LEASE_ROUND_NANOS : lastRound;
    if (asked.isEmpty()) {
      due = Math.max(due, retryAt);
    }
    return Math.min(due, lessor.nextDeadline());
  }

  private boolean ownDue(long now) {
    return !waiting.isEmpty() && now - retryAt >= 0;
  }

  private boolean roundDue(long now) {
    return now - lastRound >= Limits.LEASE_ROUND_NANOS || !hasPeers();
  }

  private boolean hasPeers() {
    return replica.core().configuration().configuration().hasPeers();
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

  /**
   * Time has passed: what has waited too long is refused, what may have gone astray asked again.
   */
  void tick(long now) {
    lessor.tick(now);
    Refusal why = replica.core().leader() != 0 ? Refusal.TIMED_OUT : Refusal.NO_LEADER;
    while (!open.isEmpty() && open.firstEntry().getValue().deadline - now <= 0) {
      replica.answers().refused(open.pollFirstEntry().getValue().reply, why);
    }
    if (open.isEmpty()) {
      waiting.clear();
    } else if (now - lastLook >= Limits.LEASE_CALL_RETRY_NANOS) {
      lastLook = now;
      for (Ask ask : open.values()) {
        if (!ask.waits && now - ask.sentAt >= Limits.LEASE_CALL_RETRY_NANOS) {
          toSend(ask);
        }
      }
    }
  }

  /** Refuses what waits; the clocks stand still. */
  void refuseAll(Refusal why) {
    lessor.follow();
    List<Ask> all = List.copyOf(open.values());
    open.clear();
    waiting.clear();
    asked.clear();
    askedCount = 0;
    for (Ask ask : all) {
      replica.answers().refused(ask.reply, why);
    }
  }

  /** Another leader, or the way to it was broken: what has no answer is asked anew. */
  void askAgain() {
    open.values().forEach(this::toSend);
    sendNow();
  }

  /** The way to the leader has room again, or something has happened that may help. */
  void sendNow() {
    retryAt = node.env().loop().now();
  }

  // ---- asking ----------------------------------------------------------------------------------

  private void askHere(long now) {
    List<Ask> own = ownDue(now) ? take(now, Integer.MAX_VALUE) : List.of();
    List<Asked> others = List.copyOf(asked);
    asked.clear();
    askedCount = 0;
    isRoundUnderWay = true;
    replica.readBarrier(
        new Barrier() {
          @Override
          public void passed() {
            isRoundUnderWay = false;
            answer(own);
            others.forEach(LeaseCalls.this::answer);
            lessor.takeBackCheckpoints();
          }

          @Override
          public void refused(Refusal why) {
            isRoundUnderWay = false;
            again(own);
            others.forEach(LeaseCalls.this::turnAway);
          }
        });
  }

  /** The next of those that are to be sent, which count as sent now. */
  private List<Ask> take(long now, int most) {
    List<Ask> taken = new ArrayList<>(Math.min(waiting.size(), most));
    while (taken.size() < most && !waiting.isEmpty()) {
      Ask ask = waiting.removeFirst();
      ask.waits = false;
      ask.sentAt = now;
      if (open.containsKey(ask.number)) {
        taken.add(ask);
      }
    }
    return taken;
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

  /** What can't be answered now is asked once more a while later, or when something helps. */
  private void again(List<Ask> asks) {
    for (Ask ask : asks) {
      if (open.containsKey(ask.number)) {
        toSend(ask);
        retryAt = node.env().loop().now() + Limits.CALL_SWEEP_NANOS;
      }
    }
  }

  private void toSend(Ask ask) {
    if (!ask.waits) {
      ask.waits = true;
      waiting.addLast(ask);
    }
  }

  /** The clock's answer, or null if it can't be known now. */
  private @Nullable LeaseStanding standing(long now, int kind, long lease) {
    if (lessor.term() == 0 || (kind == RENEW && !lessor.renew(now, lease))) {
      return null;
    }
    return lessor.standing(now, lease);
  }

  private void askThere(long leader, long now) {
    while (!waiting.isEmpty()) {
      List<Ask> sent = take(now, FRAME_ASKS_MAX);
      frames.begin(FrameType.LEASE_ASK, replica.group()).u64(replica.life()).u32(sent.size());
      for (Ask ask : sent) {
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
    Asked asks = new Asked(from, life, count);
    for (int i = 0; i < count; i++) {
      asks.numbers[i] = in.u64();
      asks.kinds[i] = in.u8();
      asks.leases[i] = in.u64();
    }
    in.end();
    if (askedCount + count > Limits.WAITING_LEASE_CALLS_MAX) {
      turnAway(asks);
      return;
    }
    asked.addLast(asks);
    askedCount += count;
  }

  private void answer(Asked asks) {
    long now = node.env().loop().now();
    int count = asks.numbers.length;
    frames.begin(FrameType.LEASE_ANSWER, replica.group()).u64(asks.life).u32(count);
    for (int i = 0; i < count; i++) {
      answer(asks.numbers[i], standing(now, asks.kinds[i], asks.leases[i]));
    }
    send(asks.from, frames.toBytes()); // if it can't be sent, it is asked again
  }

  private void answer(long number, @Nullable LeaseStanding standing) {
    frames
        .u64(number)
        .u8(standing == null ? ASK_AGAIN : ANSWERED)
        .u64(standing == null ? 0 : standing.ttlSeconds())
        .u64(standing == null ? 0 : standing.remainingSeconds());
  }

  /** This member doesn't lead, whatever others believe. */
  private void turnAway() {
    asked.forEach(this::turnAway);
    asked.clear();
    askedCount = 0;
  }

  private void turnAway(Asked asks) {
    frames.begin(FrameType.LEASE_ANSWER, replica.group()).u64(asks.life).u32(asks.numbers.length);
    for (long number : asks.numbers) {
      answer(number, null);
    }
    send(asks.from, frames.toBytes());
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
      sendNow(); // it may be what somebody waits for
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
            public void done(KvResult result) {
              lessor.checkpointDone(term, remaining, /* agreed= */ !(result instanceof KvFailure));
              if (!waiting.isEmpty()) {
                sendNow(); // it may be what somebody waits for
                node.dirty(replica);
              }
            }

            @Override
            public void refused(Refusal why) {
              lessor.checkpointDone(term, remaining, /* agreed= */ false);
            }
          });
    }
  }
}

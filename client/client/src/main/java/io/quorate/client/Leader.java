package io.quorate.client;

import io.quorate.base.Bytes;
import io.quorate.client.channel.Answer;
import io.quorate.client.channel.CallOptions;
import io.quorate.client.channel.Channel;
import io.quorate.client.channel.Metadata;
import io.quorate.client.channel.StatusCode;
import io.quorate.client.channel.Timer;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Which of several members leads: writes take a hop less by way of it. Nothing but their speed
 * depends on what is known here.
 *
 * <p>Every member is asked for its status when the leader isn't known, and when an answer carries a
 * later Raft term than that in which it was found: no other member can lead before the term is
 * another. A client that makes but a few calls asks nobody. No two rounds of questions come closer
 * than {@link #SPACING_NANOS_MIN}; while they bring nothing, since the leader isn't among the
 * members that are known here, the space between them doubles up to {@link #SPACING_NANOS_MAX}.
 * Thread-safe.
 */
final class Leader {
  static final long SPACING_NANOS_MIN = 2_000_000_000L;
  static final long SPACING_NANOS_MAX = 300_000_000_000L;
  static final int ANSWERS_MIN = 8;
  private static final long ANSWER_NANOS_MAX = 2_000_000_000L;

  private final Channel channel;
  private final Timer timer;
  private final List<String> members;

  private final AtomicInteger answers = new AtomicInteger();
  private volatile String endpoint = "";
  private volatile long knownTerm;

  // Guarded by this.
  private boolean asked;
  private long askedNanos;
  private long spacingNanos = SPACING_NANOS_MIN;

  Leader(Channel channel, Timer timer) {
    this.channel = channel;
    this.timer = timer;
    members = channel.endpoints();
  }

  /** Where it is reached; empty where that isn't known, or there is nothing to choose. */
  String endpoint() {
    return endpoint;
  }

  /**
   * A member answered.
   *
   * @param raftTerm of its header; 0 if it had none
   * @param beside what travels beside requests, if members are to be asked
   */
  void answered(long raftTerm, Metadata beside) {
    if (members.size() > 1
        && (endpoint.isEmpty() || raftTerm > knownTerm)
        && answers.incrementAndGet() >= ANSWERS_MIN) {
      ask(raftTerm, beside);
    }
  }

  /** A call that was to go to this member was not served by it. */
  void unavailable(String member) {
    if (member.equals(endpoint)) {
      endpoint = "";
      knownTerm = 0; // behind the same addresses there may be another store, whose terms are lower
    }
  }

  private void ask(long raftTerm, Metadata beside) {
    long now = timer.nanoTime();
    synchronized (this) {
      if (asked && now - askedNanos < spacingNanos) {
        return;
      }
      asked = true;
      askedNanos = now;
      spacingNanos = Math.min(2 * spacingNanos, SPACING_NANOS_MAX);
    }
    for (String member : members) {
      CallOptions options = new CallOptions(ANSWER_NANOS_MAX, beside, "").prefer(member);
      var unused =
          channel
              .unary(Maintenance.STATUS.method(), Bytes.EMPTY, options)
              .thenAccept(answer -> told(member, raftTerm, answer));
    }
  }

  private void told(String member, long raftTerm, Answer answer) {
    if (answer.status() != StatusCode.OK || !answer.endpoint().equals(member)) {
      return; // another member has answered in its place
    }
    StatusResponse status = Maintenance.STATUS.decode().apply(answer.message());
    synchronized (this) {
      boolean leads = status.leader() == status.header().memberId();
      if (leads && status.raftTerm() >= Math.max(raftTerm, knownTerm)) { // not of a term gone by
        knownTerm = status.raftTerm();
        endpoint = member;
        spacingNanos = SPACING_NANOS_MIN;
      }
    }
  }
}

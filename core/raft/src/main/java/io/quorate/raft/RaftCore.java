package io.quorate.raft;

import io.quorate.base.Checks;
import java.util.function.LongConsumer;

/**
 * Consensus of one group, as a pure state machine. One owner thread.
 *
 * <p>A turn of the owner: hand in what has happened (messages, proposals, finished writes, time),
 * then call {@link #flush} once. What is to be done leaves through {@link Effects}, during the
 * calls and, for all that can be joined, at the flush.
 */
public final class RaftCore {
  /** In an acknowledgement: the append didn't fit this member's log. */
  public static final int ACK_REJECTED = 1;

  /** In an acknowledgement: hold entries back until an acknowledgement without this flag. */
  public static final int ACK_FULL = 2;

  private final RaftSettings settings;

  private RaftCore(RaftSettings settings) {
    this.settings = settings;
  }

  /**
   * A member as it starts.
   *
   * @param seed drawn freshly by the shell for each start
   * @param now monotonic nanoseconds; the same clock in every later call
   */
  public static RaftCore create(
      RaftSettings settings, RecoveredState recovered, long seed, long now, Effects effects) {
    Checks.that(recovered.term >= 0 && effects != null, "term=%d", recovered.term + seed + now);
    return new RaftCore(settings);
  }

  // ---- hot lane: primitives, no allocation ---------------------------------------------------

  /** Time has passed. To be called at {@link #nextDeadline}, or earlier, or later. */
  public void tick(long now) {}

  /** When {@link #tick} has something to do next; {@link Long#MAX_VALUE} for never. */
  public long nextDeadline() {
    return Long.MAX_VALUE;
  }

  /** Proposes a command of so many bytes; once admitted, it is entry {@link #lastIndex}. */
  public Admission propose(long now, int payloadBytes) {
    return Admission.NOT_LEADER;
  }

  /** As {@link #propose}, for a command that is meant for the leader of one term only. */
  public Admission proposeIn(long now, long term, int payloadBytes) {
    return Admission.NOT_LEADER;
  }

  /** Ends the caller's turn: writes, appends, acknowledgements and read rounds leave. */
  public void flush(long now) {}

  /**
   * A leader's append of {@code count} plain entries of {@code entryTerm}, the first of them at
   * {@code prevIndex + 1}, with payloads of {@code sizes} bytes; {@code count} 0 is a heartbeat.
   */
  public void appendFrom(
      long now,
      long from,
      long term,
      long prevIndex,
      long prevTerm,
      long entryTerm,
      int[] sizes,
      int count,
      long commit,
      long round) {}

  /** A member's acknowledgement; the parameters of {@link Effects#sendAppendAck}. */
  public void appendAck(
      long now,
      long from,
      long term,
      long round,
      long match,
      int flags,
      long rejectedPrev,
      long hintIndex,
      long hintTerm) {}

  /** All writes up to {@code ioSeq} are durable. */
  public void durable(long now, long ioSeq) {}

  /** The state machine has applied up to {@code index}. */
  public void applied(long now, long index) {}

  // ---- rare lane ------------------------------------------------------------------------------

  /** Everything else that can happen. */
  public void step(long now, Rare event) {}

  /**
   * Asks for another configuration: these voters and learners, everybody else out. Voters change by
   * joint consensus; the leader brings it to its end by itself.
   *
   * @param expectedIndex index of the configuration that the change was made for
   */
  public Reconfiguration reconfigure(long now, long expectedIndex, long[] voters, long[] learners) {
    return Reconfiguration.NOT_LEADER;
  }

  /** Asks to hand leadership over. */
  public Transfer transfer(long now, long target) {
    return Transfer.NOT_LEADER;
  }

  /** What to make of a directory that presents itself; see {@link Rare.PeerPresented}. */
  public IncarnationRule.Verdict judge(long peer, Incarnation presented) {
    return IncarnationRule.judge(Incarnation.NONE, presented);
  }

  // ---- what it is like at present ---------------------------------------------------------------

  /** What it goes by. */
  public RaftSettings settings() {
    return settings;
  }

  /** Its role. */
  public Role role() {
    return Role.FOLLOWER;
  }

  /** Its term. */
  public long term() {
    return 0;
  }

  /** The leader of its term; 0 if none is known. */
  public long leader() {
    return 0;
  }

  /** Index of the first entry that the log still holds; one above the last if it is empty. */
  public long firstIndex() {
    return 1;
  }

  /** Index of the last entry; the base's, if the log is empty. */
  public long lastIndex() {
    return 0;
  }

  /** Term of an entry, or of the log's base. */
  public long termAt(long index) {
    return 0;
  }

  /** The end of what is committed. */
  public long commitIndex() {
    return 0;
  }

  /** The end of what is durable here. */
  public long stableIndex() {
    return 0;
  }

  /** The end of what has been applied here. */
  public long appliedIndex() {
    return 0;
  }

  /** Index of the first entry that a leader made in its present term; 0 without leadership. */
  public long leadershipIndex() {
    return 0;
  }

  /** The configuration in force. */
  public ConfigurationAt configuration() {
    return new ConfigurationAt(0, Configuration.EMPTY);
  }

  /** The newest configuration at or below an index that the log still reaches. */
  public ConfigurationAt configurationAt(long index) {
    return new ConfigurationAt(0, Configuration.EMPTY);
  }

  /** How a leader sees the members, itself left out; elsewhere empty. */
  public java.util.List<PeerStatus> peers(long now) {
    return java.util.List.of();
  }

  /** Why an entry isn't committed. */
  public Explanation explain(long now, long index) {
    return new Explanation(index, Explanation.Verdict.NOT_IN_LOG, "", java.util.List.of());
  }

  // ---- for checkers -----------------------------------------------------------------------------

  /** An independent core in the same state, with another sink. */
  public RaftCore copy(Effects effects) {
    return new RaftCore(settings);
  }

  /** The whole state, word by word: two cores with equal words behave alike for ever. */
  public void encode(LongConsumer sink) {}
}

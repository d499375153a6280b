package io.quorate.raft;

/**
 * What members of a group say to each other, apart from plain appends and their acknowledgements,
 * which travel as primitives. The sender is named by the connection, never by the message.
 */
public sealed interface Message {
  /** The sender's term. */
  long term();

  /**
   * "Could I win?" Binds nobody and moves nobody's term (Ongaro's thesis, 9.6).
   *
   * @param term the asker's present term
   * @param campaign echoed by the reply, so that a late one is known as such
   */
  record PreVoteRequest(long term, long campaign, long lastIndex, long lastTerm)
      implements Message {}

  /**
   * The answer to a pre-vote.
   *
   * @param term the answerer's term; a winner campaigns above all that it has seen
   */
  record PreVoteReply(long term, long campaign, Ballot ballot) implements Message {}

  /**
   * "Vote for me."
   *
   * @param handover the present leader wants it so: a voter that hears that leader votes even so
   */
  record VoteRequest(long term, long lastIndex, long lastTerm, boolean handover)
      implements Message {}

  /** The answer to a vote request. One that grants leaves only when the vote is durable. */
  record VoteReply(long term, Ballot ballot) implements Message {}

  /** The leader to the one that it hands over to: campaign now. */
  record TimeoutNow(long term) implements Message {}

  /** A member asks its leader up to which index a linearizable read must have been applied. */
  record ReadIndexRequest(long term, long boot, long sequence) implements Message {}

  /** The leader's answer; without {@code ok}, there is no index and the asker may try again. */
  record ReadIndexReply(long term, long boot, long sequence, long index, boolean ok)
      implements Message {}

  /**
   * An append of exactly one configuration entry: what a plain append says, plus the configuration.
   * The leader's core announces it as any append ({@link Effects#sendAppend}); the shell that
   * receives one hands it in as this, since the core must read it.
   *
   * @param bytes size of the entry's payload
   */
  record AppendConfiguration(
      long term,
      long prevIndex,
      long prevTerm,
      long entryTerm,
      int bytes,
      Configuration configuration,
      long commit,
      long round)
      implements Message {}

  /**
   * The leader offers a snapshot, since its log no longer reaches back far enough.
   *
   * @param snapshot names the transfer among all of this leader's
   */
  record SnapshotOffer(
      long term, long snapshot, long index, long indexTerm, ConfigurationAt configuration)
      implements Message {}

  /** The answer to an offer; {@code wanted} is false if the state is there already. */
  record SnapshotAnswer(long term, long snapshot, boolean wanted) implements Message {}
}

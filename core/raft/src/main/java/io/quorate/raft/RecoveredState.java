package io.quorate.raft;

import io.quorate.base.Checks;

/**
 * What a member found on its disk, as {@link RaftCore} starts from it. Filled by the shell while it
 * reads its log in order; a record that starts below the end replaces what was there, as on disk.
 *
 * <p>Everything in it is durable: the shell has synced the log's tail before.
 */
public final class RecoveredState {
  final RaftLog log = new RaftLog();
  final Configurations configurations =
      new Configurations(new ConfigurationAt(0, Configuration.EMPTY));
  final PeerRecords records = new PeerRecords();
  long term;
  long vote;
  long commit;
  long applied;
  long floorTerm;
  long floorIndex;
  boolean promisesLost;
  Standing standing = Standing.GOOD;

  /** The state of an empty directory; every founding member starts with the same one. */
  public static RecoveredState founding(Configuration configuration) {
    return new RecoveredState().base(0, 0, new ConfigurationAt(0, configuration));
  }

  /** Term and vote. */
  public RecoveredState state(long term, long vote) {
    this.term = term;
    this.vote = vote;
    return this;
  }

  /** The log begins behind this entry: trimmed so far, or a snapshot. Empties the log. */
  public RecoveredState base(long index, long indexTerm, ConfigurationAt configuration) {
    Checks.that(index >= 0 && indexTerm >= 0, "index=%d indexTerm=%d", index, indexTerm);
    Checks.that(configuration.index() <= index, "a configuration from above the log's base");
    log.reset(index, indexTerm);
    configurations.reset(configuration);
    return this;
  }

  /** An entry; its payload's size in bytes. */
  public RecoveredState entry(long index, long term, int bytes) {
    Checks.that(term > 0 && bytes >= 0, "index=%d term=%d", index, term);
    Checks.that(
        index > log.baseIndex() && index <= log.lastIndex() + 1,
        "entry=%d behind last=%d",
        index,
        log.lastIndex());
    if (index <= log.lastIndex()) {
      log.truncate(index - 1);
      configurations.truncate(index - 1);
    }
    log.append(term, bytes);
    return this;
  }

  /** The entry at the log's end is this configuration. */
  public RecoveredState configuration(long index, Configuration configuration) {
    Checks.that(index == log.lastIndex(), "configuration=%d last=%d", index, log.lastIndex());
    configurations.append(index, configuration);
    return this;
  }

  /** The log's head is gone up to this entry, which is in it. */
  public RecoveredState trim(long index) {
    log.trim(index);
    configurations.trim(index);
    return this;
  }

  /** What is known to be committed, at least; and what the state machine has applied durably. */
  public RecoveredState progress(long commit, long applied) {
    this.commit = commit;
    this.applied = applied;
    return this;
  }

  /** What was known of a peer's directory; see {@link Effects#writePeer}. */
  public RecoveredState peer(long peer, Incarnation incarnation) {
    records.restore(peer, incarnation);
    return this;
  }

  /** How the peers regarded this directory before. */
  public RecoveredState standing(Standing standing) {
    this.standing = standing;
    return this;
  }

  /**
   * The log is known to have lost something that may have been acknowledged, up to this entry:
   * until the log reaches it again, the member doesn't campaign, and votes for nobody who lacks it.
   */
  public RecoveredState voteFloor(long term, long index) {
    this.floorTerm = term;
    this.floorIndex = index;
    return this;
  }

  /**
   * The log's end is lost, and nothing shows what it was: a term, a vote, or entries that were
   * acknowledged, of whatever term. The member is silent until all others have presented themselves
   * ({@link Rare.PeerPresented}), and helps nobody to win until a later term has committed.
   */
  public RecoveredState promisesLost() {
    this.promisesLost = true;
    return this;
  }
}

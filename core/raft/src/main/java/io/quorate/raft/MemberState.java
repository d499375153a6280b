package io.quorate.raft;

import io.quorate.base.Checks;
import java.util.function.LongConsumer;

/**
 * What the parts of a core share: term, vote and role, the log, and how far it is written,
 * committed and applicable. The parts change it only through its methods where an order matters.
 */
final class MemberState {
  final RaftSettings settings;
  final SafetyRules rules;
  final Effects effects;
  final long self;
  final RaftLog log;
  final Stability stability;
  final Configurations configurations;
  final Peers peers;
  final PeerRecords records;
  final LostPromises lost;

  long term;
  long vote;
  Role role = Role.FOLLOWER;
  long leader;

  /** Only grows. Everything up to it is in the log of every later leader. */
  long commit;

  long applied;

  /** Index of this leadership's first entry; 0 without one. */
  long leadershipIndex;

  /** Own entries up to here have been handed to {@link Effects#writeEntries}. */
  long written;

  /** The write of the present term and vote. */
  long stateSeq;

  /** The write that switches over to a snapshot. */
  long adoptSeq;

  DiskState disk = DiskState.OK;
  Standing standing;
  long floorTerm;
  long floorIndex;

  private long toldCommit;
  private long toldApplicable;
  private ConfigurationAt committedConfiguration;
  private long random;

  MemberState(
      RaftSettings settings,
      SafetyRules rules,
      Effects effects,
      RecoveredState recovered,
      long seed) {
    this.settings = settings;
    this.rules = rules;
    this.effects = effects;
    this.self = settings.member();
    this.log = new RaftLog(recovered.log);
    this.stability = new Stability(rules, log.lastIndex());
    this.configurations = new Configurations(recovered.configurations);
    this.peers = new Peers(self, rules);
    this.term = recovered.term;
    this.vote = recovered.vote;
    this.applied = Math.max(recovered.applied, log.baseIndex());
    this.commit = Math.max(recovered.commit, applied);
    this.written = log.lastIndex();
    this.standing = recovered.standing;
    this.floorTerm = recovered.floorTerm;
    this.floorIndex = recovered.floorIndex;
    this.random = seed;
    Checks.that(commit <= log.lastIndex(), "commit=%d last=%d", commit, log.lastIndex());
    Checks.that(term >= log.lastTerm(), "term=%d lastTerm=%d", term, log.lastTerm());
    this.toldCommit = applied;
    this.toldApplicable = applied;
    this.committedConfiguration = configurations.at(commit);
    this.records = new PeerRecords(recovered.records);
    this.lost =
        new LostPromises(this, recovered.promisesLost && standing != Standing.RETURNING, term);
  }

  MemberState(MemberState that, Effects effects) {
    this.settings = that.settings;
    this.rules = that.rules;
    this.effects = effects;
    this.self = that.self;
    this.log = new RaftLog(that.log);
    this.stability = new Stability(that.stability);
    this.configurations = new Configurations(that.configurations);
    this.peers = new Peers(that.peers);
    this.term = that.term;
    this.vote = that.vote;
    this.role = that.role;
    this.leader = that.leader;
    this.commit = that.commit;
    this.applied = that.applied;
    this.leadershipIndex = that.leadershipIndex;
    this.written = that.written;
    this.stateSeq = that.stateSeq;
    this.adoptSeq = that.adoptSeq;
    this.disk = that.disk;
    this.standing = that.standing;
    this.floorTerm = that.floorTerm;
    this.floorIndex = that.floorIndex;
    this.toldCommit = that.toldCommit;
    this.toldApplicable = that.toldApplicable;
    this.committedConfiguration = that.committedConfiguration;
    this.records = new PeerRecords(that.records);
    this.lost = new LostPromises(that.lost, this);
    this.random = that.random;
  }

  boolean leads() {
    return role == Role.LEADER;
  }

  /** Between a least and a greatest value, both possible. Drawn from the seed. */
  long between(long min, long max) {
    if (min == max) {
      return min;
    }
    random += 0x9E3779B97F4A7C15L;
    long z = random;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    z ^= z >>> 31;
    return min + Long.remainderUnsigned(z, max - min + 1);
  }

  /** Writes term and vote. What was proposed before is written before. */
  void persistState() {
    writeOwn();
    stateSeq = stability.issueOther();
    effects.writeState(stateSeq, term, vote);
  }

  /** The write to wait for before a word of this term leaves; 0 if it is durable. */
  long stateSeqUnlessDurable() {
    return stability.isDurable(stateSeq) ? 0 : stateSeq;
  }

  /** Hands all that this member appended by itself to one write. */
  void writeOwn() {
    long last = log.lastIndex();
    if (last > written) {
      long first = written + 1;
      written = last;
      effects.writeEntries(stability.issueEntries(first, last), first, last);
    }
  }

  /** Puts an entry of the core's own into the log. */
  long appendOwn(EntryKind kind, @org.jspecify.annotations.Nullable Configuration configuration) {
    long index = log.lastIndex() + 1;
    log.append(term, effects.ownEntry(index, term, kind, configuration));
    return index;
  }

  /** The end of what is committed, durable here, and not waiting for a snapshot's switch-over. */
  long applicable() {
    return stability.isDurable(adoptSeq)
        ? Math.max(toldApplicable, Math.min(commit, stability.stable()))
        : toldApplicable;
  }

  /** The state machine stands at a snapshot's index now. */
  void restartAt(long index) {
    applied = index;
    toldApplicable = index;
  }

  /** Whether the log may be short of what this member acknowledged once. */
  boolean belowFloor() {
    return lost.holdBack() || (commit < floorIndex && !atFloor(log.lastTerm(), log.lastIndex()));
  }

  /** Whether somebody belongs to a configuration that is, or may yet prove to be, in force. */
  boolean concerns(long member) {
    return configurations.mayBe(commit, each -> each.contains(member));
  }

  /**
   * Whether it may lead: it votes, or does so by a configuration whose end isn't known to be
   * committed. Until it is, nobody else may have as much of the log (thesis, 4.2.2).
   */
  boolean isElectable() {
    return configurations.mayBe(commit, each -> each.isVoter(self));
  }

  /** Whether it takes part in all that a member may: votes, questions, reads. */
  boolean speaks() {
    return standing == Standing.GOOD && !lost.silent();
  }

  /**
   * Whether it takes entries. Whoever returns as another life promises nothing by it; whoever lost
   * the log's end, and is still silent, would.
   */
  boolean follows() {
    return standing == Standing.RETURNING || speaks();
  }

  /** Whether a log with this end reaches what this member may have acknowledged once. */
  boolean atFloor(long lastTerm, long lastIndex) {
    return rules.reachesFloor(lastTerm, lastIndex, floorTerm, floorIndex);
  }

  void roleChanged() {
    effects.roleChanged(role, term, leader);
  }

  /** Tells of the configuration in force, after it changed. */
  void configurationChanged(long now) {
    ConfigurationAt current = configurations.current();
    for (int i = 0; i < peers.count(); i++) {
      Peer peer = peers.at(i);
      if (peer.snapshot != 0 && !current.configuration().contains(peer.id)) {
        effects.snapshotDone(peer.id, peer.snapshot);
      }
    }
    // A new peer is first tried with the entry that brought it in.
    peers.configure(current.configuration(), now, log.lastIndex() - 1);
    effects.configuration(current, current.index() <= commit);
  }

  /** Moves the commit index on. */
  void commitTo(long index) {
    Checks.that(index >= commit, "commit=%d back to=%d", commit, index);
    Checks.that(index <= log.lastIndex(), "commit=%d last=%d", index, log.lastIndex());
    commit = index;
    ConfigurationAt newest = configurations.at(index);
    if (newest.index() > committedConfiguration.index()) {
      Configuration before = committedConfiguration.configuration();
      committedConfiguration = newest;
      effects.configuration(newest, true);
      // Who has left may only come again as somebody new.
      records.forgetLeft(before, newest.configuration(), this);
      records.takeIn(newest.configuration(), this);
    }
  }

  /** Says how far commit and applying may go, once per turn. */
  void tellProgress() {
    if (commit > toldCommit) {
      toldCommit = commit;
      effects.committed(commit);
    }
    long applicable = applicable();
    if (applicable > toldApplicable) {
      toldApplicable = applicable;
      effects.applicable(applicable);
    }
  }

  void encode(LongConsumer sink) {
    sink.accept(term);
    sink.accept(vote);
    sink.accept(role.code | disk.code << 4 | standing.code << 8);
    sink.accept(leader);
    sink.accept(commit);
    sink.accept(applied);
    sink.accept(leadershipIndex);
    sink.accept(written);
    sink.accept(stability.isDurable(stateSeq) ? -1 : stability.issued() - stateSeq);
    sink.accept(stability.isDurable(adoptSeq) ? -1 : stability.issued() - adoptSeq);
    sink.accept(floorTerm);
    sink.accept(floorIndex);
    sink.accept(toldCommit);
    sink.accept(toldApplicable);
    sink.accept(committedConfiguration.index());
    records.encode(sink);
    lost.encode(sink);
    sink.accept(random);
    log.encode(sink);
    stability.encode(sink);
    configurations.encode(sink);
    peers.encode(sink);
  }
}

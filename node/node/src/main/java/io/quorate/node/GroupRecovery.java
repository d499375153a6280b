package io.quorate.node;

import io.quorate.base.Bytes;
import io.quorate.base.Checks;
import io.quorate.base.Disk;
import io.quorate.base.ErrorCode;
import io.quorate.base.Limits;
import io.quorate.base.QuorateException;
import io.quorate.engine.Engine;
import io.quorate.engine.EngineOptions;
import io.quorate.engine.Engines;
import io.quorate.machine.Machine;
import io.quorate.raft.Configuration;
import io.quorate.raft.ConfigurationAt;
import io.quorate.raft.EntryKind;
import io.quorate.raft.RaftSettings;
import io.quorate.raft.RecoveredState;
import io.quorate.raft.Standing;
import io.quorate.wal.GroupState;
import io.quorate.wal.Hole;
import io.quorate.wal.LogHash;
import io.quorate.wal.Wal;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** What a member finds of a group on its disk, gathered while the log is read. */
final class GroupRecovery {
  private static final System.Logger LOG = System.getLogger(GroupRecovery.class.getName());

  private static final String DAMAGE_MARK = "damaged-";

  final long group;
  final RaftSettings settings;
  final HardState hard;
  final EntryCache entries;
  RecoveredState state;

  private final @Nullable Hole hole;
  private final long logEnd;
  private final ConfigurationAt baseConfiguration;

  /** The last one that was found: in the log, at its base, or in the state. */
  private ConfigurationAt configuration;

  /** Whether term or vote are known from elsewhere than the log's intact part. */
  private boolean stateIsNew;

  /** What the state knows of the members, if it had to be looked into before. */
  private List<MemberInfo> known = List.of();

  private long lastTerm;
  private final long baseIndex;
  private long floorIndex;

  /** Whether entries are missing, so that nothing can begin before peers have supplied them. */
  private boolean lacking;

  private boolean alone;

  /** Whether the state is damaged or gone, so that one must be had from peers. */
  private boolean stateLost;

  private @Nullable ConfigurationAt aheadAt;
  private @Nullable Engine engine;
  private @Nullable Machine machine;

  /** A group that the log knows. */
  GroupRecovery(NodeSettings node, GroupState found) {
    group = found.group();
    settings = settings(node, group);
    hard = HardState.decode(found.term(), found.vote(), found.blob());
    // A crash may have kept a snapshot's mark and lost the hard state behind it.
    hard.generation = Math.max(hard.generation, found.generation());
    hole = found.hole();
    logEnd = found.lastIndex();
    baseIndex = found.baseIndex();
    baseConfiguration = notAbove(baseIndex, configuration(found.configuration()));
    configuration = baseConfiguration;
    alone = decidesAlone(configuration.configuration());
    takeStateFromRemains();
    entries = new EntryCache(baseIndex, found.baseHash(), node.cachedLogBytes());
    state =
        new RecoveredState()
            .base(baseIndex, found.baseTerm(), baseConfiguration)
            .state(hard.term, hard.vote)
            .standing(hard.standing);
    restorePeers();
  }

  /**
   * A crash may have kept a configuration and lost the trim that it was written for. All up to it
   * is committed, so it may as well be in force from the base on.
   */
  private static ConfigurationAt notAbove(long index, ConfigurationAt found) {
    return found.index() <= index ? found : new ConfigurationAt(index, found.configuration());
  }

  /** A group that is new on this member. */
  GroupRecovery(NodeSettings node, long group, Configuration founders) {
    this.group = group;
    settings = settings(node, group);
    hard = new HardState();
    hole = null;
    logEnd = 0;
    baseIndex = 0;
    baseConfiguration = new ConfigurationAt(0, founders);
    configuration = baseConfiguration;
    entries = new EntryCache(0, 0, node.cachedLogBytes());
    state = RecoveredState.founding(founders);
  }

  /** Record headers verify alone: they tell of a term and a vote whose batch doesn't verify. */
  private void takeStateFromRemains() {
    if (hole != null && hole.term() > hard.term) {
      hard.term = hole.term();
      hard.vote = hole.vote();
      stateIsNew = true;
    } else if (hole != null && hole.term() == hard.term && hard.vote == 0 && hole.vote() != 0) {
      hard.vote = hole.vote();
      stateIsNew = true;
    }
  }

  /** The configuration at the log's base, as the log keeps it. */
  Bytes configurationBlob() {
    return MessageCodec.blob(new FrameWriter(), baseConfiguration);
  }

  /** In the place of an entry that is missing. */
  void missing() {
    lacking = true;
  }

  /**
   * Whether this member, by a configuration that its log knows of, may have agreed on entries by
   * itself.
   */
  boolean mayHaveDecidedAlone() {
    return alone;
  }

  /** Whether it decides alone by the last configuration that its log knows of. */
  boolean decidesAlone() {
    Configuration last = configuration.configuration();
    return !last.isJoint() && decidesAlone(last);
  }

  /** From where on the log may never have been durable; {@link Long#MAX_VALUE} if all of it was. */
  long tornFrom() {
    return hole == null ? Long.MAX_VALUE : hole.from();
  }

  /** Whether entries or the state are missing: then this is good for telling so only. */
  boolean isLacking() {
    return lacking || stateLost;
  }

  /** The least index of a state that the log could go on from; −1 if the state is here. */
  long stateFrom() {
    return stateLost ? baseIndex : -1;
  }

  /** Who may have what is missing: the members that were ever heard of, but for this one. */
  long[] others() {
    return Arrays.stream(configuration.configuration().members())
        .filter(id -> id != settings.member())
        .toArray();
  }

  /**
   * Lets go what is missing, as far as the state has it.
   *
   * @throws QuorateException if nobody can supply the rest
   */
  void mendByState(Disk disk, Wal wal, Engines engines, long seed) {
    Engine opened = openState(disk, engines, seed);
    if (opened == null) {
      return;
    }
    try {
      Machine state = Machine.open(opened);
      known = MemberRows.load(opened);
      long applied = state.appliedIndex();
      if (wal.mending().firstMissing(group) <= applied) {
        wal.mending().trim(group, applied, state.appliedTerm(), Applier.logHash(opened));
        wal.sync();
      }
    } finally {
      opened.closeAbruptly();
    }
    long missing = wal.mending().missing(group);
    if (missing > 0 && isAlone()) {
      long first = wal.mending().firstMissing(group);
      if (hole == null || first < hole.from()) {
        throw QuorateException.of(
            ErrorCode.DATA_DAMAGED,
            ("group %d: entries from %d to %d of the log are damaged, and no other member has them."
                    + " Restore the directory from a backup")
                .formatted(group, first, missing));
      }
      wal.mending().cut(group, first);
      wal.resolveHole(group);
      wal.sync();
    }
  }

  /** An entry of the log, in order. */
  void entry(long index, long term, byte kind, Bytes payload, long hash) {
    if (lacking) {
      configuration(index, kind, payload);
      return;
    }
    state.entry(index, term, payload.length());
    lastTerm = term;
    configuration(index, kind, payload);
    entries.append(index, term, kind, hash, payload);
    entries.mayDrop(index, baseIndex);
  }

  private void configuration(long index, byte kind, Bytes payload) {
    if (kind == Applier.kind(EntryKind.CONFIGURATION)) {
      try {
        Configuration found = MessageCodec.configuration(payload);
        if (!lacking) {
          state.configuration(index, found);
        }
        configuration = new ConfigurationAt(index, found);
        alone |= decidesAlone(found);
      } catch (FrameReader.Malformed e) {
        throw QuorateException.of(
            ErrorCode.DATA_DAMAGED,
            "group " + group + ", index " + index + ": not a configuration: " + e.getMessage(),
            e);
      }
    }
  }

  /** Opens the state, and decides how log and state fit together. */
  void open(Disk disk, Engines engines, long seed) {
    removeLeftovers(disk, engines);
    if (lastTerm > hard.term) {
      // A repair has ended with an entry of a leader whose term this member had not heard of.
      hard.term = lastTerm;
      hard.vote = 0;
      stateIsNew = true;
      state.state(hard.term, hard.vote);
    }
    Engine opened = openState(disk, engines, seed);
    if (opened == null) {
      return;
    }
    engine = opened;
    Machine state = Machine.open(opened);
    machine = state;
    if (state.appliedIndex() < baseIndex && !isAlone()) {
      loseState("it ends at index " + state.appliedIndex());
      abandon();
      return;
    }
    reconcile(state);
  }

  /** Opens the state, or finds that it is lost; one that the whole log tells is begun anew. */
  private @Nullable Engine openState(Disk disk, Engines engines, long seed) {
    try {
      if (isMarked(disk)) {
        throw QuorateException.of(ErrorCode.ENGINE_DAMAGED, "it was found damaged while it ran");
      }
      return openEngine(engines, group, hard.generation, seed);
    } catch (QuorateException e) {
      if (e.code() != ErrorCode.ENGINE_DAMAGED || (isAlone() && baseIndex > 0)) {
        throw e;
      }
      loseState(String.valueOf(e.getMessage()));
      if (baseIndex > 0 || lacking) {
        return null;
      }
      stateLost = false;
      engines.delete(directory(group, hard.generation));
      forgetDamage(disk);
      return openEngine(engines, group, hard.generation, seed);
    }
  }

  private boolean isMarked(Disk disk) {
    String mark = damageMark(group, hard.generation);
    try {
      return disk.exists(mark);
    } catch (IOException e) {
      throw QuorateException.of(ErrorCode.ENGINE_FAILED, mark + ": " + e.getMessage(), e);
    }
  }

  private void loseState(String why) {
    stateLost = true;
    LOG.log(
        System.Logger.Level.WARNING,
        "group={0} the state in {1} is damaged: {2}",
        group,
        directory(group, hard.generation),
        why);
  }

  private void forgetDamage(Disk disk) {
    try {
      String mark = damageMark(group, hard.generation);
      if (disk.exists(mark)) {
        disk.delete(mark);
        disk.syncDirectory("state/" + group);
      }
    } catch (IOException e) {
      throw QuorateException.of(
          ErrorCode.ENGINE_FAILED, "state/" + group + ": " + e.getMessage(), e);
    }
  }

  /** The file that says that a state was found damaged while it was in use. */
  static String damageMark(long group, long generation) {
    return "state/" + group + "/" + DAMAGE_MARK + generation;
  }

  /** Checkpoints that were being sent, and states that another has taken the place of. */
  private void removeLeftovers(Disk disk, Engines engines) {
    String parent = "state/" + group;
    try {
      if (!disk.exists(parent)) {
        return;
      }
      for (String name : disk.list(parent)) {
        boolean older = name.matches("[0-9]{1,18}") && Long.parseLong(name) < hard.generation;
        if (older || name.startsWith("send-")) {
          engines.delete(parent + "/" + name);
        }
        if (name.startsWith(DAMAGE_MARK) && !name.equals(DAMAGE_MARK + hard.generation)) {
          disk.delete(parent + "/" + name);
        }
      }
    } catch (IOException e) {
      throw QuorateException.of(
          ErrorCode.DATA_DAMAGED, parent + " can't be read: " + e.getMessage(), e);
    }
  }

  /** Opens a generation of a group's state, or begins it. */
  static Engine openEngine(Engines engines, long group, long generation, long seed) {
    EngineOptions options =
        EngineOptions.cached(Machine.NEWEST_ROWS, seed).ordered(Machine.CHANGE_ROWS);
    String directory = directory(group, generation);
    return engines.exists(directory)
        ? engines.open(directory, options)
        : engines.create(directory, options);
  }

  private void reconcile(Machine machine) {
    long applied = machine.appliedIndex();
    if (applied < baseIndex) {
      throw QuorateException.of(
          ErrorCode.DATA_DAMAGED,
          ("group %d: the state in %s ends at index %d, and the log begins after %d: entries are"
                  + " missing. Remove this member and add it again with an empty directory")
              .formatted(group, directory(group, hard.generation), applied, baseIndex));
    }
    if (applied > entries.last()) {
      // The state is ahead of its log: the log lost what had been acknowledged. The state stands,
      // as an installed snapshot would, and the member votes for nobody who has less than it.
      configuration =
          machine.configuration().isEmpty()
              ? baseConfiguration
              : configuration(machine.configuration());
      if (machine.appliedTerm() > hard.term) {
        hard.term = machine.appliedTerm();
        hard.vote = 0;
        stateIsNew = true;
      }
      state =
          new RecoveredState()
              .base(applied, machine.appliedTerm(), configuration)
              .state(hard.term, hard.vote)
              .standing(hard.standing);
      restorePeers();
      entries.reset(applied, Applier.logHash(engine()));
      aheadAt = configuration;
    }
    if ((aheadAt != null || (hole != null && !dropsHole())) && !isAlone()) {
      // What is lost may be of a later term than what is left, but of none above the member's own,
      // to which the remains of its last change have been added.
      floorIndex = Math.max(applied, hole == null ? 0 : hole.to());
      state.voteFloor(hard.term, floorIndex);
      if (hole != null && hole.open()) {
        state.promisesLost();
      }
    }
    state.progress(applied, applied);
  }

  /** Brings the log in line with what {@link #open} decided; the caller syncs it. */
  void mend(Wal wal) {
    if (aheadAt != null) {
      wal.snapshotMark(
          group,
          entries.last(),
          machine().appliedTerm(),
          entries.hash(entries.last()),
          MessageCodec.blob(new FrameWriter(), aheadAt),
          hard.generation);
    }
    if (stateIsNew) {
      wal.hardState(group, hard.term, hard.vote, hard.blob());
    }
    if (dropsHole()) {
      wal.resolveHole(group);
    }
  }

  /**
   * Whether a hole can be settled at once: what was missing is here again, or nobody else could
   * have counted it.
   */
  private boolean dropsHole() {
    return hole != null
        && (isAlone() || (!hole.open() && !hole.hardState() && hole.to() <= logEnd));
  }

  /** Refuses to do without peers whose help is needed. */
  void expectWhole() {
    if (isLacking()) {
      throw QuorateException.of(
          ErrorCode.DATA_DAMAGED,
          ("group %d: what this directory lacks only its former peers could supply, so it can't be"
                  + " made a cluster of its own. Take another member's directory, or a backup")
              .formatted(group));
    }
  }

  /**
   * Makes this member the only one, on top of what it has: operators have given up the others. The
   * caller syncs the log and reads the group anew.
   *
   * @param life names this run
   */
  void standAlone(Wal wal, long life) {
    long self = settings.member();
    Roster roster = Roster.load(engine());
    TreeSet<Long> others = new TreeSet<>(roster.wanted().keySet());
    for (long id : configuration.configuration().members()) {
      others.add(id);
    }
    boolean member = others.remove(self) && configuration.configuration().contains(self);
    if (!member) {
      throw QuorateException.of(
          ErrorCode.WRONG_IDENTITY,
          "group " + group + ": this directory belongs to no member that was ever in the cluster");
    }
    hard.term++;
    hard.vote = 0;
    hard.standing = Standing.GOOD;
    hard.peers.clear();
    wal.resolveHole(group);
    wal.hardState(group, hard.term, hard.vote, hard.blob());
    append(wal, Applier.kind(EntryKind.CONFIGURATION), Configuration.of(self).toBytes());
    long sequence = 0;
    for (long other : others) {
      MembershipChange gone = new MembershipChange.Remove(other);
      Bytes change = new AskedChange(self, life, ++sequence, other, gone).encode();
      append(wal, Applier.CHANGE_KIND, change);
    }
    MembershipChange votes = new MembershipChange.Promote(self);
    append(wal, Applier.CHANGE_KIND, new AskedChange(self, life, ++sequence, self, votes).encode());
    LOG.log(
        System.Logger.Level.WARNING,
        "group={0} this member is now the only one. Given up for good: {1}. What they agreed on and"
            + " this member had not received is LOST",
        group,
        others.stream().map(Long::toHexString).toList());
  }

  private void append(Wal wal, byte kind, Bytes payload) {
    long index = entries.last() + 1;
    long hash = LogHash.next(entries.hash(index - 1), hard.term, kind, payload);
    wal.append(group, index, hard.term, kind, payload, hash);
    entries.append(index, hard.term, kind, hash, payload);
  }

  /** What the state says of the members. */
  List<MemberInfo> known() {
    return engine == null ? known : MemberRows.load(engine);
  }

  private boolean decidesAlone(Configuration of) {
    long[] me = {settings.member()};
    return Arrays.equals(of.voters(), me) || Arrays.equals(of.outgoing(), me);
  }

  /** Whether nobody else belongs to the group. */
  boolean isAlone() {
    return configuration.configuration().members().length == 1;
  }

  /** The member does not come to run: what was opened is let go, as it was found. */
  void abandon() {
    if (engine != null) {
      engine.closeAbruptly();
      engine = null;
    }
  }

  Engine engine() {
    if (engine == null) {
      throw Checks.unreachable("group " + group + " hasn't been opened");
    }
    return engine;
  }

  Machine machine() {
    if (machine == null) {
      throw Checks.unreachable("group " + group + " hasn't been opened");
    }
    return machine;
  }

  /** Without it, a wiped or older directory of a peer would be taken for the one from before. */
  private void restorePeers() {
    hard.peers.forEach(state::peer);
  }

  /** Up to where the log may have lost what was acknowledged; 0 if it lost nothing. */
  long floorIndex() {
    return floorIndex;
  }

  /** What the log may be short of, and the others are to fill; null if nothing is. */
  @Nullable Hole hole() {
    return dropsHole() ? null : hole;
  }

  /** Where a generation of a group's state lives. */
  static String directory(long group, long generation) {
    return "state/" + group + "/" + generation;
  }

  private static RaftSettings settings(NodeSettings node, long group) {
    RaftSettings defaults =
        RaftSettings.timed(node.member(), group, node.heartbeatNanos(), node.electionNanos())
            .withAppendEntriesMax(node.appendEntriesMax());
    Checks.that(
        defaults.entryBytesMax() >= node.requestBytesMax() + Limits.REQUEST_OVERHEAD_BYTES,
        "requestBytesMax=%d",
        node.requestBytesMax());
    return defaults;
  }

  private ConfigurationAt configuration(Bytes blob) {
    if (blob.isEmpty()) {
      return new ConfigurationAt(0, Configuration.EMPTY);
    }
    try {
      return MessageCodec.configurationAt(new FrameReader(blob));
    } catch (FrameReader.Malformed e) {
      throw QuorateException.of(
          ErrorCode.DATA_DAMAGED,
          "group " + group + ": the stored configuration can't be read: " + e.getMessage(),
          e);
    }
  }
}

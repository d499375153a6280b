package io.quorate.node;

import io.quorate.engine.EngineStatistics;
import io.quorate.kv.Alarm;
import io.quorate.machine.Machine;
import io.quorate.raft.Configuration;
import io.quorate.raft.RaftCore;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where a replica stands, all of it at one moment.
 *
 * @param member this member
 * @param leader the leader that this replica knows, or 0
 * @param term the Raft term
 * @param firstIndex the first entry still in the log
 * @param lastIndex the last entry in the log, durable or not
 * @param durableIndex the last entry on this member's disk
 * @param commitIndex the last entry known to be committed
 * @param appliedIndex the last entry in the state machine
 * @param learner whether this member has no vote, and shall have none yet
 * @param voters the members that vote
 * @param learners the members that don't
 * @param revision the store's revision
 * @param compactedRevision the last compaction's revision
 * @param bytesOnDisk what the group's state takes on disk
 * @param bytesInUse what of it is live; an estimate
 * @param keysEstimate how many keys there are, deleted ones among them until they are compacted; an
 *     estimate
 * @param waitingCalls how many callers wait for their answer here
 * @param waitingLogBytes how much was handed to the log and isn't on this member's disk yet
 * @param failure why the replica has stopped; empty while it runs
 * @param refused who doesn't take this member for the one that it was, and what to do; unless it is
 *     that it was removed, the replica neither votes nor campaigns then. Empty as long as nobody
 *     objects
 * @param heldBack why the replica doesn't help whoever asks for its vote, for what its log lost;
 *     empty if it does
 * @param alarms the alarms that are raised, as of the state here
 */
public record ReplicaStatus(
    long member,
    long leader,
    long term,
    long firstIndex,
    long lastIndex,
    long durableIndex,
    long commitIndex,
    long appliedIndex,
    boolean learner,
    List<Long> voters,
    List<Long> learners,
    long revision,
    long compactedRevision,
    long bytesOnDisk,
    long bytesInUse,
    long keysEstimate,
    int waitingCalls,
    long waitingLogBytes,
    String failure,
    String refused,
    String heldBack,
    List<Alarm> alarms) {

  /** Copies the list of alarms. */
  public ReplicaStatus {
    alarms = List.copyOf(alarms);
  }

  static ReplicaStatus of(
      long member,
      RaftCore core,
      Applier applier,
      boolean learner,
      int waitingCalls,
      long waitingLogBytes,
      @Nullable Throwable failure,
      String refused) {
    Configuration configuration = core.configuration().configuration();
    Machine machine = applier.machine();
    EngineStatistics engine = applier.engine().statistics();
    return new ReplicaStatus(
        member,
        core.leader(),
        core.term(),
        core.firstIndex(),
        core.lastIndex(),
        core.stableIndex(),
        core.commitIndex(),
        applier.applied(),
        learner,
        Arrays.stream(configuration.voters()).boxed().toList(),
        Arrays.stream(configuration.learners()).boxed().toList(),
        machine.revision(),
        machine.compactedRevision(),
        engine.stateBytes(),
        Math.min(engine.stateBytes(), engine.liveBytes() + engine.unflushedBytes()),
        engine.rowsEstimate(),
        waitingCalls,
        waitingLogBytes,
        failure == null ? "" : String.valueOf(failure.getMessage()),
        refused,
        core.heldBack(),
        List.copyOf(machine.alarms()));
  }

  /** Whether this member leads. */
  public boolean isLeader() {
    return member == leader;
  }
}

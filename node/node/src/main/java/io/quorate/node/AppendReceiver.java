package io.quorate.node;

import io.quorate.raft.Configuration;
import io.quorate.raft.EntryKind;
import io.quorate.raft.Message;
import io.quorate.raft.RaftCore;
import io.quorate.raft.Rare;
import io.quorate.raft.Role;

/**
 * Hands a group's core the appends and acknowledgements that arrive, and compares the logs' hashes.
 * Used on the loop.
 */
final class AppendReceiver {
  private static final System.Logger LOG = System.getLogger(AppendReceiver.class.getName());

  private final GroupReplica replica;
  private final GroupEffects effects;
  private final AppendCodec appends;

  /**
   * @param appends where the append that is being handed in is read to
   */
  AppendReceiver(GroupReplica replica, GroupEffects effects, AppendCodec appends) {
    this.replica = replica;
    this.effects = effects;
    this.appends = appends;
  }

  /** The core of the replica, which is made after this. */
  private RaftCore core() {
    return replica.core();
  }

  void append(long now, long from, FrameReader in) throws FrameReader.Malformed {
    appends.readAppend(in);
    effects.receiving = true;
    try {
      if (appends.count == 1 && appends.kinds[0] == Applier.kind(EntryKind.CONFIGURATION)) {
        Configuration configuration = MessageCodec.configuration(appends.payload(0));
        core()
            .step(
                now,
                new Rare.Received(
                    from,
                    new Message.AppendConfiguration(
                        appends.term,
                        appends.prevIndex,
                        appends.prevTerm,
                        appends.entryTerm,
                        appends.sizes[0],
                        configuration,
                        appends.commit,
                        appends.round)));
      } else {
        core()
            .appendFrom(
                now,
                from,
                appends.term,
                appends.prevIndex,
                appends.prevTerm,
                appends.entryTerm,
                appends.sizes,
                appends.count,
                appends.commit,
                appends.round);
      }
    } finally {
      effects.receiving = false;
      appends.release();
    }
    if (core().isSilent()) {
      replica.returns().ledWithoutThis(now, from, appends.term);
    }
  }

  void acknowledgement(long now, long from, FrameReader in) throws FrameReader.Malformed {
    long term = in.u64();
    long round = in.u64();
    long match = in.u64();
    int flags = in.u8();
    long rejectedPrev = in.u64();
    long hintIndex = in.u64();
    long hintTerm = in.u64();
    long hash = in.u64();
    long applied = in.u64();
    long stateHash = in.u64();
    in.end();
    core().appendAck(now, from, term, round, match, flags, rejectedPrev, hintIndex, hintTerm);
    if (term != core().term() || core().role() != Role.LEADER) {
      return;
    }
    replica.states().reported(from, applied, stateHash);
    EntryCache entries = replica.entries();
    if (hash != 0 && entries.holds(match)) {
      if (entries.hash(match) != hash) {
        LOG.log(
            System.Logger.Level.ERROR,
            "group={0} member={1} diverged at index={2}: its log holds other bytes",
            replica.group(),
            Long.toHexString(from),
            match);
        core().step(now, new Rare.PeerDiverged(from, match));
      }
    }
  }
}

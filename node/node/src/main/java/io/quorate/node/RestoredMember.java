package io.quorate.node;

import io.quorate.base.Bytes;
import io.quorate.base.Disk;
import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.base.RowSink;
import io.quorate.engine.Engine;
import io.quorate.engine.Engines;
import io.quorate.engine.RowBatch;
import io.quorate.kv.KvStore;
import io.quorate.machine.Machine;
import io.quorate.raft.ConfigurationAt;
import io.quorate.wal.LogHash;
import io.quorate.wal.Wal;

/**
 * Lays down the directory of a founder whose group begins with a state, in place of an empty one.
 *
 * <p>It looks as if the member had installed a snapshot and nothing else had happened yet: an
 * engine with the rows, and a log that begins behind the entry as which they count. So whoever
 * joins later gets the state as a snapshot, since no log tells it. All founders lay down the same
 * rows and agree on that entry; none of them has a vote or a life of before.
 *
 * <p>Blocks on the disk; used by one thread, on a directory that nobody else has.
 */
public final class RestoredMember {
  /** While this is in a data directory, what is beside it isn't whole, and no member starts. */
  public static final String UNFINISHED = "restore.unfinished";

  private RestoredMember() {}

  /** The rows that the group begins with. */
  public interface State {
    /**
     * Hands over some rows, in any order, but the same ones on every founder.
     *
     * @return false when there are no more, and all that was handed over was whole
     */
    boolean next(RowSink rows);

    /** The last entry, of whatever log, that the rows include; 0 if there is none. */
    long index();

    /** That entry's term. */
    long term();

    /** How far the revision moves on; see {@link KvStore#restored}. */
    long revisions();
  }

  /**
   * What was laid down.
   *
   * @param index the entry that the group's log begins behind
   * @param revision the store's revision
   * @param compactedRevision what reads and watches may begin at
   */
  public record Result(long index, long revision, long compactedRevision) {}

  /**
   * Lays down a member of a new cluster.
   *
   * @param disk the empty data directory
   * @param engines the engines within it
   * @param settings as the member will be started with, founding
   * @param random a number that nobody else has
   * @throws QuorateException if the rows contradict each other, or the disk fails; what was written
   *     by then is of no use
   */
  public static Result lay(
      Disk disk, Engines engines, NodeSettings settings, State state, long random) {
    settings.initial().forEach(PeerUrls::check);
    HardState hard = new HardState();
    long group = Node.KEYSPACE;
    Result result;
    long term = Math.max(1, state.term());
    Bytes configuration;
    try (Engine engine = GroupRecovery.openEngine(engines, group, hard.generation, random)) {
      RowBatch batch = new RowBatch();
      long batches = 0;
      for (boolean more = true; more; ) {
        batch.clear();
        more = state.next(batch);
        if (!batch.isEmpty()) {
          engine.write(batch, ++batches);
        }
      }
      long index = Math.max(state.index(), batches + 1);
      configuration =
          MessageCodec.blob(new FrameWriter(), new ConfigurationAt(index, Node.founders(settings)));
      KvStore store = open(engine);
      store.restored(state.revisions());
      batch.clear();
      store.finish(batch);
      Machine.restored(index, term, configuration, batch);
      Applier.putLogHash(LogHash.EMPTY, batch);
      engine.write(batch, index);
      result = new Result(index, store.revision(), store.compactedRevision());
    }
    GroupReader nothing = new GroupReader(settings, Node.MEMBER);
    try (Wal wal =
        Wal.open(disk, Node.LOG_DIRECTORY, Node.logSettings(settings, random), nothing)) {
      if (nothing.member != null || !nothing.groups.isEmpty()) {
        throw QuorateException.of(ErrorCode.WRONG_IDENTITY, "the directory has a log already");
      }
      wal.snapshotMark(group, result.index(), term, LogHash.EMPTY, configuration, hard.generation);
      wal.hardState(group, term, 0, hard.blob());
      wal.sync();
    }
    return result;
  }

  /** Each row had its hash; here they must fit together as well. */
  private static KvStore open(Engine engine) {
    KvStore store = KvStore.open(engine);
    if (store.stateHash() != store.recomputedStateHash()) {
      throw QuorateException.of(
          ErrorCode.DATA_DAMAGED,
          "the rows are not those of one state: what was saved was damaged already. Take another"
              + " backup, of another member");
    }
    return store;
  }
}

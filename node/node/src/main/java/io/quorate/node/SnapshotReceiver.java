package io.quorate.node;

import io.quorate.base.Bytes;
import io.quorate.base.Checks;
import io.quorate.base.QuorateException;
import io.quorate.engine.Engine;
import io.quorate.machine.Machine;
import io.quorate.raft.ConfigurationAt;
import io.quorate.raft.Rare;
import org.jspecify.annotations.Nullable;

/**
 * The follower's side of a snapshot: fetched into a generation of its own beside the present state,
 * then switched to by one durable record of the log. A crash at any point leaves the old state or
 * the new one. Used on the loop.
 */
final class SnapshotReceiver implements SnapshotFetch.Listener {
  private static final System.Logger LOG = System.getLogger(SnapshotReceiver.class.getName());

  /** When a received state is opened for which no reader had time. */
  private static final long OPENING_RETRY_NANOS = 100_000_000L;

  /** What the leader says of the snapshot that is being fetched. */
  private record Incoming(
      SnapshotFetch fetch, long index, long term, ConfigurationAt configuration) {}

  private final GroupReplica replica;
  private final Node node;
  private final FrameWriter frames = new FrameWriter();
  private @Nullable Incoming incoming;

  /** What was fetched before, and perhaps isn't let go yet. */
  private @Nullable SnapshotFetch last;

  private long switchIo;
  private boolean switching;
  private boolean opening;

  SnapshotReceiver(GroupReplica replica, Node node) {
    this.replica = replica;
    this.node = node;
  }

  boolean isSwitching() {
    return switching;
  }

  void fetch(long from, long snapshot, long index, long term, ConfigurationAt configuration) {
    Incoming present = incoming;
    if (switching) {
      // Not now; the leader offers it again. Told later, for this is the core's own call.
      node.env().loop().execute(() -> replica.step(new Rare.SnapshotAborted(snapshot)));
      return;
    }
    if (present != null
        && present.fetch().snapshot() == snapshot
        && present.fetch().from() == from) {
      return;
    }
    if (present != null) {
      present.fetch().end();
    }
    SnapshotFetch before = last;
    if (before != null && before.isBusy()) {
      node.env().loop().execute(() -> replica.step(new Rare.SnapshotAborted(snapshot)));
      return;
    }
    SnapshotFetch fetch =
        new SnapshotFetch(
            node, replica.group(), from, snapshot, replica.hard().generation + 1, this);
    last = fetch;
    incoming = new Incoming(fetch, index, term, configuration);
    fetch.begin();
  }

  void part(long from, long snapshot, int chunk, Bytes bytes) {
    Incoming of = incoming;
    if (of != null) {
      of.fetch().part(from, snapshot, chunk, bytes);
    }
  }

  @Override
  public void received(SnapshotFetch fetch) {
    Incoming of = incoming;
    if (of != null && of.fetch() == fetch) {
      replica.step(
          new Rare.SnapshotReceived(fetch.snapshot(), of.index(), of.term(), of.configuration()));
    }
  }

  @Override
  public void aborted(SnapshotFetch fetch) {
    Incoming of = incoming;
    if (of != null && of.fetch() == fetch) {
      incoming = null;
    }
    replica.step(new Rare.SnapshotAborted(fetch.snapshot()));
  }

  void gone(long from, long snapshot) {
    Incoming of = incoming;
    if (of != null && !switching) {
      of.fetch().gone(from, snapshot);
    }
  }

  void peerDown(long peer) {
    Incoming of = incoming;
    if (of != null && of.fetch().from() == peer && !switching) {
      end(of); // what a reader has in hand is closed when it is back
      replica.step(new Rare.SnapshotAborted(of.fetch().snapshot()));
    }
  }

  void discard(long snapshot) {
    Incoming of = incoming;
    if (of != null && of.fetch().snapshot() == snapshot && !switching) {
      end(of);
    }
  }

  private void end(Incoming of) {
    incoming = null;
    of.fetch().end();
  }

  void adopt(
      long ioSeq,
      long snapshot,
      long index,
      long term,
      ConfigurationAt configuration,
      boolean keepSuffix) {
    Incoming of = incoming;
    if (of == null || of.fetch().snapshot() != snapshot) {
      throw Checks.unreachable("snapshot " + snapshot + " is to be adopted, and isn't here");
    }
    HardState hard = replica.hard();
    hard.generation = of.fetch().generation();
    LogBatch batch = node.log().batch();
    Bytes blob = MessageCodec.blob(frames, configuration);
    if (keepSuffix) {
      // The generation first: a crash in between leaves the new state with more of the log than it
      // needs, and never a log that begins above the state in force.
      batch.hardState(replica.group(), hard.term, hard.vote, hard.blob());
      batch.configuration(replica.group(), blob);
      batch.trim(replica.group(), index);
    } else {
      // The mark names the generation itself.
      batch.snapshotMark(
          replica.group(), index, term, of.fetch().logHash(), blob, of.fetch().generation());
      batch.hardState(replica.group(), hard.term, hard.vote, hard.blob());
      replica.entries().reset(index, of.fetch().logHash());
    }
    of.fetch().keep();
    switchIo = ioSeq;
    switching = true;
  }

  void durable(long ioSeq) {
    Incoming of = incoming;
    if (!switching || opening || ioSeq < switchIo || of == null) {
      return;
    }
    opening = true;
    node.read(
        () -> {
          Engine engine =
              GroupRecovery.openEngine(
                  node.env().engines(),
                  replica.group(),
                  of.fetch().generation(),
                  node.env().random());
          return new State(engine, Machine.open(engine));
        },
        state -> adopted(of, state),
        why -> {
          if (why instanceof QuorateException) {
            // The log already names this state: the group can't go on with the one before.
            replica.fail(why);
          } else {
            opening = false; // no reader has time
            node.env().loop().schedule(OPENING_RETRY_NANOS, () -> openLater(ioSeq));
          }
        });
  }

  private void openLater(long ioSeq) {
    if (!node.isClosed() && !replica.hasFailed()) {
      durable(ioSeq);
    }
  }

  private record State(Engine engine, Machine machine) {}

  private void adopted(Incoming of, State state) {
    if (node.isClosed() || replica.hasFailed()) {
      state.engine().closeAbruptly();
      return;
    }
    Engine old = replica.applier().engine();
    replica.applier().replace(state.engine(), state.machine());
    old.closeAbruptly();
    incoming = null;
    switching = false;
    opening = false;
    LOG.log(
        System.Logger.Level.INFO,
        "group={0} adopted a snapshot from member={1}: index={2}",
        replica.group(),
        Long.toHexString(of.fetch().from()),
        Long.toString(of.index()));
    replica.replaced();
    String oldDirectory = GroupRecovery.directory(replica.group(), of.fetch().generation() - 1);
    node.read(
        () -> {
          node.env().engines().delete(oldDirectory);
          return true;
        },
        done -> {},
        () -> {});
  }

  void close() {
    Incoming of = incoming;
    if (of != null && !switching) {
      end(of);
    }
  }
}

package io.quorate.node;

import io.quorate.base.Bytes;
import io.quorate.base.Checks;
import io.quorate.base.Limits;
import io.quorate.engine.Engine;
import io.quorate.engine.RowView;
import io.quorate.machine.Machine;
import io.quorate.raft.ConfigurationAt;
import io.quorate.raft.Rare;
import io.quorate.snapshot.SnapshotManifest;
import io.quorate.snapshot.SnapshotSink;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * The follower's side of a snapshot: fetched into a generation of its own beside the present state,
 * then switched to by one durable record of the log. A crash at any point leaves the old state or
 * the new one. Used on the loop.
 */
final class SnapshotReceiver {
  private static final System.Logger LOG = System.getLogger(SnapshotReceiver.class.getName());

  /** Without a part for so long, what is missing is asked for again. */
  private static final long STALL_NANOS = 1_000_000_000L;

  private record Part(int chunk, Bytes bytes) {}

  private static final class Incoming {
    final long from;
    final long snapshot;
    final long index;
    final long term;
    final ConfigurationAt configuration;
    final long generation;
    @Nullable SnapshotSink sink;
    final ArrayDeque<Part> parts = new ArrayDeque<>();
    boolean working;
    int asked;
    boolean moved;
    long logHash;
    boolean over;

    Incoming(
        long from,
        long snapshot,
        long index,
        long term,
        ConfigurationAt configuration,
        long generation) {
      this.from = from;
      this.snapshot = snapshot;
      this.index = index;
      this.term = term;
      this.configuration = configuration;
      this.generation = generation;
    }
  }

  private final GroupReplica replica;
  private final Node node;
  private final FrameWriter frames = new FrameWriter();
  private @Nullable Incoming incoming;
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
    if (present != null && present.snapshot == snapshot && present.from == from) {
      return;
    }
    if (present != null) {
      end(present);
    }
    Incoming next =
        new Incoming(from, snapshot, index, term, configuration, replica.hard().generation + 1);
    incoming = next;
    ask(next, SnapshotExchange.MANIFEST);
    watch(next);
  }

  /** Asks again for what is missing whenever nothing has come for a while. */
  private void watch(Incoming of) {
    node.env()
        .loop()
        .schedule(
            STALL_NANOS,
            () -> {
              if (of.over || node.isClosed()) {
                return;
              }
              if (!of.moved && !of.working) {
                askAgain(of);
              }
              of.moved = false;
              watch(of);
            });
  }

  private void askAgain(Incoming of) {
    SnapshotSink sink = of.sink;
    if (sink == null) {
      ask(of, SnapshotExchange.MANIFEST);
    } else {
      of.asked = sink.next();
      askMore(of, sink);
    }
  }

  private void ask(Incoming of, int chunk) {
    node.env()
        .transport()
        .send(
            of.from,
            Transport.Lane.CONSENSUS,
            frames
                .begin(FrameType.SNAPSHOT_FETCH, replica.group())
                .u64(of.snapshot)
                .u32(chunk)
                .toBytes(),
            Bytes.EMPTY);
  }

  private void askMore(Incoming of, SnapshotSink sink) {
    int end = Math.min(sink.manifest().chunks(), sink.next() + Limits.SNAPSHOT_CHUNKS_ASKED_MAX);
    for (; of.asked < end; of.asked++) {
      ask(of, of.asked);
    }
  }

  void part(long from, long snapshot, int chunk, Bytes bytes) {
    Incoming of = incoming;
    if (of == null || of.from != from || of.snapshot != snapshot || of.over) {
      return;
    }
    of.moved = true;
    if (chunk == SnapshotExchange.MANIFEST) {
      if (of.sink == null && !of.working) {
        open(of, bytes);
      }
    } else if (of.sink != null && of.parts.size() < 2 * Limits.SNAPSHOT_CHUNKS_ASKED_MAX) {
      of.parts.addLast(new Part(chunk, bytes));
      work(of);
    }
  }

  private void open(Incoming of, Bytes manifest) {
    of.working = true;
    String directory = GroupRecovery.directory(replica.group(), of.generation);
    node.read(
        () -> {
          if (SnapshotSink.isReceived(node.env().disk(), directory)) {
            // Received once, and never adopted: a later one takes its place.
            node.env().engines().delete(directory);
          }
          return SnapshotSink.open(node.env().disk(), directory, SnapshotManifest.decode(manifest));
        },
        sink -> {
          of.working = false;
          of.sink = sink;
          of.asked = sink.next();
          if (of.over) {
            close(of);
          } else if (sink.isComplete()) {
            finish(of, sink);
          } else {
            askMore(of, sink);
          }
        },
        () -> abort(of));
  }

  private void work(Incoming of) {
    SnapshotSink sink = of.sink;
    Part part = of.working || sink == null ? null : of.parts.pollFirst();
    if (part == null || sink == null) {
      return;
    }
    of.working = true;
    node.read(
        () -> sink.offer(part.chunk(), part.bytes()),
        outcome -> {
          of.working = false;
          if (of.over) {
            close(of);
            return;
          }
          switch (outcome) {
            case TAKEN, DUPLICATE -> askMore(of, sink);
            case TOO_EARLY -> {
              // An earlier one was lost on the way: the stall's timer asks for it.
            }
            case DAMAGED -> {
              of.asked = sink.next();
              askMore(of, sink);
            }
          }
          if (sink.isComplete()) {
            finish(of, sink);
          } else {
            work(of);
          }
        },
        () -> abort(of));
  }

  private void finish(Incoming of, SnapshotSink sink) {
    of.working = true;
    String directory = GroupRecovery.directory(replica.group(), of.generation);
    node.read(
        () -> {
          sink.finish();
          try (RowView rows = node.env().engines().read(directory)) {
            return Applier.logHash(rows);
          }
        },
        hash -> {
          of.working = false;
          of.logHash = hash;
          if (!of.over) {
            replica.step(
                new Rare.SnapshotReceived(of.snapshot, of.index, of.term, of.configuration));
          }
        },
        () -> abort(of));
  }

  private void abort(Incoming of) {
    of.working = false;
    if (!of.over) {
      end(of);
      replica.step(new Rare.SnapshotAborted(of.snapshot));
    }
  }

  void gone(long from, long snapshot) {
    Incoming of = incoming;
    if (of != null && of.from == from && of.snapshot == snapshot && !of.working && !switching) {
      abort(of);
    }
  }

  void peerDown(long peer) {
    Incoming of = incoming;
    if (of != null && of.from == peer && !switching) {
      end(of); // what a reader has in hand is closed when it is back
      replica.step(new Rare.SnapshotAborted(of.snapshot));
    }
  }

  void discard(long snapshot) {
    Incoming of = incoming;
    if (of != null && of.snapshot == snapshot && !switching) {
      end(of);
    }
  }

  /** What was fetched stays on disk: the same snapshot goes on where it broke off. */
  private void end(Incoming of) {
    of.over = true;
    if (of == incoming) {
      incoming = null;
    }
    if (!of.working) {
      close(of);
    }
  }

  private void close(Incoming of) {
    SnapshotSink sink = of.sink;
    of.sink = null;
    if (sink != null) {
      node.read(
          () -> {
            sink.close();
            return true;
          },
          done -> {},
          () -> {});
    }
  }

  void adopt(
      long ioSeq,
      long snapshot,
      long index,
      long term,
      ConfigurationAt configuration,
      boolean keepSuffix) {
    Incoming of = incoming;
    if (of == null || of.snapshot != snapshot) {
      throw Checks.unreachable("snapshot " + snapshot + " is to be adopted, and isn't here");
    }
    HardState hard = replica.hard();
    hard.generation = of.generation;
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
      batch.snapshotMark(replica.group(), index, term, of.logHash, blob, of.generation);
      batch.hardState(replica.group(), hard.term, hard.vote, hard.blob());
      replica.entries().reset(index, of.logHash);
    }
    of.over = true;
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
                  node.env().engines(), replica.group(), of.generation, node.env().random());
          return new State(engine, Machine.open(engine));
        },
        state -> adopted(of, state),
        () ->
            replica.fail(
                Checks.unreachable(
                    "the received state of generation " + of.generation + " is gone")));
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
        Long.toHexString(of.from),
        Long.toString(of.index));
    replica.replaced();
    String oldDirectory = GroupRecovery.directory(replica.group(), of.generation - 1);
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

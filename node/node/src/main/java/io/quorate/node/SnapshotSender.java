package io.quorate.node;

import io.quorate.base.Bytes;
import io.quorate.base.Limits;
import io.quorate.engine.Checkpoint;
import io.quorate.engine.Engine;
import io.quorate.raft.ConfigurationAt;
import io.quorate.raft.Rare;
import io.quorate.snapshot.SnapshotManifest;
import io.quorate.snapshot.SnapshotSource;
import java.util.ArrayDeque;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The leader's side of a snapshot: a checkpoint of the present state for a follower, its chunks
 * read as they are asked for. One for each follower that needs it. Used on the loop.
 */
final class SnapshotSender {
  private static final System.Logger LOG = System.getLogger(SnapshotSender.class.getName());

  /** Chunks that a follower may have asked for and not got yet. */
  private static final int ASKED_MAX = 64;

  /** How long a checkpoint is kept for a follower that broke off: it may go on where it was. */
  private static final long KEPT_NANOS = 30_000_000_000L;

  private static final class Outgoing {
    final long peer;
    final long snapshot;
    final String directory;
    @Nullable SnapshotSource source;
    ConfigurationAt configuration;
    Bytes manifest = Bytes.EMPTY;
    final ArrayDeque<Integer> asked = new ArrayDeque<>();
    boolean reading;

    /** The core knows it by its number. */
    boolean offered;

    boolean released;
    boolean dropped;

    /** The peer repairs its log: the core has no part in it. */
    boolean forRepair;

    /** Whether anything was asked for lately. */
    boolean active;

    final Pacer pacer = new Pacer(Limits.SNAPSHOT_BYTES_PER_SECOND);

    Outgoing(long peer, long snapshot, String directory, ConfigurationAt configuration) {
      this.peer = peer;
      this.snapshot = snapshot;
      this.directory = directory;
      this.configuration = configuration;
    }
  }

  private final GroupReplica replica;
  private final Node node;
  private final FrameWriter frames = new FrameWriter();
  private final TreeMap<Long, Outgoing> byPeer = new TreeMap<>();
  private long count;

  SnapshotSender(GroupReplica replica, Node node) {
    this.replica = replica;
    this.node = node;
  }

  void needed(long peer, long atLeast) {
    Outgoing present = byPeer.get(peer);
    if (present != null) {
      present.forRepair = false;
      SnapshotSource source = present.source;
      if (source != null && source.manifest().index() >= atLeast) {
        present.released = false;
        offer(present, source.manifest());
      }
      if (source == null || source.manifest().index() >= atLeast) {
        return;
      }
      drop(present);
    }
    make(peer);
  }

  /** A peer that repairs its log asks for a state, whoever leads. */
  void asked(long peer, long wanted) {
    Outgoing present = byPeer.get(peer);
    boolean serves =
        present != null
            && present.forRepair
            && (present.source == null || present.source.manifest().index() >= wanted);
    if (present != null && !serves) {
      drop(present);
    }
    if (present == null || !serves) {
      present = make(peer);
      keepWhileAsked(present);
    }
    present.forRepair = true;
    if (present.source != null) {
      offer(present, present.source.manifest());
    }
  }

  private void keepWhileAsked(Outgoing outgoing) {
    node.env()
        .loop()
        .schedule(
            KEPT_NANOS,
            () -> {
              if (outgoing.active) {
                outgoing.active = false;
                keepWhileAsked(outgoing);
              } else if (outgoing.forRepair) {
                drop(outgoing);
              }
            });
  }

  private Outgoing make(long peer) {
    long snapshot = (replica.life() << 16) | (++count & 0xFFFF);
    Outgoing outgoing =
        new Outgoing(
            peer,
            snapshot,
            "state/" + replica.group() + "/send-" + snapshot,
            replica.core().configuration());
    byPeer.put(peer, outgoing);
    Engine engine = replica.applier().engine();
    node.read(
        () -> engine.checkpoint(outgoing.directory),
        checkpoint -> checkpointed(outgoing, checkpoint),
        () -> failed(outgoing));
    return outgoing;
  }

  private void checkpointed(Outgoing outgoing, Checkpoint checkpoint) {
    long index = checkpoint.mark();
    long term = index < replica.core().firstIndex() - 1 ? -1 : replica.core().termAt(index);
    if (term < 0) {
      failed(outgoing);
      return;
    }
    ConfigurationAt configuration = replica.core().configurationAt(index);
    outgoing.configuration = configuration;
    Bytes blob = MessageCodec.blob(new FrameWriter(), configuration);
    node.read(
        () ->
            SnapshotManifest.describe(
                node.env().disk(),
                outgoing.directory,
                checkpoint.files().stream().map(Checkpoint.File::name).toList(),
                replica.group(),
                index,
                term,
                blob),
        manifest -> {
          outgoing.source = new SnapshotSource(node.env().disk(), outgoing.directory, manifest);
          outgoing.manifest = manifest.encode();
          LOG.log(
              System.Logger.Level.INFO,
              "group={0} snapshot={1} index={2} bytes={3} for member={4}",
              replica.group(),
              Long.toString(outgoing.snapshot),
              Long.toString(manifest.index()),
              Long.toString(manifest.bytes()),
              Long.toHexString(outgoing.peer));
          if (outgoing.dropped) {
            remove(outgoing);
          } else {
            offer(outgoing, manifest);
          }
        },
        () -> failed(outgoing));
  }

  private void offer(Outgoing outgoing, SnapshotManifest manifest) {
    if (outgoing.forRepair) {
      Bytes frame =
          frames
              .begin(FrameType.REPAIR_STATE, replica.group())
              .u64(outgoing.snapshot)
              .u64(manifest.index())
              .u64(manifest.term())
              .bytes(MessageCodec.blob(new FrameWriter(), outgoing.configuration))
              .toBytes();
      node.env().transport().send(outgoing.peer, Transport.Lane.CONSENSUS, frame, Bytes.EMPTY);
      return;
    }
    // From within the core's own call: the event is handed in afterwards.
    node.env()
        .loop()
        .execute(() -> {
          outgoing.offered = true;
          replica.step(
              new Rare.SnapshotReady(
                  outgoing.peer,
                  outgoing.snapshot,
                  manifest.index(),
                  manifest.term(),
                  outgoing.configuration));
        });
  }

  /** Before it was offered, the core waits for a snapshot that has no number yet. */
  private void failed(Outgoing outgoing) {
    boolean current = byPeer.get(outgoing.peer) == outgoing;
    drop(outgoing);
    if (current) {
      long snapshot = outgoing.offered ? outgoing.snapshot : 0;
      replica.step(new Rare.SnapshotFailed(outgoing.peer, snapshot));
    }
  }

  /** A follower asks for a chunk, or for the manifest. */
  void fetched(long from, long snapshot, int chunk) {
    Outgoing outgoing = byPeer.get(from);
    if (outgoing != null
        && outgoing.snapshot == snapshot
        && node.env().happens(Quirk.SNAPSHOT_LET_GO)) {
      failed(outgoing);
      outgoing = null;
    }
    if (outgoing == null || outgoing.snapshot != snapshot || outgoing.source == null) {
      node.env()
          .transport()
          .send(
              from,
              Transport.Lane.BULK,
              frames.begin(FrameType.SNAPSHOT_GONE, replica.group()).u64(snapshot).toBytes(),
              Bytes.EMPTY);
      return;
    }
    if (chunk < SnapshotExchange.MANIFEST
        || chunk >= outgoing.source.manifest().chunks()
        || outgoing.asked.size() >= ASKED_MAX) {
      return;
    }
    outgoing.active = true;
    outgoing.asked.addLast(chunk);
    replica.step(new Rare.SnapshotProgress(from, snapshot));
    readNext(outgoing);
  }

  private void readNext(Outgoing outgoing) {
    SnapshotSource source = outgoing.source;
    Integer chunk = outgoing.reading ? null : outgoing.asked.pollFirst();
    if (chunk == null || source == null) {
      return;
    }
    if (chunk == SnapshotExchange.MANIFEST) {
      send(outgoing, chunk, outgoing.manifest);
      readNext(outgoing);
      return;
    }
    outgoing.reading = true;
    node.read(
        () -> source.read(chunk),
        part -> pace(outgoing, chunk, part),
        () -> {
          outgoing.reading = false;
          failed(outgoing);
        });
  }

  /** Sends the chunk when the rate allows: clients' calls share disk and network with it. */
  private void pace(Outgoing outgoing, int chunk, Bytes part) {
    long delay = outgoing.pacer.delay(node.env().loop().now(), part.length(), Long.MAX_VALUE);
    Runnable send =
        () -> {
          outgoing.reading = false;
          if (!outgoing.dropped) {
            send(outgoing, chunk, part);
            readNext(outgoing);
          }
        };
    if (delay < 1_000_000L) {
      send.run();
    } else {
      node.env().loop().schedule(delay, send);
    }
  }

  /** If it doesn't get off, the follower asks again. */
  private void send(Outgoing outgoing, int chunk, Bytes part) {
    Bytes head =
        frames
            .begin(FrameType.SNAPSHOT_PART, replica.group())
            .u64(outgoing.snapshot)
            .u32(chunk)
            .u32(part.length())
            .toBytes();
    if (!node.env().happens(Quirk.LOST_PART)) {
      node.env().transport().send(outgoing.peer, Transport.Lane.BULK, head, part);
    }
  }

  void done(long peer, long snapshot) {
    Outgoing outgoing = byPeer.get(peer);
    if (outgoing == null || outgoing.snapshot != snapshot) {
      return;
    }
    outgoing.released = true;
    node.env()
        .loop()
        .schedule(
            KEPT_NANOS,
            () -> {
              if (outgoing.released) {
                drop(outgoing);
              }
            });
  }

  void close() {
    while (!byPeer.isEmpty()) {
      drop(byPeer.firstEntry().getValue());
    }
  }

  private void drop(Outgoing outgoing) {
    byPeer.remove(outgoing.peer, outgoing);
    if (outgoing.dropped) {
      return;
    }
    outgoing.dropped = true;
    remove(outgoing);
  }

  /** Frees the files; what is still being made is removed once more when it is there. */
  private void remove(Outgoing outgoing) {
    SnapshotSource source = outgoing.source;
    node.read(
        () -> {
          if (source != null) {
            source.close();
          }
          node.env().engines().delete(outgoing.directory);
          return true;
        },
        done -> {},
        () -> {});
  }
}

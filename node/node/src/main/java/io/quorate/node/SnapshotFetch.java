package io.quorate.node;

import io.quorate.base.Bytes;
import io.quorate.base.Limits;
import io.quorate.base.QuorateException;
import io.quorate.engine.RowView;
import io.quorate.snapshot.SnapshotManifest;
import io.quorate.snapshot.SnapshotSink;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * A snapshot on its way here: its files come part by part into a directory of their own, each
 * checked, and what came before a break stays. Used on the loop; the disk's work runs on a reader.
 */
final class SnapshotFetch {
  /** Without a part for so long, what is missing is asked for again. */
  private static final long STALL_NANOS = 1_000_000_000L;

  /** Who wants it. */
  interface Listener {
    /** It is here, whole and synced. */
    void received(SnapshotFetch fetch);

    /** It can't be had, now or from there. */
    void aborted(SnapshotFetch fetch);
  }

  private record Part(int chunk, Bytes bytes) {}

  private final Node node;
  private final long group;
  private final long from;
  private final long snapshot;
  private final long generation;
  private final Listener listener;
  private final FrameWriter frames = new FrameWriter();
  private final ArrayDeque<Part> parts = new ArrayDeque<>();
  private @Nullable SnapshotSink sink;
  private boolean working;
  private int asked;
  private boolean moved;
  private long logHash;
  private boolean over;
  private boolean closing;

  /**
   * @param from whose snapshot it is, and {@code snapshot} its number there
   * @param generation of the state that it is to become
   */
  SnapshotFetch(
      Node node, long group, long from, long snapshot, long generation, Listener listener) {
    this.node = node;
    this.group = group;
    this.from = from;
    this.snapshot = snapshot;
    this.generation = generation;
    this.listener = listener;
  }

  long from() {
    return from;
  }

  long snapshot() {
    return snapshot;
  }

  long generation() {
    return generation;
  }

  /** The rolling hash of the log up to the snapshot, once it is here. */
  long logHash() {
    return logHash;
  }

  void begin() {
    ask(SnapshotExchange.MANIFEST);
    watch();
  }

  /** Asks again for what is missing whenever nothing has come for a while. */
  private void watch() {
    node.env()
        .loop()
        .schedule(
            STALL_NANOS,
            () -> {
              if (over || node.isClosed()) {
                return;
              }
              if (!moved && !working) {
                askAgain();
              }
              moved = false;
              watch();
            });
  }

  private void askAgain() {
    SnapshotSink present = sink;
    if (present == null) {
      ask(SnapshotExchange.MANIFEST);
    } else {
      asked = present.next();
      askMore(present);
    }
  }

  private void ask(int chunk) {
    node.env()
        .transport()
        .send(
            from,
            Transport.Lane.CONSENSUS,
            frames.begin(FrameType.SNAPSHOT_FETCH, group).u64(snapshot).u32(chunk).toBytes(),
            Bytes.EMPTY);
  }

  private void askMore(SnapshotSink to) {
    int end = Math.min(to.manifest().chunks(), to.next() + Limits.SNAPSHOT_CHUNKS_ASKED_MAX);
    for (; asked < end; asked++) {
      ask(asked);
    }
  }

  /** A part of a snapshot has come. */
  void part(long sender, long of, int chunk, Bytes bytes) {
    if (from != sender || snapshot != of || over) {
      return;
    }
    moved = true;
    if (chunk == SnapshotExchange.MANIFEST) {
      if (sink == null && !working) {
        open(bytes);
      }
    } else if (sink != null && parts.size() < 2 * Limits.SNAPSHOT_CHUNKS_ASKED_MAX) {
      parts.addLast(new Part(chunk, bytes));
      work();
    }
  }

  private void open(Bytes manifest) {
    working = true;
    String directory = GroupRecovery.directory(group, generation);
    node.read(
        () -> {
          if (SnapshotSink.isReceived(node.env().disk(), directory)) {
            // Received once, and never adopted: a later one takes its place.
            node.env().engines().delete(directory);
          }
          SnapshotManifest whole = SnapshotManifest.decode(manifest);
          try {
            return SnapshotSink.open(node.env().disk(), directory, whole);
          } catch (QuorateException.Corrupt damaged) {
            // What had come before can't be gone on with.
            node.env().engines().delete(directory);
            return SnapshotSink.open(node.env().disk(), directory, whole);
          }
        },
        opened -> {
          working = false;
          sink = opened;
          asked = opened.next();
          if (over) {
            close();
          } else if (opened.isComplete()) {
            finish(opened);
          } else {
            askMore(opened);
          }
        },
        this::abort);
  }

  private void work() {
    SnapshotSink to = sink;
    Part part = working || to == null ? null : parts.pollFirst();
    if (part == null || to == null) {
      return;
    }
    working = true;
    node.read(
        () -> to.offer(part.chunk(), part.bytes()),
        outcome -> {
          working = false;
          if (over) {
            close();
            return;
          }
          switch (outcome) {
            case TAKEN, DUPLICATE -> askMore(to);
            case TOO_EARLY -> {
              // An earlier one was lost on the way: the stall's timer asks for it.
            }
            case DAMAGED -> {
              asked = to.next();
              askMore(to);
            }
          }
          if (to.isComplete()) {
            finish(to);
          } else {
            work();
          }
        },
        this::abort);
  }

  private void finish(SnapshotSink whole) {
    working = true;
    String directory = GroupRecovery.directory(group, generation);
    node.read(
        () -> {
          whole.finish();
          try (RowView rows = node.env().engines().read(directory)) {
            return Applier.logHash(rows);
          }
        },
        hash -> {
          working = false;
          logHash = hash;
          if (!over) {
            listener.received(this);
          }
        },
        this::abort);
  }

  private void abort() {
    working = false;
    if (!over) {
      end();
      listener.aborted(this);
    }
  }

  /** Its sender doesn't have it any more. */
  void gone(long sender, long of) {
    if (from == sender && snapshot == of && !working && !over) {
      abort();
    }
  }

  /** Whether a reader may still write to what is fetched, though it is over. */
  boolean isBusy() {
    return working || closing;
  }

  /** What was fetched stays on disk: the same snapshot goes on where it broke off. */
  void end() {
    over = true;
    if (!working) {
      close();
    }
  }

  /** It is about to be adopted: nothing of it is let go. */
  void keep() {
    over = true;
  }

  private void close() {
    SnapshotSink open = sink;
    sink = null;
    if (open != null) {
      closing = true;
      node.read(
          () -> {
            open.close();
            return true;
          },
          done -> closing = false,
          () -> closing = false);
    }
  }
}

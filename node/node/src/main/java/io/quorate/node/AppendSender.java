package io.quorate.node;

import io.quorate.base.Bytes;
import java.io.ByteArrayOutputStream;
import java.util.ArrayDeque;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Sends a group's appends. Entries that are still cached leave at once; for older ones the log is
 * read on another thread, and what the core wants sent to that follower meanwhile waits behind, so
 * that a follower gets its appends in order.
 *
 * <p>The core's window bounds what waits for one follower. Used on the loop.
 */
final class AppendSender {
  /** An append that the core wants sent. */
  private record Append(
      long to,
      long term,
      long prevIndex,
      long prevTerm,
      long entryTerm,
      long lastIndex,
      long commit,
      long round) {}

  private final GroupReplica replica;
  private final Node node;
  private final long group;
  private final EntryCache entries;
  private final AppendCodec codec;
  private final Env env;
  private final FrameWriter frames = new FrameWriter();

  /** By follower, what waits for a read of the log; the first of each is being read. */
  private final TreeMap<Long, ArrayDeque<Append>> waiting = new TreeMap<>();

  AppendSender(GroupReplica replica, Node node, EntryCache entries, AppendCodec codec) {
    this.replica = replica;
    this.node = node;
    this.group = replica.group();
    this.entries = entries;
    this.codec = codec;
    this.env = node.env();
  }

  void send(
      long to,
      long term,
      long prevIndex,
      long prevTerm,
      long entryTerm,
      long lastIndex,
      long commit,
      long round) {
    boolean cached = prevIndex == lastIndex || entries.holds(prevIndex + 1);
    if (cached && (waiting.isEmpty() || !waiting.containsKey(to))) {
      Bytes head =
          AppendCodec.head(
              frames,
              group,
              term,
              prevIndex,
              prevTerm,
              entryTerm,
              (int) (lastIndex - prevIndex),
              commit,
              round);
      var _ = transmit(to, head, codec.body(entries, prevIndex + 1, lastIndex));
      return;
    }
    Append append = new Append(to, term, prevIndex, prevTerm, entryTerm, lastIndex, commit, round);
    ArrayDeque<Append> queue = waiting.get(to);
    if (queue == null) {
      queue = new ArrayDeque<>();
      waiting.put(to, queue);
      queue.addLast(append);
      read(append);
    } else {
      queue.addLast(append);
    }
  }

  /** The conversation with a follower ended, or this member no longer leads: forget what waits. */
  void forget(long to) {
    waiting.remove(to);
  }

  void forgetAll() {
    waiting.clear();
  }

  private void read(Append append) {
    node.read(
        replica,
        () -> readBody(append),
        body -> arrived(append, body),
        // The readers are busy. The core's own retry sends the follower what it lacks.
        () -> waiting.remove(append.to()));
  }

  private boolean transmit(long to, Bytes head, Bytes body) {
    boolean sent = env.transport().send(to, Transport.Lane.CONSENSUS, head, body);
    if (!sent) {
      replica.queueFull(to);
    }
    return sent;
  }

  /** The entries as a body; null if the log no longer has them all, or others in their place. */
  private @Nullable Bytes readBody(Append append) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    boolean[] fits = {true};
    long end =
        node.wal()
            .read(
                group,
                append.prevIndex() + 1,
                append.lastIndex() + 1,
                Long.MAX_VALUE,
                (index, term, kind, payload, hash) -> {
                  fits[0] &= term == append.entryTerm();
                  byte[] entry = new byte[AppendCodec.ENTRY_HEAD_BYTES + payload.length()];
                  AppendCodec.entry(entry, 0, kind, payload);
                  out.writeBytes(entry);
                });
    return fits[0] && end == append.lastIndex() + 1 ? Bytes.wrap(out.toByteArray()) : null;
  }

  private void arrived(Append append, @Nullable Bytes body) {
    ArrayDeque<Append> queue = waiting.get(append.to());
    if (queue == null || !append.equals(queue.peekFirst())) {
      return;
    }
    if (body == null) {
      waiting.remove(append.to());
      return;
    }
    queue.removeFirst();
    Bytes head =
        AppendCodec.head(
            frames,
            group,
            append.term(),
            append.prevIndex(),
            append.prevTerm(),
            append.entryTerm(),
            (int) (append.lastIndex() - append.prevIndex()),
            append.commit(),
            append.round());
    waiting.remove(append.to());
    if (!transmit(append.to(), head, body)) {
      return; // what waits behind it would fit nothing there
    }
    while (!queue.isEmpty()) {
      Append next = queue.peekFirst();
      if (next.prevIndex() == next.lastIndex() || entries.holds(next.prevIndex() + 1)) {
        queue.removeFirst();
        send(
            next.to(),
            next.term(),
            next.prevIndex(),
            next.prevTerm(),
            next.entryTerm(),
            next.lastIndex(),
            next.commit(),
            next.round());
      } else {
        waiting.put(append.to(), queue);
        read(next);
        return;
      }
    }
  }
}

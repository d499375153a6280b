package io.quorate.node;

import io.quorate.base.Bytes;
import io.quorate.base.Checks;
import io.quorate.base.Limits;
import io.quorate.base.QuorateException;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Sends a group's appends. Entries that are still cached leave at once; for older ones the log is
 * read on another thread, and what the core wants sent to that follower meanwhile waits behind, so
 * that a follower gets its appends in order.
 *
 * <p>Old entries leave at a bounded rate: a follower that comes back must not cost the clients of
 * the others their answers. Where reads or commits may wait for that very follower, they leave as
 * fast as they can be read.
 *
 * <p>The core's window bounds the entries that wait for one follower; of the appends without any
 * that follow them, only the newest waits. Used on the loop.
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
      long round) {
    boolean isEmpty() {
      return prevIndex == lastIndex;
    }
  }

  /** How fast a follower that is far behind is supplied. */
  private final class CatchUp {
    private final Pacer pacer = new Pacer(Limits.LOG_CATCH_UP_BYTES_PER_SECOND);
    private long appendedBytes = entries.appendedBytes();

    /** How long so many bytes of old entries have to wait, in nanoseconds; counts them as sent. */
    long delay(int bytes) {
      long now = env.loop().now();
      if (!replica.core().canSpareThoseBehind(now)) {
        return 0;
      }
      long grown = entries.appendedBytes() - appendedBytes;
      appendedBytes += grown;
      // What shows the leader to the follower waits behind it: well within its patience.
      long delayMax = node.settings().electionNanos() / 4;
      return pacer.delay(now, Math.max(0, bytes - 2 * grown), delayMax);
    }
  }

  private final GroupReplica replica;
  private final Node node;
  private final long group;
  private final EntryCache entries;
  private final AppendCodec codec;
  private final Env env;
  private final FrameWriter frames = new FrameWriter();

  /** By follower, what waits for a read of the log; the first of each is being read. */
  private final TreeMap<Long, ArrayDeque<Append>> waiting = new TreeMap<>();

  /** By follower, of those that needed older entries than are cached; kept until forgotten. */
  private final TreeMap<Long, CatchUp> catchUps = new TreeMap<>();

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
      Append last = queue.getLast();
      if (append.isEmpty() && last.isEmpty() && last.prevIndex() == prevIndex) {
        queue.removeLast(); // the newer one says more
      }
      queue.addLast(append);
    }
  }

  /** The conversation with a follower ended, or this member no longer leads: forget what waits. */
  void forget(long to) {
    waiting.remove(to);
    catchUps.remove(to);
  }

  void forgetAll() {
    waiting.clear();
    catchUps.clear();
  }

  private void read(Append append) {
    node.read(
        () -> readBody(append),
        body -> arrived(append, body),
        (RuntimeException why) -> {
          // Damaged, or the readers are busy. The core's own retry sends the follower what it
          // lacks.
          if (isNext(append)) {
            waiting.remove(append.to());
          }
          if (why instanceof QuorateException.Corrupt && !replica.hasFailed()) {
            replica.unreadable(append.lastIndex(), why);
          }
        });
  }

  private boolean transmit(long to, Bytes head, Bytes body) {
    boolean sent = env.transport().send(to, Transport.Lane.CONSENSUS, head, body);
    if (!sent) {
      replica.queueFull(to);
    }
    return sent;
  }

  /**
   * The entries as a body; null if the log no longer has them all, or others in their place.
   *
   * @throws io.quorate.base.QuorateException.Corrupt if one of them is damaged
   */
  private @Nullable Bytes readBody(Append append) {
    Body body = new Body((int) (append.lastIndex() - append.prevIndex()));
    long next = append.prevIndex() + 1;
    while (next <= append.lastIndex() && !body.isOther) {
      long from = next;
      next = readBody(append, from, body); // which ends in front of what is damaged
      if (next == from) {
        return null;
      }
    }
    return body.isOther ? null : body.toBytes();
  }

  private long readBody(Append append, long from, Body body) {
    return node.wal()
        .read(
            group,
            from,
            append.lastIndex() + 1,
            Long.MAX_VALUE,
            (index, term, kind, payload, hash) -> {
              if (term == append.entryTerm()) {
                body.add(kind, payload);
              } else {
                body.isOther = true;
              }
            });
  }

  /** The entries of an append as they are read. */
  private static final class Body {
    private byte[] array;
    private int length;
    private boolean isOther;

    /** With room for the largest append of so many entries; a single one may be larger. */
    Body(int count) {
      array = new byte[Limits.APPEND_BYTES_MAX + count * AppendCodec.ENTRY_HEAD_BYTES];
    }

    void add(byte kind, Bytes payload) {
      int needed = length + AppendCodec.ENTRY_HEAD_BYTES + payload.length();
      if (needed > array.length) {
        array = Arrays.copyOf(array, Math.max(needed, array.length * 2));
      }
      length = AppendCodec.entry(array, length, kind, payload);
    }

    Bytes toBytes() {
      return Bytes.wrap(length == array.length ? array : Arrays.copyOf(array, length));
    }
  }

  private void arrived(Append append, @Nullable Bytes body) {
    if (!isNext(append)) {
      return;
    }
    if (body == null) {
      waiting.remove(append.to());
      return;
    }
    CatchUp catchUp = catchUps.get(append.to());
    if (catchUp == null) {
      catchUp = new CatchUp();
      catchUps.put(append.to(), catchUp);
    }
    long delay = catchUp.delay(body.length());
    if (delay < 1_000_000L) {
      leave(append, body);
    } else {
      env.loop()
          .schedule(
              delay,
              () -> {
                if (isNext(append)) {
                  leave(append, body);
                }
              });
    }
  }

  private boolean isNext(Append append) {
    ArrayDeque<Append> queue = waiting.get(append.to());
    return queue != null && append.equals(queue.peekFirst());
  }

  private void leave(Append append, Bytes body) {
    ArrayDeque<Append> queue = waiting.remove(append.to());
    if (queue == null) {
      throw Checks.unreachable("nothing waits for " + append.to());
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
    if (!transmit(append.to(), head, body)) {
      return; // what waits behind it would fit nothing there
    }
    while (!queue.isEmpty()) {
      Append next = queue.peekFirst();
      if (next.isEmpty() || entries.holds(next.prevIndex() + 1)) {
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

package io.quorate.simulator;

import io.quorate.base.Bytes;
import io.quorate.node.PeerHandshake;
import io.quorate.node.Transport;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * What lies between machines. Each direction between two of them has its own delay and its own
 * faults; a conversation keeps the order of its frames, as TCP does, and what is under way when it
 * ends may or may not have arrived.
 *
 * <p>A direction that is cut holds back what is sent, as TCP sends it again and again: it arrives
 * when the cut heals, or never, if one side gave up before. A side gives up when nothing of the
 * other's has come for a while, or when it is told by a reset that gets through; so a conversation
 * may end on one side long before the other.
 */
final class SimulatedNetwork {
  private static final long MILLIS = 1_000_000L;

  /** When a message comes once more that comes late, on average. */
  private static final long LATE = 1_000 * MILLIS;

  /** Before a dialer tries again. */
  private static final long REDIAL = 5 * MILLIS;

  /** What a direction of a conversation takes before it is full. */
  private static final long QUEUE_BYTES_MAX = 4L << 20;

  /** What a way between two machines carries. */
  private static final long BYTES_PER_SECOND = 1L << 30;

  /** What one carries that is narrow: less than the members would like. */
  private static final long NARROW_BYTES_PER_SECOND = 64 << 10;

  /** One direction between two machines. */
  static final class Link {
    private long delayMean = MILLIS / 10;
    private long bytesPerSecond = BYTES_PER_SECOND;
    private boolean cut;
    private boolean corrupts;
    private boolean repeats;
    private long cloggedUntil;
    private long busyUntil;
  }

  /** One side of a conversation. */
  private static final class End {
    private final Transporter owner;
    private final long peer;
    private @Nullable End other;
    private boolean over;
    private long queuedBytes;
    private boolean wasFull;
    private long heard;
    private long lastConsensus;
    private long lastBulk;
    private final ArrayDeque<Runnable> held = new ArrayDeque<>();

    End(Transporter owner, long peer, long heard) {
      this.owner = owner;
      this.peer = peer;
      this.heard = heard;
    }
  }

  private final Timeline timeline;
  private final Chance chance;
  private final TreeMap<Long, Transporter> running = new TreeMap<>();
  private final TreeMap<Long, TreeMap<Long, Link>> links = new TreeMap<>();
  private final Coverage coverage;
  private final VoteWatcher votes;
  private final long idleNanos;

  /** Who wants to know of the votes that are given. */
  interface VoteWatcher {
    /** A vote has left a member, for another one. */
    void gave(long voter, long candidate, Frames.Vote vote);
  }

  /**
   * @param coverage what arrives is noted there
   * @param votes is told of each vote
   * @param idleNanos after how long without a word a side gives a conversation up
   */
  SimulatedNetwork(
      Timeline timeline, Chance chance, Coverage coverage, VoteWatcher votes, long idleNanos) {
    this.coverage = coverage;
    this.votes = votes;
    this.timeline = timeline;
    this.chance = chance;
    this.idleNanos = idleNanos;
  }

  /** The way from one machine to another. */
  Link link(long from, long to) {
    return links.computeIfAbsent(from, f -> new TreeMap<>()).computeIfAbsent(to, t -> new Link());
  }

  /** How long things take from one to the other, on average. */
  void delay(long from, long to, long meanNanos) {
    link(from, to).delayMean = meanNanos;
  }

  /** From now on the way from one to the other carries little, or what is usual. */
  void narrow(long from, long to, boolean isNarrow) {
    link(from, to).bytesPerSecond = isNarrow ? NARROW_BYTES_PER_SECOND : BYTES_PER_SECOND;
  }

  /** Nothing gets from one to the other any more. */
  void cut(long from, long to) {
    link(from, to).cut = true;
  }

  /** What was held back goes on. */
  void heal(long from, long to) {
    Link link = link(from, to);
    if (!link.cut) {
      return;
    }
    link.cut = false;
    Transporter sender = running.get(from);
    End end = sender == null ? null : sender.conversations.get(to);
    if (end != null) {
      while (!end.held.isEmpty() && !link.cut) {
        end.held.removeFirst().run();
      }
    }
  }

  boolean isCut(long from, long to) {
    return link(from, to).cut;
  }

  /** Nothing gets from one to the other until then. */
  void clog(long from, long to, long until) {
    Link link = link(from, to);
    link.cloggedUntil = Math.max(link.cloggedUntil, until);
  }

  /** The next frame from one to the other is damaged. */
  void corrupt(long from, long to) {
    link(from, to).corrupts = true;
  }

  /** Whether the consensus's messages from one to the other arrive twice. */
  void repeat(long from, long to, boolean twice) {
    link(from, to).repeats = twice;
  }

  /** Tells somebody of each frame that has left a member's present run. */
  void whenSent(long member, IntConsumer watcher) {
    Transporter sender = running.get(member);
    if (sender != null) {
      sender.sent = watcher;
    }
  }

  /** Ends the conversation between two machines, if there is one; each side learns it by itself. */
  void reset(long a, long b) {
    Transporter one = running.get(a);
    End end = one == null ? null : one.conversations.get(b);
    if (end != null) {
      notice(end, chance.exponential(MILLIS));
      End other = end.other;
      if (other != null) {
        notice(other, chance.exponential(MILLIS));
      }
    }
  }

  /** When something that is sent now arrives. */
  long arrival(long from, long to, int bytes) {
    Link link = link(from, to);
    long now = timeline.now();
    link.busyUntil = Math.max(link.busyUntil, now) + bytes * 1_000_000_000L / link.bytesPerSecond;
    return Math.max(link.busyUntil, link.cloggedUntil)
        + link.delayMean / 2
        + chance.exponential(link.delayMean / 2);
  }

  /** The transport of a member's run. */
  Transport transport(long member, Life life) {
    Transporter transporter = new Transporter(member, life);
    running.put(member, transporter);
    return transporter;
  }

  /**
   * A member's run is over.
   *
   * @param told whether its operating system lives on and resets its connections
   */
  void ended(long member, boolean told) {
    Transporter was = running.remove(member);
    if (was != null) {
      for (End end : List.copyOf(was.conversations.values())) {
        end.over = true;
        abandon(end, told);
      }
      was.conversations.clear();
    }
  }

  /** One side is no more: the other learns it, soon or after a long silence. */
  private void abandon(End end, boolean told) {
    end.held.clear();
    End other = end.other;
    if (other == null || other.over) {
      return;
    }
    boolean arrives = told && !isCut(end.owner.member, end.peer);
    notice(other, arrives ? arrival(end.owner.member, end.peer, 0) - timeline.now() : idleNanos);
  }

  /** A side of a conversation learns that it is over. */
  private void notice(End end, long delay) {
    timeline.at(timeline.now() + delay, end.owner.life, () -> end.owner.down(end));
  }

  /**
   * Silence of one side makes the other give up. Whoever has nothing to say shows itself from time
   * to time; that isn't simulated frame by frame.
   */
  private void watch(End end) {
    timeline.at(
        timeline.now() + idleNanos / 2,
        end.owner.life,
        () -> {
          if (end.over) {
            return;
          }
          if (isAudible(end)) {
            end.heard = timeline.now();
          }
          if (timeline.now() - end.heard >= idleNanos) {
            end.owner.down(end);
          } else {
            watch(end);
          }
        });
  }

  private boolean isAudible(End end) {
    End other = end.other;
    return other != null
        && !other.over
        && !other.owner.life.isOver()
        && other.owner.life.pausedUntil() <= timeline.now()
        && !isCut(end.peer, end.owner.member);
  }

  /** The frames of one member's run. */
  private final class Transporter implements Transport {
    private final long member;
    private final Life life;
    private final TreeMap<Long, End> conversations = new TreeMap<>();
    private final TreeSet<Long> wanted = new TreeSet<>();
    private @Nullable Handler handler;
    private boolean closed;
    private @Nullable IntConsumer sent;

    Transporter(long member, Life life) {
      this.member = member;
      this.life = life;
    }

    private Handler handler() {
      Handler present = handler;
      if (present == null) {
        throw new IllegalStateException("the transport of " + member + " has not been started");
      }
      return present;
    }

    @Override
    public void start(Handler newHandler) {
      handler = newHandler;
    }

    @Override
    public void connect(long peer, List<InetSocketAddress> addresses) {
      if (wanted.add(peer)) {
        dial(peer);
      }
    }

    private void dial(long peer) {
      timeline.at(timeline.now() + REDIAL + chance.exponential(REDIAL), life, () -> tryNow(peer));
    }

    private void tryNow(long peer) {
      if (closed || !wanted.contains(peer) || conversations.containsKey(peer)) {
        return;
      }
      Transporter there = running.get(peer);
      if (there == null
          || there.handler == null
          || there.closed
          || there.life.pausedUntil() > timeline.now()
          || there.conversations.containsKey(member)
          || isCut(member, peer)
          || isCut(peer, member)) {
        dial(peer);
        return;
      }
      PeerHandshake mine = handler().introduce(peer);
      PeerHandshake theirs = there.handler().introduce(member);
      Rejection byThem = there.handler().admit(mine);
      if (byThem != null && byThem.disowns()) {
        handler().disowned(peer, byThem);
      }
      Rejection byUs = byThem != null ? null : handler().admit(theirs);
      if (byUs != null && byUs.disowns()) {
        there.handler().disowned(member, byUs);
      }
      if (byThem != null || byUs != null) {
        dial(peer);
        return;
      }
      End here = new End(this, peer, timeline.now());
      End far = new End(there, member, timeline.now());
      here.other = far;
      far.other = here;
      conversations.put(peer, here);
      there.conversations.put(member, far);
      watch(here);
      watch(far);
      handler().up(theirs);
      there.handler().up(mine);
    }

    @Override
    public void disconnect(long peer) {
      wanted.remove(peer);
      End end = conversations.get(peer);
      if (end != null) {
        notice(end, 1);
      }
    }

    @Override
    public boolean send(long peer, Lane lane, Bytes head, Bytes body) {
      End end = conversations.get(peer);
      if (end == null) {
        return false;
      }
      int length = head.length() + body.length();
      if (end.queuedBytes + length > QUEUE_BYTES_MAX) {
        end.wasFull = true;
        return false;
      }
      byte[] frame = new byte[length];
      body.copyTo(frame, head.copyTo(frame, 0));
      end.queuedBytes += length;
      Runnable way = () -> travel(end, lane, frame);
      if (isCut(member, peer) || !end.held.isEmpty()) {
        end.held.addLast(way);
      } else {
        way.run();
      }
      Frames.Vote vote = Frames.vote(frame);
      if (vote != null) {
        votes.gave(member, peer, vote);
      }
      Frames.Vote own = Frames.candidacy(frame);
      if (own != null) {
        votes.gave(member, member, own);
      }
      IntConsumer watcher = sent;
      if (watcher != null) {
        watcher.accept(frame[0]);
      }
      return true;
    }

    private void travel(End end, Lane lane, byte[] frame) {
      End far = end.other;
      if (far == null) {
        return;
      }
      long earliest = arrival(member, end.peer, frame.length);
      long arrival;
      if (lane == Lane.BULK) {
        arrival = Math.max(earliest, end.lastBulk + 1);
        end.lastBulk = arrival;
      } else {
        arrival = Math.max(earliest, end.lastConsensus + 1);
        end.lastConsensus = arrival;
      }
      Link link = link(member, end.peer);
      if (link.corrupts) { // whoever gets it sees by its checksum that it isn't what was sent
        link.corrupts = false;
        timeline.at(arrival, far.owner.life, () -> far.owner.down(far));
        return;
      }
      timeline.at(arrival, far.owner.life, () -> arrived(end, far, lane, frame));
      if (link.repeats && Frames.mayRepeat(frame[0])) {
        // Soon, or when those may be forgotten that it spoke of.
        long later = chance.oneIn(2) ? 20 * link.delayMean : LATE;
        timeline.at(
            arrival + chance.exponential(later),
            far.owner.life,
            () -> {
              if (!far.over) {
                far.owner.handler().frame(end.owner.member, lane, Bytes.wrap(frame));
              }
            });
      }
    }

    private void arrived(End end, End far, Lane lane, byte[] frame) {
      end.queuedBytes -= frame.length;
      if (far.over) {
        return;
      }
      far.heard = timeline.now();
      if (Frames.isNamed(frame[0])) {
        coverage.arrived(frame[0]);
      }
      far.owner.handler().frame(end.owner.member, lane, Bytes.wrap(frame));
      if (end.wasFull && end.queuedBytes < QUEUE_BYTES_MAX / 2 && !end.over) {
        end.wasFull = false;
        timeline.at(
            timeline.now(),
            end.owner.life,
            () -> {
              if (!end.over) {
                end.owner.handler().roomAgain(end.peer);
              }
            });
      }
    }

    /** This side of a conversation is over: it may have known before. */
    private void down(End end) {
      if (end.over) {
        return;
      }
      end.over = true;
      conversations.remove(end.peer, end);
      abandon(end, true);
      handler().down(end.peer, "the conversation ended");
      if (wanted.contains(end.peer)) {
        dial(end.peer);
      }
    }

    @Override
    public void flush() {} // what is handed over is under way

    @Override
    public long queuedBytes(long peer) {
      End end = conversations.get(peer);
      return end == null ? 0 : end.queuedBytes;
    }

    @Override
    public void close() {
      closed = true;
      wanted.clear();
      for (End end : new ArrayList<>(conversations.values())) {
        end.over = true;
        abandon(end, true);
      }
      conversations.clear();
    }
  }
}

package io.quorate.testkit;

import io.quorate.base.Bytes;
import io.quorate.node.PeerHandshake;
import io.quorate.node.Transport;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.function.BiPredicate;
import org.jspecify.annotations.Nullable;

/**
 * What lies between members, within one process. It behaves as TCP does: a conversation keeps the
 * order of its frames and loses none; across a partition they wait, and arrive when it heals,
 * unless that takes so long that both sides give the conversation up. A member that is killed is
 * noticed at once, one that is cut off by its silence. Used on the world's thread.
 */
final class PeerNetwork {
  /** After how long a side gives up that hears nothing of the other. */
  private static final long SILENCE_NANOS = TimeUnit.SECONDS.toNanos(1);

  private static final long REDIAL_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

  /** What a conversation holds in one direction before it is full. */
  private static final long QUEUE_BYTES_MAX = 16L << 20;

  private final World world;
  private final BiPredicate<ClusterMember, ClusterMember> apart;
  private final TreeMap<Long, Port> ports = new TreeMap<>();

  /**
   * @param apart whether a partition lies between two members
   */
  PeerNetwork(World world, BiPredicate<ClusterMember, ClusterMember> apart) {
    this.world = world;
    this.apart = apart;
  }

  /** The transport of a run of a member; one that it had before is no more. */
  Transport transport(ClusterMember member, Activity activity) {
    Port port = new Port(member, activity);
    ports.put(member.id(), port);
    return port;
  }

  /** A member's process is gone, which its peers are told, unless they are apart from it. */
  void ended(ClusterMember member) {
    Port port = ports.remove(member.id());
    if (port != null) {
      port.close();
    }
  }

  /** Partitions have come or gone. */
  void partitioned() {
    for (Port port : ports.values()) {
      for (End end : List.copyOf(port.ends.values())) {
        end.partitioned();
      }
    }
  }

  private boolean areApart(Port one, Port other) {
    return apart.test(one.member, other.member);
  }

  /** One side of a conversation, with what it has sent and the other hasn't got. */
  private final class End {
    private final Port owner;
    private final Port far;
    private final ArrayDeque<Runnable> held = new ArrayDeque<>();
    private @Nullable End other;
    private World.@Nullable Alarm silence;
    private long queuedBytes;
    private boolean wasFull;
    private boolean over;

    End(Port owner, Port far) {
      this.owner = owner;
      this.far = far;
    }

    boolean send(Transport.Lane lane, Bytes head, Bytes body) {
      int length = head.length() + body.length();
      if (queuedBytes + length > QUEUE_BYTES_MAX) {
        wasFull = true;
        return false;
      }
      byte[] frame = new byte[length];
      body.copyTo(frame, head.copyTo(frame, 0));
      queuedBytes += length;
      Runnable way = () -> far.activity.act(() -> arrived(lane, frame));
      if (areApart(owner, far)) {
        held.add(way);
      } else {
        world.execute(way);
      }
      return true;
    }

    private void arrived(Transport.Lane lane, byte[] frame) {
      queuedBytes -= frame.length;
      End there = other;
      if (there == null || there.over) {
        return;
      }
      far.handler().frame(owner.member.id(), lane, Bytes.wrap(frame));
      if (wasFull && !over && queuedBytes < QUEUE_BYTES_MAX / 2) {
        wasFull = false;
        owner.later(() -> {
          if (!over) {
            owner.handler().roomAgain(far.member.id());
          }
        });
      }
    }

    /** Waits for the partition's end with what it holds, but not for ever. */
    void partitioned() {
      World.Alarm waits = silence;
      boolean cut = areApart(owner, far);
      if (cut && waits == null) {
        silence = world.after(SILENCE_NANOS, () -> owner.activity.act(() -> lose("silence")));
      } else if (!cut && waits != null) {
        waits.cancel();
        silence = null;
        held.forEach(world::execute);
        held.clear();
        End there = other;
        if (there != null && there.over) { // which could not be told meanwhile
          owner.later(() -> lose("the other side has ended it"));
        }
      }
    }

    /** This side notices that the conversation is over. */
    void lose(String why) {
      if (over) {
        return;
      }
      leave();
      owner.ends.remove(far.member.id(), this);
      owner.handler().down(far.member.id(), why);
      owner.dial(far.member.id(), REDIAL_NANOS);
    }

    /** This side is over, and the other is told if that gets through. */
    void leave() {
      over = true;
      held.clear();
      if (silence != null) {
        silence.cancel();
      }
      End there = other;
      if (there != null && !there.over && !areApart(owner, far)) {
        far.later(() -> there.lose("the other side has ended it"));
      }
    }
  }

  /** The transport of one run of a member. */
  private final class Port implements Transport {
    private final ClusterMember member;
    private final Activity activity;
    private final TreeMap<Long, End> ends = new TreeMap<>();
    private final TreeSet<Long> wanted = new TreeSet<>();
    private @Nullable Handler handler;
    private boolean closed;

    Port(ClusterMember member, Activity activity) {
      this.member = member;
      this.activity = activity;
    }

    private Handler handler() {
      Handler present = handler;
      if (present == null) {
        throw new IllegalStateException("the transport of " + member + " has not been started");
      }
      return present;
    }

    private void later(Runnable task) {
      world.execute(() -> activity.act(task));
    }

    @Override
    public void start(Handler newHandler) {
      handler = newHandler;
    }

    @Override
    public void connect(long peer, List<InetSocketAddress> addresses) {
      if (wanted.add(peer)) {
        dial(peer, 0);
      }
    }

    private void dial(long peer, long delayNanos) {
      if (!closed) {
        world.after(delayNanos, () -> activity.act(() -> dialNow(peer)));
      }
    }

    private void dialNow(long peer) {
      if (closed || !wanted.contains(peer) || ends.containsKey(peer)) {
        return;
      }
      Port there = ports.get(peer);
      if (there == null
          || there.handler == null
          || there.activity.isPaused()
          || there.ends.containsKey(member.id())
          || areApart(this, there)
          || !greet(there)) {
        dial(peer, REDIAL_NANOS);
      }
    }

    /** Whether the two let each other in. */
    private boolean greet(Port there) {
      long peer = there.member.id();
      PeerHandshake mine = handler().introduce(peer);
      PeerHandshake theirs = there.handler().introduce(member.id());
      Rejection byThem = there.handler().admit(mine);
      if (byThem != null) {
        if (byThem.disowns()) {
          handler().disowned(peer, byThem);
        }
        return false;
      }
      Rejection byUs = handler().admit(theirs);
      if (byUs != null) {
        if (byUs.disowns()) {
          there.handler().disowned(member.id(), byUs);
        }
        return false;
      }
      End here = new End(this, there);
      End far = new End(there, this);
      here.other = far;
      far.other = here;
      ends.put(peer, here);
      there.ends.put(member.id(), far);
      handler().up(theirs);
      there.handler().up(mine);
      return true;
    }

    @Override
    public void disconnect(long peer) {
      wanted.remove(peer);
      End end = ends.get(peer);
      if (end != null) {
        later(() -> end.lose("this side has ended it"));
      }
    }

    @Override
    public boolean send(long peer, Lane lane, Bytes head, Bytes body) {
      End end = ends.get(peer);
      return end != null && end.send(lane, head, body);
    }

    @Override
    public void flush() {} // what is handed over is under way

    @Override
    public long queuedBytes(long peer) {
      End end = ends.get(peer);
      return end == null ? 0 : end.queuedBytes;
    }

    @Override
    public void close() {
      closed = true;
      wanted.clear();
      new ArrayList<>(ends.values()).forEach(End::leave);
      ends.clear();
    }
  }
}

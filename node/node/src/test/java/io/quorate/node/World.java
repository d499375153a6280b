package io.quorate.node;

import io.quorate.base.Bytes;
import io.quorate.base.Disk;
import io.quorate.engine.Engines;
import io.quorate.engine.MemoryEngines;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Members and what is between them in one thread and one virtual time, from one seed: enough of a
 * world to try the node's own reasoning in. Disks and engines forget what wasn't synced when a
 * member is killed.
 */
final class World {
  private record Event(long at, long order, Life life, Runnable action) {}

  /** One run of one member: what it scheduled dies with it. */
  static final class Life {
    boolean over;

    /** Until then the process is stopped, and what comes for it queues up. */
    long pausedUntil;
  }

  static final long MILLIS = 1_000_000L;

  /** What an engine gathers before it flushes. */
  private static final long FLUSH_BYTES = 16 << 10;

  final Random random;
  long now = 1_000_000_000L;
  private long order;
  private final PriorityQueue<Event> events =
      new PriorityQueue<>(Comparator.comparingLong(Event::at).thenComparingLong(Event::order));
  final TreeMap<Long, Place> places = new TreeMap<>();
  private final TreeSet<String> cuts = new TreeSet<>();

  World(long seed) {
    random = new Random(seed);
  }

  /** A member's machine: what stays when its process goes. */
  final class Place {
    final long member;
    WorldDisk disk = new WorldDisk();
    MemoryEngines engines = new MemoryEngines(disk, FLUSH_BYTES);
    Life life = new Life();
    @Nullable Node node;
    @Nullable WorldTransport transport;
    @Nullable Throwable stopped;

    /** Why its owner was told to end it; null if it wasn't. */
    @Nullable String removed;

    /** Whether this member's readers reject whatever they are given. */
    boolean readersReject;

    /** How often they have. */
    int rejections;

    Place(long member) {
      this.member = member;
    }

    void start(NodeSettings settings) {
      life = new Life();
      transport = new WorldTransport(World.this, this);
      node = Node.start(new PlaceEnv(this), settings, NodeMetrics.NONE);
    }

    /** The process is gone at once; the disk keeps what was synced. */
    void kill() {
      life.over = true;
      node = null;
      WorldTransport was = transport;
      transport = null;
      disk.crash();
      engines = new MemoryEngines(disk, FLUSH_BYTES);
      if (was != null) {
        was.died();
      }
    }

    /** The disk is replaced by an empty one; the member is down. */
    void wipe() {
      putIn(new WorldDisk());
    }

    /** The disk is replaced; the member is down. */
    void putIn(WorldDisk another) {
      disk = another;
      engines = new MemoryEngines(disk, FLUSH_BYTES);
    }

    Replica replica() {
      Node running = node;
      if (running == null) {
        throw new IllegalStateException("member " + member + " is down");
      }
      Replica replica = running.replica(Node.KEYSPACE);
      if (replica == null) {
        throw new IllegalStateException("member " + member + " hasn't begun");
      }
      return replica;
    }

    /** The process is stopped for so long; then it finds all at once what came meanwhile. */
    void pause(long nanos) {
      life.pausedUntil = now + nanos;
    }

    /** Whether the queues towards the others take nothing. */
    void fullQueues(boolean full) {
      WorldTransport running = transport;
      if (running != null) {
        for (long other : places.keySet()) {
          running.full(other, full);
        }
      }
    }

    boolean isUp() {
      return node != null && node.replica(Node.KEYSPACE) != null;
    }
  }

  Place place(long member) {
    return places.computeIfAbsent(member, Place::new);
  }

  void cut(long a, long b) {
    cuts.add(a + "-" + b);
    cuts.add(b + "-" + a);
    for (Place place : places.values()) {
      if (place.transport != null) {
        place.transport.cutChanged();
      }
    }
  }

  void heal() {
    cuts.clear();
    for (Place place : places.values()) {
      if (place.transport != null) {
        place.transport.cutChanged();
      }
    }
  }

  boolean isCut(long a, long b) {
    return cuts.contains(a + "-" + b);
  }

  void schedule(long delay, Life life, Runnable action) {
    events.add(new Event(now + Math.max(0, delay), order++, life, action));
  }

  /** Lets time pass until {@code reached} holds; fails if it doesn't within {@code nanos}. */
  void runUntil(String what, long nanos, BooleanSupplier reached) {
    long end = now + nanos;
    while (!reached.getAsBoolean()) {
      Event next = events.peek();
      if (next == null || next.at() > end) {
        throw new AssertionError("not within " + nanos / MILLIS + " ms: " + what);
      }
      step();
    }
  }

  void run(long nanos) {
    long end = now + nanos;
    while (!events.isEmpty() && events.peek().at() <= end) {
      step();
    }
    now = end;
  }

  private void step() {
    Event event = events.remove();
    now = Math.max(now, event.at());
    if (event.life().over) {
      return;
    }
    if (event.life().pausedUntil > now) {
      events.add(new Event(event.life().pausedUntil, event.order(), event.life(), event.action()));
      return;
    }
    event.action().run();
  }

  /** What a member sees of the world. */
  private final class PlaceEnv implements Env {
    private final Place place;
    private final Life life;
    private final Executor log;
    private final Executor readers;
    private final Loop loop;

    PlaceEnv(Place place) {
      this.place = place;
      this.life = place.life;
      this.log = new TaskLine(life, 300_000L);
      this.readers = new TaskLine(life, 200_000L);
      this.loop =
          new Loop() {
            private final TaskLine lane = new TaskLine(life, 1_000L);

            @Override
            public long now() {
              return now;
            }

            @Override
            public boolean inLoop() {
              return true;
            }

            @Override
            public Timer schedule(long delayNanos, Runnable task) {
              boolean[] cancelled = {false};
              World.this.schedule(
                  delayNanos,
                  life,
                  () -> {
                    if (!cancelled[0]) {
                      task.run();
                    }
                  });
              return () -> cancelled[0] = true;
            }

            @Override
            public void execute(Runnable task) {
              lane.execute(task);
            }
          };
    }

    @Override
    public Loop loop() {
      return loop;
    }

    @Override
    public Executor log() {
      return log;
    }

    @Override
    public Executor readers() {
      return task -> {
        if (place.readersReject) {
          place.rejections++;
          throw new RejectedExecutionException("busy");
        }
        readers.execute(task);
      };
    }

    @Override
    public Disk disk() {
      return place.disk;
    }

    @Override
    public Engines engines() {
      return place.engines;
    }

    @Override
    public Transport transport() {
      WorldTransport transport = place.transport;
      if (transport == null) {
        throw new IllegalStateException("member " + place.member + " is down");
      }
      return transport;
    }

    @Override
    public long random() {
      return random.nextLong();
    }

    @Override
    public void removed(String why) {
      place.removed = why;
    }

    @Override
    public void stopped(long group, Throwable why) {
      place.stopped = why;
    }
  }

  /** A thread of a member: tasks in order, each a little later. */
  private final class TaskLine implements Executor {
    private final Life life;
    private final long delay;
    private long busyUntil;

    TaskLine(Life life, long delay) {
      this.life = life;
      this.delay = delay;
    }

    @Override
    public void execute(Runnable task) {
      busyUntil = Math.max(busyUntil, now) + 1 + (long) (delay * (0.5 + random.nextDouble()));
      schedule(busyUntil - now, life, task);
    }
  }

  /** Frames between members: ordered within a conversation, lost with its end. */
  static final class WorldTransport implements Transport {
    private final World world;
    private final Place place;
    private final TreeMap<Long, Long> conversations = new TreeMap<>();
    private final TreeSet<Long> wanted = new TreeSet<>();
    private final TreeSet<Long> full = new TreeSet<>();
    private @Nullable Handler handler;
    private static long epoch;

    /** How many frames were sent, by their type's code. */
    final int[] sent = new int[32];

    WorldTransport(World world, Place place) {
      this.world = world;
      this.place = place;
    }

    private Handler handler() {
      Handler present = handler;
      if (present == null) {
        throw new IllegalStateException("not started");
      }
      return present;
    }

    @Override
    public void start(Handler newHandler) {
      handler = newHandler;
    }

    @Override
    public void connect(long member, List<InetSocketAddress> addresses) {
      if (wanted.add(member)) {
        dial(member);
      }
    }

    private void dial(long member) {
      world.schedule(
          5 * MILLIS,
          place.life,
          () -> {
            if (!wanted.contains(member) || conversations.containsKey(member)) {
              return;
            }
            Place other = world.places.get(member);
            WorldTransport there = other == null ? null : other.transport;
            if (there == null || there.handler == null || world.isCut(place.member, member)) {
              dial(member);
              return;
            }
            PeerHandshake mine = handler().introduce(member);
            PeerHandshake theirs = there.handler().introduce(place.member);
            Transport.Rejection byThem = there.handler().admit(mine);
            if (byThem != null && byThem.disowns()) {
              handler().disowned(member, byThem);
            }
            Transport.Rejection byUs = byThem != null ? null : handler().admit(theirs);
            if (byUs != null && byUs.disowns()) {
              there.handler().disowned(place.member, byUs);
            }
            if (byThem != null || byUs != null) {
              dial(member);
              return;
            }
            long conversation = ++epoch;
            conversations.put(member, conversation);
            there.conversations.put(place.member, conversation);
            handler().up(theirs);
            there.handler().up(mine);
          });
    }

    @Override
    public void disconnect(long member) {
      wanted.remove(member);
      if (conversations.containsKey(member)) {
        end(member);
      }
    }

    /** Whether the queue towards a member takes nothing. */
    void full(long member, boolean isFull) {
      if (isFull) {
        full.add(member);
      } else if (full.remove(member)) {
        handler().roomAgain(member);
      }
    }

    @Override
    public boolean send(long member, Lane lane, Bytes head, Bytes body) {
      Long conversation = conversations.get(member);
      Place other = world.places.get(member);
      if (conversation == null || other == null || full.contains(member)) {
        return false;
      }
      byte[] frame = new byte[head.length() + body.length()];
      body.copyTo(frame, head.copyTo(frame, 0));
      sent[frame[0]]++;
      world.schedule(
          100_000L,
          other.life,
          () -> {
            WorldTransport there = other.transport;
            if (there != null && conversation.equals(there.conversations.get(place.member))) {
              there.handler().frame(place.member, lane, Bytes.wrap(frame));
            }
          });
      return true;
    }

    @Override
    public void flush() {} // a frame is under way when it is sent

    @Override
    public long queuedBytes(long member) {
      return 0;
    }

    @Override
    public void close() {
      died();
      wanted.clear();
    }

    /** The process is gone: the others notice. */
    void died() {
      for (long member : new ArrayList<>(conversations.keySet())) {
        end(member);
      }
    }

    void cutChanged() {
      for (long member : new ArrayList<>(conversations.keySet())) {
        if (world.isCut(place.member, member)) {
          end(member);
        }
      }
    }

    private void end(long member) {
      conversations.remove(member);
      Place other = world.places.get(member);
      WorldTransport there = other == null ? null : other.transport;
      if (other != null && there != null && there.conversations.remove(place.member) != null) {
        world.schedule(
            MILLIS,
            other.life,
            () -> {
              there.handler().down(place.member, "ended");
              there.dial(place.member);
            });
      }
      if (!place.life.over) {
        world.schedule(
            MILLIS,
            place.life,
            () -> {
              handler().down(member, "ended");
              dial(member);
            });
      }
    }
  }
}

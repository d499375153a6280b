package io.quorate.simulator;

import io.quorate.base.Disk;
import io.quorate.base.QuorateException;
import io.quorate.engine.Engines;
import io.quorate.engine.MemoryEngines;
import io.quorate.node.Env;
import io.quorate.node.Loop;
import io.quorate.node.Node;
import io.quorate.node.NodeSettings;
import io.quorate.node.NodeTrace;
import io.quorate.node.Quirk;
import io.quorate.node.Replica;
import io.quorate.node.Transport;
import java.util.EnumSet;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * A member's machine: its disk and its clock, which stay when the process goes, and the process
 * that runs on it, if one does. Around the process everything is simulated, and nothing within: the
 * classes are those that run in production.
 */
final class Host {
  /** What a host costs its process, on average. */
  record Speed(long loopNanos, long logNanos, long readerNanos, int readersMax, long flushBytes) {}

  /** So rarely does a quirk happen where it may. */
  private static final int QUIRK = 40;

  /** How often timers may go off in a second of the world: more is a loop that wakes itself. */
  private static final int TIMERS_MAX = 3_000;

  private static final long SECOND = 1_000_000_000L;

  private final long member;
  private final Timeline timeline;
  private final SimulatedNetwork network;
  private final Chance chance;
  private final Speed speed;
  private final LocalClock clock;
  private final Watcher watcher;
  private SimulatedDisk disk;
  private long started;
  private Life life = new Life();
  private @Nullable Node node;
  private @Nullable Throwable stopped;
  private @Nullable Lane log;
  private @Nullable HostTrace run;

  /** What happens the next time that it may. */
  private final EnumSet<Quirk> made = EnumSet.noneOf(Quirk.class);

  /** Who wants to know what happens on a host. */
  interface Watcher {
    /** Who looks at a run of a member; another for each. */
    HostTrace run(long member);

    /** Whether a quirk is one of this world's. */
    boolean has(Quirk quirk);

    /** A quirk happens. */
    void happened(Quirk quirk);

    /** A process ended by itself, since it can't go on. */
    void stopped(long member, Throwable why);

    /** A process was told that its member belongs to the cluster no more. */
    void removed(long member, String why);

    /** A process wakes itself so often that it does nothing else. */
    void spins(long member, String what);
  }

  Host(
      long member,
      Timeline timeline,
      SimulatedNetwork network,
      SimulatedDisk disk,
      Chance chance,
      Speed speed,
      Watcher watcher) {
    this.member = member;
    this.timeline = timeline;
    this.network = network;
    this.disk = disk;
    this.chance = chance;
    this.speed = speed;
    this.watcher = watcher;
    this.clock = new LocalClock(timeline.now(), chance.below(1L << 40));
    life.end();
  }

  long member() {
    return member;
  }

  LocalClock clock() {
    return clock;
  }

  SimulatedDisk disk() {
    return disk;
  }

  Life life() {
    return life;
  }

  /** Another disk takes the place of this one; no process runs. */
  void putIn(SimulatedDisk another) {
    disk = another;
  }

  /** When the process was started last. */
  long started() {
    return started;
  }

  /** Has a quirk happen in this run of the process, as soon as it may. */
  void make(Quirk quirk) {
    made.add(quirk);
  }

  /** Whether it hasn't happened yet. */
  boolean isToMake(Quirk quirk) {
    return made.contains(quirk);
  }

  /** How often groups have begun in this run of the process. */
  int begins() {
    HostTrace of = run;
    return of == null ? 0 : of.begins();
  }

  /** With how many others it converses. */
  int peers() {
    Node running = node;
    return running == null ? 0 : running.connectedPeers().size();
  }

  /** Asks a group for other members, if this one leads it. */
  void reconfigure(long group, List<Long> voters, List<Long> learners) {
    Node running = node;
    if (running != null) {
      running.reconfigure(
          group,
          voters.stream().mapToLong(Long::longValue).toArray(),
          learners.stream().mapToLong(Long::longValue).toArray());
    }
  }

  /** Whether a process runs, be it stopped for a while. */
  boolean isUp() {
    return !life.isOver();
  }

  /** Why the last process ended by itself or didn't start, if so. */
  @Nullable Throwable failure() {
    return stopped;
  }

  /** A group's replica, once the process has begun. */
  @Nullable Replica replica(long group) {
    Node running = node;
    return running == null ? null : running.replica(group);
  }

  /**
   * Starts the process.
   *
   * @throws QuorateException if it finds its directory such that it can't start
   */
  void start(NodeSettings settings) {
    life = new Life();
    made.clear();
    started = timeline.now();
    stopped = null;
    run = watcher.run(member);
    HostEnv env = new HostEnv(life, run);
    log = env.log;
    try {
      node = Node.start(env, settings, run);
    } catch (PowerCut cut) {
      throw cut; // the machine ends with it, and the disk
    } catch (QuorateException | Error e) {
      end(true);
      stopped = e;
      throw e;
    }
  }

  /** The process is killed; the machine stays. */
  void kill() {
    end(true);
    disk.processEnded();
  }

  /** The power goes, and with it what was not synced. */
  void crash() {
    end(false);
    disk.crash();
  }

  private void end(boolean told) {
    life.end();
    node = null;
    log = null;
    network.ended(member, told);
  }

  /** The process is stopped for so long, and then goes on. */
  void pause(long nanos) {
    life.pauseUntil(timeline.now() + nanos);
  }

  /** Nothing that waits for the disk goes on for so long. */
  void stall(long nanos) {
    Lane running = log;
    if (running != null) {
      running.busyUntil = Math.max(running.busyUntil, timeline.now() + nanos);
    }
  }

  /** A thread of the process: one task after the other, each a little later. */
  private final class Lane implements Executor {
    private final Life of;
    private final long meanNanos;
    private final int waitingMax;
    private long busyUntil;
    private int waiting;

    Lane(Life of, long meanNanos, int waitingMax) {
      this.of = of;
      this.meanNanos = meanNanos;
      this.waitingMax = waitingMax;
    }

    @Override
    public void execute(Runnable task) {
      if (waiting == waitingMax) {
        throw new RejectedExecutionException("too much waits");
      }
      waiting++;
      busyUntil =
          Math.max(busyUntil, timeline.now()) + 1 + meanNanos / 2 + chance.below(meanNanos + 1);
      timeline.at(
          busyUntil,
          of,
          () -> {
            waiting--;
            task.run();
          });
    }
  }

  private final class HostLoop implements Loop {
    private final Life of;
    private final Lane lane;
    private long second;
    private int timers;

    HostLoop(Life of) {
      this.of = of;
      this.lane = new Lane(of, speed.loopNanos(), Integer.MAX_VALUE);
    }

    @Override
    public long now() {
      return clock.at(timeline.now());
    }

    @Override
    public boolean inLoop() {
      return true;
    }

    @Override
    public void execute(Runnable task) {
      lane.execute(task);
    }

    @Override
    public Timer schedule(long delayNanos, Runnable task) {
      Waiting waiting = new Waiting(now() + Math.max(0, delayNanos), task);
      waiting.arrange();
      return waiting;
    }

    /** A timer of this machine's clock, which may change its rate meanwhile. */
    private final class Waiting implements Timer, Timeline.Cancellable {
      private final long due;
      private final Runnable task;
      private boolean cancelled;

      Waiting(long due, Runnable task) {
        this.due = due;
        this.task = task;
      }

      void arrange() {
        long left = due - now();
        timeline.at(timeline.now() + Math.max(1, clock.worldDelay(left)), of, this);
      }

      @Override
      public boolean isCancelled() {
        return cancelled;
      }

      @Override
      public void run() {
        if (now() < due) {
          arrange();
        } else {
          goOff();
        }
      }

      /** Counts what goes off in a second. */
      private void goOff() {
        if (timeline.now() - second >= SECOND) {
          second = timeline.now();
          timers = 0;
        }
        if (++timers == TIMERS_MAX) {
          watcher.spins(member, TIMERS_MAX + " timers within a second");
        }
        task.run();
      }

      @Override
      public void cancel() {
        cancelled = true;
      }
    }
  }

  private final class HostEnv implements Env {
    private final HostLoop loop;
    private final Lane log;
    private final Lane readers;
    private final Engines engines;
    private final Transport transport;
    private final NodeTrace trace;

    HostEnv(Life of, NodeTrace trace) {
      this.trace = trace;
      loop = new HostLoop(of);
      log = new Lane(of, speed.logNanos(), Integer.MAX_VALUE);
      readers = new Lane(of, speed.readerNanos(), speed.readersMax());
      engines = new MemoryEngines(disk, speed.flushBytes());
      transport = network.transport(member, of);
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
      return readers;
    }

    @Override
    public Disk disk() {
      return disk;
    }

    @Override
    public Engines engines() {
      return engines;
    }

    @Override
    public Transport transport() {
      return transport;
    }

    @Override
    public long random() {
      return chance.next();
    }

    @Override
    public boolean happens(Quirk quirk) {
      boolean happens = made.remove(quirk) || (watcher.has(quirk) && chance.oneIn(QUIRK));
      if (happens) {
        watcher.happened(quirk);
      }
      return happens;
    }

    @Override
    public NodeTrace trace() {
      return trace;
    }

    @Override
    public void removed(String why) {
      watcher.removed(member, why);
    }

    @Override
    public void stopped(long group, Throwable why) {
      stopped = why;
      watcher.stopped(member, why);
    }
  }
}

package io.quorate.testkit;

import io.quorate.node.MemberInfo;
import io.quorate.node.Replica;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * A member of a {@link Cluster}, and what can be done to it. Its log and state are in memory and
 * outlive its process. Safe for use by many threads.
 */
public final class ClusterMember implements Host {
  private final Cluster cluster;
  private final int number;
  private final Random random;
  private final MemoryFiles files = new MemoryFiles();

  // The world's.
  private @Nullable MemberRun run;

  ClusterMember(Cluster cluster, int number, long seed) {
    this.cluster = cluster;
    this.number = number;
    random = new Random(seed * 31 + number);
  }

  /** Its number, from 1 on. */
  public int number() {
    return number;
  }

  @Override
  public String name() {
    return "m" + number;
  }

  /** Whether its process runs, be it paused. */
  public boolean isRunning() {
    return cluster.world().call(() -> run != null);
  }

  /**
   * Whether it leads, as it believes itself: one that was cut off or paused may believe so for a
   * while after another one was elected.
   */
  public boolean isLeader() {
    return cluster.world().call(() -> leads());
  }

  // ---- what can be done to it ------------------------------------------------------------------

  /**
   * Its process stands still, as by SIGSTOP: it answers nobody, what is sent to it waits, and time
   * goes on without it.
   *
   * @return ends the pause
   */
  public Fault pause() {
    return cluster.begin(
        name() + " is paused",
        () -> {
          MemberRun paused = required();
          paused.activity().pause();
          cluster.ways().forEach(ProcessChannel::silenced);
          return () -> {
            paused.activity().resume();
            cluster.ways().forEach(ProcessChannel::silenced);
          };
        });
  }

  /**
   * Its process is killed. What was acknowledged is in its files, as after any kill of a process.
   *
   * @return starts it again
   */
  public Fault kill() {
    return cluster.begin(
        name() + " is killed",
        () -> {
          MemberRun killed = required();
          end(killed);
          return this::start;
        });
  }

  /** Kills its process, and starts it again at once. */
  public void restart() {
    kill().end();
  }

  // ---- the world's side ------------------------------------------------------------------------

  long id() {
    return number;
  }

  MemberInfo info() {
    return new MemberInfo(id(), name(), List.of("http://" + name() + ":2380"), List.of(), false);
  }

  @Nullable MemberRun run() {
    return run;
  }

  boolean leads() {
    MemberRun running = run;
    Replica replica = running == null ? null : running.replica();
    return replica != null && replica.status().isLeader();
  }

  void start() {
    if (run == null) {
      run =
          new MemberRun(
              cluster.world(),
              this,
              cluster.infos(),
              files,
              cluster.network(),
              random,
              cluster::epochSeconds,
              why -> cluster.failed(this, why));
    }
  }

  /** Ends as a process that is asked to. */
  void stop() {
    MemberRun running = run;
    if (running != null) {
      run = null;
      running.stop();
    }
  }

  private MemberRun required() {
    MemberRun running = run;
    if (running == null) {
      throw new IllegalStateException(name() + " doesn't run: end the fault that killed it first");
    }
    return running;
  }

  private void end(MemberRun killed) {
    run = null;
    killed.kill();
    cluster.network().ended(this);
    cluster.ways().forEach(each -> each.memberEnded(killed));
  }

  @Override
  public String toString() {
    return name();
  }
}

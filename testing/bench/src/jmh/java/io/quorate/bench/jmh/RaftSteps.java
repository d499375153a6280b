package io.quorate.bench.jmh;

import io.quorate.raft.Trio;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * The core's hot lane: three members in one heap, joined by plain calls, with disks that are
 * durable at once. Trimming the log is part of it.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class RaftSteps {
  private static final int PAYLOAD_BYTES = 300;

  private Trio trio = new Trio(PAYLOAD_BYTES);

  /** Elects a leader. */
  @Setup
  public void elect() {
    trio = new Trio(PAYLOAD_BYTES);
  }

  /** How large the batches are. */
  @State(Scope.Thread)
  public static class Batch {
    /** Entries in one turn. */
    @Param({"1", "128"})
    public int entries;
  }

  /** A batch's whole way over all three members, until all have applied it. */
  @Benchmark
  public long turn(Batch batch) {
    return trio.write(batch.entries);
  }

  /** The leader's part of it: propose, write, send, two acknowledgements, commit, apply. */
  @Benchmark
  public long leader(Batch batch) {
    return trio.lead(batch.entries);
  }

  /** A follower's part of it: append, write, acknowledge, apply. */
  @Benchmark
  public long follower(Batch batch) {
    return trio.follow(batch.entries);
  }

  /** A linearizable read on the leader, with its round over all three members. */
  @Benchmark
  public long read() {
    return trio.read();
  }

  /** A heartbeat: ticks, appends, acknowledgements, over all three members. */
  @Benchmark
  public long heartbeat() {
    return trio.heartbeat();
  }
}

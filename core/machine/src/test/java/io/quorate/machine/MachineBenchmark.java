package io.quorate.machine;

import io.quorate.base.Bytes;
import io.quorate.base.RowSink;
import io.quorate.kv.CompactRequest;
import io.quorate.kv.CompactionJob;
import io.quorate.kv.Compare;
import io.quorate.kv.DeleteRangeRequest;
import io.quorate.kv.KvRequest;
import io.quorate.kv.KvResult;
import io.quorate.kv.Principal;
import io.quorate.kv.PutRequest;
import io.quorate.kv.RangeRequest;
import io.quorate.kv.TxnRequest;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Random;
import java.util.function.LongFunction;

/**
 * What the machine costs by itself: commands decoded and applied over a tree map, in batches of 64,
 * with 32-byte keys and 256-byte values. Run it with {@code java -cp ... MachineBenchmark [keys]
 * [commands]}. Times are the thread's processor time, so that neighbours show less.
 */
final class MachineBenchmark {
  private static final int BATCH = 64;

  private final com.sun.management.ThreadMXBean threads =
      (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
  private final MemoryRows rows = new MemoryRows();
  private final Machine machine = Machine.open(rows);
  private final Random random = new Random(1);
  private final int keys;
  private long seen;

  private MachineBenchmark(int keys) {
    this.keys = keys;
  }

  public static void main(String[] args) {
    int keys = args.length > 0 ? Integer.parseInt(args[0]) : 10_000;
    int commands = args.length > 1 ? Integer.parseInt(args[1]) : 200_000;
    MachineBenchmark benchmark = new MachineBenchmark(keys);
    Bytes value = Bytes.wrap(new byte[256]);
    LongFunction<KvRequest> put = i -> PutRequest.of(benchmark.key(), value);
    benchmark.run("warm-up", commands, put);
    benchmark.run("put", commands, put);
    benchmark.compact();
    benchmark.run("put", commands, put);
    benchmark.compact();
    benchmark.run(
        "txn if-version-then-put-else-get",
        commands,
        i -> {
          Bytes key = benchmark.key();
          return new TxnRequest(
              List.of(Compare.number(key, Compare.Target.VERSION, Compare.Result.GREATER, i % 3)),
              List.of(PutRequest.of(key, value)),
              List.of(RangeRequest.one(key)));
        });
    benchmark.compact();
    benchmark.run(
        "delete, put by turns",
        commands,
        i ->
            i % 2 == 0
                ? DeleteRangeRequest.one(benchmark.key())
                : PutRequest.of(benchmark.key(), value));
    benchmark.compact();
    benchmark.read("get", commands, i -> RangeRequest.one(benchmark.key()));
    Bytes all = Bytes.wrap(new byte[1]);
    benchmark.read("range of all keys", 20, i -> RangeRequest.of(all, all));
    System.out.println("(" + benchmark.seen + " results)");
  }

  private Bytes key() {
    return Bytes.utf8("%032d".formatted(random.nextInt(keys)));
  }

  private void run(String what, int commands, LongFunction<KvRequest> request) {
    Bytes[] payloads = new Bytes[commands];
    for (int i = 0; i < commands; i++) {
      payloads[i] = CommandCodec.encode(1, 1, i, request.apply(i));
    }
    long bytes = threads.getCurrentThreadAllocatedBytes();
    long start = threads.getCurrentThreadCpuTime();
    long inEngine = 0;
    for (int i = 0; i < commands; i++) {
      KvResult result = machine.apply(machine.appliedIndex() + 1, 1, payloads[i], true);
      seen += result.hashCode() & 1;
      if (i % BATCH == BATCH - 1 || i == commands - 1) {
        Collected batch = new Collected();
        machine.finish(batch);
        long before = threads.getCurrentThreadCpuTime();
        batch.writeTo(rows);
        inEngine += threads.getCurrentThreadCpuTime() - before;
      }
    }
    long time = threads.getCurrentThreadCpuTime() - start;
    report(what, commands, time - inEngine, threads.getCurrentThreadAllocatedBytes() - bytes);
  }

  private void read(String what, int reads, LongFunction<RangeRequest> request) {
    RangeRequest[] requests = new RangeRequest[reads];
    for (int i = 0; i < reads; i++) {
      requests[i] = request.apply(i);
    }
    long bytes = threads.getCurrentThreadAllocatedBytes();
    long start = threads.getCurrentThreadCpuTime();
    for (int i = 0; i < reads; i++) {
      seen += machine.latest().range(requests[i]).hashCode() & 1;
    }
    long time = threads.getCurrentThreadCpuTime() - start;
    report(what, reads, time, threads.getCurrentThreadAllocatedBytes() - bytes);
  }

  private void compact() {
    machine.apply(
        machine.appliedIndex() + 1,
        1,
        Principal.NOBODY,
        new CompactRequest(machine.revision(), true),
        true);
    machine.finish(rows);
    long start = threads.getCurrentThreadCpuTime();
    int steps = 0;
    CompactionJob job = machine.compaction(rows);
    boolean done = job == null;
    while (job != null && !done) {
      Collected batch = new Collected();
      done = job.step(1_000, batch);
      batch.writeTo(rows);
      steps++;
    }
    System.out.printf(
        "  compacted in %d steps, %d ms%n",
        steps, (threads.getCurrentThreadCpuTime() - start) / 1_000_000);
  }

  private static void report(String what, int count, long nanos, long bytes) {
    System.out.printf(
        "%-36s %,10.0f/s  %6.2f us  %,8d B allocated each, without the engine%n",
        what, count * 1e9 / nanos, nanos / 1e3 / count, bytes / count);
  }

  /** A batch as an engine's: rows side by side. */
  private static final class Collected implements RowSink {
    private final java.util.ArrayList<byte[]> names = new java.util.ArrayList<>(4 * BATCH);
    private final java.util.ArrayList<byte[]> values = new java.util.ArrayList<>(4 * BATCH);

    @Override
    public void put(byte[] row, byte[] value) {
      names.add(row);
      values.add(value);
    }

    @Override
    public void delete(byte[] row) {
      names.add(row);
      values.add(new byte[0]);
    }

    void writeTo(MemoryRows rows) {
      for (int i = 0; i < names.size(); i++) {
        if (values.get(i).length == 0) {
          rows.delete(names.get(i));
        } else {
          rows.put(names.get(i), values.get(i));
        }
      }
    }
  }
}

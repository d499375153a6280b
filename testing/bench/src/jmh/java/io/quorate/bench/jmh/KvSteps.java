package io.quorate.bench.jmh;

import io.quorate.base.Bytes;
import io.quorate.base.RowSink;
import io.quorate.engine.Engine;
import io.quorate.engine.EngineOptions;
import io.quorate.engine.RocksEngines;
import io.quorate.engine.RocksSettings;
import io.quorate.engine.RowBatch;
import io.quorate.kv.Compare;
import io.quorate.kv.KvResult;
import io.quorate.kv.KvStore;
import io.quorate.kv.Principal;
import io.quorate.kv.PutRequest;
import io.quorate.kv.RangeRequest;
import io.quorate.kv.TxnRequest;
import io.quorate.machine.Machine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * The store over a real engine whose cache of recent rows holds every key that is read: what a
 * command costs by itself. The rows that it leads to are counted and dropped, so that the data
 * stays as it is.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class KvSteps {
  private static final int KEYS = 1_024;
  private static final int BATCH = 64;
  private static final Bytes VALUE = Bytes.wrap(new byte[256]);

  private final PutRequest[] puts = new PutRequest[KEYS];
  private final RangeRequest[] gets = new RangeRequest[KEYS];
  private final TxnRequest[] txns = new TxnRequest[KEYS];
  private final Counted counted = new Counted();
  private Path directory = Path.of("");
  private RocksEngines engines;
  private Engine engine;
  private KvStore store;
  private int next;

  /** Puts every key once. */
  @Setup(Level.Trial)
  public void fill() throws IOException {
    directory = Files.createTempDirectory("kv-steps");
    engines = new RocksEngines(directory, RocksSettings.small());
    engine =
        engines.create(
            "state", EngineOptions.cached(Machine.NEWEST_ROWS, 1).ordered(Machine.CHANGE_ROWS));
    store = KvStore.open(engine);
    RowBatch batch = new RowBatch();
    for (int i = 0; i < KEYS; i++) {
      Bytes key = Bytes.utf8("%032d".formatted(i));
      puts[i] = PutRequest.of(key, VALUE);
      gets[i] = RangeRequest.one(key);
      txns[i] =
          new TxnRequest(
              List.of(Compare.number(key, Compare.Target.VERSION, Compare.Result.GREATER, 0)),
              List.of(puts[i]),
              List.of(gets[i]));
      store.apply(puts[i], Principal.NOBODY, true);
    }
    store.finish(batch);
    engine.write(batch, 1);
  }

  /** Lets the engine go. */
  @TearDown(Level.Trial)
  public void close() throws IOException {
    engine.close();
    engines.delete("state");
    engines.close();
    Files.delete(directory);
  }

  private int next() {
    next = (next + 1) & (KEYS - 1);
    if (next % BATCH == 0) {
      store.finish(counted);
    }
    return next;
  }

  /** A put, and its part of a batch's rows. */
  @Benchmark
  public KvResult put() {
    return store.apply(puts[next()], Principal.NOBODY, true);
  }

  /** A compare that holds, and a put. */
  @Benchmark
  public KvResult txn() {
    return store.apply(txns[next()], Principal.NOBODY, true);
  }

  /** One key, out of the cache of recent rows. */
  @Benchmark
  public KvResult get() {
    next = (next + 1) & (KEYS - 1);
    return store.reader(engine).range(gets[next]);
  }

  /** Takes rows and keeps their number. */
  private static final class Counted implements RowSink {
    private long rows;

    @Override
    public void put(byte[] row, byte[] value) {
      rows++;
    }

    @Override
    public void delete(byte[] row) {
      rows++;
    }
  }
}

package io.quorate.bench.jmh;

import io.quorate.recipes.ids.SnowflakeIds;
import io.quorate.recipes.ids.Uuid7;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import me.ahoo.cosid.snowflake.MillisecondSnowflakeId;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Threads;
import org.openjdk.jmh.annotations.Warmup;

/**
 * An id, in strict mode: 4,096 of them in a millisecond are all that there can be, which is one in
 * 244 ns. In bursts the step alone is seen. Beside CosId, whose ids are laid out alike.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class IdSteps {
  private SnowflakeIds strict;
  private SnowflakeIds ahead;
  private MillisecondSnowflakeId cosid;
  private Path folder;

  /** Opens the generators. */
  @Setup
  public void open() throws IOException {
    folder = Files.createTempDirectory("ids");
    strict = SnowflakeIds.standalone(0, 1, folder.resolve("strict")).open();
    ahead =
        SnowflakeIds.standalone(0, 2, folder.resolve("ahead"))
            .burst(Duration.ofMinutes(1))
            .window(Duration.ofMinutes(10))
            .open();
    cosid = new MillisecondSnowflakeId(1);
  }

  /** Closes them. */
  @TearDown
  public void close() throws IOException {
    strict.close();
    ahead.close();
    for (String each : new String[] {"strict", "ahead"}) {
      Files.deleteIfExists(folder.resolve(each));
    }
    Files.deleteIfExists(folder);
  }

  /** One thread takes as many as there can be. */
  @Benchmark
  public long strict() {
    return strict.nextId();
  }

  /** CosId's. */
  @Benchmark
  public long cosid() {
    return cosid.generate();
  }

  /** 64 threads want them at once. */
  @Benchmark
  @Threads(64)
  public long strictOf64Threads() {
    return strict.nextId();
  }

  /** CosId's. */
  @Benchmark
  @Threads(64)
  public long cosidOf64Threads() {
    return cosid.generate();
  }

  /** The step itself, as long as ids may be ahead of the clock. */
  @Benchmark
  public long burst() {
    return ahead.tryNextId().orElse(-1);
  }

  /** A UUID of version 7. */
  @Benchmark
  public Object uuid7() {
    return Uuid7.next();
  }
}

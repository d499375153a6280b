package io.quorate.simulator;

import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * How fast worlds of five members and 200 operations a second go, on one core: without and with
 * faults, stage by stage.
 */
final class Bench {
  private static final int WARM_UP = 10;
  private static final int ROUNDS = 20;

  private long stageBegun;
  private long simulatedBegun;
  private long eventsBegun;
  private World.Stage stage = World.Stage.END;
  private final Map<World.Stage, long[]> sums = new EnumMap<>(World.Stage.class);

  private Bench() {}

  static void run() {
    System.out.printf(
        "%-32s %12s %10s %14s %14s%n", "", "simulated s", "wall s", "ratio", "events/s");
    measure("nothing wrong", false);
    measure("everything wrong", true);
  }

  private static void measure(String name, boolean faults) {
    Bench bench = new Bench();
    for (long seed = 1; seed <= WARM_UP + ROUNDS; seed++) {
      if (seed == WARM_UP + 1) {
        bench.sums.clear();
      }
      Plan plan = Plan.bench(seed);
      World.run(faults ? plan : plan.withFaults(List.of()), false, bench::entered);
    }
    long[] all = new long[3];
    bench.sums.forEach((stage, sum) -> {
      tell(name + ", " + stage.name().toLowerCase(Locale.ROOT), sum);
      for (int i = 0; i < sum.length; i++) {
        all[i] += sum[i];
      }
    });
    tell(name + ", all of it", all);
  }

  private static void tell(String what, long[] sum) {
    double wall = sum[0] / (double) TimeUnit.SECONDS.toNanos(1);
    double simulated = sum[1] / (double) TimeUnit.SECONDS.toNanos(1);
    System.out.printf(
        Locale.ROOT,
        "%-32s %12.0f %10.2f %14.0f %,14.0f%n",
        what,
        simulated,
        wall,
        simulated / wall,
        sum[2] / wall);
  }

  private void entered(World.Stage next, World world) {
    long now = System.nanoTime();
    if (stage != World.Stage.END) {
      long[] sum = sums.computeIfAbsent(stage, each -> new long[3]);
      sum[0] += now - stageBegun;
      sum[1] += world.timeline().now() - simulatedBegun;
      sum[2] += world.timeline().taken() - eventsBegun;
    }
    stage = next;
    stageBegun = now;
    simulatedBegun = world.timeline().now();
    eventsBegun = world.timeline().taken();
  }
}

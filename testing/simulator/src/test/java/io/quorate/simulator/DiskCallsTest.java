package io.quorate.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import io.quorate.simulator.SimulatedDisk.Call;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Each call to a disk is a moment at which the power can go, and each sync one that can fail: all
 * of them in turn, in worlds that are otherwise the same. {@code -Dcheck.full} takes all of them,
 * and more worlds; else it is each {@value #SAMPLE}th.
 */
@ExtendWith(QuietLogs.class)
class DiskCallsTest {
  private static final long SECOND = 1_000_000_000L;
  private static final boolean FULL = System.getProperty("check.full") != null;
  private static final int SAMPLE = 120;
  private static final long POINTS = 50_000;

  /** What members do while it happens, by name; each from any seed. */
  private static Map<String, LongFunction<Plan>> workloads() {
    Map<String, LongFunction<Plan>> all = new LinkedHashMap<>();
    all.put("alone", seed -> plan(seed, 1, 5_000, 64 << 10, 64 << 10));
    all.put("alone, in small segments", seed -> plan(seed, 1, 20, 32 << 10, 2 << 10));
    all.put("alone, and killed", seed -> plan(seed, 1, 50, 32 << 10, 8 << 10, Fault.Kind.KILL, 1));
    all.put(
        "alone, and without power before",
        seed -> plan(seed, 1, 50, 32 << 10, 8 << 10, Fault.Kind.CRASH, 1));
    all.put(
        "alone, on a full disk", seed -> plan(seed, 1, 9, 32 << 10, 4 << 10, Fault.Kind.FULL, 1));
    all.put("one of three", seed -> plan(seed, 3, 5_000, 64 << 10, 64 << 10));
    all.put("one of three, in small segments", seed -> plan(seed, 3, 10, 32 << 10, 2 << 10));
    all.put(
        "one of three, down until its log is gone elsewhere",
        seed -> plan(seed, 3, 5, 32 << 10, 1 << 10, Fault.Kind.KILL, 3));
    all.put(
        "one of three, paused", seed -> plan(seed, 3, 10, 32 << 10, 4 << 10, Fault.Kind.PAUSE, 1));
    all.put(
        "one of three, wiped", seed -> plan(seed, 3, 30, 32 << 10, 4 << 10, Fault.Kind.WIPED, 1));
    all.put(
        "one of three, with a damaged state",
        seed -> plan(seed, 3, 30, 32 << 10, 4 << 10, Fault.Kind.STATE_ROT, 1));
    all.put(
        "one of three, all killed",
        seed -> plan(seed, 3, 50, 32 << 10, 8 << 10, Fault.Kind.KILL_ALL, 1));
    return all;
  }

  private static Plan plan(long seed, int members, long retained, int segment, long flush) {
    return plan(seed, members, retained, segment, flush, List.of());
  }

  private static Plan plan(
      long seed,
      int members,
      long retained,
      int segment,
      long flush,
      Fault.Kind kind,
      int seconds) {
    return plan(
        seed,
        members,
        retained,
        segment,
        flush,
        List.of(new Fault(3 * SECOND, kind, 1, 1 % members + 1, seconds * SECOND)));
  }

  private static Plan plan(
      long seed, int members, long retained, int segment, long flush, List<Fault> faults) {
    return new Plan(
        seed,
        members,
        0,
        1,
        0,
        4,
        150,
        10,
        seed % 2 == 0,
        0,
        1,
        false,
        0,
        0,
        0,
        faults.isEmpty() ? 2 * SECOND : 6 * SECOND,
        SECOND / 10,
        SECOND,
        retained,
        4 << 10,
        segment,
        0,
        flush,
        seed % 2 == 0 ? 512 : 4_096,
        SECOND / 10_000,
        SECOND / 10_000,
        0,
        false,
        faults);
  }

  @Test
  void nothing_acknowledged_is_lost_wherever_the_power_goes() throws Exception {
    List<String> wrong = Collections.synchronizedList(new ArrayList<>());
    AtomicLong points = new AtomicLong();
    for (long seed = 1; seed == 1 || (FULL && points.get() < POINTS); seed++) {
      for (Map.Entry<String, LongFunction<Plan>> workload : workloads().entrySet()) {
        Plan plan = workload.getValue().apply(seed);
        long calls = calls(plan, EnumSet.allOf(Call.class), new TreeSet<>());
        each(
            FULL ? 1 + seed % 2 : SAMPLE,
            calls,
            point -> {
              points.incrementAndGet();
              Outcome outcome = World.struck(plan, 1, new Nth(point, Strike.POWER, Call.values()));
              if (!outcome.violations().isEmpty()) {
                wrong.add(
                    "%s, seed %d, call %d of %d: %s"
                        .formatted(
                            workload.getKey(),
                            plan.seed(),
                            point,
                            calls,
                            outcome.violations().getFirst()));
              }
            });
      }
    }
    System.out.printf(
        Locale.ROOT, "%,d crash points in %d workloads%n", points.get(), workloads().size());
    assertThat(wrong).isEmpty();
  }

  @Test
  void a_member_whose_sync_fails_acknowledges_nothing_more_and_recovers() throws Exception {
    Set<String> sites = new TreeSet<>();
    List<String> wrong = Collections.synchronizedList(new ArrayList<>());
    AtomicLong points = new AtomicLong();
    for (Map.Entry<String, LongFunction<Plan>> workload : workloads().entrySet()) {
      Plan plan = workload.getValue().apply(1);
      Call[] kinds = {Call.SYNC, Call.SYNC_DIRECTORY};
      long calls = calls(plan, EnumSet.of(kinds[0], kinds[1]), sites);
      each(
          FULL ? 1 : SAMPLE / 2,
          calls,
          point -> {
            points.incrementAndGet();
            Outcome outcome = World.struck(plan, 1, new Nth(point, Strike.ERROR, kinds));
            if (!outcome.violations().isEmpty()) {
              wrong.add(
                  "%s, sync %d of %d: %s"
                      .formatted(workload.getKey(), point, calls, outcome.violations().getFirst()));
            }
          });
    }
    System.out.printf(Locale.ROOT, "%,d failed syncs at %s%n", points.get(), sites);
    assertThat(wrong).isEmpty();
    assertThat(sites).containsAll(SITES);
  }

  /** Where members sync, but for what RocksDB does. */
  private static final List<String> SITES =
      List.of("Writer", "Wal", "Spares", "MemoryImage", "MemoryEngines", "SnapshotSink");

  private static long calls(Plan plan, Set<Call> kinds, Set<String> sites) {
    long[] count = {0};
    Outcome calm =
        World.struck(
            plan,
            1,
            (call, path) -> {
              if (kinds.contains(call)) {
                count[0]++;
                if (call == Call.SYNC || call == Call.SYNC_DIRECTORY) {
                  sites.add(site());
                }
              }
              return Strike.NONE;
            });
    assertThat(calm.violations()).isEmpty();
    assertThat(count[0]).isGreaterThan(100);
    return count[0];
  }

  private static String site() {
    return StackWalker.getInstance()
        .walk(frames ->
            frames
                .map(frame -> frame.getClassName())
                .filter(name -> name.startsWith("io.quorate.") && !name.contains(".simulator."))
                .findFirst()
                .orElse("?"))
        .replaceAll(".*\\.|\\$.*", "");
  }

  /** Strikes once, at the nth of some kinds of calls. */
  private static final class Nth implements Strike.Striker {
    private final Set<Call> kinds;
    private final Strike what;
    private long left;

    Nth(long n, Strike what, Call... kinds) {
      this.left = n;
      this.what = what;
      this.kinds = EnumSet.copyOf(List.of(kinds));
    }

    @Override
    public Strike at(Call call, String path) {
      return kinds.contains(call) && --left == 0 ? what : Strike.NONE;
    }
  }

  private interface Point {
    void at(long number);
  }

  private static void each(long step, long count, Point work) throws Exception {
    try (ExecutorService threads =
        Executors.newFixedThreadPool(Runtime.getRuntime().availableProcessors())) {
      List<Future<?>> runs = new ArrayList<>();
      for (long point = 1 + step / 2; point <= count; point += step) {
        long number = point;
        runs.add(threads.submit(() -> work.at(number)));
      }
      for (Future<?> run : runs) {
        run.get();
      }
    }
  }
}

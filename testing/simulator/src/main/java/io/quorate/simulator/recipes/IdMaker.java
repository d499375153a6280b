package io.quorate.simulator.recipes;

import io.quorate.recipes.ids.SnowflakeIds;
import io.quorate.recipes.ids.SnowflakeLayout;
import io.quorate.simulator.Chance;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.function.Consumer;

/** Makes ids in a process now and then, whatever the clocks do: each once, and rising. */
final class IdMaker {
  private static final long MILLIS = 1_000_000L;
  private static final long PAUSE_NANOS = 200 * MILLIS;
  private static final int BURST = 20;
  private static final int MANY = 2_000;

  /**
   * All ids that were made of one name, as runs: what one generator made of a worker's numbers at
   * one moment. As the time of a worker is reserved for one generator at a time, no two runs reach
   * into each other, which is more than that no id comes twice.
   */
  static final class All {
    private final SnowflakeLayout layout;
    private final Consumer<String> violations;
    private final Map<Long, TreeMap<Long, Long>> runs = new HashMap<>();
    private long made;

    All(SnowflakeLayout layout, Consumer<String> violations) {
      this.layout = layout;
      this.violations = violations;
    }

    long made() {
      return made;
    }

    /** The bits of an id that say whose it is. */
    private long node(long id) {
      int bits = layout.datacenterBits() + layout.workerBits();
      return (id >>> layout.sequenceBits()) & ((1L << bits) - 1);
    }

    private void madeRun(long first, long last, int count, String by) {
      made += count;
      TreeMap<Long, Long> worker = runs.computeIfAbsent(node(first), node -> new TreeMap<>());
      Map.Entry<Long, Long> before = worker.floorEntry(last);
      if (before != null && before.getValue() >= first) {
        violations.accept(
            "%s made %d to %d of a worker, of which %d to %d were made before"
                .formatted(by, first, last, before.getKey(), before.getValue()));
      }
      worker.put(first, last);
    }
  }

  private final ClientProcess process;
  private final Chance chance;
  private final All all;
  private final String name;
  private final SnowflakeIds ids;
  private long last = -1;
  private boolean ending;

  IdMaker(ClientProcess process, Chance chance, All all, String name, String workers) {
    this.process = process;
    this.chance = chance;
    this.all = all;
    this.name = name;
    ids =
        SnowflakeIds.builder(process.client(), workers)
            .layout(all.layout)
            .sessionTtl(Duration.ofSeconds(2))
            .window(Duration.ofMillis(chance.between(100, 1_000)))
            .burst(Duration.ofMillis(chance.oneIn(2) ? 0 : chance.below(200)))
            .clock(process.clock())
            .open();
  }

  void start() {
    process.after(chance.below(PAUSE_NANOS), this::round);
  }

  void end() {
    ending = true;
    ids.close();
  }

  private void round() {
    if (ending) {
      return;
    }
    make(chance.oneIn(4) ? MANY : chance.below(BURST));
    process.after(chance.below(PAUSE_NANOS), this::round);
  }

  /** As many, or as there are now. */
  private void make(int wanted) {
    long first = -1;
    int count = 0;
    for (int i = 0; i < wanted; i++) {
      OptionalLong next = ids.tryNextId();
      if (next.isEmpty()) {
        break;
      }
      long id = next.getAsLong();
      if (id <= last) {
        all.violations.accept("%s made %d after %d".formatted(name, id, last));
      }
      if (count > 0 && all.node(id) != all.node(first)) {
        all.madeRun(first, last, count, name);
        count = 0;
      }
      first = count == 0 ? id : first;
      count++;
      last = id;
    }
    if (count > 0) {
      all.madeRun(first, last, count, name);
    }
  }
}

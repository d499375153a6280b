package io.quorate.simulator.recipes;

import io.quorate.recipes.ids.SnowflakeIds;
import io.quorate.recipes.ids.SnowflakeLayout;
import io.quorate.simulator.Chance;
import java.time.Duration;
import java.util.HashSet;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Consumer;

/** Makes ids in a process now and then, whatever the clocks do: each once, and rising. */
final class IdMaker {
  private static final long MILLIS = 1_000_000L;
  private static final long PAUSE_NANOS = 200 * MILLIS;
  private static final int BURST = 20;

  /** All ids that were made of one name. */
  static final class All {
    private final Set<Long> made = new HashSet<>();
    private final Consumer<String> violations;

    All(Consumer<String> violations) {
      this.violations = violations;
    }

    int made() {
      return made.size();
    }

    private void made(long id, String by) {
      if (!made.add(id)) {
        violations.accept("%s made %d, which was made before".formatted(by, id));
      }
    }
  }

  private final ClientProcess process;
  private final Chance chance;
  private final All all;
  private final String name;
  private final SnowflakeIds ids;
  private long last = -1;
  private boolean ending;

  IdMaker(
      ClientProcess process,
      Chance chance,
      All all,
      String name,
      String workers,
      SnowflakeLayout layout) {
    this.process = process;
    this.chance = chance;
    this.all = all;
    this.name = name;
    ids =
        SnowflakeIds.builder(process.client(), workers)
            .layout(layout)
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
    int wanted = chance.below(BURST);
    for (int i = 0; i < wanted; i++) {
      OptionalLong next = ids.tryNextId();
      if (next.isEmpty()) {
        break;
      }
      long id = next.getAsLong();
      all.made(id, name);
      if (id <= last) {
        all.violations.accept("%s made %d after %d".formatted(name, id, last));
      }
      last = id;
    }
    process.after(chance.below(PAUSE_NANOS), this::round);
  }
}

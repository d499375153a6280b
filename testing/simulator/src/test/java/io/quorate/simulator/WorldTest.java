package io.quorate.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Worlds from seeds. {@code -Dsim.seconds=N} says how long new ones are tried; {@code -Dsim.seed=N}
 * where they begin.
 */
@ExtendWith(QuietLogs.class)
class WorldTest {
  @Test
  void the_same_seed_is_the_same_world() {
    for (long seed = 1; seed <= 5; seed++) {
      Outcome once = World.run(Plan.draw(seed), false);
      Outcome again = World.run(Plan.draw(seed), true);
      assertThat(again.digest()).as("seed " + seed).isEqualTo(once.digest());
      assertThat(again.events()).isEqualTo(once.events());
      assertThat(once.operations()).isGreaterThan(100);
    }
  }

  /** Enum hash codes, the order of sets and the compiler's choices differ between processes. */
  @Test
  void the_same_seed_is_the_same_world_in_another_process_that_interprets() throws Exception {
    List<String> here = new ArrayList<>();
    for (long seed = 1; seed <= 5; seed++) {
      here.add(Again.here(seed, 2));
    }
    assertThat(Again.elsewhere(1, 5, 2)).isEqualTo(here);
  }

  /** What was wrong in them is in docs/simulator.md, by the seeds in the files' names. */
  @Test
  void worlds_in_which_something_was_once_wrong_are_right() throws IOException {
    try (Stream<Path> files = Files.list(Path.of("src/test/resources/scenarios"))) {
      for (Path file : files.sorted().toList()) {
        assertThat(World.run(Scenario.read(Files.readString(file)), false).violations())
            .as("quorate sim --scenario testing/simulator/%s --trace", file)
            .isEmpty();
      }
    }
  }

  @Test
  void a_scenario_is_read_as_it_was_written() {
    Plan plan = Plan.draw(44);
    assertThat(Scenario.read("# of seed 44\n" + Scenario.write(plan))).isEqualTo(plan);
    assertThatThrownBy(() -> Scenario.read("members 3\nfault now KILL"))
        .hasMessage("not a line of a scenario: fault now KILL");
  }

  @Test
  void no_world_has_a_violation() throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(Long.getLong("sim.seconds", 200));
    AtomicLong next = new AtomicLong(Long.getLong("sim.seed", 1));
    AtomicLong simulated = new AtomicLong();
    AtomicLong operations = new AtomicLong();
    List<Outcome> wrong = Collections.synchronizedList(new ArrayList<>());
    long first = next.get();
    List<Thread> workers = new ArrayList<>();
    for (int i = 0; i < Runtime.getRuntime().availableProcessors(); i++) {
      Thread worker =
          new Thread(() -> {
            while (System.nanoTime() < end && wrong.isEmpty()) {
              Outcome outcome = World.run(Plan.draw(next.getAndIncrement()), false);
              simulated.addAndGet(outcome.simulatedNanos());
              operations.addAndGet(outcome.operations());
              if (!outcome.violations().isEmpty()) {
                wrong.add(outcome);
              }
            }
          });
      workers.add(worker);
      worker.start();
    }
    for (Thread worker : workers) {
      worker.join();
    }
    System.out.printf(
        Locale.ROOT,
        "%d worlds, %.1f simulated hours, %,d operations%n",
        next.get() - first,
        simulated.get() / 3.6e12,
        operations.get());
    wrong.forEach(WorldTest::expectRight);
  }

  private static void expectRight(Outcome outcome) {
    assertThat(outcome.violations())
        .as(
            "seed %d; repeat with: quorate sim --seed %d --trace",
            outcome.plan().seed(), outcome.plan().seed())
        .isEmpty();
  }
}

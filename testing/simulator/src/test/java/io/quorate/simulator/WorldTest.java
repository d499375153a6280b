package io.quorate.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Worlds from seeds. {@code -Dsim.seconds=N} says how long new ones are tried; {@code -Dsim.seed=N}
 * where they begin.
 */
class WorldTest {
  private static final Logger ALL = Logger.getLogger("");
  private static final Level BEFORE = ALL.getLevel();

  /** Seeds of worlds in which something was once wrong; what it was is in docs/simulator.md. */
  private static final List<Long> ONCE_WRONG = List.of(44L, 156L, 361L, 372L);

  @BeforeAll
  static void quiet() {
    ALL.setLevel(Level.OFF);
  }

  @AfterAll
  static void loud() {
    ALL.setLevel(BEFORE);
  }

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

  @Test
  void worlds_in_which_something_was_once_wrong_are_right() {
    for (long seed : ONCE_WRONG) {
      expectRight(World.run(Plan.draw(seed), false));
    }
  }

  @Test
  void no_world_has_a_violation() throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(Long.getLong("sim.seconds", 90));
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

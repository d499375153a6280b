package io.quorate.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Bugs that Raft systems had, planted in ours: the default worlds, from seed 1 on, find each of
 * them.
 */
class PlantedBugsTest {
  /** Within this much time of a processor each must be found. */
  private static final double CPU_SECONDS_MAX = Integer.getInteger("planted.seconds", 1_200);

  /** Half of them within this. */
  private static final double MEDIAN_CPU_SECONDS_MAX = 600;

  /** Those that are found within the first few worlds are looked for in each build. */
  private static final List<String> SOON = List.of("14", "15", "21", "23", "26", "31");

  @TempDir Path folder;

  @Test
  void every_bug_can_be_planted() throws IOException {
    List<PlantedBug> bugs = new ArrayList<>(PlantedBug.all());
    assertThat(bugs).hasSizeGreaterThanOrEqualTo(26);
    bugs.addAll(PlantedBug.hidden());
    for (PlantedBug bug : bugs) {
      bug.compile(Files.createDirectory(folder.resolve(bug.name())));
    }
  }

  /**
   * All of them with {@code -Dcheck.full}, else those that take seconds; with {@code
   * -Dplanted.hidden}, in their place, those that nobody has found yet.
   */
  @Test
  void the_default_worlds_find_them() throws Exception {
    boolean full = System.getProperty("check.full") != null;
    String wanted = System.getProperty("planted", "");
    boolean hiddenOnes = Boolean.getBoolean("planted.hidden");
    List<PlantedBug> bugs =
        (hiddenOnes ? PlantedBug.hidden() : PlantedBug.all())
            .stream()
                .filter(bug -> wanted.isEmpty() || bug.name().contains(wanted))
                .filter(bug -> full || hiddenOnes || SOON.contains(bug.name().substring(0, 2)))
                .toList();
    List<String> rows = Collections.synchronizedList(new ArrayList<>());
    List<String> hidden = Collections.synchronizedList(new ArrayList<>());
    List<Double> times = Collections.synchronizedList(new ArrayList<>());
    try (ExecutorService threads =
        Executors.newFixedThreadPool(Runtime.getRuntime().availableProcessors())) {
      List<Future<?>> runs = new ArrayList<>();
      for (PlantedBug bug : bugs) {
        runs.add(
            threads.submit(() -> {
              Path compiled = Files.createDirectory(folder.resolve("run-" + bug.name()));
              bug.compile(compiled);
              Optional<PlantedBug.Found> found = bug.find(compiled, 1, CPU_SECONDS_MAX);
              found.ifPresent(each -> expectRightWithout(bug, each.seed()));
              found.ifPresentOrElse(
                  each -> times.add(each.cpuSeconds()), () -> hidden.add(bug.name()));
              rows.add(row(bug, found));
              Files.write(Path.of("target/planted-bugs.md"), rows.stream().sorted().toList());
              return null;
            }));
      }
      for (Future<?> run : runs) {
        run.get();
      }
    }
    assertThat(hidden).isEmpty();
    assertThat(times.stream().sorted().skip(times.size() / 2).findFirst().orElseThrow())
        .isLessThan(MEDIAN_CPU_SECONDS_MAX);
  }

  private static void expectRightWithout(PlantedBug bug, long seed) {
    assertThat(World.run(Plan.draw(seed), false).violations())
        .as("seed %d, in which %s was found, without it", seed, bug.name())
        .isEmpty();
  }

  private static String row(PlantedBug bug, Optional<PlantedBug.Found> found) {
    return "| %s | %s | %s | %s |"
        .formatted(
            bug.name().substring(0, 2),
            bug.wrong(),
            bug.where(),
            found
                .map(each -> "%d | %.0f s".formatted(each.seed(), each.cpuSeconds()))
                .orElse("— | not within %.0f s".formatted(CPU_SECONDS_MAX)));
  }
}

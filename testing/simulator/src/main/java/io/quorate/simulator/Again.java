package io.quorate.simulator;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/**
 * Lives a world twice: here, and in a process of its own that only interprets. Enum hash codes, the
 * order of sets and the compiler's choices differ between the two; the worlds must not.
 */
final class Again {
  /** A short life is enough to tell, and an interpreter is slow. */
  private static final long LOAD_SECONDS = 1;

  private static final long SECONDS_MAX = 300;

  private Again() {}

  /** One line for each of some seeds, from a process that only interprets. */
  static List<String> elsewhere(long seed, long seeds, long loadSeconds)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of("-Xint", "-XX:+UseSerialGC", "-cp", System.getProperty("java.class.path")));
    command.add(Main.class.getName());
    command.addAll(List.of("--seed=" + seed, "--seeds=" + seeds, "--load=" + loadSeconds + "s"));
    command.addAll(List.of("--threads=1", "--digest"));
    Process other =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
    if (!other.waitFor(SECONDS_MAX, TimeUnit.SECONDS)) { // it says too little to wait for a reader
      other.destroyForcibly();
      return List.of("nothing within " + SECONDS_MAX + " s");
    }
    String said = new String(other.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return said.lines().filter(line -> line.contains(" digest ")).toList();
  }

  /** What {@link #elsewhere} says of a seed if all is well. */
  static String here(long seed, long loadSeconds) {
    Plan plan = Plan.draw(seed).withLoad(TimeUnit.SECONDS.toNanos(loadSeconds));
    return line(World.run(plan, false));
  }

  /** How a world's digest is told. */
  static String line(Outcome outcome) {
    return String.format(
        Locale.ROOT, "seed %d digest %016x", outcome.plan().seed(), outcome.digest());
  }

  /** What is wrong; empty if both worlds were the same. */
  static String difference(long seed) throws InterruptedException {
    String here = here(seed, LOAD_SECONDS);
    try {
      List<String> there = elsewhere(seed, 1, LOAD_SECONDS);
      return there.equals(List.of(here))
          ? ""
          : "lived again by an interpreter it is another world: " + here + ", there " + there;
    } catch (IOException e) {
      return "it can't be lived again: " + e.getMessage();
    }
  }
}

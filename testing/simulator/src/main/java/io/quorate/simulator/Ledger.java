package io.quorate.simulator;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The track record of soaks, as a table in a file: what code lived through which worlds. Rows are
 * only ever added, so that what an interrupted soak has done is there, and the next one goes on
 * with the seeds behind it.
 */
final class Ledger {
  private static final String HEAD =
      """
      # Simulated worlds that were lived through

      Written by `quorate sim --ledger`: a row for every ten minutes. Rates are means of the row's worlds, over all of their
      time, the healed one included. The situations are those of `--probes` that the row's worlds reached. Each 20th world is lived
      once more, for a shorter time, by an interpreter in a process of its own; if that is another world, it is a violation.

      | when (UTC) | commit | seeds | worlds | simulated hours | operations a second | faults in 10 s | simulated : wall | violations | situations | lived twice |
      |---|---|---|---:|---:|---:|---:|---:|---:|---:|---:|
      """;

  private static final Pattern ROW = Pattern.compile("\\|[^|]*\\|[^|]*\\| (\\d+)–(\\d+) \\|.*");

  private final Path file;
  private final String commit;
  private final Clock clock;

  Ledger(Path file, Clock clock) {
    this.file = file;
    this.clock = clock;
    this.commit = commit();
  }

  /** The first seed that no row speaks of. */
  long nextSeed() throws IOException {
    long next = 1;
    if (Files.exists(file)) {
      for (String line : Files.readAllLines(file)) {
        Matcher row = ROW.matcher(line);
        if (row.matches()) {
          next = Math.max(next, Long.parseLong(row.group(2)) + 1);
        }
      }
    }
    return next;
  }

  /** Adds what has been lived through since the last row, if anything. */
  void add(Tally tally, double wallSeconds) throws IOException {
    if (tally.worlds() == 0) {
      return;
    }
    double seconds = tally.simulatedNanos() / 1e9;
    Instant now = clock.instant().truncatedTo(ChronoUnit.MINUTES);
    String row =
        "| %s | %s | %d–%d | %,d | %.2f | %.0f | %.1f | %.0f | %d | %d of %d | %d |%n"
            .formatted(
                now,
                commit,
                tally.firstSeed(),
                tally.lastSeed(),
                tally.worlds(),
                seconds / 3_600,
                tally.operations() / seconds,
                10 * tally.faults() / seconds,
                seconds / wallSeconds,
                tally.wrong(),
                tally.reached(),
                Coverage.NAMES.size(),
                tally.twice());
    String text = Files.exists(file) ? row : HEAD + row;
    Files.writeString(file, text, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
  }

  /** What the working copy is at; with a plus behind it if something is changed. */
  private static String commit() {
    String head = git("rev-parse", "--short", "HEAD");
    if (head.isEmpty()) {
      return "?";
    }
    return git("status", "--porcelain", "--untracked-files=no").isEmpty() ? head : head + "+";
  }

  private static String git(String... words) {
    List<String> command = new java.util.ArrayList<>(List.of("git"));
    command.addAll(List.of(words));
    try {
      Process git =
          new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
      String out = new String(git.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
      return git.waitFor(10, TimeUnit.SECONDS) && git.exitValue() == 0
          ? out.toLowerCase(Locale.ROOT)
          : "";
    } catch (IOException e) {
      return "";
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return "";
    }
  }
}

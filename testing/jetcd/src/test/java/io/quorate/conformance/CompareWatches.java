package io.quorate.conformance;

import io.quorate.conformance.WatchTrial.Outcome;
import io.quorate.system.Program;
import java.time.Duration;
import java.util.List;

/**
 * What becomes of a watch of Quorate's client and of one of jetcd's where members go, history is
 * compacted, tokens end and certificates are replaced: {@code testing/bench/compare-watches}.
 */
public final class CompareWatches {
  private CompareWatches() {}

  /** Takes the seconds that all members are down. */
  public static void main(String[] args) throws Exception {
    Duration outage = Duration.ofSeconds(args.length > 0 ? Integer.parseInt(args[0]) : 30);
    System.out.println("| server | trial | client | events | missed | doubled | goes on | told |");
    System.out.println("|---|---|---|---:|---:|---:|---|---|");
    for (Program program : List.of(Program.ETCD, Program.quorate())) {
      for (WatchTrial trial : WatchTrial.values()) {
        for (Watching.By by : Watching.By.values()) {
          Outcome outcome = trial.run(program, by, outage);
          System.out.printf(
              "| %s | %s | %s | %d | %d | %d | %s | %s |%n",
              program.name(),
              trial.title(),
              by,
              outcome.happened(),
              outcome.missed(),
              outcome.doubled(),
              outcome.goesOn() ? "yes" : "no",
              String.join("; ", outcome.told()));
        }
      }
    }
  }
}

package io.quorate.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.quorate.conformance.WatchTrial.Outcome;
import io.quorate.system.PrintLogs;
import io.quorate.system.Program;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A watch of Quorate's client goes on through whatever befalls members and the way to them: nothing
 * is lost, nothing comes twice, and where history is gone it is told which. {@link CompareWatches}
 * puts jetcd's through the same.
 */
@ExtendWith(PrintLogs.class)
@Timeout(value = 5, unit = TimeUnit.MINUTES)
@Execution(ExecutionMode.CONCURRENT) // each trial has a cluster of its own
class WatchSurvivalTest {
  private static final Duration OUTAGE =
      Duration.ofSeconds(Boolean.getBoolean("system.full") ? 30 : 3);

  static Stream<Arguments> trials() {
    return Stream.of(Program.ETCD, Program.quorate())
        .flatMap(
            program -> Stream.of(WatchTrial.values()).map(trial -> Arguments.of(program, trial)));
  }

  @ParameterizedTest(name = "{0} {1}")
  @MethodSource("trials")
  void a_watch_survives(Program program, WatchTrial trial) throws Exception {
    Outcome outcome = trial.run(program, Watching.By.QUORATE, OUTAGE);
    boolean gap = trial == WatchTrial.HISTORY_IS_COMPACTED_PAST_IT;
    assertThat(outcome).isEqualTo(new Outcome(outcome.happened(), 0, 0, 0, true, outcome.told()));
    assertThat(outcome.happened()).isGreaterThan(40);
    assertThat(outcome.told()).hasSize(gap ? 1 : 0);
    assertThat(gap ? outcome.told() : List.of("gap")).first().asString().startsWith("gap");
  }
}

package io.quorate.raft;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Every state that the real core can reach within named bounds, with Raft's invariants checked in
 * each: election safety, append-only leaders, log matching, leader completeness, state-machine
 * safety, rising terms and commit indexes, one vote per term, and that nothing leaves, commits or
 * is applied before the disks hold what it promises.
 *
 * <p>{@code -Dcheck.full} (of {@code ./verify --all}) exhausts the large spaces as well: more than
 * twenty million states.
 */
final class ExhaustiveCheckTest {
  private static final long NO_LIMIT = Long.MAX_VALUE;

  @TestFactory
  Stream<DynamicTest> no_reachable_state_breaks_an_invariant() {
    boolean full = System.getProperty("check.full") != null;
    return Stream.concat(
            Variants.small().stream(), full ? Variants.large().stream() : Stream.empty())
        .map(ExhaustiveCheckTest::exhausts);
  }

  private static DynamicTest exhausts(CheckedWorld.Bounds bounds) {
    return DynamicTest.dynamicTest(
        bounds.name(),
        () -> {
          Exploration.Result result = new Exploration(bounds, SafetyRules.RAFT, NO_LIMIT).run();
          System.out.printf(
              "%s: %,d states, %,d steps, depth %d; %s%n",
              result.name(), result.states(), result.steps(), result.depth(), bounds);
          assertThat(result.violation()).as(story(result)).isNull();
          assertThat(result.exhausted()).isTrue();
        });
  }

  @TestFactory
  Stream<DynamicTest> each_wrong_core_is_found() {
    List<Mutants.Mutant> mutants = Mutants.all();
    assertThat(mutants.size()).isGreaterThanOrEqualTo(10);
    return mutants.stream()
        .map(mutant ->
            DynamicTest.dynamicTest(
                "a core that " + mutant.wrong(),
                () -> {
                  Exploration.Result result =
                      new Exploration(mutant.bounds(), mutant.rules(), NO_LIMIT).run();
                  System.out.printf(
                      "a core that %s: after %,d states, at depth %d: %s%n",
                      mutant.wrong(), result.states(), result.depth(), result.violation());
                  assertThat(result.violation()).isNotNull();
                }));
  }

  private static String story(Exploration.Result result) {
    return String.join("\n", result.trace());
  }
}

package io.quorate.checkers;

import static org.assertj.core.api.Assertions.assertThat;

import io.quorate.checkers.SimulatedStore.Weakness;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Stores that are wrong in one way, as a whole: each is found out with every seed, and is not
 * called worse than it is. A failure names its seed; to repeat it: {@code mvn test -pl
 * testing/checkers -Dtest=WeakStoresTest -Dseed=N}.
 */
class WeakStoresTest {
  private static final int CORRECT_SEEDS = 400;
  private static final int SEEDS = 60;
  private static final int TRANSACTIONS = 600;

  @Test
  void a_correct_history_is_never_called_wrong() {
    Seeds.of(CORRECT_SEEDS)
        .forEach(seed -> {
          Weakness correct = seed % 4 == 0 ? Weakness.NONE_AND_NO_CONFLICTS : Weakness.NONE;
          History history = SimulatedStore.run(seed, correct, 1 + (int) (seed % 20), 300);
          Verdict verdict = Checker.listAppend().check(history, Level.STRICT_SERIALIZABLE);
          assertThat(verdict.isValid())
              .as("%s%n%s", Seeds.rerun(getClass(), seed), verdict)
              .isTrue();
          assertThat(verdict.strongest()).containsExactly(Level.STRICT_SERIALIZABLE);
          assertThat(verdict.weakestBroken()).isEmpty();
        });
  }

  @Test
  void snapshot_isolation_shows_write_skew_and_nothing_worse() {
    check(
        Weakness.WRITE_SKEW,
        Level.SERIALIZABLE,
        Level.STRONG_SNAPSHOT_ISOLATION,
        AnomalyType.G2_ITEM);
  }

  @Test
  void lost_updates_are_called_so_and_reads_are_committed() {
    check(
        Weakness.LOST_UPDATE,
        Level.SNAPSHOT_ISOLATION,
        Level.STRONG_READ_COMMITTED,
        AnomalyType.LOST_UPDATE);
  }

  @Test
  void read_committed_shows_reads_that_do_not_repeat() {
    check(
        Weakness.READ_COMMITTED,
        Level.REPEATABLE_READ,
        Level.STRONG_READ_COMMITTED,
        AnomalyType.INTERNAL,
        AnomalyType.G_SINGLE);
  }

  @Test
  void dirty_reads_are_reads_of_what_failed() {
    check(Weakness.DIRTY_READ, Level.READ_COMMITTED, null, AnomalyType.G1A);
  }

  @Test
  void stale_reads_break_real_time_and_nothing_else() {
    check(Weakness.STALE_READ, Level.STRONG_SNAPSHOT_ISOLATION, Level.SERIALIZABLE);
  }

  @Test
  void half_a_commit_is_seen() {
    check(Weakness.HALF_COMMIT, Level.SERIALIZABLE, null);
  }

  private void check(Weakness weakness, Level broken, @Nullable Level kept, AnomalyType... types) {
    Seeds.of(SEEDS)
        .forEach(seed -> {
          History history = SimulatedStore.run(seed, weakness, 4 + (int) (seed % 8), TRANSACTIONS);
          Verdict verdict = Checker.listAppend().check(history, broken);
          String rerun = "%s%n%s".formatted(Seeds.rerun(getClass(), seed), verdict);
          assertThat(verdict.validity()).as(rerun).isEqualTo(Verdict.Validity.INVALID);
          assertThat(verdict.complete()).as(rerun).isTrue();
          assertThat(verdict.types()).as(rerun).containsAll(List.of(types));
          if (kept != null) {
            Verdict other = Checker.listAppend().check(history, kept);
            assertThat(other.isValid()).as(rerun).isTrue();
          }
        });
  }
}

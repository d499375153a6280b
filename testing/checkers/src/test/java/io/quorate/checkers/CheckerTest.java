package io.quorate.checkers;

import static io.quorate.checkers.MicroOp.append;
import static io.quorate.checkers.MicroOp.read;
import static io.quorate.checkers.MicroOp.write;
import static io.quorate.checkers.Scene.txn;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quorate.checkers.SimulatedStore.Weakness;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class CheckerTest {
  private static final MicroOp NOTHING_IN_1 = new MicroOp.Read(1, Elements.NONE);
  private static final MicroOp NOTHING_IN_2 = new MicroOp.Read(2, Elements.NONE);

  private static Verdict check(Scene scene) {
    return Checker.listAppend().check(scene.history(), Level.STRICT_SERIALIZABLE);
  }

  @Test
  void nothing_is_valid() {
    assertThat(check(new Scene()).isValid()).isTrue();
  }

  /** Shows that an unread append of unknown outcome proves nothing: it may never have been. */
  @Test
  void an_unknown_write_that_nobody_saw_may_not_have_happened() {
    Scene scene = new Scene().unknown(0, append(1, 1)).run(1, NOTHING_IN_1).run(0, NOTHING_IN_1);
    assertThat(check(scene).isValid()).isTrue();
  }

  @Test
  void an_unknown_write_may_come_about_late() {
    Scene scene = new Scene().unknown(0, append(1, 1)).run(0, NOTHING_IN_1).run(1, read(1, 1));
    assertThat(check(scene).isValid()).isTrue();
  }

  @Test
  void an_unknown_write_that_was_seen_stays() {
    Scene scene = new Scene().unknown(0, append(1, 1)).run(1, read(1, 1)).run(2, NOTHING_IN_1);
    assertThat(check(scene).types()).containsExactly(AnomalyType.G_SINGLE_REALTIME);
  }

  /** Shows that of two unread appends neither is taken to be first. */
  @Test
  void appends_that_nobody_read_have_no_order() {
    Scene scene =
        new Scene()
            .together(
                txn(append(1, 1), append(2, 1)),
                txn(append(2, 2), append(1, 2)),
                txn(NOTHING_IN_1, NOTHING_IN_2));
    assertThat(check(scene).isValid()).isTrue();
  }

  /** Shows that what is appended after a read of one's own is still where others see it. */
  @Test
  void own_elements_do_not_tell_where_they_lie_among_those_of_others() {
    Scene scene =
        new Scene()
            .together(txn(append(1, 1), read(1, 1)), txn(append(1, 2)))
            .run(2, read(1, 1, 2));
    assertThat(check(scene).isValid()).isTrue();
  }

  @Test
  void a_cycle_is_told_in_words_with_times() {
    Verdict verdict = check(new Scene().run(0, append(1, 5)).run(3, NOTHING_IN_1));
    assertThat(verdict.validity()).isEqualTo(Verdict.Validity.INVALID);
    assertThat(verdict.weakestBroken())
        .containsExactly(Level.STRONG_SNAPSHOT_ISOLATION, Level.STRONG_REPEATABLE_READ);
    assertThat(verdict.strongest())
        .containsExactly(Level.STRONG_SESSION_SERIALIZABLE, Level.STRONG_READ_COMMITTED);
    assertThat(verdict.anomalies().getFirst().explanation())
        .isEqualTo(
            "T0 is before T1, as T0 completed (2.000 ms) before T1 began (3.000 ms); but T1 is"
                + " before T0, as T1 read k1 as [], without the 5 that T0 appended: a cycle.");
    assertThat(verdict.toString())
        .startsWith("strict-serializable: INVALID\n  not strong-snapshot-isolation,")
        .contains("T0 (OK, process 0, 1.000 ms to 2.000 ms): append 5 to k1");
  }

  /** Shows what a search that is cut short may say: that there is a cycle, and never "valid". */
  @Test
  void past_its_budget_a_verdict_is_unknown_and_never_valid() {
    History history = SimulatedStore.run(7, Weakness.WRITE_SKEW, 8, 600);
    Verdict cut = Checker.listAppend().withBudget(10).check(history, Level.SNAPSHOT_ISOLATION);
    assertThat(cut.validity()).isEqualTo(Verdict.Validity.UNKNOWN);
    assertThat(cut.complete()).isFalse();
    assertThat(cut.types()).containsExactly(AnomalyType.CYCLE);
    assertThat(cut.weakestBroken()).containsExactly(Level.STRICT_SERIALIZABLE);
    for (long steps = 1; steps < 2_000_000; steps *= 2) {
      Checker checker = Checker.listAppend().withBudget(steps);
      Verdict verdict = checker.check(history, Level.SERIALIZABLE);
      assertThat(verdict.validity()).isNotEqualTo(Verdict.Validity.VALID);
      assertThat(Level.READ_COMMITTED.isBrokenBy(verdict.weakestBroken())).isFalse();
      assertThat(checker.check(history, Level.SNAPSHOT_ISOLATION).validity())
          .isEqualTo(verdict.complete() ? Verdict.Validity.VALID : Verdict.Validity.UNKNOWN);
    }
    assertThat(Checker.listAppend().check(history, Level.SERIALIZABLE).complete()).isTrue();
  }

  @Test
  void a_value_that_is_written_twice_is_refused() {
    Scene scene = new Scene().run(0, append(1, 1)).run(1, append(1, 1));
    assertThatThrownBy(() -> check(scene))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("1 is written to k1 by T0 and T1: a workload writes no value of a key twice");
  }

  @Test
  void data_of_another_kind_is_refused() {
    History registers = new Scene().run(0, write(1, 1)).history();
    History lists = new Scene().run(0, append(1, 1)).history();
    assertThatThrownBy(() -> Checker.listAppend().check(registers, Level.SERIALIZABLE))
        .hasMessage("T0 writes a register, where lists are checked: write 1 to k1");
    assertThatThrownBy(() -> Checker.registers(true).check(lists, Level.SERIALIZABLE))
        .hasMessage("T0 appends to a list, where registers are checked: append 1 to k1");
  }

  /** Shows that a check takes seconds where real histories are as large as they get. */
  @Test
  void a_hundred_thousand_transactions_are_checked_in_seconds() {
    History history = SimulatedStore.run(1, Weakness.NONE_AND_NO_CONFLICTS, 24, 100_000);
    long before = System.nanoTime();
    Verdict verdict = Checker.listAppend().check(history, Level.STRICT_SERIALIZABLE);
    long millis = (System.nanoTime() - before) / 1_000_000;
    System.out.println("100,000 transactions: " + millis + " ms");
    assertThat(verdict.isValid()).as(verdict.toString()).isTrue();
    assertThat(millis).isLessThan(20_000);
  }

  /** Shows the same where much is wrong, and where one cycle goes through all of the history. */
  @Test
  void a_hundred_thousand_transactions_that_are_wrong_are_checked_in_seconds() {
    time("write skew", SimulatedStore.run(1, Weakness.WRITE_SKEW, 24, 100_000));
    History correct = SimulatedStore.run(1, Weakness.NONE_AND_NO_CONFLICTS, 24, 100_000);
    List<Transaction> longer = new ArrayList<>(correct.transactions());
    int end = Transaction.NEVER - 1;
    longer.add(
        new Transaction(longer.size(), 99, Outcome.OK, end - 1, end, 0, 1, List.of(NOTHING_IN_1)));
    time("a read of the beginning at the end", new History(longer));
  }

  private static void time(String what, History history) {
    long before = System.nanoTime();
    Verdict verdict = Checker.listAppend().check(history, Level.STRICT_SERIALIZABLE);
    long millis = (System.nanoTime() - before) / 1_000_000;
    System.out.println(
        "100,000 transactions, %s: %d ms, %s".formatted(what, millis, verdict.counts()));
    assertThat(verdict.complete()).as(what).isTrue();
    assertThat(verdict.validity()).as(what).isEqualTo(Verdict.Validity.INVALID);
    assertThat(millis).as(what).isLessThan(20_000);
  }
}

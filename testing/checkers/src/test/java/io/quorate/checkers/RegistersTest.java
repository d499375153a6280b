package io.quorate.checkers;

import static io.quorate.checkers.AnomalyType.*;
import static io.quorate.checkers.MicroOp.read;
import static io.quorate.checkers.MicroOp.write;
import static io.quorate.checkers.Scene.txn;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Registers: what is wrong has its name, and what is right has none. A failure names its seed; to
 * repeat it: {@code mvn test -pl testing/checkers -Dtest=RegistersTest -Dseed=N}.
 */
class RegistersTest {
  private static final MicroOp UNWRITTEN_X = new MicroOp.Read(1, Elements.NONE);
  private static final MicroOp UNWRITTEN_Y = new MicroOp.Read(2, Elements.NONE);

  private static void shows(Scene scene, AnomalyType... types) {
    Verdict verdict = Checker.registers(true).check(scene.history(), Level.STRICT_SERIALIZABLE);
    assertThat(verdict.types()).as(verdict.toString()).containsExactlyInAnyOrder(types);
  }

  @Test
  void what_a_read_shows_is_called_by_its_name() {
    shows(new Scene().run(0, read(1, 7)), GARBAGE_READ);
    shows(new Scene().fails(0, write(1, 7)).run(1, read(1, 7)), G1A);
    shows(new Scene().together(txn(write(1, 7), write(1, 8)), txn(read(1, 7))), G1B);
    shows(new Scene().run(0, write(1, 7), UNWRITTEN_X), INTERNAL);
    shows(new Scene().run(0, read(1, 7), write(1, 7)), FUTURE_READ);
  }

  @Test
  void cycles_are_called_by_their_names() {
    shows(
        new Scene().together(txn(UNWRITTEN_X, write(2, 1)), txn(UNWRITTEN_Y, write(1, 1))),
        G2_ITEM);
    shows(
        new Scene().together(txn(write(1, 1), write(2, 1)), txn(UNWRITTEN_X, read(2, 1))),
        G_SINGLE);
    shows(
        new Scene()
            .together(
                txn(write(1, 1)),
                txn(write(2, 1)),
                txn(read(1, 1), UNWRITTEN_Y),
                txn(UNWRITTEN_X, read(2, 1))),
        G_NONADJACENT);
    shows(new Scene().together(txn(write(1, 1), read(2, 1)), txn(write(2, 1), read(1, 1))), G1C);
    shows(
        new Scene().together(txn(UNWRITTEN_X, write(1, 1)), txn(UNWRITTEN_X, write(1, 2))),
        LOST_UPDATE,
        G2_ITEM);
  }

  @Test
  void versions_that_are_before_each_other_are_told() {
    shows(
        new Scene().together(txn(read(1, 2), write(1, 1)), txn(read(1, 1), write(1, 2))),
        CYCLIC_VERSIONS,
        G1C);
    shows(
        new Scene().run(0, write(1, 1)).run(0, write(1, 2)).run(0, read(1, 1)),
        CYCLIC_VERSIONS_PROCESS);
    shows(
        new Scene().run(0, write(1, 1)).run(1, write(1, 2)).run(2, read(1, 1)),
        CYCLIC_VERSIONS_REALTIME);
  }

  /** Shows that without the assumption time tells nothing of versions. */
  @Test
  void keys_that_need_not_be_linearizable_may_go_back() {
    History history =
        new Scene().run(0, write(1, 1)).run(1, write(1, 2)).run(2, read(1, 1)).history();
    assertThat(Checker.registers(false).check(history, Level.STRICT_SERIALIZABLE).isValid())
        .isTrue();
  }

  @Test
  void an_unknown_write_proves_nothing_until_it_is_seen() {
    shows(new Scene().unknown(0, write(1, 1)).run(1, UNWRITTEN_X).run(2, read(1, 1)));
    shows(
        new Scene().unknown(0, write(1, 1)).run(1, read(1, 1)).run(2, UNWRITTEN_X),
        CYCLIC_VERSIONS_REALTIME);
  }

  @Test
  void a_correct_history_is_never_called_wrong_and_a_stale_one_always() {
    Seeds.of(200)
        .forEach(seed -> {
          for (boolean linearizable : new boolean[] {true, false}) {
            Verdict verdict =
                Checker.registers(linearizable)
                    .check(run(new Random(seed), false, 600), Level.STRICT_SERIALIZABLE);
            assertThat(verdict.isValid())
                .as("%s%n%s", Seeds.rerun(getClass(), seed), verdict)
                .isTrue();
          }
          Verdict stale =
              Checker.registers(true)
                  .check(run(new Random(seed), true, 600), Level.STRICT_SERIALIZABLE);
          assertThat(stale.validity())
              .as("%s%n%s", Seeds.rerun(getClass(), seed), stale)
              .isEqualTo(Verdict.Validity.INVALID);
        });
  }

  @Test
  void a_hundred_thousand_transactions_are_checked_in_seconds() {
    for (boolean stale : new boolean[] {false, true}) {
      History history = run(new Random(1), stale, 200_000);
      long before = System.nanoTime();
      Verdict verdict = Checker.registers(true).check(history, Level.STRICT_SERIALIZABLE);
      long millis = (System.nanoTime() - before) / 1_000_000;
      System.out.println(
          "%d transactions of registers: %d ms, %s"
              .formatted(history.size(), millis, verdict.counts()));
      assertThat(verdict.isValid()).isEqualTo(!stale);
      assertThat(millis).isLessThan(20_000);
    }
  }

  /** Transactions that each take effect at one moment between their two events. */
  private static History run(Random random, boolean stale, int events) {
    HistoryRecorder recorder = new HistoryRecorder();
    Map<Long, Elements> state = new HashMap<>();
    Map<Long, Elements> old = new HashMap<>();
    int[] ids = new int[6];
    Map<Integer, List<MicroOp>> running = new HashMap<>();
    long value = 0;
    for (int event = 0; event < events; event++) {
      int process = random.nextInt(ids.length);
      List<MicroOp> ops = running.remove(process);
      if (ops == null) {
        ops = new ArrayList<>();
        for (int i = random.nextInt(3); i >= 0; i--) {
          long key = 3L * (event / 600) + random.nextInt(3);
          ops.add(random.nextBoolean() ? write(key, ++value) : read(key));
        }
        ids[process] = recorder.invoke(process, event, ops);
        List<MicroOp> done = new ArrayList<>();
        boolean late = stale && ops.stream().allMatch(op -> op instanceof MicroOp.Read);
        if (random.nextInt(10) != 0) {
          for (MicroOp op : ops) {
            if (op instanceof MicroOp.Write write) {
              old.put(write.key(), state.getOrDefault(write.key(), Elements.NONE));
              state.put(write.key(), Elements.of(write.value()));
              done.add(op);
            } else {
              Elements seen = (late ? old : state).getOrDefault(op.key(), Elements.NONE);
              done.add(new MicroOp.Read(op.key(), seen));
            }
          }
        }
        running.put(process, done);
      } else if (ops.isEmpty()) {
        recorder.fail(ids[process], event);
      } else if (random.nextInt(12) == 0) {
        recorder.info(ids[process], event);
      } else {
        recorder.ok(ids[process], event, ops);
      }
    }
    return recorder.history();
  }
}

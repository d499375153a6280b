package io.quorate.checkers;

import static io.quorate.checkers.MicroOp.append;
import static io.quorate.checkers.MicroOp.read;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class HistoryRecorderTest {
  private final HistoryRecorder recorder = new HistoryRecorder();

  @Test
  void a_process_runs_one_transaction_after_the_other() {
    int id = recorder.invoke(4, 0, List.of(append(1, 1)));
    assertThatThrownBy(() -> recorder.invoke(4, 1, List.of()))
        .hasMessage("process 4 still runs T0: complete it, or use another process");
    recorder.info(id, 2);
    assertThat(recorder.invoke(4, 3, List.of())).isEqualTo(1);
  }

  @Test
  void a_transaction_ends_once() {
    int id = recorder.invoke(0, 0, List.of());
    recorder.fail(id, 1);
    assertThatThrownBy(() -> recorder.ok(id, 2, List.of()))
        .hasMessage("T0 has already ended: FAIL");
  }

  @Test
  void what_a_committed_transaction_read_is_told() {
    recorder.ok(recorder.invoke(0, 0, List.of(read(1))), 1, List.of(read(1)));
    assertThatThrownBy(recorder::history)
        .hasMessage("T0 is committed, but what it read isn't told: read k1");
  }

  @Test
  void what_is_not_completed_is_of_unknown_outcome() {
    recorder.invoke(0, 0, List.of(append(1, 1)));
    assertThat(recorder.history().get(0).outcome()).isEqualTo(Outcome.INFO);
    assertThat(recorder.history().get(0).completed()).isEqualTo(Transaction.NEVER);
  }

  /** Shows which level is above which. */
  @Test
  void levels_are_ordered_as_the_field_orders_them() {
    assertThat(Level.SERIALIZABLE.implies(Level.SNAPSHOT_ISOLATION)).isTrue();
    assertThat(Level.SERIALIZABLE.implies(Level.REPEATABLE_READ)).isTrue();
    assertThat(Level.SNAPSHOT_ISOLATION.implies(Level.REPEATABLE_READ)).isFalse();
    assertThat(Level.REPEATABLE_READ.implies(Level.SNAPSHOT_ISOLATION)).isFalse();
    assertThat(Level.STRONG_SNAPSHOT_ISOLATION.implies(Level.SERIALIZABLE)).isFalse();
    assertThat(Level.STRONG_READ_COMMITTED.implies(Level.STRONG_SESSION_READ_UNCOMMITTED)).isTrue();
    for (Level level : Level.values()) {
      assertThat(Level.STRICT_SERIALIZABLE.implies(level)).isTrue();
      assertThat(level.implies(Level.READ_UNCOMMITTED)).isTrue();
      assertThat(level.implies(level)).isTrue();
    }
    assertThat(Level.strongestBeside(List.of(Level.REPEATABLE_READ)))
        .containsExactly(Level.STRONG_SNAPSHOT_ISOLATION);
  }
}

package io.quorate.txn;

import static org.assertj.core.api.Assertions.assertThat;

import io.quorate.txn.Model.Fault;
import java.util.ArrayDeque;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Everything that can happen to a transaction of few participants, in every order. */
class ExhaustiveTest {
  /** What was tried, and how the first violation came about. */
  private record Outcome(int states, Set<Decision> told, @Nullable String violation) {}

  /** A state that was reached, and how. */
  private record Reached(Model model, @Nullable Reached before, String step) {
    String how() {
      return before == null ? "begun" : before.how() + "; " + step;
    }
  }

  private static Outcome explore(
      Protocol protocol, int participants, boolean recordTakesPart, Set<Fault> faults) {
    Model model = new Model(protocol, participants, recordTakesPart, faults);
    Reached first = new Reached(model, null, "");
    Set<String> known = new HashSet<>();
    ArrayDeque<Reached> open = new ArrayDeque<>();
    Set<Decision> told = EnumSet.noneOf(Decision.class);
    known.add(first.model().toString());
    open.add(first);
    while (!open.isEmpty()) {
      Reached present = open.remove();
      Model recovered = present.model().recovered();
      String violation = recovered.violation();
      if (violation != null || recovered.isInDoubt()) {
        return new Outcome(known.size(), told, present.how() + "; recovered: " + violation);
      }
      for (Decision each : Decision.values()) {
        if (present.model().isTold(each)) {
          told.add(each);
        }
      }
      for (Model.Next next : present.model().next()) {
        Reached then = new Reached(next.then(), present, next.what());
        if (next.then().violation() != null) {
          return new Outcome(known.size(), told, then.how() + ": " + next.then().violation());
        }
        if (known.add(next.then().toString())) {
          open.add(then);
        }
      }
    }
    return new Outcome(known.size(), told, null);
  }

  private static void holds(Protocol protocol, int participants, boolean recordTakesPart) {
    Outcome outcome = explore(protocol, participants, recordTakesPart, EnumSet.noneOf(Fault.class));
    System.out.println(protocol + " of " + participants + ": " + outcome.states() + " states");
    assertThat(outcome.violation()).isNull();
    assertThat(outcome.told()).as("both ends are reached").hasSize(2);
  }

  @ParameterizedTest
  @EnumSource
  void a_transaction_of_one_is_done_or_undone(Protocol protocol) {
    holds(protocol, 1, false);
  }

  @ParameterizedTest
  @EnumSource
  void a_transaction_of_two_is_done_by_both_or_by_none(Protocol protocol) {
    holds(protocol, 2, false);
  }

  @Test
  void a_transaction_of_three_is_done_by_all_or_by_none() {
    holds(Protocol.RECORD_DECIDES, 3, false);
  }

  /** As where the store writes keys of its own together with the decision. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2})
  void a_record_that_takes_part_is_done_with_all_others_or_not_at_all(int others) {
    holds(Protocol.RECORD_DECIDES, others, true);
  }

  /** What the check is worth: each mistake is found. */
  @Test
  void what_is_wrong_is_found() {
    Map<Fault, Protocol> where = new HashMap<>();
    where.put(Fault.UNFENCED, Protocol.RECORD_DECIDES);
    where.put(Fault.ABORTS_WHO_IS_SLOW, Protocol.RECORD_DECIDES);
    where.put(Fault.READS_BEFORE_IT_LOOKS, Protocol.RECORD_DECIDES);
    where.put(Fault.FORGETS_TOO_SOON, Protocol.RECORD_DECIDES);
    where.put(Fault.NO_TOMBSTONES, Protocol.VOTES_DECIDE);
    Set<Fault> found = new HashSet<>();
    where.forEach((fault, protocol) -> {
      Outcome outcome = explore(protocol, 2, false, EnumSet.of(fault));
      System.out.println(fault + ": " + outcome.violation());
      if (outcome.violation() != null) {
        found.add(fault);
      }
    });
    assertThat(found).containsExactlyInAnyOrder(Fault.values());
  }
}

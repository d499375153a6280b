package io.quorate.checkers;

import static org.assertj.core.api.Assertions.assertThat;

import io.quorate.checkers.BankCheck.Snapshot;
import io.quorate.checkers.BankCheck.Total;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class BankCheckTest {
  private static final Set<String> ALL = Set.of("a", "b", "c", "d");

  private final BankCheck bank =
      new BankCheck(
          List.of(
              new Total("all", ALL, 40),
              new Total("a and b", Set.of("a", "b"), 20),
              new Total("b and c", Set.of("b", "c"), 20)));

  private List<String> check(Set<String> asked, Map<String, Long> balances) {
    return bank.check(List.of(new Snapshot("S", asked, balances)));
  }

  @Test
  void sums_that_stay_are_right() {
    assertThat(check(ALL, Map.of("a", 3L, "b", 17L, "c", 3L, "d", 17L))).isEmpty();
  }

  /** Shows why there are several totals: two wrong moves cancel out in one of them. */
  @Test
  void errors_that_cancel_out_in_one_total_are_seen_in_another() {
    assertThat(check(ALL, Map.of("a", 5L, "b", 10L, "c", 10L, "d", 15L)))
        .containsExactly("S saw a and b at 15, -5 of what it is");
  }

  @Test
  void a_total_is_judged_where_all_of_it_was_asked_for() {
    assertThat(check(Set.of("a", "b", "d"), Map.of("a", 9L, "b", 11L, "d", 99L))).isEmpty();
    assertThat(check(Set.of("b", "c"), Map.of("b", 9L, "c", 9L)))
        .containsExactly("S saw b and c at 18, -2 of what it is");
  }

  @Test
  void an_account_without_an_answer_is_told() {
    assertThat(check(ALL, Map.of("a", 10L, "b", 10L, "d", 20L)))
        .containsExactly("S was not answered c");
  }
}

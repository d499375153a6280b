package io.quorate.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** What is left of a plan, by judges that need no world. */
class ShrinkerTest {
  private static final Plan LARGE = Plan.draw(13);

  private static boolean kills(Plan plan) {
    return plan.faults().stream().anyMatch(each -> each.kind() == Fault.Kind.KILL);
  }

  private static Plan plan() {
    Fault kill = new Fault(9_000_000_000L, Fault.Kind.KILL, 2, 3, 1_000);
    Fault reset = new Fault(7_000_000_000L, Fault.Kind.RESET, 1, 2, 1_000);
    Plan more = Scenario.with(Scenario.with(LARGE, "members", 5), "clients", 7);
    return more.withFaults(List.of(reset, kill, reset, reset));
  }

  @Test
  void the_one_fault_that_matters_stays_and_nothing_grows() {
    Plan shrunk = Shrinker.shrink(plan(), plan -> kills(plan) ? "at 3.5: group 2: killed" : "");
    assertThat(shrunk.faults()).hasSize(1);
    assertThat(shrunk.members()).isEqualTo(3);
    assertThat(shrunk.clients()).isEqualTo(1);
    assertThat(shrunk.groups()).isEqualTo(1);
  }

  @Test
  void what_it_takes_stays() {
    Plan shrunk =
        Shrinker.shrink(plan(), plan -> kills(plan) && plan.clients() > 2 ? "at 3.5: killed" : "");
    assertThat(shrunk.clients()).isEqualTo(4);
  }

  @Test
  void another_violation_is_another_world() {
    Plan plan = plan();
    Plan shrunk =
        Shrinker.shrink(plan, each -> each.equals(plan) ? "at 1.0: this" : "at 1.0: that");
    assertThat(shrunk).isEqualTo(plan);
  }

  @Test
  void what_is_right_is_left_alone() {
    assertThat(Shrinker.shrink(plan(), each -> "")).isEqualTo(plan());
  }
}

package io.quorate.simulator.transactions;

import static org.assertj.core.api.Assertions.assertThat;

import io.quorate.kv.KeyValue;
import io.quorate.xa.Outcome;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Days in the life of a coordinator: what is known of its transactions, and for how long. */
class PeriodsTest extends ShopCase {
  private static final long HOUR = 3_600 * SECOND;

  /** Four of the last day, the one that runs, and one that is about to go. */
  private static final int PERIODS_MAX = 6;

  private static Set<Long> leases(List<KeyValue> keys) {
    return keys.stream().map(KeyValue::lease).collect(Collectors.toSet());
  }

  @Test
  void what_was_committed_is_known_for_a_day_and_what_is_known_does_not_grow() {
    Shop shop = new Shop();
    for (int hour = 0; hour < 44; hour++) {
      assertThat(done(shop.transfer(0, "")).kind()).isEqualTo(Outcome.Kind.COMMITTED);
      pass(HOUR);
      List<KeyValue> known = below("known/");
      List<KeyValue> bits = below("hist/");
      assertThat(leases(known)).as("hour %d", hour).doesNotContain(0L).containsAll(leases(bits));
      assertThat(known).as("hour %d", hour).hasSizeBetween(1 + Math.min(hour, 29) / 6, PERIODS_MAX);
      assertThat(bits).as("each period has had a transfer").hasSizeBetween(known.size() - 1, 6);
    }
    assertThat(below("dec/")).isEmpty();

    shop.process.kill();
    first.gone(shop.process);
    second.gone(shop.process);
    Shop next = new Shop();
    pass(HOUR);
    String number = below("life/").get(0).key().toUtf8().replaceAll(".*/", "");
    assertThat(below("known/" + number)).as("for another day").isNotEmpty();
    pass(25 * HOUR);
    assertThat(below("known/" + number)).isEmpty();
    assertThat(below("hist/" + number)).isEmpty();
    assertThat(done(next.transfer(0, "")).kind()).isEqualTo(Outcome.Kind.COMMITTED);
    assertThat(below("known/")).isNotEmpty();
    assertThat(violations).isEmpty();
    next.process.end();
  }
}

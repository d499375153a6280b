package io.quorate.simulator.transactions;

import static org.assertj.core.api.Assertions.assertThat;

import io.quorate.base.Bytes;
import io.quorate.kv.KeyValue;
import io.quorate.simulator.Chance;
import io.quorate.simulator.QuietLogs;
import io.quorate.simulator.Timeline;
import io.quorate.simulator.recipes.ClientProcess;
import io.quorate.simulator.recipes.Store;
import io.quorate.simulator.recipes.Witness;
import io.quorate.xa.Outcome;
import io.quorate.xa.Transactions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Days in the life of a coordinator: what is known of its transactions, and for how long. */
@ExtendWith(QuietLogs.class)
class PeriodsTest {
  private static final long SECOND = 1_000_000_000L;
  private static final long HOUR = 3_600 * SECOND;

  /** Four of the last day, the one that runs, and one that is about to go. */
  private static final int PERIODS_MAX = 6;

  private final List<String> violations = new ArrayList<>();
  private final Timeline timeline = new Timeline(SECOND);
  private final Store store = new Store(1, 1, timeline, violations::add);
  private final Chance chance = Chance.of(1, "periods");
  private final SimulatedDatabase first = database("gold");
  private final SimulatedDatabase second = database("silver");
  private int transfers;

  private SimulatedDatabase database(String name) {
    return new SimulatedDatabase(timeline, chance, name, 4, 1_000, true, Planted.NOTHING);
  }

  /** A process with its transactions. */
  private final class Shop {
    private final ClientProcess process =
        new ClientProcess(timeline, store, new Chance(chance.next()), Duration.ofSeconds(60));
    private final SimulatedResource from = new SimulatedResource(first, process);
    private final SimulatedResource to = new SimulatedResource(second, process);
    private final Transactions transactions =
        done(
            Transactions.builder(process.client(), "shop")
                .resource(from)
                .resource(to)
                .sessionTtl(Duration.ofSeconds(60))
                .recoveryPeriod(Duration.ofMinutes(10))
                .openAsync());

    void transfer() {
      String name = "t" + transfers++;
      Outcome outcome =
          done(
              transactions
                  .beginAsync(Duration.ofSeconds(30))
                  .thenCompose(transaction -> {
                    transaction.enlist(from).add(0, -1, name);
                    transaction.enlist(to).add(0, 1, name);
                    return transaction.commitAsync();
                  }));
      assertThat(outcome.kind()).isEqualTo(Outcome.Kind.COMMITTED);
    }
  }

  private <T> T done(CompletableFuture<T> future) {
    long until = timeline.now() + 60 * SECOND;
    while (!future.isDone() && timeline.step(until)) {}
    return future.join();
  }

  private void pass(long nanos) {
    long until = timeline.now() + nanos;
    while (timeline.step(until)) {}
    timeline.advanceTo(until);
  }

  private static List<KeyValue> below(Witness witness, String folder) {
    return witness.below(Bytes.utf8("quorate/xa/shop/" + folder));
  }

  private static Set<Long> leases(List<KeyValue> keys) {
    return keys.stream().map(KeyValue::lease).collect(Collectors.toSet());
  }

  @Test
  void what_was_committed_is_known_for_a_day_and_what_is_known_does_not_grow() {
    store.begin();
    Witness witness = new Witness(timeline, store);
    Shop shop = new Shop();
    for (int hour = 0; hour < 44; hour++) {
      shop.transfer();
      pass(HOUR);
      List<KeyValue> known = below(witness, "known/");
      List<KeyValue> bits = below(witness, "hist/");
      assertThat(leases(known)).as("hour %d", hour).doesNotContain(0L).containsAll(leases(bits));
      assertThat(known).as("hour %d", hour).hasSizeBetween(1 + Math.min(hour, 29) / 6, PERIODS_MAX);
      assertThat(bits).as("each period has had a transfer").hasSizeBetween(known.size() - 1, 6);
    }
    assertThat(below(witness, "dec/")).isEmpty();

    shop.process.kill();
    first.gone(shop.process);
    second.gone(shop.process);
    Shop next = new Shop();
    pass(HOUR);
    String number = below(witness, "life/").get(0).key().toUtf8().replaceAll(".*/", "");
    assertThat(below(witness, "known/" + number)).as("for another day").isNotEmpty();
    pass(25 * HOUR);
    assertThat(below(witness, "known/" + number)).isEmpty();
    assertThat(below(witness, "hist/" + number)).isEmpty();
    next.transfer();
    assertThat(below(witness, "known/")).isNotEmpty();
    assertThat(violations).isEmpty();
    next.process.end();
  }
}

package io.quorate.simulator.transactions;

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
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Processes with two databases over a store of one member, in which nothing goes wrong by itself.
 */
@ExtendWith(QuietLogs.class)
abstract class ShopCase {
  static final int ACCOUNTS = 200;
  static final long SECOND = 1_000_000_000L;

  final List<String> violations = new ArrayList<>();
  final Timeline timeline = new Timeline(SECOND);
  final Store store = new Store(1, 1, timeline, violations::add);
  final Chance chance = Chance.of(1, "shop");
  final SimulatedDatabase first = database("gold");
  final SimulatedDatabase second = database("silver");
  final Witness witness;
  private int transfers;

  ShopCase() {
    store.begin();
    witness = new Witness(timeline, store);
  }

  private SimulatedDatabase database(String name) {
    return new SimulatedDatabase(timeline, chance, name, ACCOUNTS, 1_000, true, Planted.NOTHING);
  }

  /** A process with its transactions. */
  final class Shop {
    final ClientProcess process =
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

    /**
     * Moves something between an account of each database.
     *
     * @param key of the store that is written as well; empty for none
     */
    CompletableFuture<Outcome> transfer(int account, String key) {
      String name = "t" + transfers++;
      return transactions
          .beginAsync(Duration.ofSeconds(30))
          .thenCompose(transaction -> {
            transaction.enlist(from).add(account, -1, name);
            transaction.enlist(to).add(account, 1, name);
            if (!key.isEmpty()) {
              transaction.put(key, name);
            }
            return transaction.commitAsync();
          });
    }
  }

  final <T> T done(CompletableFuture<T> future) {
    long until = timeline.now() + 60 * SECOND;
    while (!future.isDone() && timeline.step(until)) {}
    return future.join();
  }

  final void pass(long nanos) {
    long until = timeline.now() + nanos;
    while (timeline.step(until)) {}
    timeline.advanceTo(until);
  }

  final List<KeyValue> below(String folder) {
    return witness.below(Bytes.utf8("quorate/xa/shop/" + folder));
  }
}

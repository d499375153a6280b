package io.quorate.simulator.transactions;

import io.quorate.base.QuorateException;
import io.quorate.client.Compare;
import io.quorate.client.KeyValue;
import io.quorate.client.Put;
import io.quorate.client.Range;
import io.quorate.simulator.Chance;
import io.quorate.simulator.recipes.ClientProcess;
import io.quorate.xa.Transaction;
import io.quorate.xa.Transactions;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Moves money in a process, one transfer after another: gold between the two databases, silver
 * between the second one and the store, often both at once. So there are two sums that never
 * change, and one database is in both.
 */
final class Teller {
  private static final long MILLIS = 1_000_000L;
  private static final long PAUSE_NANOS = 40 * MILLIS;
  private static final Duration TIMEOUT = Duration.ofMillis(700);
  private static final int AMOUNT_MAX = 100;

  private final ClientProcess process;
  private final Chance chance;
  private final Bank bank;
  private final Consumer<Transfer> begun;
  private final String name;
  private final SimulatedResource first;
  private final SimulatedResource second;
  private @Nullable Transactions transactions;
  private @Nullable Transfer present;
  private int number;
  private boolean ending;

  /** What there is to move between. */
  record Bank(SimulatedDatabase first, SimulatedDatabase second, String domain, String safe) {}

  Teller(ClientProcess process, Chance chance, Bank bank, String name, Consumer<Transfer> begun) {
    this.process = process;
    this.chance = chance;
    this.bank = bank;
    this.name = name;
    this.begun = begun;
    first = new SimulatedResource(bank.first, process);
    second = new SimulatedResource(bank.second, process);
  }

  ClientProcess process() {
    return process;
  }

  void start() {
    open();
    process.after(chance.below(PAUSE_NANOS), this::round);
  }

  private void open() {
    var _ =
        Transactions.builder(process.client(), bank.domain)
            .resource(first)
            .resource(second)
            .sessionTtl(Duration.ofSeconds(1))
            .recoveryPeriod(Duration.ofMillis(500))
            .timeout(TIMEOUT)
            .history(Duration.ofSeconds(4))
            .about(name)
            .openAsync()
            .whenComplete((opened, failure) -> {
              if (failure == null) {
                transactions = opened;
              } else {
                process.after(100 * MILLIS, this::open);
              }
            });
  }

  /** It begins no more; what it has begun goes on. */
  void end() {
    ending = true;
  }

  /** Nothing of it is left to wait for. */
  boolean isDone() {
    Transfer last = present;
    return process.life().isOver() || (transactions != null && (last == null || last.isOver()));
  }

  void close() {
    Transactions opened = transactions;
    if (opened != null) {
      var _ = opened.closeAsync();
    }
  }

  private void round() {
    Transactions opened = transactions;
    Transfer last = present;
    boolean busy = last != null && !last.isOver();
    if (opened != null && !busy && !ending) {
      transfer(opened);
    }
    process.after(1 + chance.exponential(PAUSE_NANOS / 4), this::round);
  }

  private void transfer(Transactions opened) {
    Transfer transfer = new Transfer(name + "-" + number++);
    present = transfer;
    boolean gold = chance.oneIn(2);
    boolean silver = !gold || chance.oneIn(2);
    var _ =
        opened
            .beginAsync(TIMEOUT)
            .thenCompose(transaction -> {
              begun.accept(transfer);
              return work(transaction, transfer, gold, silver);
            })
            .whenComplete((done, failure) -> {
              if (failure != null && !transfer.isOver()) {
                transfer.cameToNothing();
              }
            });
  }

  private CompletableFuture<Void> work(
      Transaction transaction, Transfer transfer, boolean gold, boolean silver) {
    try {
      if (gold) {
        move(transaction, transfer, chance.oneIn(4));
      }
    } catch (SimulatedDatabase.Refused | QuorateException e) {
      return undo(transaction, transfer);
    }
    return silver ? save(transaction, transfer) : finish(transaction, transfer);
  }

  /** Gold goes from the one database to the other, or within one. */
  private void move(Transaction transaction, Transfer transfer, boolean within) {
    long amount = chance.between(1, AMOUNT_MAX);
    add(transaction, transfer, first, half(first), -amount);
    SimulatedResource to = within ? first : second;
    add(transaction, transfer, to, half(to), amount);
  }

  /** Accounts of gold are the lower ones. */
  private int half(SimulatedResource resource) {
    int accounts = database(resource).accounts();
    return chance.below(accounts / 2);
  }

  private SimulatedDatabase database(SimulatedResource resource) {
    return resource.equals(first) ? bank.first : bank.second;
  }

  private static void add(
      Transaction transaction,
      Transfer transfer,
      SimulatedResource resource,
      int account,
      long amount) {
    transaction.enlist(resource).add(account, amount, transfer.name());
    transfer.touches(resource.name());
  }

  /** Silver goes from the second database into the store's safe. */
  private CompletableFuture<Void> save(Transaction transaction, Transfer transfer) {
    return process
        .client()
        .kv()
        .rangeAsync(Range.key(bank.safe))
        .thenCompose(response -> {
          Optional<KeyValue> safe = response.first();
          long amount = chance.between(-AMOUNT_MAX, AMOUNT_MAX);
          long there = safe.map(kv -> Long.parseLong(kv.value().toUtf8())).orElse(0L);
          try {
            int account = bank.second.accounts() / 2 + half(second);
            add(transaction, transfer, second, account, -amount);
            transaction
                .require(
                    Compare.modRevision(bank.safe).is(safe.map(KeyValue::modRevision).orElse(0L)))
                .put(Put.of(bank.safe, Long.toString(there + amount)))
                .put(Put.of(bank.domain + "/transfers/" + transfer.name(), "done"));
            transfer.touches("store");
          } catch (SimulatedDatabase.Refused | QuorateException | IllegalStateException e) {
            return undo(transaction, transfer);
          }
          return finish(transaction, transfer);
        })
        .exceptionallyCompose(failure ->
            transfer.isOver()
                ? CompletableFuture.completedFuture(null)
                : undo(transaction, transfer));
  }

  private CompletableFuture<Void> finish(Transaction transaction, Transfer transfer) {
    if (chance.oneIn(12)) {
      return undo(transaction, transfer);
    }
    return transaction.commitAsync().thenAccept(outcome -> transfer.told(outcome.kind()));
  }

  private static CompletableFuture<Void> undo(Transaction transaction, Transfer transfer) {
    return transaction.rollBackAsync().thenAccept(outcome -> transfer.told(outcome.kind()));
  }
}

package io.quorate.xa.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.client.Compare;
import io.quorate.client.QuorateClient;
import io.quorate.system.Store;
import io.quorate.xa.Outcome;
import io.quorate.xa.Transaction;
import io.quorate.xa.Transactions;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a transaction over both databases and the store does when nobody dies. */
class TransferTest {
  /** Shows that all is there after a commit, and the store's key with it. */
  @ParameterizedTest
  @EnumSource
  void what_is_committed_is_everywhere(Store store) throws Exception {
    Bank bank = Bank.open(TransferTest.class);
    try (QuorateClient client = store.connect();
        Transactions transactions = bank.transactions(client).open()) {
      transactions.run(transaction -> {
        bank.move(transaction, 1, 2, 100);
        transaction.put(bank.domain() + "/last", "1 to 2");
      });
      assertThat(bank.balance(bank.postgreSql(), 1)).isEqualTo(Bank.EACH - 100);
      assertThat(bank.balance(bank.mariaDb(), 2)).isEqualTo(Bank.EACH + 100);
      assertThat(client.kv().get(bank.domain() + "/last").orElseThrow().value().toUtf8())
          .isEqualTo("1 to 2");
      bank.requireConserved();
    }
    assertThat(bank.postgreSql().prepared()).isEmpty();
  }

  /** Shows that nothing is left of a transaction whose work fails. */
  @ParameterizedTest
  @EnumSource
  void what_fails_is_nowhere(Store store) throws Exception {
    Bank bank = Bank.open(TransferTest.class);
    try (QuorateClient client = store.connect();
        Transactions transactions = bank.transactions(client).open()) {
      assertThatThrownBy(() ->
              transactions.run(transaction -> {
                bank.move(transaction, 1, 2, 100);
                transaction.put(bank.domain() + "/last", "1 to 2");
                throw new IllegalStateException("no");
              }))
          .hasMessage("no");
      assertThat(bank.balance(bank.postgreSql(), 1)).isEqualTo(Bank.EACH);
      assertThat(client.kv().get(bank.domain() + "/last")).isEmpty();
      bank.requireConserved();
    }
  }

  /** Shows that what is asked of the store's keys decides with the rest. */
  @ParameterizedTest
  @EnumSource
  void a_key_that_is_another_undoes_all(Store store) throws Exception {
    Bank bank = Bank.open(TransferTest.class);
    try (QuorateClient client = store.connect();
        Transactions transactions = bank.transactions(client).open()) {
      client.kv().put(bank.domain() + "/open", "no");
      assertThatThrownBy(() ->
              transactions.run(transaction -> {
                bank.move(transaction, 1, 2, 100);
                transaction.require(Compare.value(bank.domain() + "/open").is("yes"));
              }))
          .isInstanceOf(QuorateException.Conflict.class)
          .satisfies(e -> assertThat(ErrorCode.STATE_MOVED.isOf(e)).isTrue());
      bank.requireConserved();
      assertThat(bank.balance(bank.postgreSql(), 1)).isEqualTo(Bank.EACH);
    }
  }

  /** Shows that many at a time conserve what there is, and leave nothing prepared. */
  @ParameterizedTest
  @EnumSource
  void many_at_a_time_conserve_all(Store store) throws Exception {
    Bank bank = Bank.open(TransferTest.class);
    try (QuorateClient client = store.connect();
        Transactions transactions = bank.transactions(client).open();
        ExecutorService threads = Executors.newFixedThreadPool(8)) {
      List<Future<?>> all =
          IntStream.range(0, 8)
              .<Future<?>>mapToObj(thread ->
                  threads.submit(() -> {
                    for (int i = 0; i < 20; i++) {
                      int account = (thread * 2 + i) % Bank.ACCOUNTS;
                      transactions.run(transaction -> bank.move(transaction, account, account, 1));
                    }
                    return null;
                  }))
              .toList();
      for (Future<?> each : all) {
        each.get();
      }
      bank.requireConserved();
    }
    assertThat(bank.postgreSql().prepared()).isEmpty();
    assertThat(bank.mariaDb().prepared()).isEmpty();
  }

  /**
   * Shows that a transaction whose time is over is rolled back, a statement that waits included.
   */
  @ParameterizedTest
  @EnumSource
  void a_transaction_that_takes_too_long_is_rolled_back(Store store) throws Exception {
    Bank bank = Bank.open(TransferTest.class);
    try (QuorateClient client = store.connect();
        Transactions transactions = bank.transactions(client).open()) {
      Transaction transaction = transactions.begin(Duration.ofSeconds(2));
      Connection connection = transaction.connection(bank.checking());
      Bank.add(connection, 1, 5);
      assertThatThrownBy(
              () -> {
                try (Statement statement = connection.createStatement()) {
                  statement.execute("SELECT pg_sleep(30)");
                }
              })
          .isInstanceOf(SQLException.class);
      assertThatThrownBy(transaction::commit).hasMessageContaining("2000 ms");
      assertThat(bank.balance(bank.postgreSql(), 1)).isEqualTo(Bank.EACH);
    }
  }

  /**
   * Shows that what a forgotten transaction holds is let go, and that it is told the truth later.
   */
  @ParameterizedTest
  @EnumSource
  void a_transaction_that_nobody_ends_is_rolled_back_all_the_same(Store store) throws Exception {
    Bank bank = Bank.open(TransferTest.class);
    try (QuorateClient client = store.connect();
        Transactions transactions = bank.transactions(client).open()) {
      Transaction forgotten = transactions.begin(Duration.ofMillis(200));
      bank.move(forgotten, 1, 2, 100);
      transactions.run(next -> bank.move(next, 1, 2, 1)); // waits for its rows
      assertThatThrownBy(forgotten::commit).hasMessageContaining("200 ms");
      assertThat(bank.balance(bank.mariaDb(), 2)).isEqualTo(Bank.EACH + 1);
    }
  }

  /** Shows that who wants to know is told of a transaction that time has ended, and once. */
  @Test
  void who_wants_to_know_is_told_that_a_transaction_was_abandoned() throws Exception {
    Bank bank = Bank.open(TransferTest.class);
    try (QuorateClient client = Store.QUORATE.connect();
        Transactions transactions = bank.transactions(client).open()) {
      Transaction forgotten = transactions.begin(Duration.ofMillis(200));
      bank.move(forgotten, 1, 2, 100);
      BlockingQueue<Outcome.Kind> told = new LinkedBlockingQueue<>();
      forgotten.afterCompletion(outcome -> told.add(outcome.kind()));
      assertThat(told.poll(30, TimeUnit.SECONDS)).isEqualTo(Outcome.Kind.ABORTED);
      assertThat(forgotten.tryCommit().kind()).isEqualTo(Outcome.Kind.ABORTED);
      assertThat(told).isEmpty();
      assertThatThrownBy(() -> forgotten.put("too", "late"))
          .isInstanceOf(IllegalStateException.class);
    }
  }

  /** The store refuses a transaction that writes a key twice, when all have prepared. */
  @Test
  void a_key_is_written_once() throws Exception {
    Bank bank = Bank.open(TransferTest.class);
    try (QuorateClient client = Store.QUORATE.connect();
        Transactions transactions = bank.transactions(client).open()) {
      Transaction transaction = transactions.begin();
      transaction.put(bank.domain() + "/key", "1");
      assertThatThrownBy(() -> transaction.put(bank.domain() + "/key", "2"))
          .isInstanceOf(QuorateException.Rejected.class)
          .hasMessageContaining("its last value alone");
      transaction.commit();
      assertThat(client.kv().get(bank.domain() + "/key").orElseThrow().value().toUtf8())
          .isEqualTo("1");
    }
  }

  @Test
  void an_error_before_the_commit_undoes_all_and_is_thrown() throws Exception {
    Bank bank = Bank.open(TransferTest.class);
    try (QuorateClient client = Store.QUORATE.connect();
        Transactions transactions = bank.transactions(client).open()) {
      Transaction transaction = transactions.begin();
      bank.move(transaction, 1, 2, 100);
      transaction.beforeCommit(() -> {
        throw new AssertionError("before");
      });
      assertThatThrownBy(transaction::commit).isInstanceOf(AssertionError.class);
      transactions.run(next -> bank.move(next, 1, 2, 1)); // waits for its rows
      assertThat(bank.balance(bank.mariaDb(), 2)).isEqualTo(Bank.EACH + 1);
    }
  }

  /** Whoever waits for a commit is told what is known, when the client is closed meanwhile. */
  @Test
  void a_client_that_is_closed_leaves_nothing_for_ever() throws Exception {
    Bank bank = Bank.open(TransferTest.class);
    Transactions transactions;
    Transaction transaction;
    try (QuorateClient client = Store.QUORATE.connect()) {
      transactions = bank.transactions(client).open();
      transaction = transactions.begin();
      bank.move(transaction, 1, 2, 100);
    }
    assertThat(transaction.commitAsync())
        .succeedsWithin(Duration.ofSeconds(30))
        .extracting(Outcome::kind)
        .isNotEqualTo(Outcome.Kind.COMMITTED);
    try (QuorateClient client = Store.QUORATE.connect();
        Transactions next = bank.transactions(client).open()) {
      next.run(again -> bank.move(again, 1, 2, 1)); // waits for its rows
      assertThat(bank.balance(bank.mariaDb(), 2)).isEqualTo(Bank.EACH + 1);
    }
  }
}

package io.quorate.xa.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quorate.base.Bytes;
import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.client.KeyValue;
import io.quorate.client.QuorateClient;
import io.quorate.client.Range;
import io.quorate.system.Store;
import io.quorate.xa.Outcome;
import io.quorate.xa.Transaction;
import io.quorate.xa.TransactionLog;
import io.quorate.xa.Transactions;
import io.quorate.xa.TransactionsBuilder;
import io.quorate.xa.tcc.HttpParticipant;
import io.quorate.xa.tcc.TccBranch;
import io.quorate.xa.tcc.TccEndpoint;
import io.quorate.xa.tcc.TccParticipant;
import io.quorate.xa.tcc.TccResource;
import java.net.URI;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A service that takes part in transactions over HTTP or gRPC, with a database beside it; of each
 * kind, and with a store of each kind.
 */
@ParameterizedClass(name = "{0}")
@EnumSource(Stock.Kind.class)
@Timeout(60)
class TccTest {
  private static final Bytes TWO = Bytes.utf8("2");
  private static final Duration WITHIN = Duration.ofSeconds(30);

  private static final AtomicInteger NUMBER = new AtomicInteger();

  private static @Nullable Bank shared;

  private final Store store;
  private final Stock stock;
  private final Bank bank = bank();
  private final int before = bank.balance(bank.postgreSql(), 1);

  /** A domain of each case's own, over accounts that all cases share. */
  private final String domain = bank.domain() + "_" + NUMBER.incrementAndGet();

  TccTest(Stock.Kind kind) throws Exception {
    store = kind == Stock.Kind.POSTGRESQL ? Store.ETCD : Store.QUORATE;
    stock = new Stock(kind);
  }

  private static synchronized Bank bank() throws SQLException {
    if (shared == null) {
      shared = Bank.open();
    }
    return shared;
  }

  @AfterEach
  void end() {
    stock.close();
  }

  private TransactionsBuilder transactions(QuorateClient client, TccResource service) {
    return Transactions.builder(client, domain)
        .resource(bank.checking())
        .resource(service)
        .sessionTtl(Duration.ofSeconds(3))
        .recoveryPeriod(Duration.ofMillis(100));
  }

  private static void await(BooleanSupplier condition) {
    long deadline = System.nanoTime() + WITHIN.toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime() - deadline).as("waited too long").isNegative();
      LockSupport.parkNanos(5_000_000L);
    }
  }

  private List<KeyValue> keys(QuorateClient client, String folder) {
    return client.kv().range(Range.prefix("quorate/xa/" + domain + folder)).kvs();
  }

  /** Ends the lease of a coordinator that goes on, as a partition does. */
  private void fence(QuorateClient client) {
    for (KeyValue each : keys(client, "/inc/")) {
      var _ = client.lease().revoke(each.lease());
    }
  }

  private int balance() throws Exception {
    return bank.balance(bank.postgreSql(), 1);
  }

  // ---- nothing fails ---------------------------------------------------------------------------

  @Test
  void a_service_and_a_database_do_both_or_neither() throws Exception {
    TccResource service = stock.resource();
    try (QuorateClient client = store.connect();
        Transactions transactions = transactions(client, service).open()) {
      transactions.run(tx -> {
        Bank.add(tx.connection(bank.checking()), 1, -10);
        assertThat(tx.enlist(service).attempt(TWO).toUtf8()).isEqualTo("reserved 2");
        assertThat(tx.enlistAnother(service).attempt(TWO).toUtf8()).isEqualTo("reserved 2");
      });
      assertThat(stock.pieces()).containsExactly(96, 0, 4);
      assertThat(balance()).isEqualTo(before - 10);
      assertThatThrownBy(() ->
              transactions.run(tx -> {
                Bank.add(tx.connection(bank.checking()), 1, -10);
                tx.enlist(service).attempt(TWO);
                throw new IllegalStateException("changed my mind");
              }))
          .hasMessage("changed my mind");
      await(() -> stock.pieces().equals(List.of(96, 0, 4)));
      assertThat(balance()).isEqualTo(before - 10);
    }
  }

  @Test
  void a_service_alone_is_confirmed_without_a_decision_in_the_store() throws Exception {
    TccResource service = stock.resource();
    try (QuorateClient client = store.connect();
        Transactions transactions = transactions(client, service).open()) {
      transactions.run(tx -> tx.enlist(service).attempt(TWO));
      assertThat(stock.pieces()).containsExactly(98, 0, 2);
      assertThat(keys(client, "/dec/")).isEmpty();
      transactions.run(tx -> tx.enlist(service)); // which isn't tried
      assertThat(stock.pieces()).containsExactly(98, 0, 2);
    }
  }

  @Test
  void a_try_that_is_refused_undoes_all_of_it() throws Exception {
    TccResource service = stock.resource();
    try (QuorateClient client = store.connect();
        Transactions transactions = transactions(client, service).open()) {
      assertThatThrownBy(() ->
              transactions.run(tx -> {
                Bank.add(tx.connection(bank.checking()), 1, -10);
                tx.enlist(service).attempt(Bytes.utf8("101"));
              }))
          .satisfies(e -> assertThat(ErrorCode.TRANSACTION_ABORTED.isOf(e)).isTrue())
          .hasMessageContaining("the service refuses: fewer than 101 are left");
      Transaction heedless = transactions.begin();
      Bank.add(heedless.connection(bank.checking()), 1, -10);
      TccBranch branch = heedless.enlist(service);
      assertThatThrownBy(() -> branch.attempt(Bytes.utf8("101")))
          .isInstanceOf(QuorateException.Conflict.class);
      assertThatThrownBy(() -> branch.attempt(TWO))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("enlistAnother");
      assertThatThrownBy(heedless::commit).hasMessageContaining("fewer than 101 are left");
      assertThat(stock.pieces()).containsExactly(100, 0, 0);
      assertThat(balance()).isEqualTo(before);
    }
  }

  // ---- answers are lost ------------------------------------------------------------------------

  @Test
  void a_try_and_a_confirm_whose_answers_are_lost_take_effect_once() throws Exception {
    TccResource service = stock.resource().patience(Duration.ofSeconds(30));
    try (QuorateClient client = store.connect();
        Transactions transactions =
            transactions(client, service).recoveryPeriod(Duration.ofMinutes(1)).open()) {
      transactions.run(tx -> {
        Bank.add(tx.connection(bank.checking()), 1, -10);
        stock.fault(Stock.Fault.ANSWER_LOST_ONCE);
        assertThat(tx.enlist(service).attempt(TWO).toUtf8()).isEqualTo("reserved 2");
        stock.fault(Stock.Fault.ANSWER_LOST_ONCE);
      });
      await(() -> stock.pieces().equals(List.of(98, 0, 2)));
    }
  }

  @Test
  void a_try_that_is_never_answered_is_cancelled_and_refused_when_it_comes_late() throws Exception {
    TccResource service = stock.resource();
    try (QuorateClient client = store.connect();
        Transactions transactions = transactions(client, service).open()) {
      stock.fault(Stock.Fault.UNAVAILABLE);
      Transaction transaction = transactions.begin();
      Bank.add(transaction.connection(bank.checking()), 1, -10);
      TccBranch branch = transaction.enlist(service);
      assertThatThrownBy(() -> branch.attempt(TWO))
          .satisfies(e -> assertThat(ErrorCode.OUTCOME_UNKNOWN.isOf(e)).isTrue())
          .hasMessageContaining(stock.saysUnavailable());
      CompletableFuture<Outcome> outcome = transaction.commitAsync();
      assertThat(outcome.join().kind()).isEqualTo(Outcome.Kind.ABORTED);
      stock.fault(Stock.Fault.NONE);
      await(() -> stock.cancelled() == 1);
      assertThat(stock.participant().attempt(branch.id(), TWO).join())
          .isInstanceOf(TccParticipant.Attempt.Refused.class);
      assertThat(stock.pieces()).containsExactly(100, 0, 0);
      assertThat(balance()).isEqualTo(before);
    }
  }

  // ---- the coordinator dies --------------------------------------------------------------------

  @Test
  void what_a_coordinator_tried_and_never_decided_is_cancelled_by_another() throws Exception {
    TccResource service = stock.resource();
    try (QuorateClient client = store.connect()) {
      Transactions zombie = transactions(client, service).open();
      Transaction both = zombie.begin();
      Bank.add(both.connection(bank.checking()), 1, -10);
      both.enlist(service).attempt(TWO);
      Transaction alone = zombie.begin();
      alone.enlist(service).attempt(TWO);
      assertThat(stock.pieces()).containsExactly(96, 4, 0);
      fence(client);
      try (Transactions survivor = transactions(client, service).open()) {
        await(() -> stock.pieces().equals(List.of(100, 0, 0)));
        assertThat(survivor.current()).isEmpty();
      }
      for (Transaction each : List.of(both, alone)) { // it wakes up
        assertThatThrownBy(each::commit)
            .satisfies(e -> assertThat(ErrorCode.TRANSACTION_ABORTED.isOf(e)).isTrue());
      }
      assertThat(stock.pieces()).containsExactly(100, 0, 0);
      assertThat(balance()).isEqualTo(before);
      assertThat(TransactionLog.of(client, domain).entries()).isEmpty();
      zombie.close();
    }
  }

  @Test
  void what_a_coordinator_decided_and_could_not_confirm_is_confirmed_by_another() throws Exception {
    TccResource service = stock.resource();
    try (QuorateClient client = store.connect();
        Transactions survivor = transactions(client, service).open()) {
      assertThat(survivor.current()).isEmpty();
      QuorateClient dies = store.connect();
      Transaction transaction = transactions(dies, service).open().begin();
      Bank.add(transaction.connection(bank.checking()), 1, -10);
      transaction.enlist(service).attempt(TWO);
      stock.fault(Stock.Fault.UNAVAILABLE);
      var _ = transaction.commitAsync();
      await(() -> !keys(client, "/dec/").isEmpty());
      dies.close();
      fence(client);
      assertThat(stock.pieces()).containsExactly(98, 2, 0);
      stock.fault(Stock.Fault.NONE);
      await(() -> stock.pieces().equals(List.of(98, 0, 2)));
      await(() -> keys(client, "/dec/").isEmpty());
      assertThat(balance()).isEqualTo(before - 10);
    }
  }

  // ---- what isn't such a service ---------------------------------------------------------------

  @Test
  void a_page_of_somebody_between_proves_nothing() {
    stock.fault(Stock.Fault.SOMEBODY_ELSE);
    assertThatThrownBy(() -> stock.participant().prepared(1).join())
        .hasMessageContaining(stock.saysSomebodyElse());
    stock.fault(Stock.Fault.UNAVAILABLE);
    assertThatThrownBy(() -> stock.participant().prepared(1).join())
        .hasMessageContaining(stock.saysUnavailable());
    stock.fault(Stock.Fault.NONE);
    assertThat(stock.participant().prepared(1).join()).isEmpty();
  }

  @Test
  void what_is_no_such_service_is_refused_when_transactions_are_opened() {
    try (QuorateClient client = store.connect()) {
      TccResource elsewhere = TccResource.of("stock", stock.elsewhere());
      assertThatThrownBy(() -> transactions(client, elsewhere).open())
          .isInstanceOf(QuorateException.Rejected.class)
          .hasMessageContaining("is no service that can be tried and confirmed")
          .hasMessageMatching("(?s).*answered (404|UNIMPLEMENTED).*");
    }
    assertThatThrownBy(() -> HttpParticipant.at(URI.create("stock:80/tcc")))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void requests_that_can_not_be_meant_are_told_so() throws Exception {
    TccEndpoint endpoint = new TccEndpoint(stock.barrier(), stock);
    assertThat(endpoint.handle("POST", "/try/12-34", name -> null, TWO).status()).isEqualTo(400);
    assertThat(endpoint.handle("GET", "/try/12-34", name -> null, TWO).status()).isEqualTo(404);
    assertThat(endpoint.handle("GET", "/prepared", name -> null, TWO).status()).isEqualTo(404);
    try (QuorateClient client = store.connect();
        Transactions transactions = transactions(client, stock.resource()).open()) {
      Transaction transaction = transactions.begin();
      String id = transaction.enlist(stock.resource()).id().toHex();
      assertThat(endpoint.handle("POST", "/try/" + id, name -> "another", TWO).status())
          .isEqualTo(400);
      assertThat(endpoint.handle("POST", "/try/" + id, name -> null, Bytes.utf8("x")).status())
          .as("a bug of the service's")
          .isEqualTo(503);
      transaction.rollBack();
    }
  }
}

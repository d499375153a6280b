package io.quorate.xa.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quorate.base.Bytes;
import io.quorate.base.ErrorCode;
import io.quorate.client.KeyValue;
import io.quorate.client.Put;
import io.quorate.client.QuorateClient;
import io.quorate.client.Range;
import io.quorate.system.Store;
import io.quorate.txn.Vote;
import io.quorate.xa.Outcome;
import io.quorate.xa.Transaction;
import io.quorate.xa.TransactionLog;
import io.quorate.xa.TransactionReport;
import io.quorate.xa.Transactions;
import io.quorate.xa.branch.BranchId;
import io.quorate.xa.branch.ConnectionBranch;
import io.quorate.xa.branch.Finish;
import io.quorate.xa.branch.Resource;
import io.quorate.xa.jdbc.JdbcBranch;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** What becomes of transactions whose coordinator is over, or isn't, or never was. */
@ParameterizedClass(name = "{0}")
@EnumSource(Store.class)
class RecoveryTest {
  private static final Duration WITHIN = Duration.ofSeconds(30);

  private final Store store;
  private final Bank bank;

  RecoveryTest(Store store) throws Exception {
    this.store = store;
    bank = Bank.open(RecoveryTest.class);
  }

  private Transactions open(QuorateClient client) {
    return bank.transactions(client)
        .sessionTtl(Duration.ofSeconds(3))
        .recoveryPeriod(Duration.ofMillis(300))
        .open();
  }

  private static void await(BooleanSupplier condition) {
    long deadline = System.nanoTime() + WITHIN.toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime() - deadline).as("waited too long").isNegative();
      LockSupport.parkNanos(10_000_000L);
    }
  }

  private String prefix() {
    return "quorate/xa/" + bank.domain() + "/";
  }

  /** Ends the lease of a coordinator that goes on, as a partition does. */
  private void fence(QuorateClient client) {
    for (KeyValue each : client.kv().range(Range.prefix(prefix() + "inc/")).kvs()) {
      var _ = client.lease().revoke(each.lease());
    }
  }

  /** A coordinator whose lease has ended can't commit any more, and says so. */
  @Test
  void a_zombie_aborts_and_tells_the_truth() throws Exception {
    try (QuorateClient client = store.connect();
        Transactions transactions = open(client)) {
      Transaction transaction = transactions.begin();
      bank.move(transaction, 1, 2, 10);
      transaction.put(bank.domain() + "/zombie", "was here");
      fence(client);
      assertThatThrownBy(transaction::commit)
          .satisfies(e -> assertThat(ErrorCode.TRANSACTION_ABORTED.isOf(e)).isTrue())
          .hasMessageContaining("lease ended");
      assertThat(client.kv().get(bank.domain() + "/zombie")).isEmpty();
      bank.requireConserved();
      transactions.run(again -> bank.move(again, 1, 2, 10)); // as another incarnation
      assertThat(bank.balance(bank.mariaDb(), 2)).isEqualTo(Bank.EACH + 10);
    }
  }

  /** citus#8855, quarkus#4765: two of the same configuration don't touch each other's branches. */
  @Test
  void a_clone_leaves_what_lives_alone() throws Exception {
    try (QuorateClient client = store.connect();
        Transactions transactions = open(client);
        Transactions clone = open(client)) {
      Held held = new Held(bank.savings());
      try (Transactions slow =
          Transactions.builder(client, bank.domain())
              .resource(bank.checking())
              .resource(held)
              .sessionTtl(Duration.ofSeconds(3))
              .open()) {
        Transaction transaction = slow.begin();
        Bank.add(transaction.connection(bank.checking()), 1, -10);
        Bank.add(transaction.connection(held), 1, 10);
        CompletableFuture<Outcome> outcome = transaction.commitAsync();
        await(() -> !bank.postgreSql().prepared().isEmpty());
        for (int i = 0; i < 3; i++) { // others come by
          transactions.run(each -> bank.move(each, 3, 4, 1));
          clone.run(each -> bank.move(each, 5, 6, 1));
        }
        held.release();
        assertThat(outcome.join().kind()).isEqualTo(Outcome.Kind.COMMITTED);
      }
      bank.requireConserved();
    }
  }

  /**
   * citus#1030, gpdb#10393: a prepare that lands after everybody has looked falls to a later round.
   */
  @Test
  void a_prepare_that_comes_late_is_undone_by_a_later_round() throws Exception {
    try (QuorateClient client = store.connect()) {
      Transactions zombie = open(client);
      Transaction transaction = zombie.begin();
      Bank.add(transaction.connection(bank.checking()), 1, 10);
      JdbcBranch late = transaction.enlist(bank.checking());
      fence(client);
      try (Transactions survivor = open(client)) {
        await(() -> isSwept(client));
        assertThat(late.prepare().join().vote()).isEqualTo(Vote.YES);
        bank.awaitNothingPrepared(WITHIN);
        assertThat(survivor.current()).isEmpty();
      }
      bank.requireConserved();
      var _ = transaction.rollBackAsync().join();
      zombie.close();
    }
  }

  /** Whether an incarnation is over and nothing of it was found anywhere. */
  private boolean isSwept(QuorateClient client) {
    return client.kv().range(Range.prefix(prefix() + "life/")).kvs().stream()
        .anyMatch(life -> life.lease() != 0);
  }

  /** narayana#1171: a resource that can't be looked through proves nothing. */
  @Test
  void a_look_that_fails_proves_nothing() throws Exception {
    try (QuorateClient client = store.connect()) {
      Failing failing = new Failing(bank.checking());
      Transactions zombie = Transactions.builder(client, bank.domain()).resource(failing).open();
      fence(client);
      try (Transactions survivor =
          Transactions.builder(client, bank.domain())
              .resource(failing)
              .resource(bank.savings())
              .recoveryPeriod(Duration.ofMillis(100))
              .open()) {
        await(() -> failing.looks.get() > 5);
        assertThat(survivor.current()).isEmpty();
        assertThat(client.kv().range(Range.prefix(prefix() + "life/")).kvs())
            .allMatch(life -> life.lease() == 0);
      }
      zombie.close();
    }
  }

  /** A look that never comes back is not waited for. */
  @Test
  void a_resource_that_does_not_answer_holds_up_no_other() throws Exception {
    try (QuorateClient client = store.connect()) {
      Transactions zombie = open(client);
      Transaction transaction = zombie.begin();
      bank.move(transaction, 1, 2, 10);
      BranchId id = transaction.enlist(bank.checking()).id();
      var _ = transaction.enlist(bank.checking()).prepare().join();
      fence(client);
      Silent silent = new Silent(bank.savings());
      try (Transactions _ =
          Transactions.builder(client, bank.domain())
              .resource(bank.checking())
              .resource(silent)
              .sessionTtl(Duration.ofSeconds(3))
              .recoveryPeriod(Duration.ofMillis(300))
              .open()) {
        await(() -> !bank.postgreSql().prepared().contains(id.toText()));
        assertThat(silent.looks.get()).as("the first is still under way").isEqualTo(1);
      }
      var _ = transaction.rollBackAsync();
      zombie.close();
    }
  }

  /** A branch of which the store knows nothing is left to a person, who has the last word. */
  @Test
  void what_nobody_knows_of_is_asked_for_and_answered() throws Exception {
    try (QuorateClient client = store.connect();
        Transactions transactions = open(client)) {
      TransactionLog log = TransactionLog.of(client, bank.domain());
      for (boolean commits : List.of(true, false)) {
        Transaction transaction = transactions.begin();
        Bank.add(transaction.connection(bank.checking()), 1, 10);
        BranchId own = transaction.enlist(bank.checking()).id();
        var _ = transaction.rollBackAsync().join();
        BranchId stranger = new BranchId(own.domain(), 3, own.sequence(), own.resource(), 0, 0);
        prepare(stranger);
        await(() -> asks(log).isPresent());
        LockSupport.parkNanos(500_000_000L); // some more rounds come by
        assertThat(bank.postgreSql().prepared()).contains(stranger.toText());
        String id = asks(log).orElseThrow().id();
        if (commits) {
          log.commit(id);
        } else {
          log.rollBack(id);
        }
        await(() -> !bank.postgreSql().prepared().contains(stranger.toText()));
        await(() -> asks(log).isEmpty());
        assertThat(bank.balance(bank.postgreSql(), 7)).isEqualTo(Bank.EACH + 1);
        log.forget(id);
        assertThat(log.entries()).isEmpty();
      }
    }
  }

  private static Optional<TransactionLog.Entry> asks(TransactionLog log) {
    return log.entries().stream()
        .filter(each -> each.kind() == TransactionLog.Kind.ASKS)
        .findFirst();
  }

  private void prepare(BranchId id) throws Exception {
    try (Connection connection = bank.postgreSql().dataSource(bank.domain()).getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute(
          "BEGIN; UPDATE account SET balance = balance + 1 WHERE id = 7; PREPARE TRANSACTION '"
              + id.toText()
              + "'");
    }
  }

  /** A database that comes back without a commit has the branch again; the history knows of it. */
  @Test
  void a_branch_that_returns_after_it_was_forgotten_is_committed() throws Exception {
    try (QuorateClient client = store.connect();
        Transactions transactions = open(client)) {
      Transaction transaction = transactions.begin();
      bank.move(transaction, 1, 2, 10);
      BranchId id = transaction.enlist(bank.checking()).id();
      transaction.commit();
      await(() -> client.kv().range(Range.prefix(prefix() + "dec/")).kvs().isEmpty());
      prepare(id);
      await(() -> !bank.postgreSql().prepared().contains(id.toText()));
      assertThat(bank.balance(bank.postgreSql(), 7)).isEqualTo(Bank.EACH + 1);
    }
  }

  /**
   * As a coordinator does with what ended a day ago: its bits go with the sign that it is known, so
   * what comes back is neither committed nor undone by guesswork. Here it was a person who ended
   * the lease, and what is begun from then on is known again.
   */
  @Test
  void a_branch_that_returns_when_its_period_is_gone_asks() throws Exception {
    try (QuorateClient client = store.connect();
        Transactions transactions = open(client)) {
      TransactionLog log = TransactionLog.of(client, bank.domain());
      Transaction transaction = transactions.begin();
      bank.move(transaction, 1, 2, 10);
      BranchId id = transaction.enlist(bank.checking()).id();
      transaction.commit();
      await(() -> client.kv().range(Range.prefix(prefix() + "dec/")).kvs().isEmpty());
      KeyValue period = client.kv().range(Range.prefix(prefix() + "known/")).first().orElseThrow();
      KeyValue bits = client.kv().range(Range.prefix(prefix() + "hist/")).first().orElseThrow();
      assertThat(bits.lease()).isEqualTo(period.lease());
      assertThat(log.report(transaction.id()).fate()).isEqualTo(TransactionReport.Fate.COMMITTED);
      var _ = client.lease().revoke(period.lease());
      prepare(id);
      await(() -> asks(log).isPresent());
      assertThat(asks(log).orElseThrow().id()).isEqualTo(transaction.id());
      log.commit(transaction.id());
      await(() -> !bank.postgreSql().prepared().contains(id.toText()));
      transactions.run(next -> bank.move(next, 1, 2, 10)); // whose bit can't be written
      await(() -> !client.kv().range(Range.prefix(prefix() + "known/")).kvs().isEmpty());
      assertThat(bank.balance(bank.postgreSql(), 7)).isEqualTo(Bank.EACH + 1);
    }
  }

  /** What a database did by somebody's hand is written down before it is told, and stays. */
  @Test
  void a_heuristic_outcome_is_recorded_then_told_and_kept_until_acknowledged() throws Exception {
    try (QuorateClient client = store.connect();
        Transactions _ = open(client)) {
      Held held = new Held(bank.savings());
      try (Transactions slow =
          Transactions.builder(client, bank.domain())
              .resource(bank.checking())
              .resource(held)
              .open()) {
        Transaction transaction = slow.begin();
        Bank.add(transaction.connection(bank.checking()), 1, -10);
        Bank.add(transaction.connection(held), 1, 10);
        BranchId id = transaction.enlist(bank.checking()).id();
        CompletableFuture<Outcome> outcome = transaction.commitAsync();
        await(() -> bank.postgreSql().prepared().contains(id.toText()));
        try (Connection connection = bank.postgreSql().dataSource(bank.domain()).getConnection();
            Statement statement = connection.createStatement()) {
          statement.execute("ROLLBACK PREPARED '" + id.toText() + "'");
        }
        held.release();
        assertThat(outcome.join().contradicted()).containsExactly("checking");
        assertThat(Transaction.failure(outcome.join()).orElseThrow().code())
            .isEqualTo(ErrorCode.HEURISTIC_OUTCOME);
        TransactionLog log = TransactionLog.of(client, bank.domain());
        assertThat(log.entries())
            .anySatisfy(entry -> {
              assertThat(entry.kind()).isEqualTo(TransactionLog.Kind.HEURISTIC);
              assertThat(entry.id()).isEqualTo(transaction.id());
              assertThat(entry.resources()).containsExactly("checking");
            });
        log.forget(transaction.id());
        await(() -> log.entries().isEmpty());
      }
    }
  }

  /** atomikos#239: the time is over just as it is to be committed. */
  @Test
  void a_timeout_that_races_the_commit_leaves_one_outcome() throws Exception {
    try (QuorateClient client = store.connect();
        Transactions transactions = open(client)) {
      int before = bank.balance(bank.mariaDb(), 2);
      int committed = 0;
      for (int i = 0; i < 20; i++) {
        Transaction transaction = transactions.begin(Duration.ofMillis(50 + i * 10));
        Outcome outcome;
        try {
          bank.move(transaction, 1, 2, 1);
          LockSupport.parkNanos(Duration.ofMillis(100).toNanos());
          outcome = transaction.commitAsync().join();
        } catch (Exception e) {
          outcome = transaction.rollBackAsync().join();
        }
        committed += outcome.kind() == Outcome.Kind.COMMITTED ? 1 : 0;
      }
      bank.requireConserved();
      assertThat(bank.balance(bank.mariaDb(), 2)).isEqualTo(before + committed);
    }
  }

  /** quarkus#35806: death between the last answer and the forgetting costs nobody anything. */
  @Test
  void a_decision_whose_branches_have_all_committed_is_cleared_away() throws Exception {
    try (QuorateClient client = store.connect()) {
      Transactions zombie = open(client);
      zombie.run(transaction -> bank.move(transaction, 1, 2, 10));
      KeyValue life = client.kv().range(Range.prefix(prefix() + "life/")).first().orElseThrow();
      String number = life.key().toUtf8().substring((prefix() + "life/").length());
      fence(client);
      var _ =
          client
              .kv()
              .put(
                  Put.of(
                      Bytes.utf8(prefix() + "dec/" + number + "/0000000000000fff"),
                      Bytes.utf8("1 COMMIT\t0\t2\nchecking\t0\t0\t\nsavings\t1\t0\t\n")));
      try (Transactions survivor = open(client)) {
        await(() -> client.kv().range(Range.prefix(prefix() + "dec/")).kvs().isEmpty());
        assertThat(survivor.current()).isEmpty();
      }
      bank.requireConserved();
      zombie.close();
    }
  }

  /** atomikos#35, #100: a record that can't be read is nobody's leave to roll back. */
  @Test
  void a_decision_that_is_damaged_undoes_nothing() throws Exception {
    try (QuorateClient client = store.connect()) {
      Transactions zombie = open(client);
      Transaction transaction = zombie.begin();
      Bank.add(transaction.connection(bank.checking()), 1, 10);
      JdbcBranch branch = transaction.enlist(bank.checking());
      assertThat(branch.prepare().join().vote()).isEqualTo(Vote.YES);
      String key = prefix() + "dec/" + transaction.id();
      var _ = client.kv().put(key, "1 COMM");
      fence(client);
      AtomicInteger looks = new AtomicInteger();
      try (Transactions survivor =
          Transactions.builder(client, bank.domain())
              .resource(new Counting(bank.checking(), looks))
              .resource(bank.savings())
              .recoveryPeriod(Duration.ofMillis(100))
              .open()) {
        await(() -> looks.get() > 5);
        assertThat(bank.postgreSql().prepared()).contains(branch.id().toText());
        var _ = client.kv().put(key, "1 COMMIT\t0\t1\nchecking\t0\t0\t\n"); // somebody mends it
        bank.awaitNothingPrepared(WITHIN);
        assertThat(bank.balance(bank.postgreSql(), 1)).isEqualTo(Bank.EACH + 10);
        assertThat(survivor.current()).isEmpty();
      }
      var _ = transaction.rollBackAsync().join();
      zombie.close();
    }
  }

  /**
   * Jepsen on Bufstream: what comes late of one transaction doesn't hit the next on its connection.
   */
  @Test
  void the_next_transaction_on_a_connection_is_its_own() throws Exception {
    try (QuorateClient client = store.connect();
        Transactions transactions = open(client)) {
      for (int i : IntStream.range(0, 10).toArray()) {
        Transaction first = transactions.begin();
        bank.move(first, 1, 2, 1);
        CompletableFuture<Outcome> undone = first.rollBackAsync();
        transactions.run(next -> bank.move(next, 3, 4, 1));
        assertThat(undone.join().kind()).isEqualTo(Outcome.Kind.ABORTED);
        assertThat(bank.balance(bank.mariaDb(), 4)).isEqualTo(Bank.EACH + i + 1);
      }
      bank.requireConserved();
      assertThat(bank.balance(bank.mariaDb(), 2)).isEqualTo(Bank.EACH);
    }
  }

  /** A resource of another name for the same work; what is said of it holds for its branches. */
  private abstract static class Wrapped implements Resource<ConnectionBranch> {
    final Resource<JdbcBranch> resource;

    Wrapped(Resource<JdbcBranch> resource) {
      this.resource = resource;
    }

    @Override
    public String name() {
      return resource.name();
    }

    @Override
    public CompletableFuture<String> check() {
      return resource.check();
    }

    @Override
    public ConnectionBranch begin(BranchId id) throws Exception {
      return resource.begin(id);
    }

    @Override
    public CompletableFuture<List<BranchId>> prepared(long domain) {
      return resource.prepared(domain);
    }

    @Override
    public CompletableFuture<Finish> commit(BranchId id, String evidence) {
      return resource.commit(id, evidence);
    }

    @Override
    public CompletableFuture<Finish> abort(BranchId id) {
      return resource.abort(id);
    }
  }

  /** Can't be looked through. */
  private static final class Failing extends Wrapped {
    private final AtomicInteger looks = new AtomicInteger();

    Failing(Resource<JdbcBranch> resource) {
      super(resource);
    }

    @Override
    public CompletableFuture<List<BranchId>> prepared(long domain) {
      looks.incrementAndGet();
      return CompletableFuture.failedFuture(new IllegalStateException("not now"));
    }
  }

  /** Never says what is prepared. */
  private static final class Silent extends Wrapped {
    private final AtomicInteger looks = new AtomicInteger();

    Silent(Resource<JdbcBranch> resource) {
      super(resource);
    }

    @Override
    public CompletableFuture<List<BranchId>> prepared(long domain) {
      looks.incrementAndGet();
      return new CompletableFuture<>();
    }
  }

  /** Counts how often it is looked through. */
  private static final class Counting extends Wrapped {
    private final AtomicInteger looks;

    Counting(Resource<JdbcBranch> resource, AtomicInteger looks) {
      super(resource);
      this.looks = looks;
    }

    @Override
    public CompletableFuture<List<BranchId>> prepared(long domain) {
      looks.incrementAndGet();
      return super.prepared(domain);
    }
  }

  /** Prepares only when it is let. */
  private static final class Held extends Wrapped {
    private final CompletableFuture<Void> released = new CompletableFuture<>();

    Held(Resource<JdbcBranch> resource) {
      super(resource);
    }

    void release() {
      released.complete(null);
    }

    @Override
    public ConnectionBranch begin(BranchId id) throws Exception {
      JdbcBranch branch = resource.begin(id);
      return new Delayed(branch, released);
    }
  }
}

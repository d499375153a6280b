package io.quorate.xa.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.quorate.base.QuorateException;
import io.quorate.client.QuorateClient;
import io.quorate.system.Store;
import io.quorate.xa.Outcome;
import io.quorate.xa.Transaction;
import io.quorate.xa.Transactions;
import io.quorate.xa.branch.ConnectionResource;
import io.quorate.xa.jdbc.JdbcBranch;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The cable to a database is cut in the middle of each verb, before the database hears it and after
 * it has answered: all or nothing, nothing left, and the truth is told.
 */
class CableTest {
  private static Bank bank;
  private static QuorateClient client;
  private static Cable toPostgreSql;
  private static Cable toMariaDb;
  private static Transactions transactions;
  private static ConnectionResource<JdbcBranch> checking;
  private static ConnectionResource<JdbcBranch> savings;

  private static int number = 100;

  @BeforeAll
  static void open() throws SQLException {
    bank = Bank.open(CableTest.class);
    client = Store.QUORATE.connect();
    toPostgreSql = Cable.to(bank.postgreSql().port());
    toMariaDb = Cable.to(bank.mariaDb().port());
    BankAddress direct = bank.address();
    BankAddress address =
        new BankAddress(
            bank.domain(),
            through(direct.postgreSql(), bank.postgreSql().port(), toPostgreSql),
            through(direct.mariaDb(), bank.mariaDb().port(), toMariaDb));
    checking = address.checking();
    savings = address.savings();
    transactions =
        Transactions.builder(client, bank.domain())
            .resource(checking)
            .resource(savings)
            .recoveryPeriod(Duration.ofMillis(500))
            .open();
  }

  private static BankAddress.Place through(BankAddress.Place place, int port, Cable cable) {
    return new BankAddress.Place(
        place.url().replace(":" + port, ":" + cable.port()), place.user(), place.password());
  }

  @AfterAll
  static void close() {
    transactions.close();
    client.close();
    toPostgreSql.close();
    toMariaDb.close();
  }

  @ParameterizedTest(name = "{0}, heard: {1}")
  @CsvSource({
    "BEGIN, false", "BEGIN, true",
    "pg_current_xact_id, false", "pg_current_xact_id, true",
    "PREPARE TRANSACTION, false", "PREPARE TRANSACTION, true",
    "COMMIT PREPARED, false", "COMMIT PREPARED, true",
    "ROLLBACK, false", "ROLLBACK, true",
    "XA START, false", "XA START, true",
    "XA PREPARE, false", "XA PREPARE, true",
    "XA COMMIT, false", "XA COMMIT, true",
    "XA END, false", "XA END, true",
    "XA ROLLBACK, false", "XA ROLLBACK, true"
  })
  void a_cable_that_is_cut_in_a_verb_tears_nothing(String verb, boolean heard) throws Exception {
    int transfer = ++number;
    boolean rollsBack = verb.contains("ROLLBACK");
    Cable cable = verb.startsWith("XA") ? toMariaDb : toPostgreSql;
    Outcome.Kind told = run(transfer, cable, verb, heard, rollsBack);
    assertThat(cable.hasCut()).as("cut in %s", verb).isTrue();
    bank.awaitNothingPrepared(Duration.ofSeconds(30));
    boolean inPostgreSql = bank.has(bank.postgreSql(), transfer);
    assertThat(bank.has(bank.mariaDb(), transfer)).as("both or none").isEqualTo(inPostgreSql);
    assertThat(told == Outcome.Kind.COMMITTED).as("told %s", told).isEqualTo(inPostgreSql);
    bank.requireConserved();
  }

  private static Outcome.Kind run(
      int transfer, Cable cable, String verb, boolean heard, boolean rollsBack) {
    Transaction transaction = transactions.begin();
    cable.cutAt(verb, heard);
    try {
      for (ConnectionResource<JdbcBranch> resource : List.of(checking, savings)) {
        boolean from = resource.equals(checking);
        var connection = transaction.connection(resource);
        try (var statement = connection.createStatement()) {
          statement.execute("INSERT INTO transfer VALUES (" + transfer + ")");
        }
        Bank.add(connection, 1, from ? -1 : 1);
      }
    } catch (SQLException | QuorateException e) {
      return transaction.rollBackAsync().join().kind();
    }
    return (rollsBack ? transaction.rollBackAsync() : transaction.commitAsync()).join().kind();
  }

  @ParameterizedTest(name = "one phase, heard: {0}")
  @CsvSource({"false", "true"})
  void a_lost_answer_of_one_phase_is_found_in_postgresql(boolean heard) throws Exception {
    int transfer = ++number;
    Transaction transaction = transactions.begin();
    try (var statement = transaction.connection(checking).createStatement()) {
      statement.execute("INSERT INTO transfer VALUES (" + transfer + ")");
    }
    toPostgreSql.cutAt("COMMIT", heard);
    Outcome.Kind told = transaction.commitAsync().join().kind();
    assertThat(told).isEqualTo(heard ? Outcome.Kind.COMMITTED : Outcome.Kind.ABORTED);
    assertThat(bank.has(bank.postgreSql(), transfer)).isEqualTo(heard);
  }
}

package io.quorate.xa.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.quorate.client.ClientOptions;
import io.quorate.client.KeyValue;
import io.quorate.client.QuorateClient;
import io.quorate.client.Range;
import io.quorate.client.http.HttpChannel;
import io.quorate.databases.Database;
import io.quorate.databases.MariaDbServer;
import io.quorate.databases.PostgreSqlServer;
import io.quorate.system.ProcessCluster;
import io.quorate.system.RunningCommand;
import io.quorate.system.Store;
import io.quorate.xa.Outcome;
import io.quorate.xa.Transactions;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A store of three members, a PostgreSQL and a MariaDB of its own, and what happens to them: runs
 * crash cases, one at a time, and judges what is left.
 */
final class Disaster implements AutoCloseable {
  /** How long whatever was left may take, from the strike on. */
  private static final Duration FINISH_MAX = Duration.ofSeconds(60);

  private final Store store;
  private final ProcessCluster cluster;
  private final Database postgreSql;
  private final Database mariaDb;
  private final Duration ttl;
  private final Random random;

  /** How long others took to finish what an application had left that stands still. */
  private Duration finishedMeanwhile = Duration.ZERO;

  /**
   * @param ttl of coordinators' sessions; null for the default
   */
  Disaster(Store store, @Nullable Duration ttl, long seed) {
    this.store = store;
    this.ttl = ttl == null ? Duration.ZERO : ttl;
    random = new Random(seed);
    cluster = store.start(3);
    postgreSql = PostgreSqlServer.start();
    mariaDb = MariaDbServer.start();
  }

  private String endpoints() {
    List<String> all = new ArrayList<>();
    for (int i = 0; i < cluster.size(); i++) {
      all.add(cluster.endpoint(i));
    }
    return String.join(",", all);
  }

  private QuorateClient connect() {
    HttpChannel channel = HttpChannel.open(List.of(endpoints().split(",", -1)));
    return QuorateClient.over(channel, channel.timer(), ClientOptions.DEFAULT);
  }

  private RunningCommand teller(Bank bank) {
    RunningCommand teller =
        RunningCommand.java(
            Teller.class, endpoints(), bank.address().written(), Long.toString(ttl.toSeconds()));
    await(teller, "ready");
    return teller;
  }

  /** The next line that begins so; what a logger says is passed over. */
  private static String await(RunningCommand process, String beginning) {
    while (true) {
      String line = process.next();
      if (line.startsWith(beginning)) {
        return line;
      }
    }
  }

  private Transactions survivor(Bank bank, QuorateClient client) {
    var builder = bank.transactions(client);
    if (!ttl.isZero()) {
      builder.recoveryPeriod(Duration.ofSeconds(2)).sessionTtl(ttl);
    }
    return builder.open();
  }

  /**
   * Lets one case happen.
   *
   * @return how long it took from the strike until nothing was in doubt any more, while the
   *     application stood still if it did
   */
  Duration run(CrashCase crash) throws SQLException {
    Bank bank = Bank.open(postgreSql, mariaDb);
    Duration took = run(crash, bank);
    bank.drop();
    return took;
  }

  private Duration run(CrashCase crash, Bank bank) throws SQLException {
    // Beside one that is to be killed at its work, another would do that work.
    boolean survives =
        crash.after() == CrashCase.After.SURVIVOR && crash.victim() != CrashCase.Victim.RECOVERER;
    try (QuorateClient client = connect();
        RunningCommand teller = teller(bank);
        @Nullable RunningCommand recoverer =
            crash.victim() == CrashCase.Victim.RECOVERER ? teller(bank) : null;
        Transactions _ = survives ? survivor(bank, client) : null) {
      if (recoverer != null) { // long before there is something to do for it
        recoverer.type("arm " + crash.step());
      }
      teller.type("transfer 1");
      assertThat(await(teller, "TOLD 1")).contains("COMMITTED");
      teller.type("arm " + crash.step());
      teller.type("transfer 2");
      await(teller, "AT " + crash.step());
      if (crash.step().goesOn()) {
        LockSupport.parkNanos(random.nextInt(1_500_000));
      }
      long struck = System.nanoTime();
      String told = strike(crash, bank, client, teller, recoverer);
      bank.awaitNothingPrepared(FINISH_MAX);
      Duration took =
          crash.victim() == CrashCase.Victim.APPLICATION_PAUSED
              ? finishedMeanwhile
              : Duration.ofNanos(System.nanoTime() - struck);
      awaitNothingDecided(bank, client);
      judge(bank, client, told, crash);
      return took;
    }
  }

  /** Does it, and sees to it that somebody can finish; gives what the application was told. */
  private String strike(
      CrashCase crash,
      Bank bank,
      QuorateClient client,
      RunningCommand teller,
      @Nullable RunningCommand recoverer) {
    return switch (crash.victim()) {
      case APPLICATION -> {
        teller.kill();
        finishAnew(crash, bank, client);
        yield "";
      }
      case APPLICATION_PAUSED -> pause(bank, teller);
      case STORE_LEADER -> killLeader(crash, teller);
      case POSTGRESQL -> strike(postgreSql, crash, teller);
      case MARIADB -> strike(mariaDb, crash, teller);
      case RECOVERER -> {
        teller.kill();
        await(Objects.requireNonNull(recoverer), "AT " + crash.step());
        recoverer.kill();
        if (crash.after() == CrashCase.After.SURVIVOR) {
          try (Transactions _ = survivor(bank, client)) {
            bank.awaitNothingPrepared(FINISH_MAX);
            awaitNothingDecided(bank, client);
          }
        }
        finishAnew(crash, bank, client);
        yield "";
      }
    };
  }

  /** It is started again, unless somebody else is there. */
  private void finishAnew(CrashCase crash, Bank bank, QuorateClient client) {
    if (crash.after() == CrashCase.After.RESTART) {
      try (RunningCommand again = teller(bank)) {
        bank.awaitNothingPrepared(FINISH_MAX);
        again.type("transfer 3");
        await(again, "TOLD 3");
        awaitNothingDecided(bank, client);
      }
    }
  }

  private String pause(Bank bank, RunningCommand teller) {
    teller.pause();
    long begun = System.nanoTime();
    bank.awaitNothingPrepared(FINISH_MAX);
    finishedMeanwhile = Duration.ofNanos(System.nanoTime() - begun);
    LockSupport.parkNanos(pause().minus(finishedMeanwhile).toNanos());
    teller.resume();
    teller.type("go");
    return await(teller, "TOLD 2");
  }

  private String killLeader(CrashCase crash, RunningCommand teller) {
    int leader = cluster.leader();
    cluster.member(leader).kill();
    teller.type("go");
    if (crash.after() == CrashCase.After.RESTART) {
      cluster.restart(leader);
      return await(teller, "TOLD 2");
    }
    String told = await(teller, "TOLD 2");
    cluster.restart(leader);
    return told;
  }

  private String strike(Database database, CrashCase crash, RunningCommand teller) {
    database.kill();
    teller.type("go");
    if (crash.after() == CrashCase.After.RESTART) {
      database.restart();
      return await(teller, "TOLD 2");
    }
    String told = await(teller, "TOLD 2");
    database.restart();
    return told;
  }

  /** Longer than a session lives. */
  private Duration pause() {
    return ttl.isZero() ? Duration.ofSeconds(60) : Duration.ofSeconds(10);
  }

  private void awaitNothingDecided(Bank bank, QuorateClient client) {
    long deadline = System.nanoTime() + FINISH_MAX.toNanos();
    List<KeyValue> left = decisions(bank, client);
    while (!left.isEmpty() && System.nanoTime() - deadline < 0) {
      LockSupport.parkNanos(20_000_000L);
      left = decisions(bank, client);
    }
    assertThat(left).as("decisions on %s", store).isEmpty();
  }

  /** Decisions to commit; a record of an abort may stay until its incarnation is over. */
  private static List<KeyValue> decisions(Bank bank, QuorateClient client) {
    return client.kv().range(Range.prefix("quorate/xa/" + bank.domain() + "/dec/")).kvs().stream()
        .filter(kv -> kv.value().toUtf8().startsWith("1 COMMIT"))
        .toList();
  }

  private static void judge(Bank bank, QuorateClient client, String told, CrashCase crash)
      throws SQLException {
    bank.requireConserved();
    boolean inPostgreSql = bank.has(bank.postgreSql(), 2);
    assertThat(bank.has(bank.mariaDb(), 2)).as("both or none: %s", crash).isEqualTo(inPostgreSql);
    assertThat(client.kv().get(bank.domain() + "/transfers/2").isPresent())
        .as("the store's key: %s", crash)
        .isEqualTo(inPostgreSql);
    assertThat(client.kv().range(Range.prefix("quorate/xa/" + bank.domain() + "/heur/")).kvs())
        .isEmpty();
    if (told.contains(Outcome.Kind.COMMITTED.name())) {
      assertThat(inPostgreSql).as("told %s: %s", told, crash).isTrue();
    } else if (told.contains(Outcome.Kind.ABORTED.name())) {
      assertThat(inPostgreSql).as("told %s: %s", told, crash).isFalse();
    }
  }

  @Override
  public void close() {
    cluster.close();
    postgreSql.close();
    mariaDb.close();
  }
}

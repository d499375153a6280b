package io.quorate.xabench;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.quorate.client.ClientOptions;
import io.quorate.client.QuorateClient;
import io.quorate.client.http.HttpChannel;
import io.quorate.txn.Vote;
import io.quorate.xa.Transactions;
import io.quorate.xa.branch.Ballot;
import io.quorate.xa.branch.Branch;
import io.quorate.xa.branch.BranchId;
import io.quorate.xa.branch.Finish;
import io.quorate.xa.branch.OnePhase;
import io.quorate.xa.branch.Resource;
import io.quorate.xa.jdbc.MariaDbResource;
import io.quorate.xa.jdbc.PostgreSqlResource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import javax.sql.DataSource;
import javax.sql.XADataSource;
import javax.transaction.xa.XAResource;
import org.jspecify.annotations.Nullable;
import org.mariadb.jdbc.MariaDbDataSource;
import org.postgresql.ds.PGSimpleDataSource;
import org.postgresql.xa.PGXADataSource;

/** Quorate's transactions over pooled connections, with the store that a system property names. */
final class Quorate implements Coordinator {
  /** Where the store's members are, with commas between. */
  static final String STORE = "quorate.store";

  /** A connection more for each of those who look through a database. */
  private static final int SPARE_CONNECTIONS = 4;

  /** As soon as a pool lets connections go. */
  private static final long IDLE_MILLIS = 10_000;

  private static final Idle FIRST = new Idle("first");
  private static final Idle SECOND = new Idle("second");

  private final List<HikariDataSource> pools = new ArrayList<>();
  private @Nullable QuorateClient client;
  private @Nullable Transactions transactions;
  private @Nullable PostgreSqlResource from;
  private @Nullable MariaDbResource to;

  private QuorateClient connect() {
    HttpChannel channel = HttpChannel.open(List.of(System.getProperty(STORE, "").split(",", -1)));
    QuorateClient opened = QuorateClient.over(channel, channel.timer(), ClientOptions.DEFAULT);
    client = opened;
    return opened;
  }

  private Transactions transactions() {
    if (transactions == null) {
      throw new IllegalStateException("not open");
    }
    return transactions;
  }

  private DataSource pool(DataSource source, int size) {
    HikariConfig config = new HikariConfig();
    config.setDataSource(source);
    config.setMaximumPoolSize(size);
    config.setMinimumIdle(1); // others that are measured need connections, too
    config.setIdleTimeout(IDLE_MILLIS);
    HikariDataSource pool = new HikariDataSource(config);
    pools.add(pool);
    return pool;
  }

  @Override
  public void open(XADataSource postgreSql, XADataSource mariaDb, int threadsMax) throws Exception {
    PGXADataSource described = (PGXADataSource) postgreSql;
    PGSimpleDataSource plain = new PGSimpleDataSource();
    plain.setUrl(described.getUrl());
    plain.setUser(described.getUser());
    plain.setPassword(described.getPassword());
    int size = threadsMax + SPARE_CONNECTIONS;
    PostgreSqlResource taken = PostgreSqlResource.of("from", pool(plain, size));
    MariaDbResource given = MariaDbResource.of("to", pool((MariaDbDataSource) mariaDb, size));
    String domain = described.getUrl().replaceAll(".*/|\\?.*", "");
    transactions = Transactions.builder(connect(), domain).resource(taken).resource(given).open();
    from = taken;
    to = given;
  }

  @Override
  public void openAlone() {
    transactions = Transactions.builder(connect(), "alone").resource(FIRST).resource(SECOND).open();
  }

  @Override
  public Teller teller() {
    Transactions opened = transactions();
    PostgreSqlResource taken = from;
    MariaDbResource given = to;
    if (taken == null || given == null) {
      throw new IllegalStateException("not open");
    }
    return new Teller() {
      @Override
      public void transfer(int account, int amount) {
        opened.run(transaction -> {
          Bank.add(transaction.connection(taken), account, -amount);
          Bank.add(transaction.connection(given), account, amount);
        });
      }

      @Override
      public void close() {}
    };
  }

  @Override
  public void commit(XAResource first, XAResource second) {
    transactions()
        .run(transaction -> {
          var _ = transaction.enlist(FIRST);
          var _ = transaction.enlist(SECOND);
        });
  }

  @Override
  public void close() {
    transactions().close();
    if (client != null) {
      client.close();
    }
    pools.forEach(HikariDataSource::close);
  }

  /** Does nothing, at once. */
  private record Idle(String name) implements Resource<Branch> {
    @Override
    public CompletableFuture<String> check() {
      return CompletableFuture.completedFuture(name);
    }

    @Override
    public Branch begin(BranchId id) {
      return new IdleBranch(id);
    }

    @Override
    public CompletableFuture<List<BranchId>> prepared(long domain) {
      return CompletableFuture.completedFuture(List.of());
    }

    @Override
    public CompletableFuture<Finish> commit(BranchId id, String evidence) {
      return CompletableFuture.completedFuture(Finish.DONE);
    }

    @Override
    public CompletableFuture<Finish> abort(BranchId id) {
      return CompletableFuture.completedFuture(Finish.DONE);
    }
  }

  private record IdleBranch(BranchId id) implements Branch {
    @Override
    public CompletableFuture<Ballot> prepare() {
      return CompletableFuture.completedFuture(new Ballot(Vote.YES, "", null));
    }

    @Override
    public CompletableFuture<OnePhase> commitOnePhase() {
      return CompletableFuture.completedFuture(OnePhase.committed());
    }

    @Override
    public CompletableFuture<Finish> commit() {
      return CompletableFuture.completedFuture(Finish.DONE);
    }

    @Override
    public CompletableFuture<Finish> abort() {
      return CompletableFuture.completedFuture(Finish.DONE);
    }
  }
}

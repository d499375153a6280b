package io.quorate.xabench;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.quorate.databases.PostgreSqlServer;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.axonframework.common.jdbc.ConnectionProvider;
import org.axonframework.common.transaction.Transaction;
import org.axonframework.common.transaction.TransactionManager;
import org.axonframework.eventhandling.DomainEventMessage;
import org.axonframework.eventhandling.GenericDomainEventMessage;
import org.axonframework.eventsourcing.eventstore.jdbc.JdbcEventStorageEngine;
import org.axonframework.eventsourcing.eventstore.jdbc.PostgresEventTableFactory;
import org.axonframework.serialization.json.JacksonSerializer;

/**
 * What Axon's event store over a PostgreSQL does that syncs each commit, by the cases of {@code
 * CompareEvents}, on one server and not on three: {@code testing/bench/axon-events}.
 */
public final class AxonEvents {
  private static final double NANOS_PER_MILLI = 1e6;
  private static final int TEXT_CHARACTERS = 256;
  private static final String TYPE = "Bench";
  private static final int LONG_BATCH = 100;

  private final JdbcEventStorageEngine engine;
  private final int seconds;
  private final int warmUp;

  /** What happened. */
  public record Measured(String text) {}

  private AxonEvents(JdbcEventStorageEngine engine, int seconds, int warmUp) {
    this.engine = engine;
    this.seconds = seconds;
    this.warmUp = warmUp;
  }

  /** Takes seconds for each case, seconds of warm-up, and events of a long stream. */
  public static void main(String[] args) throws Exception {
    int seconds = args.length > 0 ? Integer.parseInt(args[0]) : 5;
    int warmUp = args.length > 1 ? Integer.parseInt(args[1]) : 3;
    int longStream = args.length > 2 ? Integer.parseInt(args[2]) : 100_000;
    try (PostgreSqlServer server = PostgreSqlServer.start()) {
      server.createDatabase("events");
      HikariConfig config = new HikariConfig();
      config.setDataSource(server.dataSource("events"));
      config.setMaximumPoolSize(64); // more only wait for each other in the database
      try (HikariDataSource pool = new HikariDataSource(config)) {
        JdbcEventStorageEngine engine = engine(pool);
        engine.createSchema(PostgresEventTableFactory.INSTANCE);
        AxonEvents bench = new AxonEvents(engine, seconds, warmUp);
        for (int writers : new int[] {1, 64, 256}) {
          for (int batch : new int[] {1, 10, 100}) {
            bench.appends(writers, batch);
          }
        }
        bench.longStream(longStream);
      }
    }
  }

  private static JdbcEventStorageEngine engine(DataSource pool) {
    JacksonSerializer json = JacksonSerializer.defaultSerializer();
    OneConnection connections = new OneConnection(pool);
    return JdbcEventStorageEngine.builder()
        .eventSerializer(json)
        .snapshotSerializer(json)
        .connectionProvider(connections)
        .transactionManager(connections)
        .build();
  }

  /** A thread's transaction has one connection, as in an application with a transaction manager. */
  private static final class OneConnection implements ConnectionProvider, TransactionManager {
    private static final ThreadLocal<Connection> PRESENT = new ThreadLocal<>();

    private final DataSource pool;

    OneConnection(DataSource pool) {
      this.pool = pool;
    }

    @Override
    public Connection getConnection() throws SQLException {
      Connection connection = PRESENT.get();
      return connection == null ? pool.getConnection() : unclosed(connection);
    }

    /** Whoever takes it closes it; the transaction goes on. */
    private static Connection unclosed(Connection connection) {
      return (Connection)
          Proxy.newProxyInstance(
              AxonEvents.class.getClassLoader(),
              new Class<?>[] {Connection.class},
              (proxy, method, args) -> {
                if (method.getName().equals("close")) {
                  return null;
                }
                try {
                  return method.invoke(connection, args);
                } catch (InvocationTargetException e) {
                  throw e.getCause();
                }
              });
    }

    @Override
    public Transaction startTransaction() {
      if (PRESENT.get() != null) { // it is part of one that goes on
        return new Transaction() {
          @Override
          public void commit() {}

          @Override
          public void rollback() {}
        };
      }
      try {
        Connection connection = pool.getConnection();
        connection.setAutoCommit(false);
        PRESENT.set(connection);
        return new Transaction() {
          @Override
          public void commit() {
            end(connection, true);
          }

          @Override
          public void rollback() {
            end(connection, false);
          }
        };
      } catch (SQLException e) {
        throw new IllegalStateException(e);
      }
    }

    private void end(Connection connection, boolean commits) {
      PRESENT.remove();
      try (connection) {
        if (commits) {
          connection.commit();
        } else {
          connection.rollback();
        }
      } catch (SQLException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  // ---- writing ---------------------------------------------------------------------------------

  private static List<DomainEventMessage<?>> events(String stream, long version, int count) {
    List<DomainEventMessage<?>> events = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      Measured payload = new Measured("x".repeat(TEXT_CHARACTERS));
      events.add(new GenericDomainEventMessage<>(TYPE, stream, version + i, payload));
    }
    return events;
  }

  private void appends(int writers, int batch) throws InterruptedException {
    long[] versions = new long[writers];
    String streams = "s" + batch + "-" + writers + "-";
    loop(writers, warmUp, batch, streams, versions);
    long begun = System.nanoTime();
    long[] nanos = loop(writers, seconds, batch, streams, versions);
    double spent = (System.nanoTime() - begun) / 1e9;
    tell(
        "append of %d, %d writers, events".formatted(batch, writers),
        nanos,
        nanos.length * (double) batch / spent);
  }

  private long[] loop(int writers, int seconds, int batch, String streams, long[] versions)
      throws InterruptedException {
    long until = System.nanoTime() + seconds * 1_000_000_000L;
    List<long[]> all = new ArrayList<>();
    CountDownLatch done = new CountDownLatch(writers);
    for (int i = 0; i < writers; i++) {
      int number = i;
      Thread.ofPlatform()
          .start(() -> {
            long[] nanos = write(until, streams + number, batch, versions, number);
            synchronized (all) {
              all.add(nanos);
            }
            done.countDown();
          });
    }
    done.await();
    return all.stream().flatMapToLong(Arrays::stream).toArray();
  }

  private long[] write(long until, String stream, int batch, long[] versions, int number) {
    long[] nanos = new long[1_024];
    int count = 0;
    long begun = System.nanoTime();
    while (begun < until) {
      engine.appendEvents(events(stream, versions[number], batch));
      versions[number] += batch;
      long now = System.nanoTime();
      nanos = count == nanos.length ? Arrays.copyOf(nanos, 2 * count) : nanos;
      nanos[count++] = now - begun;
      begun = now;
    }
    return Arrays.copyOf(nanos, count);
  }

  // ---- reading ---------------------------------------------------------------------------------

  private void longStream(int length) {
    for (int version = 0; version < length; version += LONG_BATCH) {
      engine.appendEvents(events("long", version, LONG_BATCH));
    }
    for (int i = 0; i < 2; i++) {
      long begun = System.nanoTime();
      long count = engine.readEvents("long").asStream().map(DomainEventMessage::getPayload).count();
      long nanos = System.nanoTime() - begun;
      tell("replay of a stream, events", new long[] {nanos}, count / (nanos / 1e9));
    }
    long begun = System.nanoTime();
    try (Stream<?> all = engine.readEvents(null, false)) {
      long count = all.limit(length).count();
      long nanos = System.nanoTime() - begun;
      tell("scan of all, events", new long[] {nanos}, count / (nanos / 1e9));
    }
  }

  private static void tell(String what, long[] nanos, double perSecond) {
    long[] sorted = nanos.clone();
    Arrays.sort(sorted);
    System.out.printf(
        Locale.ROOT,
        "%s: %,.0f/s, %.2f / %.2f ms%n",
        what,
        perSecond,
        sorted[sorted.length / 2] / NANOS_PER_MILLI,
        sorted[(int) (sorted.length * 0.99)] / NANOS_PER_MILLI);
  }
}

package io.quorate.xa.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.grpc.ForwardingServerCall;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import io.quorate.base.Bytes;
import io.quorate.databases.Database;
import io.quorate.databases.Databases;
import io.quorate.xa.branch.BranchId;
import io.quorate.xa.tcc.GrpcParticipant;
import io.quorate.xa.tcc.GrpcTccService;
import io.quorate.xa.tcc.HttpParticipant;
import io.quorate.xa.tcc.TccBarrier;
import io.quorate.xa.tcc.TccEndpoint;
import io.quorate.xa.tcc.TccParticipant;
import io.quorate.xa.tcc.TccRefusal;
import io.quorate.xa.tcc.TccResource;
import io.quorate.xa.tcc.TccService;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;

/** A service that sells pieces of one thing, over HTTP or gRPC, from a database of its own. */
final class Stock implements TccService, AutoCloseable {
  static final int PIECES = 100;

  private static final int CONNECTIONS_MAX = 10;
  private static final AtomicInteger NUMBER = new AtomicInteger();

  /** What its database is, and how it is reached. */
  enum Kind {
    POSTGRESQL,
    MARIADB,
    /** And it is reached over gRPC, the others over HTTP. */
    POSTGRESQL_BY_GRPC;

    boolean isPostgreSql() {
      return this != MARIADB;
    }

    Database server() {
      return isPostgreSql() ? Databases.postgreSql() : Databases.mariaDb();
    }
  }

  /** What happens to requests. */
  enum Fault {
    NONE,
    /** What is asked for is done; the connection is cut in place of an answer, once. */
    ANSWER_LOST_ONCE,
    /** As while it is deployed. */
    UNAVAILABLE,
    /** As of a proxy that has a page for everything. */
    SOMEBODY_ELSE
  }

  private final Kind kind;
  private final HikariDataSource dataSource;
  private final TccBarrier barrier;
  private final TccEndpoint endpoint;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final HttpServer http;
  private final Server grpc;
  private final List<GrpcParticipant> participants = new ArrayList<>();
  private volatile Fault fault = Fault.NONE;

  Stock(Kind kind) throws Exception {
    this.kind = kind;
    String name = "stock" + ProcessHandle.current().pid() + "_" + NUMBER.incrementAndGet();
    kind.server().createDatabase(name);
    dataSource = pool(kind.server().dataSource(name));
    execute(
        kind.isPostgreSql() ? TccBarrier.POSTGRESQL_TABLE : TccBarrier.MARIADB_TABLE,
        "CREATE TABLE stock (unsold INT NOT NULL, reserved INT NOT NULL, sold INT NOT NULL)",
        "CREATE TABLE reservation (branch VARCHAR(95) PRIMARY KEY, pieces INT NOT NULL)",
        "INSERT INTO stock VALUES (" + PIECES + ", 0, 0)");
    barrier =
        kind.isPostgreSql() ? TccBarrier.postgreSql(dataSource) : TccBarrier.mariaDb(dataSource);
    endpoint = new TccEndpoint(barrier, this);
    http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    http.setExecutor(threads);
    http.createContext("/tcc", this::serve);
    http.start();
    grpc =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .executor(threads)
            .addService(new GrpcTccService(barrier, this))
            .intercept(new Faults())
            .build()
            .start();
  }

  /** A connection of PostgreSQL's is a process, which takes its time. */
  private static HikariDataSource pool(DataSource source) {
    HikariConfig config = new HikariConfig();
    config.setDataSource(source);
    config.setMaximumPoolSize(CONNECTIONS_MAX);
    config.setMinimumIdle(0);
    return new HikariDataSource(config);
  }

  @Override
  public void close() {
    participants.forEach(GrpcParticipant::close);
    http.stop(0);
    grpc.shutdownNow();
    threads.shutdown();
    dataSource.close();
  }

  TccBarrier barrier() {
    return barrier;
  }

  TccParticipant participant() {
    if (kind == Kind.POSTGRESQL_BY_GRPC) {
      GrpcParticipant participant = GrpcParticipant.at("127.0.0.1:" + grpc.getPort());
      participants.add(participant);
      return participant;
    }
    return HttpParticipant.at(
        URI.create("http://127.0.0.1:" + http.getAddress().getPort() + "/tcc"));
  }

  /** Something that answers, and is no such service. */
  TccParticipant elsewhere() {
    if (kind == Kind.POSTGRESQL_BY_GRPC) {
      fault = Fault.SOMEBODY_ELSE;
      return participant();
    }
    return HttpParticipant.at(URI.create(participant() + "nowhere"));
  }

  /** What is said of an answer by somebody else. */
  String saysSomebodyElse() {
    return kind == Kind.POSTGRESQL_BY_GRPC
        ? "the service answered UNIMPLEMENTED"
        : "the service answered 200: <html>welcome</html>";
  }

  /** What is said of an answer while it is deployed. */
  String saysUnavailable() {
    return kind == Kind.POSTGRESQL_BY_GRPC
        ? "the service answered UNAVAILABLE"
        : "the service answered 503";
  }

  TccResource resource() {
    return TccResource.of("stock", participant()).patience(Duration.ofMillis(300));
  }

  void fault(Fault what) {
    fault = what;
  }

  /** What happens to requests over gRPC. */
  private final class Faults implements ServerInterceptor {
    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
        ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
      Fault now = fault;
      if (now == Fault.UNAVAILABLE || now == Fault.SOMEBODY_ELSE) {
        call.close(
            now == Fault.UNAVAILABLE ? Status.UNAVAILABLE : Status.UNIMPLEMENTED, new Metadata());
        return new ServerCall.Listener<>() {};
      }
      if (now != Fault.ANSWER_LOST_ONCE) {
        return next.startCall(call, headers);
      }
      return next.startCall(
          new ForwardingServerCall.SimpleForwardingServerCall<>(call) {
            @Override
            public void sendMessage(A answer) {
              fault = Fault.NONE; // it is done; nobody hears of that
            }

            @Override
            public void close(Status status, Metadata trailers) {
              super.close(Status.UNAVAILABLE, new Metadata());
            }
          },
          headers);
    }
  }

  // ---- requests --------------------------------------------------------------------------------

  private void serve(HttpExchange exchange) throws IOException {
    try (exchange) {
      Fault now = fault;
      if (now == Fault.UNAVAILABLE || now == Fault.SOMEBODY_ELSE) {
        byte[] page = "<html>welcome</html>".getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(now == Fault.UNAVAILABLE ? 503 : 200, page.length);
        exchange.getResponseBody().write(page);
        return;
      }
      String path = exchange.getRequestURI().toString().substring("/tcc".length());
      TccEndpoint.Response response =
          endpoint.handle(
              exchange.getRequestMethod(),
              path,
              exchange.getRequestHeaders()::getFirst,
              Bytes.wrap(exchange.getRequestBody().readAllBytes()));
      if (now == Fault.ANSWER_LOST_ONCE) {
        fault = Fault.NONE;
        return;
      }
      answer(exchange, response);
    }
  }

  static void answer(HttpExchange exchange, TccEndpoint.Response response) throws IOException {
    exchange.getResponseHeaders().set("Content-Type", response.contentType());
    byte[] body = response.body().toArray();
    exchange.sendResponseHeaders(response.status(), body.length == 0 ? -1 : body.length);
    exchange.getResponseBody().write(body);
  }

  // ---- its business ----------------------------------------------------------------------------

  @Override
  public Bytes attempt(Connection connection, BranchId id, Bytes payload) throws Exception {
    int pieces = Integer.parseInt(payload.toUtf8());
    if (change(
            connection,
            "UPDATE stock SET unsold = unsold - ?, reserved = reserved + ? WHERE unsold >= ?",
            pieces,
            pieces,
            pieces)
        == 0) {
      throw new TccRefusal("fewer than " + pieces + " are left");
    }
    change(connection, "INSERT INTO reservation VALUES (?, ?)", id.toHex(), pieces);
    return Bytes.utf8("reserved " + pieces);
  }

  @Override
  public void confirm(Connection connection, BranchId id) throws Exception {
    int pieces = taken(connection, id);
    change(connection, "UPDATE stock SET reserved = reserved - ?, sold = sold + ?", pieces, pieces);
  }

  @Override
  public void cancel(Connection connection, BranchId id) throws Exception {
    int pieces = taken(connection, id);
    change(
        connection,
        "UPDATE stock SET reserved = reserved - ?, unsold = unsold + ?",
        pieces,
        pieces);
  }

  private static int taken(Connection connection, BranchId id) throws SQLException {
    int pieces;
    try (PreparedStatement statement =
        connection.prepareStatement("SELECT pieces FROM reservation WHERE branch = ?")) {
      statement.setString(1, id.toHex());
      try (ResultSet rows = statement.executeQuery()) {
        assertThat(rows.next()).as("a reservation of %s", id).isTrue();
        pieces = rows.getInt(1);
      }
    }
    change(connection, "DELETE FROM reservation WHERE branch = ?", id.toHex());
    return pieces;
  }

  private static int change(Connection connection, String sql, Object... values)
      throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      for (int i = 0; i < values.length; i++) {
        statement.setObject(i + 1, values[i]);
      }
      return statement.executeUpdate();
    }
  }

  // ---- what is there ---------------------------------------------------------------------------

  /** How many pieces are unsold, reserved and sold. */
  List<Integer> pieces() {
    return numbers("SELECT unsold, reserved, sold FROM stock", 3);
  }

  /** How many branches are cancelled. */
  int cancelled() {
    return numbers("SELECT COUNT(*) FROM quorate_tcc WHERE state = 'CANCELLED'", 1).getFirst();
  }

  /**
   * Whether a transaction on its server waits for a lock. MariaDB's table of transactions is a copy
   * that isn't renewed for whoever reads it all along, so its counter is asked.
   */
  boolean isAnyWaiting() {
    String sql =
        kind.isPostgreSql()
            ? "SELECT COUNT(*) FROM pg_locks WHERE NOT granted"
            : "SELECT variable_value FROM information_schema.global_status"
                + " WHERE variable_name = 'INNODB_ROW_LOCK_CURRENT_WAITS'";
    return numbers(sql, 1).getFirst() > 0;
  }

  private List<Integer> numbers(String sql, int columns) {
    try (Connection connection = dataSource.getConnection();
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      rows.next();
      List<Integer> numbers = new ArrayList<>();
      for (int i = 1; i <= columns; i++) {
        numbers.add(rows.getInt(i));
      }
      return numbers;
    } catch (SQLException e) {
      throw new AssertionError(e);
    }
  }

  void execute(String... statements) throws SQLException {
    try (Connection connection = dataSource.getConnection();
        Statement statement = connection.createStatement()) {
      for (String each : statements) {
        statement.execute(each);
      }
    }
  }
}

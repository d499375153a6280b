package io.quorate.xa.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.quorate.base.Bytes;
import io.quorate.client.QuorateClient;
import io.quorate.databases.Database;
import io.quorate.databases.Databases;
import io.quorate.system.Snippets;
import io.quorate.system.Store;
import io.quorate.xa.branch.BranchId;
import io.quorate.xa.jdbc.PostgreSqlResource;
import io.quorate.xa.tcc.GrpcTccService;
import io.quorate.xa.tcc.TccBarrier;
import io.quorate.xa.tcc.TccEndpoint;
import io.quorate.xa.tcc.TccService;
import java.io.IOException;
import java.lang.reflect.Method;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Each snippet of the guide compiles and runs as it stands, but for where the store is. */
@Timeout(60)
class GuideTest {
  private final Store store = Store.QUORATE;

  @TempDir private Path folder;

  /** A service that notes what it is told. */
  private static final class Noting implements TccService {
    @Override
    public Bytes attempt(Connection connection, BranchId id, Bytes payload) throws SQLException {
      note(connection, "tried " + payload.toUtf8());
      return Bytes.EMPTY;
    }

    @Override
    public void confirm(Connection connection, BranchId id) throws SQLException {
      note(connection, "confirmed");
    }

    @Override
    public void cancel(Connection connection, BranchId id) throws SQLException {
      note(connection, "cancelled");
    }

    private static void note(Connection connection, String what) throws SQLException {
      ResourceCase.execute(connection, "INSERT INTO note VALUES ('" + what + "')");
    }
  }

  private static DataSource database(Database server, String... statements) throws SQLException {
    String name = "guide" + ProcessHandle.current().pid();
    server.createDatabase(name);
    DataSource source = server.dataSource(name);
    try (Connection connection = source.getConnection()) {
      for (String each : statements) {
        ResourceCase.execute(connection, each);
      }
    }
    return source;
  }

  private static List<String> column(DataSource source, String sql) throws SQLException {
    try (Connection connection = source.getConnection();
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      List<String> all = new ArrayList<>();
      while (rows.next()) {
        all.add(rows.getString(1));
      }
      return all;
    }
  }

  @Test
  void snippets_compile_and_run() throws Exception {
    List<String> snippets = Snippets.of("docs/transactions.md", "java");
    assertThat(snippets).hasSize(4);
    DataSource orders =
        database(
            Databases.postgreSql(),
            "CREATE TABLE purchase (id INT PRIMARY KEY, what TEXT)",
            "CREATE TABLE note (what TEXT)",
            TccBarrier.POSTGRESQL_TABLE);
    DataSource stock =
        database(
            Databases.mariaDb(),
            "CREATE TABLE article (name VARCHAR(20) PRIMARY KEY, left_over INT NOT NULL)",
            "INSERT INTO article VALUES ('tea', 10)");
    HttpServer http =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    TccBarrier barrier = TccBarrier.postgreSql(orders);
    Server grpc =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .addService(new GrpcTccService(barrier, new Noting()))
            .build()
            .start();
    String source =
        """
        import io.quorate.base.*;
        import io.quorate.client.*;
        import io.quorate.xa.*;
        import io.quorate.xa.jdbc.*;
        import io.quorate.xa.tcc.*;
        import java.net.URI;
        import java.sql.*;
        import java.util.function.Function;
        import javax.sql.DataSource;
        public class Guide {
          public static void overBoth(DataSource ordersDataSource, DataSource stockDataSource)
              throws Exception {
            %s
          }
          public static void withService(QuorateClient client, PostgreSqlResource orders)
              throws Exception {
            %s
          }
          public static TccEndpoint.Response endpoint(DataSource dataSource, TccService service,
              String method, String path, Function<String, String> header, Bytes body) {
            %s
            return response;
          }
          public static String overGrpc() {
            %s
            try (participant) {
              return warehouse.name() + " is " + participant.identity().join();
            }
          }
        }
        """
            .formatted(snippets.toArray())
            .replace("store1:2379", store.endpoint())
            .replaceAll(", \"store[23]:2379\"", "")
            .replace("warehouse.example:9090", "127.0.0.1:" + grpc.getPort())
            .replace("warehouse.example", "127.0.0.1:" + http.getAddress().getPort());
    Class<?> guide = Snippets.compile("Guide", source, folder);
    Method endpoint =
        guide.getMethod(
            "endpoint",
            DataSource.class,
            TccService.class,
            String.class,
            String.class,
            Function.class,
            Bytes.class);
    http.createContext(
        "/tcc",
        exchange -> {
          try {
            serve(
                exchange,
                (method, path, header, body) ->
                    (TccEndpoint.Response)
                        endpoint.invoke(null, orders, new Noting(), method, path, header, body));
          } catch (ReflectiveOperationException e) {
            throw new IOException(e);
          }
        });
    http.start();
    try (QuorateClient client = store.connect()) {
      guide.getMethod("overBoth", DataSource.class, DataSource.class).invoke(null, orders, stock);
      assertThat(client.kv().get("purchases/4711").orElseThrow().value().toUtf8()).isEqualTo("tea");
      guide
          .getMethod("withService", QuorateClient.class, PostgreSqlResource.class)
          .invoke(null, client, PostgreSqlResource.of("orders", orders));
      assertThat(guide.getMethod("overGrpc").invoke(null))
          .isEqualTo("warehouse is " + barrier.identity());
    } finally {
      http.stop(0);
      grpc.shutdownNow();
    }
    assertThat(column(orders, "SELECT id FROM purchase ORDER BY id"))
        .containsExactly("4711", "4712");
    assertThat(column(stock, "SELECT left_over FROM article")).containsExactly("9");
    assertThat(column(orders, "SELECT what FROM note"))
        .containsExactly("tried {\"item\":4712,\"pieces\":2}", "confirmed");
  }

  /** What answers requests. */
  private interface Handler {
    TccEndpoint.Response handle(
        String method, String path, Function<String, String> header, Bytes body)
        throws ReflectiveOperationException;
  }

  private static void serve(HttpExchange exchange, Handler handler)
      throws IOException, ReflectiveOperationException {
    try (exchange) {
      TccEndpoint.Response response =
          handler.handle(
              exchange.getRequestMethod(),
              exchange.getRequestURI().toString().substring("/tcc".length()),
              exchange.getRequestHeaders()::getFirst,
              Bytes.wrap(exchange.getRequestBody().readAllBytes()));
      Stock.answer(exchange, response);
    }
  }
}

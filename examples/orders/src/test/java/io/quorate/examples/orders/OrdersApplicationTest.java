package io.quorate.examples.orders;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quorate.EmbeddedNode;
import io.quorate.MemberConfig;
import io.quorate.Quorate;
import io.quorate.client.QuorateClient;
import io.quorate.databases.Database;
import io.quorate.databases.Databases;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.dao.DuplicateKeyException;
import org.springframework.jdbc.core.JdbcTemplate;

/** Runs the example against databases and a store of its own. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class OrdersApplicationTest {
  @TempDir private static Path directory;
  private static EmbeddedNode node;
  private static JdbcTemplate orders;
  private static JdbcTemplate stock;
  private static ConfigurableApplicationContext application;

  /** A store in this process, instead of one over the network. */
  @Configuration(proxyBeanMethods = false)
  static class EmbeddedStore {
    @Bean(destroyMethod = "")
    QuorateClient client() {
      return node.client();
    }
  }

  @BeforeAll
  static void start() {
    node = Quorate.node(MemberConfig.alone(directory.resolve("data"))).start();
    Database postgreSql = Databases.postgreSql();
    Database mariaDb = Databases.mariaDb();
    String ordersName = Databases.databaseOf(postgreSql, OrdersApplicationTest.class);
    String stockName = Databases.databaseOf(mariaDb, OrdersApplicationTest.class);
    orders = new JdbcTemplate(postgreSql.dataSource(ordersName));
    stock = new JdbcTemplate(mariaDb.dataSource(stockName));
    orders.execute(
        "CREATE TABLE orders (number VARCHAR(40) PRIMARY KEY, article VARCHAR(40) NOT NULL, pieces"
            + " INT NOT NULL)");
    stock.execute("CREATE TABLE stock (article VARCHAR(40) PRIMARY KEY, pieces INT NOT NULL)");
    stock.execute("INSERT INTO stock VALUES ('tea', 10)");
    application =
        new SpringApplicationBuilder(OrdersApplication.class, EmbeddedStore.class)
            .web(WebApplicationType.NONE)
            .run(
                "--orders.pool.jdbc-url=" + postgreSql.jdbcUrl(ordersName),
                "--orders.pool.username=" + postgreSql.user(),
                "--orders.pool.password=" + postgreSql.password(),
                "--stock.pool.jdbc-url=" + mariaDb.jdbcUrl(stockName),
                "--stock.pool.username=" + mariaDb.user(),
                "--stock.pool.password=" + mariaDb.password());
  }

  @AfterAll
  static void stop() {
    application.close();
    node.close();
  }

  private static int pieces(JdbcTemplate template, String sql) {
    Integer sum = template.queryForObject(sql, Integer.class);
    return sum == null ? 0 : sum;
  }

  private static int ordered() {
    return pieces(orders, "SELECT SUM(pieces) FROM orders");
  }

  private static int left() {
    return pieces(stock, "SELECT SUM(pieces) FROM stock");
  }

  /** Shows that an order is in all three places, and that one which fails in any is in none. */
  @Test
  void an_order_is_everywhere_or_nowhere() {
    Orders shop = application.getBean(Orders.class);
    shop.place("A-1", "tea", 4);
    assertThat(ordered()).isEqualTo(4);
    assertThat(left()).isEqualTo(6);
    assertThat(event()).isEqualTo("A-1");

    assertThatThrownBy(() -> shop.place("A-2", "tea", 7)).isInstanceOf(OutOfStockException.class);
    assertThatThrownBy(() -> shop.place("A-1", "tea", 1)).isInstanceOf(DuplicateKeyException.class);
    assertThat(ordered()).isEqualTo(4);
    assertThat(left()).isEqualTo(6);
    assertThat(event()).isEqualTo("A-1");

    shop.place("A-3", "tea", 6);
    assertThat(ordered()).isEqualTo(10);
    assertThat(left()).isZero();
    assertThat(event()).isEqualTo("A-3");
    assertThat(Databases.postgreSql().prepared()).isEmpty();
    assertThat(Databases.mariaDb().prepared()).isEmpty();
  }

  private static String event() {
    return node.client().kv().get(Orders.EVENTS + "tea").orElseThrow().value().toUtf8();
  }
}

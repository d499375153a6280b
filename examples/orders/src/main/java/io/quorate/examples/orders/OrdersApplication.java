package io.quorate.examples.orders;

import com.zaxxer.hikari.HikariDataSource;
import io.quorate.xa.Transactions;
import io.quorate.xa.jdbc.MariaDbResource;
import io.quorate.xa.jdbc.PostgreSqlResource;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * The whole wiring: a pool for each database, a resource over each pool, and a template over each
 * resource's data source. The client, the transactions and {@code @Transactional} come of {@code
 * quorate-spring}.
 */
@SpringBootApplication
public class OrdersApplication {
  /** Runs until it is stopped; see {@code application.properties}. */
  public static void main(String[] args) {
    SpringApplication.run(OrdersApplication.class, args);
  }

  @Bean
  @ConfigurationProperties("orders.pool")
  HikariDataSource ordersPool() {
    return new HikariDataSource();
  }

  @Bean
  @ConfigurationProperties("stock.pool")
  HikariDataSource stockPool() {
    return new HikariDataSource();
  }

  @Bean
  PostgreSqlResource ordersDatabase(HikariDataSource ordersPool) {
    return PostgreSqlResource.of("orders", ordersPool);
  }

  @Bean
  MariaDbResource stockDatabase(HikariDataSource stockPool) {
    return MariaDbResource.of("stock", stockPool);
  }

  @Bean
  JdbcTemplate ordersTemplate(Transactions transactions, PostgreSqlResource ordersDatabase) {
    return new JdbcTemplate(transactions.dataSource(ordersDatabase));
  }

  @Bean
  JdbcTemplate stockTemplate(Transactions transactions, MariaDbResource stockDatabase) {
    return new JdbcTemplate(transactions.dataSource(stockDatabase));
  }

  @Bean
  Orders orders(
      Transactions transactions, JdbcTemplate ordersTemplate, JdbcTemplate stockTemplate) {
    return new Orders(transactions, ordersTemplate, stockTemplate);
  }
}

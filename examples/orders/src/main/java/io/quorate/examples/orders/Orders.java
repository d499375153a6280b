package io.quorate.examples.orders;

import io.quorate.xa.Transactions;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.annotation.Transactional;

/** Places orders. */
public class Orders {
  /** Under it is the number of the last order of each article. */
  static final String EVENTS = "orders/last/";

  private final Transactions transactions;
  private final JdbcTemplate orders;
  private final JdbcTemplate stock;

  Orders(Transactions transactions, JdbcTemplate orders, JdbcTemplate stock) {
    this.transactions = transactions;
    this.orders = orders;
    this.stock = stock;
  }

  /**
   * Writes an order down, takes what is ordered out of the stock, and tells whoever watches: all of
   * it, or nothing.
   *
   * @throws OutOfStockException if there isn't enough
   */
  @Transactional
  public void place(String number, String article, int pieces) {
    orders.update(
        "INSERT INTO orders (number, article, pieces) VALUES (?, ?, ?)", number, article, pieces);
    int taken =
        stock.update(
            "UPDATE stock SET pieces = pieces - ? WHERE article = ? AND pieces >= ?",
            pieces,
            article,
            pieces);
    if (taken == 0) {
      throw new OutOfStockException(article);
    }
    transactions.current().orElseThrow().put(EVENTS + article, number);
  }
}

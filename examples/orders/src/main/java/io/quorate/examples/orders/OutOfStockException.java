package io.quorate.examples.orders;

/** There is less of an article than was ordered. */
public final class OutOfStockException extends RuntimeException {
  OutOfStockException(String article) {
    super("not enough of " + article);
  }
}

package io.quorate.examples.shipping;

/** What happens to an order. */
public sealed interface OrderEvent {
  /** It was placed. */
  record Placed(String article, int pieces) implements OrderEvent {}

  /** It was paid. */
  record Paid(long cents) implements OrderEvent {}

  /** It was given up. */
  record Cancelled(String reason) implements OrderEvent {}
}

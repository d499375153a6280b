package io.quorate.examples.shipping;

/** What somebody wants of an order. */
public sealed interface OrderCommand {
  /** To place it. */
  record Place(String article, int pieces) implements OrderCommand {}

  /** To pay it. */
  record Pay(long cents) implements OrderCommand {}

  /** To give it up. */
  record Cancel(String reason) implements OrderCommand {}
}

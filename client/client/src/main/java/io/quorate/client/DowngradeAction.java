package io.quorate.client;

/** What is done about a downgrade; the order is that of the wire's numbers. */
public enum DowngradeAction {
  /** Asks whether it could be begun. */
  VALIDATE,
  /** Begins it. */
  ENABLE,
  /** Gives it up. */
  CANCEL
}

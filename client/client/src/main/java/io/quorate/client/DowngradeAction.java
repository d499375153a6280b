package io.quorate.client;

/** What is done about a downgrade. */
public enum DowngradeAction {
  /** Asks whether it could be begun. */
  VALIDATE(0),
  /** Begins it. */
  ENABLE(1),
  /** Gives it up. */
  CANCEL(2);

  private final int number;

  DowngradeAction(int number) {
    this.number = number;
  }

  /** Its number on the wire. */
  public int number() {
    return number;
  }
}

package io.quorate.xa.tcc;

/** A service can't reserve what it was asked for: the transaction is rolled back. */
public final class TccRefusal extends Exception {
  private static final long serialVersionUID = 1L;

  /**
   * A refusal.
   *
   * @param reason which whoever tried is told
   */
  public TccRefusal(String reason) {
    super(reason, null, false, false);
  }
}

package io.quorate.txn;

/**
 * What a {@link Coordinator} wants done. Each may be wanted again, and what is done twice must be
 * the same as done once. Participants are numbered from 0.
 */
public interface CoordinatorActions {
  /** The participant shall prepare, and vote. */
  void prepare(int participant);

  /**
   * The only participant shall commit without preparing. If an earlier answer was lost, it is to be
   * asked for what it did.
   */
  void commitOnePhase(int participant);

  /**
   * The record shall say this, unless it says something already. What it says then is the answer.
   */
  void decide(Decision decision);

  /** A participant that has prepared shall commit. */
  void commit(int participant);

  /** A participant shall undo what it did, prepared or not. */
  void abort(int participant);

  /** Whoever began the transaction may know now what became of it. Once only. */
  void tell(Decision decision);

  /** Whoever began the transaction can't be told what became of it. Once only. */
  void tellUnknown();

  /** A participant has done otherwise than was decided: a heuristic outcome. */
  void contradicted(int participant, Decision decided);

  /** All participants have done what was decided: the record isn't needed any more. Once only. */
  void forget();
}

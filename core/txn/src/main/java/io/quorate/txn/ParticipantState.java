package io.quorate.txn;

import org.jspecify.annotations.Nullable;

/**
 * Where a participant is with one transaction, and what it does when it is told something. What is
 * given as the next state must be durable before the answer leaves.
 *
 * <pre>
 *            PREPARE              PROBE           COMMIT              ABORT
 * INIT       YES → PREPARED, or   NO → ABORTED    !                   DONE → ABORTED
 *            NO → ABORTED
 * PREPARED   YES                  YES             DONE → COMMITTED    DONE → ABORTED
 * COMMITTED  COMMITTED            COMMITTED       DONE                !
 * ABORTED    NO                   NO              !                   DONE
 * FORGOTTEN  NO                   NO              DONE                DONE
 * </pre>
 *
 * <p>A participant that is asked or aborted before it was told to prepare remembers that it has
 * aborted, so that a late order to prepare comes to nothing. One that has forgotten a transaction
 * knows that it was finished, and refuses to prepare it again. An exclamation mark is {@link
 * Answer#CONTRADICTION}: somebody decided twice, and the participant changes nothing.
 */
public enum ParticipantState {
  /** It knows nothing of it, and never did. */
  INIT,
  /** It has promised to do either. */
  PREPARED,
  /** It has committed. */
  COMMITTED,
  /** It has undone everything, or there was nothing. */
  ABORTED,
  /** It has been finished so long ago that its outcome isn't kept. */
  FORGOTTEN;

  /** What a participant can be told. */
  public enum Order {
    /** Prepare, and vote. */
    PREPARE,
    /** Has it prepared? If not, it never will. */
    PROBE,
    /** Do it. */
    COMMIT,
    /** Undo it. */
    ABORT
  }

  /** What it answers. */
  public enum Answer {
    /** It has prepared. */
    YES,
    /** It hasn't, and won't. */
    NO,
    /** It was told to commit before, and has done so. */
    COMMITTED,
    /** It has done what it was told. */
    DONE,
    /** It has done otherwise, and can't do what it is told. */
    CONTRADICTION
  }

  /**
   * What an order comes to.
   *
   * @param next where it is then; the same state if nothing changes
   */
  public record Step(ParticipantState next, Answer answer) {}

  /**
   * What it does when it is told something.
   *
   * @param willing whether it could prepare; asked only if it is told to for the first time
   */
  public Step on(Order order, boolean willing) {
    return switch (this) {
      case INIT ->
          switch (order) {
            case PREPARE -> willing ? new Step(PREPARED, Answer.YES) : new Step(ABORTED, Answer.NO);
            case PROBE -> new Step(ABORTED, Answer.NO);
            case COMMIT -> stays(Answer.CONTRADICTION);
            case ABORT -> new Step(ABORTED, Answer.DONE);
          };
      case PREPARED ->
          switch (order) {
            case PREPARE, PROBE -> stays(Answer.YES);
            case COMMIT -> new Step(COMMITTED, Answer.DONE);
            case ABORT -> new Step(ABORTED, Answer.DONE);
          };
      case COMMITTED ->
          switch (order) {
            case PREPARE, PROBE -> stays(Answer.COMMITTED);
            case COMMIT -> stays(Answer.DONE);
            case ABORT -> stays(Answer.CONTRADICTION);
          };
      case ABORTED ->
          switch (order) {
            case PREPARE, PROBE -> stays(Answer.NO);
            case COMMIT -> stays(Answer.CONTRADICTION);
            case ABORT -> stays(Answer.DONE);
          };
      case FORGOTTEN ->
          switch (order) {
            case PREPARE, PROBE -> stays(Answer.NO);
            case COMMIT, ABORT -> stays(Answer.DONE);
          };
    };
  }

  private Step stays(Answer answer) {
    return new Step(this, answer);
  }

  /** The decision that it has carried out; null if it has carried out none, or has forgotten it. */
  public @Nullable Decision carriedOut() {
    return switch (this) {
      case COMMITTED -> Decision.COMMIT;
      case ABORTED -> Decision.ABORT;
      case INIT, PREPARED, FORGOTTEN -> null;
    };
  }
}

package io.quorate.xa.jta;

import io.quorate.xa.Outcome;
import jakarta.transaction.HeuristicCommitException;
import jakarta.transaction.HeuristicMixedException;
import jakarta.transaction.HeuristicRollbackException;
import jakarta.transaction.RollbackException;
import jakarta.transaction.SystemException;
import org.jspecify.annotations.Nullable;

/** What outcomes are called in Jakarta Transactions, whose exceptions take no causes. */
final class Thrown {
  private Thrown() {}

  static <E extends Exception> E because(E exception, @Nullable Throwable cause) {
    if (cause != null) {
      exception.initCause(cause);
    }
    return exception;
  }

  static SystemException system(@Nullable String message, @Nullable Throwable cause) {
    return because(new SystemException(message), cause);
  }

  /** To whoever wanted it committed. */
  static void afterCommit(Outcome outcome)
      throws RollbackException,
          HeuristicMixedException,
          HeuristicRollbackException,
          SystemException {
    Throwable why = outcome.reason();
    String reason = why == null ? "" : ": " + why.getMessage();
    switch (outcome.kind()) {
      case COMMITTED -> {
        if (outcome.contradicted().isEmpty()) {
          return;
        }
        if (outcome.contradicted().size() >= outcome.participants()) {
          throw new HeuristicRollbackException(
              "it was to be committed, and was rolled back by " + names(outcome));
        }
        throw new HeuristicMixedException("it was committed, but not by " + names(outcome));
      }
      case ABORTED -> {
        if (!outcome.contradicted().isEmpty()) {
          throw because(
              new HeuristicMixedException("it was rolled back, but not by " + names(outcome)), why);
        }
        throw because(new RollbackException("it was rolled back" + reason), why);
      }
      case UNKNOWN -> throw system("whether it is committed is not known" + reason, why);
    }
  }

  /** To whoever wanted it rolled back. */
  static void afterRollBack(Outcome outcome) throws SystemException {
    if (!outcome.contradicted().isEmpty()) {
      String message = "it was rolled back, but not by " + names(outcome);
      throw system(message, new HeuristicCommitException(message));
    }
  }

  private static String names(Outcome outcome) {
    return String.join(", ", outcome.contradicted());
  }
}

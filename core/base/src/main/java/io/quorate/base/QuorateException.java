package io.quorate.base;

import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * A call failed. The subclass says what the caller may do; the {@link #code code} says which
 * failure it was; the message names what happened and what to do.
 */
public abstract sealed class QuorateException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final ErrorCode code;

  private QuorateException(ErrorCode code, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.code = code;
  }

  /** Which failure, from the stable catalogue. */
  public ErrorCode code() {
    return code;
  }

  /** The exception whose type fits the code's kind. */
  public static QuorateException of(ErrorCode code, String message) {
    return of(code, message, null);
  }

  /** The exception whose type fits the code's kind, with its cause. */
  public static QuorateException of(ErrorCode code, String message, @Nullable Throwable cause) {
    return switch (code.kind()) {
      case UNAVAILABLE -> new Unavailable(code, message, cause);
      case REJECTED -> new Rejected(code, message, cause);
      case CONFLICT -> new Conflict(code, message, cause);
      case INDETERMINATE -> new Indeterminate(code, message, cause);
      case CORRUPT -> new Corrupt(code, message, cause);
    };
  }

  /**
   * What a call failed with, out of whatever a future has wrapped it in. What is none of ours says
   * nothing about the outcome.
   */
  public static QuorateException reason(Throwable failure) {
    Throwable cause = failure.getCause();
    boolean wraps = failure instanceof CompletionException || failure instanceof ExecutionException;
    Throwable why = wraps && cause != null ? cause : failure;
    return why instanceof QuorateException known
        ? known
        : of(ErrorCode.OUTCOME_UNKNOWN, "a call failed: " + why, why);
  }

  /** It took no effect; trying again may succeed. */
  public static final class Unavailable extends QuorateException {
    private static final long serialVersionUID = 1L;

    private Unavailable(ErrorCode code, String message, @Nullable Throwable cause) {
      super(code, message, cause);
    }
  }

  /** It took no effect, and never will as it is. */
  public static final class Rejected extends QuorateException {
    private static final long serialVersionUID = 1L;

    private Rejected(ErrorCode code, String message, @Nullable Throwable cause) {
      super(code, message, cause);
    }
  }

  /** It took no effect, since the state is another than the caller thought. */
  public static final class Conflict extends QuorateException {
    private static final long serialVersionUID = 1L;

    private Conflict(ErrorCode code, String message, @Nullable Throwable cause) {
      super(code, message, cause);
    }
  }

  /** Whether it took effect is not known, and it may still do so. */
  public static final class Indeterminate extends QuorateException {
    private static final long serialVersionUID = 1L;

    private Indeterminate(ErrorCode code, String message, @Nullable Throwable cause) {
      super(code, message, cause);
    }
  }

  /** Data is damaged, or is not what it should be. Stop and look. */
  public static final class Corrupt extends QuorateException {
    private static final long serialVersionUID = 1L;

    private Corrupt(ErrorCode code, String message, @Nullable Throwable cause) {
      super(code, message, cause);
    }
  }
}

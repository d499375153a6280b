package io.quorate.xa;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What became of a transaction.
 *
 * @param reason why it aborted, or isn't known; null if it committed
 * @param participants how many branches it had that changed something, and the store if it wrote
 *     there
 * @param contradicted the resources that did otherwise; none unless an operator interfered or a
 *     database lost what it had promised
 */
public record Outcome(
    Kind kind, @Nullable Throwable reason, int participants, List<String> contradicted) {
  /** The kinds of it. */
  public enum Kind {
    /** All of it is done, or will be as soon as its resources can be reached. */
    COMMITTED,
    /** Nothing of it remains, or will as soon as its resources can be reached. */
    ABORTED,
    /** It may be either; that is found out, and finished, without whoever began it. */
    UNKNOWN
  }

  /** Keeps the list from changing. */
  public Outcome {
    contradicted = List.copyOf(contradicted);
  }
}

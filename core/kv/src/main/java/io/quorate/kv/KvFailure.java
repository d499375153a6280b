package io.quorate.kv;

import java.util.Objects;

/**
 * A request was refused and changed nothing.
 *
 * @param error why
 */
public record KvFailure(KvError error) implements KvResult {
  /** Refuses null. */
  public KvFailure {
    Objects.requireNonNull(error);
  }
}

package io.quorate.raft;

import io.quorate.base.Checks;

/** A configuration and the log index at which it came into force; 0 for the one of the start. */
public record ConfigurationAt(long index, Configuration configuration) {
  /** Checks the index. */
  public ConfigurationAt {
    Checks.that(index >= 0, "configuration index=%d", index);
  }
}

package io.quorate.recipes;

import java.util.function.Function;

/** Who leads, as one session sees it. */
public sealed interface Leadership {
  /** This session does. */
  record Leader(String value, long revision) implements Leadership {}

  /**
   * Another one does.
   *
   * @param value what the leader says of itself
   * @param lease of the leader's session
   * @param revision at which its key was created: that of its token
   */
  record Follower(String value, long lease, long revision) implements Leadership {}

  /** Nobody does. */
  record NoLeader() implements Leadership {}

  /** What fits. */
  default <T> T match(
      Function<? super Leader, ? extends T> leader,
      Function<? super Follower, ? extends T> follower,
      Function<? super NoLeader, ? extends T> nobody) {
    if (this instanceof Leader is) {
      return leader.apply(is);
    }
    if (this instanceof Follower is) {
      return follower.apply(is);
    }
    return nobody.apply((NoLeader) this);
  }
}

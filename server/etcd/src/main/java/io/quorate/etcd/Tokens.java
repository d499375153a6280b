package io.quorate.etcd;

import io.quorate.grpc.Status;
import io.quorate.kv.Principal;
import io.quorate.kv.User;
import org.jspecify.annotations.Nullable;

/** The tokens by which callers are recognised. Used on the replica's loop. */
sealed interface Tokens permits SimpleTokens, JwtTokens {
  /**
   * Whether {@link #holder} can be asked at once; else it can when {@code then} runs, in a later
   * turn.
   *
   * @throws io.quorate.grpc.StatusException if too much waits
   */
  boolean prepare(String token, Runnable then);

  /**
   * Who has a token, or null if it is none, or none any more.
   *
   * @throws io.quorate.grpc.StatusException if it is too old for what has changed since
   */
  @Nullable Principal holder(String token);

  /** Makes a token for a user whose password was found right. */
  void issue(User user, Receiver receiver);

  /** Where a token goes. */
  interface Receiver {
    /** This is it. */
    void issued(String token);

    /** There is none. */
    void refused(Status why);
  }
}

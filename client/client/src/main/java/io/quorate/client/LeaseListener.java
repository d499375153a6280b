package io.quorate.client;

import io.quorate.base.ErrorCode;

/**
 * Who is told how a lease fares. Called one at a time, in order. What is thrown here is logged, and
 * the lease is kept all the same.
 */
public interface LeaseListener {
  /** It was renewed. */
  default void kept(LeaseKeepAliveResponse response) {}

  /**
   * It must be taken for lost; nothing more is told.
   *
   * @param code {@link ErrorCode#NOT_FOUND} if a member said so; {@link ErrorCode#UNREACHABLE} if
   *     it could not be renewed in time, counted from when the last renewal was asked for; else why
   *     a member refuses to renew it, or {@link ErrorCode#STOPPED} if the client was closed
   */
  void lost(ErrorCode code, String reason);
}

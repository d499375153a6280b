package io.quorate.client;

import io.quorate.base.ErrorCode;

/** Who is told how a lease fares. Called one at a time, in order. */
public interface LeaseListener {
  /** It was renewed. */
  default void kept(LeaseKeepAliveResponse response) {}

  /**
   * It must be taken for lost; nothing more is told.
   *
   * @param code {@link ErrorCode#NOT_FOUND} if a member said so; {@link ErrorCode#UNREACHABLE} if
   *     it could not be renewed in time, counted from when the last renewal was asked for; else why
   *     it can't be renewed
   */
  void lost(ErrorCode code, String reason);
}

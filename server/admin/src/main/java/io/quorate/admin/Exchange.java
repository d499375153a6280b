package io.quorate.admin;

import io.netty.buffer.ByteBuf;

/**
 * One request, from its headers on, and whoever answers it through an {@link HttpAnswer}. Runs on
 * the connection's loop.
 */
interface Exchange {
  /** Longest body, in bytes; the connection refuses what is longer. */
  long bodyBytesMax();

  /** The next part of the body; the buffer stays the caller's. */
  void body(ByteBuf part);

  /** The body is complete. */
  void bodyEnd();

  /** The client is gone before it had its answer. */
  default void gone() {}

  /** Whether more of the body is wanted now; see {@link HttpAnswer#readOn}. */
  default boolean wantsBody() {
    return true;
  }

  /** More of the body was due, by {@link HttpAnswer#bodyDue}, and hasn't come: it is to end. */
  default void overdue() {}

  /**
   * Whether its body may go on as long as the client likes, as that of a conversation does: what is
   * due of it, and when, it says by {@link HttpAnswer#bodyDue}.
   */
  default boolean isConversation() {
    return false;
  }
}

package io.quorate.client.channel;

import io.quorate.base.Bytes;

/**
 * Who takes what a member sends on a stream. Called on the channel's thread, one at a time, and
 * never from within {@link Channel#stream}; must not block.
 */
public interface StreamListener {
  /** The next message that was asked for. */
  void message(Bytes message);

  /**
   * The stream is over; called once, behind all messages that came before.
   *
   * @param end without a message; its fate says whether the member can have acted on the call
   */
  void ended(Answer end);
}

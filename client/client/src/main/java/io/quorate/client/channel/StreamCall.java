package io.quorate.client.channel;

import io.quorate.base.Bytes;

/**
 * The caller's end of a call with any number of messages in each direction. Safe for use by many
 * threads; what one thread does takes effect in its order. After the end nothing here has an
 * effect.
 */
public interface StreamCall {
  /**
   * Sends a message as soon as the member has room for it. More than the channel's bound of unsent
   * bytes ends the call with RESOURCE_EXHAUSTED.
   */
  void send(Bytes message);

  /** Says that no more will be sent; what the member still sends arrives. */
  void halfClose();

  /**
   * Takes so many more messages. Without it none is delivered, and beyond a window's worth the
   * member waits: so a slow reader holds up nobody but its own stream.
   */
  void request(int messages);

  /** Gives the call up; the member is told. Ends it with CANCELLED. */
  void cancel();
}

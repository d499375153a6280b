package io.quorate.client.channel;

/**
 * Who is told of a channel's connections. Called on the channel's thread: it must not block, and
 * must not throw.
 */
public interface ConnectionListener {
  /**
   * There is a connection to a member, and calls go over it.
   *
   * @param endpoint the member, as in {@link Answer#endpoint}
   */
  default void connected(String endpoint) {}

  /**
   * A connection takes no calls any more. Told once for each that was {@link #connected}.
   *
   * @param why in words
   */
  default void disconnected(String endpoint, String why) {}

  /**
   * A member could not be connected to: it is tried again when a call wants it, after a pause.
   *
   * @param why in words
   */
  default void unreachable(String endpoint, String why) {}
}

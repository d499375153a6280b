package io.quorate.events;

import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;

/**
 * Who is told of events by a {@link Subscription}: one call at a time, in the order of positions.
 * While a call lasts nothing more is taken from the store, so a slow listener holds up itself and
 * nobody else, and nothing piles up.
 */
@FunctionalInterface
public interface EventListener {
  /**
   * An event happened. Each is told once in the life of a subscription.
   *
   * @throws Exception whatever it throws ends the subscription, before what comes next is told
   */
  void event(RecordedEvent event) throws Exception;

  /** All events up to here were told, and a subscription may begin behind it later. */
  default void upTo(Position position) throws Exception {}

  /**
   * All that was there when the subscription began was told; from now on it is live. (A member of
   * etcd before 3.4.25 or 3.5.8 may say so somewhat early; positions are exact with any.)
   */
  default void caughtUp() throws Exception {}

  /**
   * Nothing is told any more. Not called after {@link Subscription#close}.
   *
   * @param why what the listener threw: itself if it is of this type, else as the cause of one of
   *     {@code OUTCOME_UNKNOWN}; an event that can't be read; or why the store can't be asked any
   *     more. Where this isn't overridden, it is logged
   */
  default void ended(QuorateException why) {
    System.getLogger(Subscription.class.getName())
        .log(
            why.code() == ErrorCode.STOPPED
                ? System.Logger.Level.DEBUG
                : System.Logger.Level.WARNING,
            "subscription ended: reason={0}",
            why.getMessage());
  }
}

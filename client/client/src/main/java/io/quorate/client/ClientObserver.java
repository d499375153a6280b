package io.quorate.client;

import io.quorate.base.ErrorCode;
import io.quorate.client.channel.ConnectionListener;
import java.time.Duration;

/**
 * Who hears what a client does, to measure, trace or log it. Give it to the client by {@link
 * ClientOptions#observer}; each method that isn't written does nothing.
 *
 * <p>Its methods are called where things happen, mostly on the one thread that carries the client's
 * calls: they must be quick, and never wait, for this client least of all. They may be called by
 * many threads at once. What they throw is logged once and changes nothing for anybody else.
 *
 * <p>What is built on a client may have more to tell: an observer that implements an extension of
 * this interface hears of that as well ({@link QuorateClient#tell}).
 */
public interface ClientObserver extends ConnectionListener {
  /**
   * A call begins: one request and its response, however many attempts that takes. On the thread
   * that makes the call. Streams are no calls: of watches and leases it is told below.
   *
   * @param method its full gRPC name, such as {@code etcdserverpb.KV/Range}
   * @return who hears of this call
   */
  default CallObserver call(String method) {
    return CallObserver.NONE;
  }

  /** A member has taken a watch up, for the first time. */
  default void watchOpened() {}

  /** A watch's stream broke; it is taken up again, through another member if need be. */
  default void watchInterrupted(ErrorCode why) {}

  /** A member has taken a watch up again, where it was. */
  default void watchResumed() {}

  /**
   * A watch's listener is handed what one response holds.
   *
   * @param events how many, at least 1
   */
  default void watchDelivered(int events) {}

  /**
   * History was compacted before a watch could tell it: there is a gap. The watch ends, or is
   * resumed behind it, as its listener wants.
   */
  default void watchGap() {}

  /**
   * A watch can't go on. Not told of one that its user closes.
   *
   * @param why as in {@link WatchEnd#code}
   */
  default void watchEnded(ErrorCode why) {}

  /**
   * A lease was renewed by who keeps it alive, a session or a {@link LeaseKeeper}.
   *
   * @param duration from when the renewal was asked for
   */
  default void leaseRenewed(Duration duration) {}

  /**
   * A lease that was kept alive is lost.
   *
   * @param why as in {@link LeaseListener#lost}
   */
  default void leaseLost(ErrorCode why) {}

  /** A session begins; it is active. */
  default void sessionBegan() {}

  /**
   * A session's state is another by now. Where two changes follow each other at once, they may be
   * told the other way round.
   */
  default void sessionChanged(SessionState before, SessionState now) {}
}

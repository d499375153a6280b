package io.quorate.grpc;

/**
 * Pings in both directions: how often the peer may ping us, and when we ask whether a silent peer
 * is still there. Owned by the connection's loop.
 */
final class KeepAlive {
  private static final long PAYLOAD = 0x51756f7261746521L;

  private final Outbound outbound;
  private final ServerSettings settings;
  private long heardAtNanos;
  private long pingedAtNanos;
  private boolean awaitingAck;
  private boolean peerPinged;
  private long peerPingedAtNanos;
  private int strikes;

  KeepAlive(Outbound outbound, ServerSettings settings, long nowNanos) {
    this.outbound = outbound;
    this.settings = settings;
    this.heardAtNanos = nowNanos;
  }

  /** Something came from the peer. */
  void heard(long nowNanos) {
    heardAtNanos = nowNanos;
    awaitingAck = false;
  }

  long heardAtNanos() {
    return heardAtNanos;
  }

  /**
   * The peer pings. Pings that come after we have sent something are its measuring of bandwidth,
   * and forgiven, as in grpc-go.
   */
  void pinged(long payload, long nowNanos) throws Http2Error {
    if (outbound.takeSentSincePing()) {
      strikes = 0;
    } else if (peerPinged && nowNanos - peerPingedAtNanos < settings.pingNanosMin()) {
      strikes++;
      if (strikes > GrpcLimits.PING_STRIKES_MAX) {
        throw Http2Error.connection(Http2Error.ENHANCE_YOUR_CALM, "too_many_pings");
      }
    }
    peerPinged = true;
    peerPingedAtNanos = nowNanos;
    outbound.control(OutBuffer.FRAME_HEADER_BYTES + 8).ping(true, payload);
  }

  /** Pings a peer that has been silent for long; false if it has not answered in time. */
  boolean lookAfter(long nowNanos) {
    if (awaitingAck) {
      return nowNanos - pingedAtNanos < settings.keepAliveTimeoutNanos();
    }
    if (nowNanos - heardAtNanos >= settings.keepAliveIdleNanos()) {
      awaitingAck = true;
      pingedAtNanos = nowNanos;
      outbound.out().ping(false, PAYLOAD);
    }
    return true;
  }
}

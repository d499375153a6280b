package io.quorate.client.http;

import java.time.Duration;

/**
 * Bounds and times of HTTP/2 connections.
 *
 * @param connectTimeout by when a connection must be made and the peer have spoken
 * @param keepAliveTime after how long a silence with calls under way the peer is asked for a sign
 *     of life; again after {@link GrpcConnection#PING_SPACING} at the earliest
 * @param keepAliveTimeout how long it has for it; after both, a member that hangs has lost its
 *     calls, early enough for the reads among them to be answered by another
 * @param responseBytesMax longest response that is accepted
 * @param streamWindowBytes how much of one response may be under way
 * @param connectionWindowBytes how much of all responses of a connection may be under way
 * @param outstandingBytesMax requests under way, in bytes, over a channel; past it calls are
 *     refused
 * @param stayTime after how long with one member calls move on to another that is connected, so
 *     that load spreads anew after members were away
 */
public record HttpSettings(
    Duration connectTimeout,
    Duration keepAliveTime,
    Duration keepAliveTimeout,
    int responseBytesMax,
    int streamWindowBytes,
    int connectionWindowBytes,
    long outstandingBytesMax,
    Duration stayTime) {

  /** What fits a client in a service. */
  public static final HttpSettings DEFAULT =
      new HttpSettings(
          Duration.ofSeconds(2),
          Duration.ofSeconds(3),
          Duration.ofSeconds(3),
          1 << 30,
          4 << 20,
          16 << 20,
          256L << 20,
          Duration.ofMinutes(10));

  /** Checks the bounds against each other and against HTTP/2's. */
  public HttpSettings {
    if (keepAliveTime.compareTo(Duration.ZERO) <= 0
        || keepAliveTimeout.compareTo(Duration.ZERO) <= 0) {
      throw new IllegalArgumentException(
          "keepAliveTime=" + keepAliveTime + " keepAliveTimeout=" + keepAliveTimeout);
    }
    if (streamWindowBytes < 65_535 || connectionWindowBytes < streamWindowBytes) {
      throw new IllegalArgumentException(
          "streamWindowBytes="
              + streamWindowBytes
              + " connectionWindowBytes="
              + connectionWindowBytes);
    }
    if (responseBytesMax <= 0 || outstandingBytesMax <= 0) {
      throw new IllegalArgumentException("a bound must be positive");
    }
  }

  /** The same, with other times for finding out that a member hangs. */
  public HttpSettings keepAlive(Duration time, Duration timeout) {
    return new HttpSettings(
        connectTimeout,
        time,
        timeout,
        responseBytesMax,
        streamWindowBytes,
        connectionWindowBytes,
        outstandingBytesMax,
        stayTime);
  }

  /** The same, with another time for connecting. */
  public HttpSettings connectTimeout(Duration duration) {
    return new HttpSettings(
        duration,
        keepAliveTime,
        keepAliveTimeout,
        responseBytesMax,
        streamWindowBytes,
        connectionWindowBytes,
        outstandingBytesMax,
        stayTime);
  }

  /** The same, with another time after which calls move on. */
  public HttpSettings stayTime(Duration duration) {
    return new HttpSettings(
        connectTimeout,
        keepAliveTime,
        keepAliveTimeout,
        responseBytesMax,
        streamWindowBytes,
        connectionWindowBytes,
        outstandingBytesMax,
        duration);
  }
}

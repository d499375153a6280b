package io.quorate.client.channel;

/**
 * What goes with one attempt of a call.
 *
 * @param timeoutNanos after how long the channel gives up waiting; positive
 * @param metadata what travels beside the request
 * @param avoid the {@link Answer#endpoint} that just failed to answer usefully, to be passed over
 *     if there is another; empty for none
 * @param prefer one of {@link Channel#endpoints}, to be tried first unless it is to be avoided, or
 *     can't be reached at the moment; empty for none
 */
public record CallOptions(long timeoutNanos, Metadata metadata, String avoid, String prefer) {
  /** Checks the time-out. */
  public CallOptions {
    if (timeoutNanos <= 0) {
      throw new IllegalArgumentException("timeoutNanos=" + timeoutNanos);
    }
  }

  /** To any member but this one. */
  public CallOptions(long timeoutNanos, Metadata metadata, String avoid) {
    this(timeoutNanos, metadata, avoid, "");
  }

  /** Only a time-out. */
  public static CallOptions timeout(long nanos) {
    return new CallOptions(nanos, Metadata.EMPTY, "");
  }

  /** The same, to this one of {@link Channel#endpoints} first. */
  public CallOptions prefer(String endpoint) {
    return new CallOptions(timeoutNanos, metadata, avoid, endpoint);
  }
}

package io.quorate.client.channel;

/**
 * What goes with one attempt of a call.
 *
 * @param timeoutNanos after how long the channel gives up waiting; positive
 * @param metadata what travels beside the request
 * @param avoid the {@link Answer#endpoint} that just failed to answer usefully, to be passed over
 *     if there is another; empty for none
 */
public record CallOptions(long timeoutNanos, Metadata metadata, String avoid) {
  /** Checks the time-out. */
  public CallOptions {
    if (timeoutNanos <= 0) {
      throw new IllegalArgumentException("timeoutNanos=" + timeoutNanos);
    }
  }

  /** Only a time-out. */
  public static CallOptions timeout(long nanos) {
    return new CallOptions(nanos, Metadata.EMPTY, "");
  }
}

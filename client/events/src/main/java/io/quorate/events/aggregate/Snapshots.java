package io.quorate.events.aggregate;

import io.quorate.client.codec.Codec;

/**
 * When an aggregate's state is kept beside its stream, and how.
 *
 * @param codec of the state
 * @param fingerprint of the form that the state has: a snapshot of another is not read. Change it
 *     with the state, or with how events add up to it
 * @param every after so many events
 */
public record Snapshots<S>(Codec<S> codec, String fingerprint, int every) {
  /** Checks that it is at least one event. */
  public Snapshots {
    if (every < 1 || fingerprint.isEmpty()) {
      throw new IllegalArgumentException("every=" + every + " fingerprint=\"" + fingerprint + "\"");
    }
  }
}

package io.quorate.client;

import io.quorate.base.QuorateException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How a call ended.
 *
 * @param attempts how often it was sent; 0 if it never was
 * @param member whom the last attempt that is over went to, as in {@link
 *     io.quorate.client.channel.Answer#endpoint}; empty if to no one
 * @param duration from the call to its end, with the pauses between attempts
 * @param failure what the caller is told: a {@link QuorateException}, or whatever else it gave the
 *     call up by; null if it was answered
 */
public record CallEnd(int attempts, String member, Duration duration, @Nullable Throwable failure) {
  /**
   * One word for it, of few: {@code OK}; the name of a {@link io.quorate.base.ErrorCode}; or {@code
   * CANCELLED}, if the caller gave it up.
   */
  public String outcome() {
    if (failure == null) {
      return "OK";
    }
    return failure instanceof QuorateException known ? known.code().name() : "CANCELLED";
  }
}

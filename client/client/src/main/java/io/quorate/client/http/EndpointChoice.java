package io.quorate.client.http;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which member a call goes to. Owned by the channel's event loop.
 *
 * <p>Calls stay with one member as long as it answers usefully, so that what one reads isn't older
 * than what was read before. The next in the list takes over when it can't be reached, or when a
 * call names it as the one to avoid. Now and then, calls move on to a member that is connected
 * already: else the members that were restarted first would have all the load after the last was,
 * and a member that was away none. A call that prefers a member goes there if it can be reached.
 */
final class EndpointChoice {
  private final List<Endpoint> endpoints;
  private final long stayNanos;
  private int current;
  private boolean counting;
  private long currentSinceNanos;

  /**
   * @param stayNanos after how long calls move on
   */
  EndpointChoice(List<Endpoint> endpoints, long stayNanos) {
    this.endpoints = endpoints;
    this.stayNanos = stayNanos;
  }

  /** The next member for a call that hasn't tried all yet, or null if none can be reached. */
  @Nullable Endpoint next(Exchange call, long nowNanos) {
    if (call.endpointsTried == 0) {
      Endpoint preferred = preferred(call);
      if (preferred != null && preferred.isOpen(nowNanos)) {
        return preferred;
      }
      if (call.avoid().equals(endpoints.get(current).name())) {
        moveTo(current + 1, nowNanos);
      }
      moveOn(nowNanos);
    }
    int count = endpoints.size();
    for (int tries = 0; tries < count && call.endpointsTried < count; tries++) {
      Endpoint candidate = endpoints.get(current);
      if (!candidate.name().equals(call.endpoint) && candidate.isOpen(nowNanos)) {
        return candidate;
      }
      moveTo(current + 1, nowNanos);
    }
    return null;
  }

  private @Nullable Endpoint preferred(Exchange call) {
    String name = call.prefer();
    if (!name.isEmpty() && !name.equals(call.avoid())) {
      for (Endpoint endpoint : endpoints) {
        if (endpoint.name().equals(name)) {
          return endpoint;
        }
      }
    }
    return null;
  }

  private void moveOn(long nowNanos) {
    if (!counting) {
      counting = true;
      currentSinceNanos = nowNanos;
    }
    if (nowNanos - currentSinceNanos < stayNanos) {
      return;
    }
    currentSinceNanos = nowNanos;
    int count = endpoints.size();
    for (int ahead = 1; ahead < count; ahead++) {
      int other = (current + ahead) % count;
      if (endpoints.get(other).isConnected()) {
        current = other;
        return;
      }
    }
  }

  private void moveTo(int index, long nowNanos) {
    current = index % endpoints.size();
    currentSinceNanos = nowNanos;
    counting = true;
  }
}

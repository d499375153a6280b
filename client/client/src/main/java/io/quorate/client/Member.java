package io.quorate.client;

import java.util.List;

/**
 * A member as its cluster knows it.
 *
 * @param id unsigned
 * @param name empty until it has started for the first time
 * @param clientUrls empty until it has started for the first time
 * @param learner whether it only listens and doesn't vote
 */
public record Member(
    long id, String name, List<String> peerUrls, List<String> clientUrls, boolean learner) {
  /** Whether it has ever started. */
  public boolean started() {
    return !name.isEmpty();
  }
}

package io.quorate.node;

import java.util.List;

/**
 * A member of the cluster as the cluster knows it.
 *
 * @param id its identity in every group
 * @param name what its operator calls it; empty until it has started for the first time
 * @param peerUrls where other members reach it
 * @param clientUrls where it says that clients reach it; empty until it has started
 * @param learner whether it has no vote
 */
public record MemberInfo(
    long id, String name, List<String> peerUrls, List<String> clientUrls, boolean learner) {
  /** Copies the lists. */
  public MemberInfo {
    peerUrls = List.copyOf(peerUrls);
    clientUrls = List.copyOf(clientUrls);
  }

  /** What other members need of it. */
  MemberInfo withoutClients() {
    return new MemberInfo(id, name, peerUrls, List.of(), learner);
  }
}

package io.quorate.kv;

import java.util.List;

/**
 * Ends leases whose time is over by the clock of the leader of a term; each as {@link
 * LeaseRevokeRequest} does, with a revision of its own. Those that are gone already are passed
 * over.
 *
 * <p>Whether it counts is decided where it is applied: a leader of a later term counts all leases
 * anew and may have renewed them, so an entry of another term than {@code term} does nothing.
 *
 * @param term in which the leader decided it
 * @param ids the leases
 */
public record LeaseExpireRequest(long term, List<Long> ids) implements LeaseRequest {
  /** Copies the list. */
  public LeaseExpireRequest {
    ids = List.copyOf(ids);
  }
}

package io.quorate.kv;

import java.util.List;

/**
 * Tells all members how much of some leases is left, so that a change of leader doesn't give them
 * their whole time again. Leases that are gone are passed over.
 *
 * @param term in which the leader measured it; an entry of another term does nothing, as of {@link
 *     LeaseExpireRequest}
 * @param remaining the leases
 */
public record LeaseCheckpointRequest(long term, List<Remaining> remaining) implements LeaseRequest {
  /** Copies the list. */
  public LeaseCheckpointRequest {
    remaining = List.copyOf(remaining);
  }

  /**
   * What is left of a lease.
   *
   * @param id its number
   * @param seconds what is left; 0 says that it was renewed and has all its time again
   */
  public record Remaining(long id, long seconds) {}
}

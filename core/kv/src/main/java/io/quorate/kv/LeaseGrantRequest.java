package io.quorate.kv;

import io.quorate.base.Checks;

/**
 * Creates a lease; refused with {@link KvError#LEASE_EXISTS} if there is one of that number.
 *
 * @param id its number, chosen before it is proposed: never 0
 * @param ttlSeconds its time to live, raised to the minimum and bounded before it is proposed:
 *     above 0
 */
public record LeaseGrantRequest(long id, long ttlSeconds) implements LeaseRequest {
  /** A lease needs a number and time. */
  public LeaseGrantRequest {
    Checks.that(id != 0 && ttlSeconds > 0, "a lease of id=%d ttlSeconds=%d", id, ttlSeconds);
  }
}

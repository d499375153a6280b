package io.quorate.client;

/**
 * What every response begins with.
 *
 * @param clusterId which cluster answered; unsigned
 * @param memberId which member answered; unsigned
 * @param revision the store's revision when the answer was made; 0 where it does not apply
 * @param raftTerm the member's Raft term then; unsigned
 */
public record Header(long clusterId, long memberId, long revision, long raftTerm) {
  /** A header in which nothing is said. */
  public static final Header NONE = new Header(0, 0, 0, 0);
}

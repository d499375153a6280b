package io.quorate.node;

import io.quorate.raft.Incarnation;

/**
 * How a peer's directory stands in one group, as it says itself.
 *
 * @param group the group
 * @param incarnation its present start there, and how far it has come
 * @param lifeBoot the life as which it returned after it had lost what it had; 0 if it never did
 * @param lifeNonce drawn then
 * @param returning whether it waits for the group to take it in as that life
 */
record Presence(
    long group, Incarnation incarnation, long lifeBoot, long lifeNonce, boolean returning) {
  /** The bytes of one, in frames. */
  static final int BYTES = 4 * Long.BYTES + 1;

  /** What this member says of itself in a group; the group's number stands before it. */
  static FrameWriter write(FrameWriter out, GroupReplica replica) {
    HardState hard = replica.hard();
    return out.u64(replica.durableTerm())
        .u64(replica.knownIndex())
        .u64(hard.lifeBoot)
        .u64(hard.lifeNonce)
        .bool(hard.isReturning());
  }

  static Presence read(FrameReader in, long group, PeerHandshake peer)
      throws FrameReader.Malformed {
    long term = in.u64();
    long index = in.u64();
    long lifeBoot = in.u64();
    long lifeNonce = in.u64();
    boolean returning = in.bool();
    if (term < 0 || index < 0 || lifeBoot < 0 || (returning && lifeBoot == 0)) {
      throw new FrameReader.Malformed("a group's presence: term=" + term + " index=" + index);
    }
    // A directory that began another life while it ran has the start that it said so at.
    Incarnation incarnation =
        lifeBoot > peer.boot()
            ? new Incarnation(lifeBoot, lifeNonce, term, index)
            : new Incarnation(peer.boot(), peer.nonce(), term, index);
    return new Presence(group, incarnation, lifeBoot, lifeNonce, returning);
  }
}

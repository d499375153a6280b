package io.quorate.node;

import io.quorate.base.Bytes;
import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import java.util.TreeMap;

/**
 * Compares states: equal entries make equal states, so followers tell the hash of theirs with each
 * acknowledgement, and the leader holds it against its own at that index.
 *
 * <p>Of states that differ a majority's is right: whoever is without one, be it the leader, ends
 * its group and gets another state from its peers. As long as there is no majority for any, nobody
 * does anything but tell.
 *
 * <p>Used on the group's loop.
 */
final class StateComparison {
  private static final System.Logger LOG = System.getLogger(StateComparison.class.getName());

  /** A follower that has applied less than the leader by more than this is compared later. */
  private static final int REMEMBERED = 4_096;

  /** How a follower's state stood to the leader's when they were last compared. */
  private record Compared(long index, long hash, boolean equal) {}

  private final GroupReplica replica;
  private final Node node;
  private final long[] hashes = new long[REMEMBERED];
  private final FrameWriter frames = new FrameWriter();
  private final TreeMap<Long, Compared> followers = new TreeMap<>();
  private long first = 1;
  private long last;
  private long term;
  private boolean differ;

  /** What is told of the state's hash differs from it in these bits. */
  private long off;

  StateComparison(GroupReplica replica, Node node) {
    this.replica = replica;
    this.node = node;
  }

  /** The state's hash at an index. */
  void settled(long index, long hash) {
    if (index != last + 1) {
      first = index; // what was before it came with a snapshot
    }
    last = index;
    if (node.env().happens(Quirk.DIVERGES)) {
      off = 1;
    }
    hashes[slot(index)] = told(hash);
  }

  /** What is told of a state's hash. */
  long told(long hash) {
    return hash ^ off;
  }

  /** Leader: a follower tells the hash of its state at an index. */
  void reported(long follower, long index, long hash) {
    if (!remembers(index)) {
      return;
    }
    if (term != replica.term()) {
      term = replica.term();
      followers.clear();
      differ = false;
    }
    boolean equal = hashes[slot(index)] == hash;
    Compared before = followers.put(follower, new Compared(index, hash, equal));
    if (!equal) {
      if (before == null || before.equal()) {
        LOG.log(
            System.Logger.Level.ERROR,
            "group={0} member={1} has another state at index={2} than this member, which leads",
            replica.group(),
            Long.toHexString(follower),
            Long.toString(index));
      }
      decide();
    } else if (differ || (before != null && !before.equal())) {
      decide();
    }
  }

  private void decide() {
    long[] voters = replica.core().configuration().configuration().voters();
    long differsAt = 0;
    int differing = 0;
    for (long voter : voters) {
      Compared of = followers.get(voter);
      if (of != null && !of.equal()) {
        differing++;
        differsAt = Math.max(differsAt, of.index());
      }
    }
    int agreeing = 0;
    for (long voter : voters) {
      Compared of = followers.get(voter);
      boolean agrees = of != null && of.equal() && of.index() >= differsAt;
      agreeing += voter == node.member() || agrees ? 1 : 0;
    }
    differ = differing > 0;
    if (2 * differing > voters.length) {
      replica.fail(
          QuorateException.of(
              ErrorCode.ENGINE_DAMAGED,
              "most members have another state than this one, the leader"));
    } else if (2 * agreeing > voters.length) {
      followers.entrySet().removeIf(each -> tell(each.getKey(), each.getValue()));
    }
  }

  /** A follower's next acknowledgement tells whether it has heard. */
  private boolean tell(long follower, Compared of) {
    if (of.equal()) {
      return false;
    }
    Bytes frame =
        frames
            .begin(FrameType.STATE_DIFFERS, replica.group())
            .u64(of.index())
            .u64(of.hash())
            .toBytes();
    node.env().transport().send(follower, Transport.Lane.CONSENSUS, frame, Bytes.EMPTY);
    return true;
  }

  /** Follower: most members have another state at an index than one that this one told of. */
  void differs(long from, FrameReader in) throws FrameReader.Malformed {
    long index = in.u64();
    long hash = in.u64();
    in.end();
    // It may be of this group's earlier run, whose state was given up.
    if (from == replica.leader() && remembers(index) && hashes[slot(index)] == hash) {
      replica.fail(
          QuorateException.of(
              ErrorCode.ENGINE_DAMAGED,
              "the state at index " + index + " is another than that of most members"));
    }
  }

  private boolean remembers(long index) {
    return index >= first && index <= last && index > last - REMEMBERED;
  }

  private static int slot(long index) {
    return (int) (index % REMEMBERED);
  }
}

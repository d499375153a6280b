package io.quorate.node;

import io.quorate.base.Bytes;
import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.raft.Incarnation;
import io.quorate.raft.Standing;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a group keeps in its log beside the entries: term, vote, which generation of the engine is
 * in force, and what is known of the peers' directories. The first two are the log's own fields,
 * the rest is the blob that it stores with them.
 */
final class HardState {
  private static final int FORMAT = 1;

  long term;
  long vote;
  long generation = 1;

  /** Never {@code REFUSED}, which is for as long as somebody says so. */
  Standing standing = Standing.GOOD;

  /**
   * The life as which this directory returned, when it had lost what it had; 0 if it never did. See
   * {@link io.quorate.raft.Returned}.
   */
  long lifeBoot;

  long lifeNonce;
  final TreeMap<Long, Incarnation> peers = new TreeMap<>();

  private final FrameWriter out = new FrameWriter();

  /** Reads a blob back. */
  static HardState decode(long term, long vote, Bytes blob) {
    HardState state = new HardState();
    state.term = term;
    state.vote = vote;
    if (blob.isEmpty()) {
      return state;
    }
    try {
      FrameReader in = new FrameReader(blob);
      int format = in.u8();
      if (format != FORMAT) {
        throw QuorateException.of(
            ErrorCode.WRONG_IDENTITY,
            "the log's hard state has format "
                + format
                + ", and this version reads format "
                + FORMAT
                + ": start the version that wrote it, or a later one");
      }
      state.generation = in.u64();
      state.standing = in.bool() ? Standing.RETURNING : Standing.GOOD;
      state.lifeBoot = in.u64();
      state.lifeNonce = in.u64();
      int count = in.count(40);
      for (int i = 0; i < count; i++) {
        state.peers.put(in.u64(), new Incarnation(in.u64(), in.u64(), in.u64(), in.u64()));
      }
      in.end();
    } catch (FrameReader.Malformed e) {
      throw QuorateException.of(
          ErrorCode.DATA_DAMAGED, "the log's hard state can't be read: " + e.getMessage(), e);
    }
    return state;
  }

  /** Whether this directory lost what it had, and has not got its place back yet. */
  boolean isReturning() {
    return standing == Standing.RETURNING;
  }

  /** The blob for the log. */
  Bytes blob() {
    out.begin()
        .u8(FORMAT)
        .u64(generation)
        .bool(standing == Standing.RETURNING)
        .u64(lifeBoot)
        .u64(lifeNonce)
        .u32(peers.size());
    for (Map.Entry<Long, Incarnation> peer : peers.entrySet()) {
      Incarnation known = peer.getValue();
      out.u64(peer.getKey())
          .u64(known.boot())
          .u64(known.nonce())
          .u64(known.term())
          .u64(known.index());
    }
    return out.toBytes();
  }
}

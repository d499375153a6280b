package io.quorate.node;

import io.quorate.base.Bytes;
import java.util.ArrayList;
import java.util.List;

/**
 * What a member tells whoever asks on the peer port before being a member, or without knowing
 * whether it still is one.
 *
 * @param clusterId the cluster
 * @param members who belongs to it as far as is applied there; empty if the one that was asked is
 *     no member itself
 * @param askerRemoved whether the member that asks was removed, for good
 */
public record ClusterView(long clusterId, List<MemberInfo> members, boolean askerRemoved) {
  private static final int FORMAT = 1;

  /** Copies the list. */
  public ClusterView {
    members = List.copyOf(members);
  }

  /** The bytes that go over the wire. */
  public Bytes encode() {
    FrameWriter out = new FrameWriter().begin().u8(FORMAT).u64(clusterId).bool(askerRemoved);
    out.u32(members.size());
    for (MemberInfo member : members) {
      out.bool(member.learner()).bytes(MemberRows.encode(member));
    }
    return out.toBytes();
  }

  /**
   * Reads them back.
   *
   * @throws IllegalArgumentException if they are none, or of a newer format
   */
  public static ClusterView decode(Bytes bytes) {
    try {
      FrameReader in = new FrameReader(bytes);
      if (in.u8() != FORMAT) {
        throw new FrameReader.Malformed("a newer format");
      }
      long clusterId = in.u64();
      boolean removed = in.bool();
      int count = in.count(5);
      List<MemberInfo> members = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        boolean learner = in.bool();
        MemberInfo each = MemberRows.read(in.bytes());
        members.add(
            new MemberInfo(each.id(), each.name(), each.peerUrls(), each.clientUrls(), learner));
      }
      in.end();
      return new ClusterView(clusterId, members, removed);
    } catch (FrameReader.Malformed e) {
      throw new IllegalArgumentException("a view of a cluster: " + e.getMessage(), e);
    }
  }
}

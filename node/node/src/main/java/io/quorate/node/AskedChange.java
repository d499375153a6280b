package io.quorate.node;

import io.quorate.base.Bytes;
import java.util.List;

/**
 * A change of membership on its way and in the log.
 *
 * @param origin the member that was asked for it
 * @param life names that member's run, {@link GroupReplica#life}
 * @param sequence rises with every change of that run
 * @param member whom it concerns; for a new member, the id drawn for it
 * @param change what
 */
record AskedChange(long origin, long life, long sequence, long member, MembershipChange change) {
  private static final int FORMAT = 1;

  private static final int ADD = 1;
  private static final int ADD_LEARNER = 2;
  private static final int REMOVE = 3;
  private static final int UPDATE = 4;
  private static final int PROMOTE = 5;

  Bytes encode() {
    FrameWriter out = new FrameWriter().begin().u8(FORMAT);
    out.u64(origin).u64(life).u64(sequence).u64(member);
    switch (change) {
      case MembershipChange.Add(List<String> urls, boolean learner) ->
          MemberRows.writeUrls(out.u8(learner ? ADD_LEARNER : ADD), urls);
      case MembershipChange.Remove _ -> out.u8(REMOVE);
      case MembershipChange.Update(long _, List<String> urls) ->
          MemberRows.writeUrls(out.u8(UPDATE), urls);
      case MembershipChange.Promote _ -> out.u8(PROMOTE);
    }
    return out.toBytes();
  }

  static AskedChange decode(Bytes bytes) throws FrameReader.Malformed {
    FrameReader in = new FrameReader(bytes);
    if (in.u8() != FORMAT) {
      throw new FrameReader.Malformed("a change of membership of a newer format");
    }
    long origin = in.u64();
    long life = in.u64();
    long sequence = in.u64();
    long member = in.u64();
    int kind = in.u8();
    MembershipChange change =
        switch (kind) {
          case ADD, ADD_LEARNER ->
              new MembershipChange.Add(MemberRows.readUrls(in), kind == ADD_LEARNER);
          case REMOVE -> new MembershipChange.Remove(member);
          case UPDATE -> new MembershipChange.Update(member, MemberRows.readUrls(in));
          case PROMOTE -> new MembershipChange.Promote(member);
          default -> throw new FrameReader.Malformed("a change of membership of kind " + kind);
        };
    in.end();
    if (member == 0 || origin == 0 || sequence <= 0) {
      throw new FrameReader.Malformed("a change of membership of nobody");
    }
    return new AskedChange(origin, life, sequence, member, change);
  }

  /** Whether it comes from the same run of the same member. */
  boolean isOfRun(AskedChange that) {
    return origin == that.origin && life == that.life;
  }
}

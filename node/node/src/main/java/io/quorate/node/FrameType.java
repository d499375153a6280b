package io.quorate.node;

import org.jspecify.annotations.Nullable;

/** What a frame between members says. The codes are part of the format. */
enum FrameType {
  APPEND(1),
  APPEND_ACK(2),
  PRE_VOTE_REQUEST(3),
  PRE_VOTE_REPLY(4),
  VOTE_REQUEST(5),
  VOTE_REPLY(6),
  TIMEOUT_NOW(7),
  READ_INDEX_REQUEST(8),
  READ_INDEX_REPLY(9),
  SNAPSHOT_OFFER(10),
  SNAPSHOT_ANSWER(11),
  /** Writes that another member took, for the leader of one term. */
  FORWARD(12),
  /** Forwarded writes that are in nobody's log. */
  FORWARD_REFUSED(13),
  /** A follower asks for a part of a snapshot. */
  SNAPSHOT_FETCH(14),
  /** A part of a snapshot. */
  SNAPSHOT_PART(15),
  /** A snapshot can't be had (any more). */
  SNAPSHOT_GONE(16),
  /** What the sender makes of the receiver's directory in the group: "", or why it has no voice. */
  STANDING(17),
  /** A member asks for entries that it found damaged in its log. */
  REPAIR_ASK(18),
  /** What another one's log has of them. */
  REPAIR_ANSWER(19),
  /** A group that the sender's introduction lacked, since it wasn't ready: how it stands now. */
  PRESENT(20),
  /** A member asks for a state, since the entries that it lacks are nowhere else any more. */
  REPAIR_STATE_ASK(21),
  /** A state that it may fetch. */
  REPAIR_STATE(22),
  /** A follower hears that the state that it told of isn't that of most members. */
  STATE_DIFFERS(23),
  /** What a member asks of the clocks of leases, which the leader has. */
  LEASE_ASK(26),
  /** What they say. */
  LEASE_ANSWER(27),
  /** A change of membership that another member was asked for, for the leader of one term. */
  MEMBERSHIP_ASKED(28),
  /** The leader refuses a change of membership. */
  MEMBERSHIP_REFUSED(29);

  private static final @Nullable FrameType[] BY_CODE = new FrameType[32];

  static {
    for (FrameType type : values()) {
      BY_CODE[type.code] = type;
    }
  }

  final int code;

  FrameType(int code) {
    this.code = code;
  }

  static FrameType of(int code) throws FrameReader.Malformed {
    FrameType type = code < BY_CODE.length ? BY_CODE[code] : null;
    if (type == null) {
      throw new FrameReader.Malformed("unknown frame type " + code);
    }
    return type;
  }
}

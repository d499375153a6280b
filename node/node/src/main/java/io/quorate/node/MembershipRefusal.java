package io.quorate.node;

/**
 * Why a change of membership may not be. The rules are etcd's; the codes are part of the format.
 */
public enum MembershipRefusal {
  /** No member has this id, or none any more. */
  NOT_FOUND(1),
  /** The URLs name no address at which a member could be reached, or are too long. */
  BAD_URLS(2),
  /** Another member has one of the URLs. */
  URLS_EXIST(3),
  /** A member has the id that was drawn for the new one. */
  ID_EXISTS(4),
  /** The cluster has as many learners as it may. */
  TOO_MANY_LEARNERS(5),
  /** The cluster has as many members as it may. */
  TOO_MANY_MEMBERS(6),
  /** Of those who would vote then, too few have ever started; nobody might be left. */
  NOT_ENOUGH_STARTED(7),
  /** Members that are needed for it can't be reached now. */
  UNHEALTHY(8),
  /** Only a learner can be promoted. */
  NOT_A_LEARNER(9),
  /** The learner is too far behind. */
  LEARNER_NOT_READY(10);

  /** Its place in frames; never changes. */
  final int code;

  MembershipRefusal(int code) {
    this.code = code;
  }

  static MembershipRefusal of(int code) throws FrameReader.Malformed {
    for (MembershipRefusal each : values()) {
      if (each.code == code) {
        return each;
      }
    }
    throw new FrameReader.Malformed("unknown refusal " + code);
  }
}

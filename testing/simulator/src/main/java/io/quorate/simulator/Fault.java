package io.quorate.simulator;

/**
 * One thing that goes wrong, as planned before the world begins: so a run can be repeated without
 * it.
 *
 * @param at when, from the beginning of the load
 * @param kind what
 * @param member to whom; {@link #LEADER} for whoever leads then
 * @param other the other side, where there is one; a member may be its own
 * @param nanos how long it lasts
 */
record Fault(long at, Kind kind, long member, long other, long nanos) {
  /** Stands for the member that leads when it happens. */
  static final long LEADER = 0;

  /** The same, happening to that member. */
  Fault to(long struck) {
    return new Fault(at, kind, struck, other, nanos);
  }

  /** What goes wrong. */
  enum Kind {
    /** The process is killed and started again. */
    KILL,
    /** The power goes: what was not synced is old, new, torn or zeros. */
    CRASH,
    /** All processes are killed, and started again. */
    KILL_ALL,
    /** The power of all goes at once. */
    CRASH_ALL,
    /** The power goes in the middle of a call to the disk. */
    CRASH_IN_CALL,
    /** The power goes as soon as a message has left. */
    CRASH_AT_SEND,
    /** The power goes, and once more while the member recovers. */
    CRASH_IN_RECOVERY,
    /** Whoever comes to lead is killed, stopped or cut off soon after, for a while. */
    DEPOSE,
    /** The process is stopped and goes on later. */
    PAUSE,
    /** Nothing gets from the one to the other. */
    CUT_ONE_WAY,
    /** Nothing gets from the one to the other and back. */
    CUT,
    /** A member is cut from all others. */
    ISOLATE,
    /** The way from the one to the other is blocked for a while, and then everything comes. */
    CLOG,
    /** The conversation between the two is reset. */
    RESET,
    /** A frame from the one to the other is damaged on its way: the conversation ends. */
    CORRUPT,
    /** Messages of the consensus from the one to the other arrive, and later once more. */
    REPEAT,
    /** The way from the one to the other is slow. */
    SLOW,
    /** The way from the one to the other carries little. */
    NARROW,
    /** The disk of a member takes its time. */
    STALL,
    /** The disk of a member is full. */
    FULL,
    /** Calls that need room on the disk of a member fail now and then. */
    SCARCE,
    /** The next sync fails: what reached the device is not known. */
    SYNC_FAILS,
    /** Some call to a member's disk fails with an error of the device. */
    CALL_FAILS,
    /** A sector of a member's log is not any more what was written. */
    ROT,
    /** A member's disk is replaced by an empty one. */
    WIPED,
    /** A member's disk is replaced by a copy from an older day. */
    OLDER,
    /** As {@link #OLDER}; later the original takes its place again. */
    SWAPPED,
    /** A member's disk is replaced by a copy of another member's, until somebody notices. */
    MISTAKEN,
    /** A sector of a member's state is not any more what was written; it is started anew. */
    STATE_ROT,
    /** The clock of a member runs too fast, too slow or not at all. */
    CLOCK,
    /** The clock of a member is suddenly ahead of what it was. */
    JUMP,
    /** Clients ask ten times as much. */
    BURST,
    /** The group gets other voters and learners. */
    RECONFIGURE,
    /** A member computes another state than the others, as by a bug or a bit of the memory. */
    DIVERGES,
    /** The power of all goes, and the same part of all logs rots: beyond what can be mended. */
    ROT_EVERYWHERE;

    /** Whether something that is agreed on may be gone by it from a member. */
    boolean damagesDisk() {
      return switch (this) {
        case CALL_FAILS,
            ROT,
            STATE_ROT,
            WIPED,
            OLDER,
            SWAPPED,
            MISTAKEN,
            DIVERGES,
            ROT_EVERYWHERE ->
            true;
        default -> false;
      };
    }

    /** Whether something may be gone by it from a disk. */
    boolean losesData() {
      return switch (this) {
        case CRASH,
            CRASH_ALL,
            CRASH_IN_CALL,
            CRASH_AT_SEND,
            CRASH_IN_RECOVERY,
            SCARCE,
            SYNC_FAILS,
            CALL_FAILS,
            ROT,
            STATE_ROT,
            DIVERGES,
            ROT_EVERYWHERE ->
            true;
        default -> false;
      };
    }
  }
}

package io.quorate.node;

import io.quorate.base.Bytes;

/**
 * What a member makes of another one's directory in a group.
 *
 * @param kind whether it has a voice there, or why not
 * @param reason in words; empty for who is welcome
 * @param knownBoot the highest start of that member that is known
 */
record Regard(Kind kind, String reason, long knownBoot) {
  /** It has a voice. */
  static final Regard WELCOME = new Regard(Kind.WELCOME, "", 0);

  /** Whether, or why not. The codes are part of the format. */
  enum Kind {
    /** It is the one that was known, or follows from it. */
    WELCOME(0),
    /** It was wiped, copied or is an older one: as another life it may return. */
    ANOTHER_DIRECTORY(1),
    /** Another process is that member. */
    NOT_THIS_MEMBER(2),
    /**
     * As far as is known, it is no member any more. What it promised still holds, so it keeps its
     * voice, which counts where a configuration has it: who says so may only not have heard that it
     * was added again.
     */
    REMOVED(3);

    private final int code;

    Kind(int code) {
      this.code = code;
    }

    private static Kind of(int code) throws FrameReader.Malformed {
      for (Kind each : values()) {
        if (each.code == code) {
          return each;
        }
      }
      throw new FrameReader.Malformed("unknown regard " + code);
    }
  }

  static Regard anotherDirectory(String reason, long knownBoot) {
    return new Regard(Kind.ANOTHER_DIRECTORY, reason, knownBoot);
  }

  static Regard notThisMember(String reason) {
    return new Regard(Kind.NOT_THIS_MEMBER, reason, 0);
  }

  static Regard removed(String reason) {
    return new Regard(Kind.REMOVED, reason, 0);
  }

  /** Whether it leaves the member its voice. */
  boolean leavesVoice() {
    return kind == Kind.WELCOME || kind == Kind.REMOVED;
  }

  boolean isWelcome() {
    return kind == Kind.WELCOME;
  }

  Bytes encode(FrameWriter frames, long group) {
    return frames
        .begin(FrameType.STANDING, group)
        .u8(kind.code)
        .u64(knownBoot)
        .text(reason)
        .toBytes();
  }

  static Regard decode(FrameReader in) throws FrameReader.Malformed {
    Kind kind = Kind.of(in.u8());
    long knownBoot = in.u64();
    String reason = Text.line(in.text());
    in.end();
    if (knownBoot < 0) {
      throw new FrameReader.Malformed("boot=" + knownBoot);
    }
    return new Regard(kind, reason, knownBoot);
  }
}

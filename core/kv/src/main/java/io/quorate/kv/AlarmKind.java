package io.quorate.kv;

import org.jspecify.annotations.Nullable;

/** What is wrong with a member, as far as the whole group must know. */
public enum AlarmKind {
  /** A member's state is larger than its quota: nothing may be put any more. */
  NO_SPACE(1),
  /** A member's state is not what it should be: nothing may be changed any more. */
  CORRUPT(2);

  private final int code;

  AlarmKind(int code) {
    this.code = code;
  }

  /** Its number in rows and commands, which is also the API's. */
  public int code() {
    return code;
  }

  /** The kind of a number; null if there is none. */
  public static @Nullable AlarmKind of(int code) {
    for (AlarmKind kind : values()) {
      if (kind.code == code) {
        return kind;
      }
    }
    return null;
  }
}

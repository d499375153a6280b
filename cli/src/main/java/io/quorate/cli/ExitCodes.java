package io.quorate.cli;

import io.quorate.base.QuorateException;

/** What the process's exit code says: etcdctl's numbers, and two more. Scripts depend on them. */
final class ExitCodes {
  static final int OK = 0;

  /** It was refused or failed, or no member could answer; nothing was changed. */
  static final int FAILED = 1;

  /** Name and password weren't taken, or a lease could not be worked with. */
  static final int BAD_CONNECTION = 2;

  /** What was read from standard input makes no sense; nothing was sent. */
  static final int INVALID_INPUT = 3;

  /** The command can't do this, such as print in that format. */
  static final int BAD_FEATURE = 4;

  /** Another one holds what is not waited for any longer; etcdctl waits. */
  static final int HELD = 4;

  /** A stream isn't as an append expected it; nothing was appended. */
  static final int CONFLICT = 4;

  /** A watch was ended by its member, or a copy by the operator. */
  static final int INTERRUPTED = 5;

  /** A file can't be read or written. */
  static final int IO = 6;

  /** It may have taken effect, or may still: read before you try again. etcdctl says 1 here. */
  static final int INDETERMINATE = 20;

  /** The arguments make no sense; nothing was sent. */
  static final int USAGE = 128;

  private static final String WHO_ARE_YOU =
      "etcdserver: authentication failed, invalid user ID or password";

  private ExitCodes() {}

  static int of(QuorateException failure) {
    if (WHO_ARE_YOU.equals(failure.getMessage())) {
      return BAD_CONNECTION;
    }
    return failure instanceof QuorateException.Indeterminate ? INDETERMINATE : FAILED;
  }
}

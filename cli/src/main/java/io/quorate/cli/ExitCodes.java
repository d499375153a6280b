package io.quorate.cli;

import io.quorate.base.QuorateException;

/** What the process's exit code says. Stable: scripts depend on it. */
final class ExitCodes {
  static final int OK = 0;

  /** It was refused, or failed for a reason of its own. */
  static final int FAILED = 1;

  /** The command line is wrong; nothing was sent. */
  static final int USAGE = 2;

  /** No member could answer; nothing was changed; try again. */
  static final int UNAVAILABLE = 3;

  /** The state is another than was thought; nothing was changed. */
  static final int CONFLICT = 4;

  /** It may have taken effect, or may still. */
  static final int INDETERMINATE = 5;

  /** What was asked about is not well. */
  static final int UNHEALTHY = 6;

  private ExitCodes() {}

  static int of(QuorateException failure) {
    return switch (failure) {
      case QuorateException.Unavailable _ -> UNAVAILABLE;
      case QuorateException.Rejected _ -> FAILED;
      case QuorateException.Conflict _ -> CONFLICT;
      case QuorateException.Indeterminate _ -> INDETERMINATE;
      case QuorateException.Corrupt _ -> FAILED;
    };
  }
}

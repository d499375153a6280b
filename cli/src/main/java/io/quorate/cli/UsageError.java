package io.quorate.cli;

/** The command line asks for what makes no sense; nothing was sent. */
final class UsageError extends RuntimeException {
  private static final long serialVersionUID = 1L;

  UsageError(String message) {
    super(message);
  }
}

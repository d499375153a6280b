package io.quorate.server;

/** What was asked for on the command line or in the environment can't be; the message says why. */
final class UsageException extends Exception {
  private static final long serialVersionUID = 1L;

  UsageException(String message) {
    super(message);
  }
}

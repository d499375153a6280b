package io.quorate.cli;

/** A command can't go on: what is said about it, and with which exit code it ends. */
final class Failure extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int exitCode;

  Failure(int exitCode, String message) {
    super(message);
    this.exitCode = exitCode;
  }

  int exitCode() {
    return exitCode;
  }

  /** A format that this result has no shape in. */
  static Failure unsupported(String format) {
    return new Failure(ExitCodes.BAD_FEATURE, format + " not supported as output format");
  }
}

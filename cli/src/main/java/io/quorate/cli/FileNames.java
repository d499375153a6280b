package io.quorate.cli;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;

/** Files that the command line names. */
final class FileNames {
  private FileNames() {}

  /** The one file that a command takes. */
  static Path one(String command, List<String> args) {
    if (args.size() != 1) {
      throw new UsageError(command + " requires exactly one argument: a file");
    }
    return path(args.get(0));
  }

  /** The path that a text of the command line stands for, whose characters are bytes. */
  static Path path(String raw) {
    try {
      return Path.of(Session.text(raw));
    } catch (InvalidPathException e) {
      throw new UsageError("no path: " + e.getMessage());
    }
  }
}

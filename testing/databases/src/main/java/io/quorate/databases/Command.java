package io.quorate.databases;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Commands of the system that come to an end by themselves. */
final class Command {
  /** A bound for whatever a server or a command takes: far above that on a busy machine. */
  static final int SECONDS_MAX = 60;

  private Command() {}

  /**
   * Runs a command in a directory and waits for its end.
   *
   * @throws IllegalStateException if it doesn't succeed; with what it said
   */
  static void run(Path directory, List<String> command) {
    try {
      Path said = Files.createTempFile("command", ".log");
      try {
        Process process =
            new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(said.toFile())
                .start();
        if (!process.waitFor(SECONDS_MAX, TimeUnit.SECONDS)) {
          process.destroyForcibly();
          throw new IllegalStateException(String.join(" ", command) + " doesn't end");
        }
        if (process.exitValue() != 0) {
          throw new IllegalStateException(
              String.join(" ", command)
                  + " ended with "
                  + process.exitValue()
                  + ": "
                  + Files.readString(said));
        }
      } finally {
        Files.delete(said);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted during " + String.join(" ", command), e);
    }
  }
}

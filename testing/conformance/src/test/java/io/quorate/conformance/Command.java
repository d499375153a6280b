package io.quorate.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A program of another language that must do well. */
final class Command {
  private Command() {}

  /** Runs a program until it ends, which must be in so many minutes and with 0. */
  static void run(List<String> words, Path directory, Map<String, String> environment, int minutes)
      throws IOException, InterruptedException {
    Path said = Files.createTempFile("said", ".log");
    ProcessBuilder builder =
        new ProcessBuilder(words)
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .redirectOutput(said.toFile());
    builder.environment().putAll(environment);
    Process process = builder.start();
    try {
      assertThat(process.waitFor(minutes, TimeUnit.MINUTES))
          .as("%s ends: %s", words, Files.readString(said))
          .isTrue();
      assertThat(process.exitValue()).as("%s: %s", words, Files.readString(said)).isZero();
    } finally {
      process.destroyForcibly();
      Files.delete(said);
    }
  }
}

package io.quorate.cli;

import java.io.File;
import java.io.IOException;
import java.util.List;
import java.util.Map;

/** Other programs that commands run: they share our output and have no input. */
final class Children {
  private Children() {}

  /**
   * Runs a program to its end.
   *
   * @param variables beside those that we have ourselves
   * @return its exit code
   * @throws IOException if it can't be started
   */
  static int run(List<String> command, Map<String, String> variables) throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .inheritIO()
            .redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")));
    builder.environment().putAll(variables);
    Process child = builder.start();
    try {
      return child.waitFor();
    } catch (InterruptedException _) {
      child.destroy();
      Thread.currentThread().interrupt();
      return ExitCodes.FAILED;
    }
  }
}

package io.quorate.recipes.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.quorate.system.RunningCommand;
import io.quorate.system.Store;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;

/** A shell in which {@code quorate} is ours, and goes to a store. */
final class Shell {
  private final Store store;
  private final Path folder;

  /**
   * @param folder where it is, and where its programs are
   */
  Shell(Store store, Path folder) throws IOException {
    this.store = store;
    this.folder = folder;
    program("quorate", quoted(RunningCommand.ours()) + " \"$@\"");
  }

  /** There is a program of this name too, of one line. */
  void program(String called, String line) throws IOException {
    Path file = Files.writeString(folder.resolve(called), "#!/bin/sh\nexec " + line + "\n");
    assertThat(file.toFile().setExecutable(true)).isTrue();
  }

  private static String quoted(List<String> command) {
    return command.stream().map(word -> "'" + word + "'").collect(Collectors.joining(" "));
  }

  /** Starts some lines; what goes wrong is told with what they say. */
  Process start(String lines) throws IOException {
    ProcessBuilder bash =
        new ProcessBuilder("bash", "-ec", lines)
            .directory(folder.toFile())
            .redirectErrorStream(true);
    bash.environment().put("PATH", folder + ":" + System.getenv("PATH"));
    bash.environment().put("QUORATE_ENDPOINTS", store.endpoint());
    return bash.start();
  }

  /** Runs some lines, none of which may fail; what they say. */
  String run(String lines) throws IOException, InterruptedException {
    Process process = start(lines);
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(out).isZero();
    return out;
  }
}

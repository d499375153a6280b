package io.quorate.cli;

import java.io.File;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Another program that a command runs: it shares our output and has no input. */
final class Child {
  private final Process process;

  private Child(Process process) {
    this.process = process;
  }

  /**
   * Starts a program.
   *
   * @param variables beside those that we have ourselves
   * @throws IOException if it can't be started
   */
  static Child start(List<String> command, Map<String, String> variables) throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .inheritIO()
            .redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")));
    builder.environment().putAll(variables);
    return new Child(builder.start());
  }

  /**
   * Waits for its end.
   *
   * @return its exit code
   */
  int await() {
    try {
      return process.waitFor();
    } catch (InterruptedException _) {
      process.destroy();
      Thread.currentThread().interrupt();
      return ExitCodes.FAILED;
    }
  }

  /**
   * Sends SIGTERM to it and to all that it has started: a shell that ends would leave what it waits
   * for running.
   *
   * @param killAfter after how long what is left gets SIGKILL; null for never
   */
  void terminate(@Nullable Duration killAfter) {
    List<ProcessHandle> all = all();
    all.forEach(ProcessHandle::destroy);
    if (killAfter != null) {
      CompletableFuture.delayedExecutor(killAfter.toNanos(), TimeUnit.NANOSECONDS)
          .execute(() -> {
            kill();
            all.forEach(ProcessHandle::destroyForcibly);
          });
    }
  }

  /** Sends SIGKILL to it and to all that it has started. */
  void kill() {
    all().forEach(ProcessHandle::destroyForcibly);
  }

  private List<ProcessHandle> all() {
    List<ProcessHandle> all = new ArrayList<>(List.of(process.toHandle()));
    process.descendants().forEach(all::add);
    return all;
  }
}

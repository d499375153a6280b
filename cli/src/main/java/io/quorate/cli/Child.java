package io.quorate.cli;

import java.io.File;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Another program that a command runs: it shares our output and has no input.
 *
 * <p>Thread-safe.
 */
final class Child {
  private static final Charset ARGUMENTS = Charset.forName(System.getProperty("sun.jnu.encoding"));
  private static final long LOOK_MILLIS = 20;

  private final Process process;

  /** Those that were told to end. Guarded by this. */
  private final Set<ProcessHandle> told = new LinkedHashSet<>();

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
    for (String word : command) {
      if (!ARGUMENTS.newEncoder().canEncode(word)) {
        throw new IOException(
            "the argument '"
                + word
                + "' can't be handed on in "
                + ARGUMENTS
                + ": set LC_ALL=C.UTF-8");
      }
    }
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .inheritIO()
            .redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")));
    builder.environment().putAll(variables);
    return new Child(builder.start());
  }

  /**
   * Waits for its end; and if it was told to end, for that of all it has started too.
   *
   * @return its exit code
   */
  int await() {
    try {
      int code = process.waitFor();
      while (told().stream().anyMatch(Child::runs)) {
        TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS); // their ends are told to others: they aren't ours
      }
      return code;
    } catch (InterruptedException _) {
      process.destroy();
      Thread.currentThread().interrupt();
      return ExitCodes.FAILED;
    }
  }

  private synchronized Set<ProcessHandle> told() {
    return Set.copyOf(told);
  }

  /** One that has ended, and whose end nobody has asked for, does nothing any more. */
  private static boolean runs(ProcessHandle handle) {
    if (!handle.isAlive()) {
      return false;
    }
    try {
      String state = Files.readString(Path.of("/proc", Long.toString(handle.pid()), "stat"));
      return state.charAt(state.lastIndexOf(')') + 2) != 'Z';
    } catch (IOException | RuntimeException _) {
      return handle.isAlive(); // it has ended just now, or this system has no such file
    }
  }

  /**
   * Sends SIGTERM to it and to all that it has started: a shell that ends would leave what it waits
   * for running.
   *
   * @param killAfter after how long what is left gets SIGKILL; null for never
   */
  void terminate(@Nullable Duration killAfter) {
    tellAll(ProcessHandle::destroy);
    if (killAfter != null) {
      CompletableFuture.delayedExecutor(killAfter.toNanos(), TimeUnit.NANOSECONDS)
          .execute(this::kill);
    }
  }

  /** Sends SIGKILL to it and to all that it has started. */
  void kill() {
    tellAll(ProcessHandle::destroyForcibly);
  }

  /** Goes on until there is none that was started meanwhile. */
  private synchronized void tellAll(Consumer<ProcessHandle> signal) {
    Set<ProcessHandle> signalled = new LinkedHashSet<>();
    told.add(process.toHandle());
    boolean more = true;
    while (more) {
      more = false;
      for (ProcessHandle each : List.copyOf(told)) {
        each.descendants().forEach(told::add);
      }
      for (ProcessHandle each : told) {
        if (signalled.add(each)) {
          signal.accept(each);
          more = true;
        }
      }
    }
  }
}

package io.quorate.system;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/**
 * One run of a server process, from its start to its end; what it prints is followed line by line.
 *
 * <p>Safe for use by many threads. Whatever becomes of the tests, the process ends with their JVM.
 */
public final class ServerProcess implements AutoCloseable {
  /** A bound for every wait of the tests: far above what anything takes on a busy machine. */
  static final Duration WAIT_MAX = Duration.ofSeconds(90);

  private static final Set<Process> LIVE = ConcurrentHashMap.newKeySet();

  /** Tests run beside each other, each in a thread of its own and in those that it begins. */
  private static final InheritableThreadLocal<List<ServerProcess>> OF_THIS_TEST =
      new InheritableThreadLocal<>() {
        @Override
        protected List<ServerProcess> initialValue() {
          return new CopyOnWriteArrayList<>();
        }
      };

  static {
    Runtime.getRuntime()
        .addShutdownHook(new Thread(() -> LIVE.forEach(Process::destroyForcibly), "end-servers"));
  }

  private final String name;
  private final Process process;
  private final List<String> lines = new ArrayList<>(); // guarded by itself, as is ended
  private boolean ended;

  private ServerProcess(String name, Process process) {
    this.name = name;
    this.process = process;
  }

  /** Starts a process; does not wait for anything. */
  static ServerProcess start(String name, List<String> commandLine) {
    try {
      ProcessBuilder builder = new ProcessBuilder(commandLine).redirectErrorStream(true);
      builder.environment().putIfAbsent("QUORATE_JAVA_OPTS", Program.SHORT_LIVED);
      Process process = builder.start();
      LIVE.add(process);
      ServerProcess started = new ServerProcess(name, process);
      OF_THIS_TEST.get().add(started);
      Thread.ofPlatform().daemon().name("follow-" + name).start(started::follow);
      return started;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The last lines of every process that the running test has started. */
  public static String logsOfThisTest(int linesMax) {
    StringBuilder all = new StringBuilder();
    OF_THIS_TEST.get().forEach(each -> all.append(each.log(linesMax)));
    return all.toString();
  }

  /** The last lines of what it has printed, below its name. */
  String log(int linesMax) {
    StringBuilder log = new StringBuilder("---- " + name + " pid " + pid() + '\n');
    List<String> all = lines();
    for (String line : all.subList(Math.max(0, all.size() - linesMax), all.size())) {
      log.append(line).append('\n');
    }
    return log.toString();
  }

  /** A test begins. */
  static void forgetLogs() {
    OF_THIS_TEST.get().removeIf(each -> !each.isAlive());
  }

  private void follow() {
    try (BufferedReader out =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line = out.readLine(); line != null; line = out.readLine()) {
        synchronized (lines) {
          lines.add(line);
          lines.notifyAll();
        }
      }
    } catch (IOException e) {
      // the process was killed while a line was on its way
    } finally {
      synchronized (lines) {
        ended = true;
        lines.notifyAll();
      }
    }
  }

  public long pid() {
    return process.pid();
  }

  public boolean isAlive() {
    return process.isAlive();
  }

  /** What it has printed so far. */
  List<String> lines() {
    synchronized (lines) {
      return List.copyOf(lines);
    }
  }

  /** What it has printed so far, as one text. */
  public String output() {
    return String.join("\n", lines());
  }

  /** Waits until it has printed a line with this text, and returns that line. */
  public String awaitLine(String text) {
    return awaitLine(line -> line.contains(text), text);
  }

  /** Waits until it has printed so many lines with this text. */
  void awaitLines(String text, int count) {
    int[] seen = {0};
    var _ = awaitLine(line -> line.contains(text) && ++seen[0] == count, text);
  }

  private String awaitLine(Predicate<String> wanted, String what) {
    long deadline = System.nanoTime() + WAIT_MAX.toNanos();
    int seen = 0;
    synchronized (lines) {
      while (true) {
        for (; seen < lines.size(); seen++) {
          if (wanted.test(lines.get(seen))) {
            return lines.get(seen);
          }
        }
        long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
        if (ended || left <= 0) {
          throw new AssertionError(
              name + (ended ? " ended" : " ran on") + " without saying \"" + what + "\"");
        }
        try {
          lines.wait(left);
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          throw new AssertionError("interrupted while waiting for \"" + what + "\"", e);
        }
      }
    }
  }

  /** Waits for its end, and for all of what it printed. */
  int awaitExit() {
    try {
      if (!process.waitFor(WAIT_MAX.toSeconds(), TimeUnit.SECONDS)) {
        throw new AssertionError(name + " does not end");
      }
      synchronized (lines) {
        while (!ended) {
          lines.wait(WAIT_MAX.toMillis());
        }
      }
      LIVE.remove(process);
      return process.exitValue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted while waiting for the end of " + name, e);
    }
  }

  /** Sends SIGKILL to all of these in one step, and waits until they are gone. */
  public static void killAll(List<ServerProcess> processes) {
    signal("KILL", processes);
    processes.forEach(ServerProcess::awaitExit);
  }

  /** Sends SIGKILL, and waits until it is gone. */
  public void kill() {
    killAll(List.of(this));
  }

  /** Sends SIGSTOP. */
  public void pause() {
    signal("STOP", List.of(this));
  }

  /** Sends SIGCONT. */
  public void resume() {
    signal("CONT", List.of(this));
  }

  /** Sends SIGTERM. */
  public void terminate() {
    signal("TERM", List.of(this));
  }

  private static void signal(String name, List<ServerProcess> processes) {
    OsFacts.signal(name, processes.stream().map(ServerProcess::pid).toList());
  }

  /** Resident memory, in bytes. */
  long residentBytes() {
    return OsFacts.residentBytes(pid());
  }

  @Override
  public void close() {
    process.destroyForcibly();
    awaitExit();
  }
}

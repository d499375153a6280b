package io.quorate.system;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A command line that lasts, in a process of its own: what it prints, and how it ends. */
public final class RunningCommand implements AutoCloseable {
  private static final long SECONDS_MAX = 120;

  private final String line;
  private final Process process;

  /** What it says and nobody took yet; empty is its end. */
  private final BlockingQueue<Optional<String>> lines = new LinkedBlockingQueue<>();

  /** What was taken. */
  private final List<String> taken = new ArrayList<>();

  private final Thread reader;

  private RunningCommand(String line, Process process) {
    this.line = line;
    this.process = process;
    reader = new Thread(this::read, "reader of " + line);
    reader.start();
  }

  /** etcd's own. */
  public static RunningCommand etcdctl(String endpoint, String... arguments) {
    return start(List.of("etcdctl"), endpoint, arguments);
  }

  /** The one under test: the launcher's, if {@code system.quorate} names one. */
  static RunningCommand quorate(String endpoint, String... arguments) {
    return start(ours(), endpoint, arguments);
  }

  /** What the one under test is called by, but for its arguments. */
  public static List<String> ours() {
    String launcher = System.getProperty("system.quorate", "");
    if (!launcher.isEmpty()) {
      return List.of(launcher);
    }
    return jvm(
        "io.quorate.cli.Main",
        "-Dstdout.encoding=UTF-8",
        "-Dio.netty.machineId=none"); // Netty warns of that, which isn't to be seen
  }

  /** A main class of the tests' own, whose first argument is {@code --endpoints=}. */
  public static RunningCommand java(Class<?> main, String endpoint, String... arguments) {
    return start(jvm(main.getName()), endpoint, arguments);
  }

  private static List<String> jvm(String main, String... options) {
    List<String> line =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC"));
    line.addAll(List.of(options));
    line.addAll(List.of("-cp", classPath(), main));
    return List.copyOf(line);
  }

  /** Ours, without the server's logger, which the command doesn't come with. */
  private static String classPath() {
    List<String> entries =
        new ArrayList<>(List.of(Program.classPath().split(File.pathSeparator, -1)));
    entries.removeIf(entry -> entry.contains("logback") || entry.contains("slf4j"));
    return String.join(File.pathSeparator, entries);
  }

  private static RunningCommand start(List<String> program, String endpoint, String... arguments) {
    List<String> command = new ArrayList<>(program);
    command.add("--endpoints=" + endpoint);
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().keySet().removeIf(name -> name.startsWith("ETCDCTL_"));
    builder.environment().put("ETCDCTL_API", "3");
    builder.environment().put("LC_ALL", "C.UTF-8");
    try {
      return new RunningCommand(String.join(" ", arguments), builder.start());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void read() {
    try (BufferedReader out =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      for (String next = out.readLine(); next != null; next = out.readLine()) {
        if (!next.startsWith("{\"level\"")) { // Go's client logs
          lines.add(Optional.of(next));
        }
      }
    } catch (IOException e) {
      lines.add(Optional.of("(the output broke: " + e + ")"));
    }
    lines.add(Optional.empty());
  }

  /** Sends SIGSTOP. */
  public void pause() {
    OsFacts.signal("STOP", List.of(process.pid()));
  }

  /** Sends SIGCONT. */
  public void resume() {
    OsFacts.signal("CONT", List.of(process.pid()));
  }

  /** Writes a line to its standard input. */
  public void type(String text) {
    try {
      process.getOutputStream().write((text + "\n").getBytes(StandardCharsets.UTF_8));
      process.getOutputStream().flush();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Waits for the next line. */
  public String next() {
    try {
      Optional<String> next = lines.poll(SECONDS_MAX, TimeUnit.SECONDS);
      if (next == null || next.isEmpty()) {
        lines.add(Optional.empty()); // nothing comes after it, however often it is asked
        throw new AssertionError(
            (next == null ? "nothing more comes from: " : "it has ended: ")
                + line
                + "; before that: "
                + taken);
      }
      taken.add(next.get());
      return next.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
  }

  /** Waits for so many lines. */
  List<String> next(int count) {
    List<String> next = new ArrayList<>();
    while (next.size() < count) {
      next.add(next());
    }
    return next;
  }

  /** Ends its input, and waits for its end. */
  int awaitEnd() {
    try {
      process.getOutputStream().close();
      if (!process.waitFor(SECONDS_MAX, TimeUnit.SECONDS)) {
        throw new AssertionError("does not end: " + line);
      }
      reader.join();
      return process.exitValue();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
  }

  /** All lines that weren't taken, after its end. */
  List<String> rest() {
    return lines.stream().flatMap(Optional::stream).toList();
  }

  /** Sends SIGTERM. */
  void terminate() {
    process.toHandle().destroy(); // Process.destroy would close what it still has to say
  }

  /** Sends SIGKILL, and waits until it is gone. */
  public void kill() {
    try {
      process.destroyForcibly().waitFor();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
  }

  /** Sends SIGTERM, and waits for the end that follows. */
  public int interrupt() {
    terminate();
    return awaitEnd();
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}

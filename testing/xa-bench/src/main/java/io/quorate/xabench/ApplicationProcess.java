package io.quorate.xabench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** An {@link Application} in a process of its own. It ends with this JVM. */
final class ApplicationProcess implements AutoCloseable {
  private static final Path STRACE = Path.of("/usr/bin/strace");

  private final Contender contender;
  private final Path directory;
  private final Process process;
  private final Writer orders;
  private final BufferedReader answers;

  private ApplicationProcess(Contender contender, Path directory, Process process) {
    this.contender = contender;
    this.directory = directory;
    this.process = process;
    orders = process.outputWriter(StandardCharsets.UTF_8);
    answers = process.inputReader(StandardCharsets.UTF_8);
  }

  /**
   * Starts one, and waits until it is ready.
   *
   * @param directory the contender's, and of what the application logs
   * @param threadsMax the most that there will be in a load
   * @param bank whose accounts it has; null: resources that do nothing
   * @param traced whether its syncs are counted, which makes it slower
   */
  static ApplicationProcess start(
      Contender contender, Path directory, int threadsMax, @Nullable Bank bank, boolean traced) {
    try {
      Files.createDirectories(directory);
      List<String> line = new ArrayList<>();
      if (traced) {
        line.addAll(
            List.of(
                STRACE.toString(),
                "-f",
                "--seccomp-bpf",
                "-qq",
                "--trace=fsync,fdatasync,msync,sync_file_range",
                "--signal=none",
                "--output=" + directory.resolve("syncs")));
      }
      line.addAll(
          List.of(
              Path.of(System.getProperty("java.home"), "bin", "java").toString(),
              "-XX:+UseSerialGC",
              "-Xmx512m"));
      line.addAll(contender.options(directory));
      line.addAll(
          List.of(
              "-cp",
              System.getProperty("java.class.path"),
              Application.class.getName(),
              contender.name(),
              directory.toString(),
              Integer.toString(threadsMax)));
      if (bank != null) {
        String postgreSql = bank.postgreSql().jdbcUrl(bank.database());
        String mariaDb = bank.mariaDb().jdbcUrl(bank.database());
        line.add(postgreSql + "?user=" + bank.postgreSql().user() + "&password=any");
        line.add(mariaDb + "&user=" + bank.mariaDb().user());
      }
      Process process =
          new ProcessBuilder(line)
              .redirectError(
                  ProcessBuilder.Redirect.appendTo(directory.resolve("application.log").toFile()))
              .start();
      ApplicationProcess started = new ApplicationProcess(contender, directory, process);
      var _ = started.answer();
      return started;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A new directory below {@code target}, where applications' directories may lie. */
  static Path directory(String comparison) {
    try {
      return Files.createTempDirectory(Files.createDirectories(Path.of("target")), comparison + "-")
          .toAbsolutePath();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Whether syncs can be counted here. */
  static boolean canTrace() {
    return Files.isExecutable(STRACE);
  }

  /** Runs a load, and waits for its end. */
  LoadResult load(int threads, double warmUp, double seconds) {
    begin(threads, warmUp, seconds);
    return LoadResult.parse(answer());
  }

  /** Does so many transactions with one thread. */
  LoadResult perform(int transactions) {
    order("do " + transactions);
    return LoadResult.parse(answer());
  }

  /** Begins a load. */
  void begin(int threads, double warmUp, double seconds) {
    order(String.format(Locale.ROOT, "load %d %f %f", threads, warmUp, seconds));
  }

  private void order(String order) {
    try {
      orders.write(order + "\n");
      orders.flush();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private String answer() {
    try {
      String line = answers.readLine();
      if (line == null) {
        throw new IllegalStateException(
            contender.label()
                + " has ended; see "
                + directory.resolve("application.log").toAbsolutePath());
      }
      return line;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Kills it with SIGKILL. */
  void kill() {
    process.destroyForcibly();
    awaitEnd();
  }

  /** How many syncs it has asked for in its life, when that is over and it was traced. */
  long syncs() {
    try (var lines = Files.lines(directory.resolve("syncs"))) {
      return lines.filter(line -> !line.contains("resumed>")).count();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void awaitEnd() {
    try {
      if (!process.waitFor(1, TimeUnit.MINUTES)) {
        throw new IllegalStateException(contender.label() + " doesn't end");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  @Override
  public void close() {
    try {
      orders.close();
    } catch (IOException e) {
      // it was killed
    }
    awaitEnd();
  }
}

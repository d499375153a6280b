package io.quorate.system;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Runs etcd's own command-line client. */
final class Etcdctl {
  private static final int SECONDS_MAX = 60;

  private Etcdctl() {}

  /** What a command left: its exit code and what it printed. */
  record Result(int code, String out, String err) {}

  /** One command: its arguments, and what it reads from standard input. */
  record Step(List<String> arguments, String input) {
    static Step of(String... arguments) {
      return new Step(List.of(arguments), "");
    }

    static Step withInput(String input, String... arguments) {
      return new Step(List.of(arguments), input);
    }

    @Override
    public String toString() {
      String from = input.length() > 200 ? input.substring(0, 200) + "..." : input;
      return "etcdctl " + String.join(" ", arguments) + (input.isEmpty() ? "" : " <<" + from);
    }
  }

  static Result run(String endpoints, Step step) {
    try {
      List<String> line = new ArrayList<>(List.of("etcdctl", "--endpoints=" + endpoints));
      line.addAll(step.arguments());
      Path err = Files.createTempFile("etcdctl", ".err");
      try {
        ProcessBuilder builder = new ProcessBuilder(line).redirectError(err.toFile());
        builder.environment().keySet().removeIf(name -> name.startsWith("ETCDCTL_"));
        builder.environment().put("ETCDCTL_API", "3");
        Process process = builder.start();
        try (var in = process.getOutputStream()) {
          in.write(step.input().getBytes(StandardCharsets.ISO_8859_1));
        } catch (IOException e) {
          // it didn't want all of it
        }
        String out =
            new String(process.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
        if (!process.waitFor(SECONDS_MAX, TimeUnit.SECONDS)) {
          process.destroyForcibly();
          throw new AssertionError(step + " does not end");
        }
        return new Result(
            process.exitValue(), out, Files.readString(err, StandardCharsets.ISO_8859_1));
      } finally {
        Files.delete(err);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
  }
}

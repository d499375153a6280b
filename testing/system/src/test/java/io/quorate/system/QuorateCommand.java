package io.quorate.system;

import io.quorate.cli.Cli;
import io.quorate.system.Etcdctl.Result;
import io.quorate.system.Etcdctl.Step;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Quorate's own command line, in this process. */
final class QuorateCommand {
  private QuorateCommand() {}

  /** Runs a command, which must succeed; what it prints. */
  static String run(String... args) {
    Result result = run(List.of(args), "");
    if (result.code() != 0) {
      throw new AssertionError(
          String.join(" ", args) + " ended with " + result.code() + ": " + result.err());
    }
    return text(result);
  }

  /** Runs a command against members; it may fail. */
  static Result run(String endpoints, Step step) {
    List<String> args = new ArrayList<>(List.of("--endpoints=" + endpoints));
    args.addAll(step.arguments());
    return run(args, step.input());
  }

  /** What a command printed, as text. */
  static String text(Result result) {
    return new String(result.out().getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
  }

  /** Arguments are bytes to it, and so is what it prints: one character each. */
  private static Result run(List<String> arguments, String input) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    String[] bytes =
        arguments.stream()
            .map(word ->
                new String(word.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1))
            .toArray(String[]::new);
    int code =
        new Cli(
                new ByteArrayInputStream(input.getBytes(StandardCharsets.ISO_8859_1)),
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8),
                Map.of())
            .run(bytes);
    return new Result(
        code, out.toString(StandardCharsets.ISO_8859_1), err.toString(StandardCharsets.UTF_8));
  }
}

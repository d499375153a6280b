package io.quorate.cli;

import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Where the {@code quorate} command begins. */
public final class Main {
  private Main() {}

  /** Runs one command and ends the process with its exit code. */
  public static void main(String[] args) {
    // What Netty sets up for servers takes longer than the one call that is made here.
    System.setProperty("io.netty.allocator.type", "unpooled");
    System.setProperty("io.netty.leakDetection.level", "disabled");
    System.setProperty("io.netty.jfr.enabled", "false");
    System.setProperty("java.util.logging.config.class", Silence.class.getName());
    PrintStream out = stream(FileDescriptor.out);
    PrintStream err = stream(FileDescriptor.err);
    CompletableFuture<Integer> ended = new CompletableFuture<>();
    Interrupts signals =
        (stop, patience) ->
            Runtime.getRuntime()
                .addShutdownHook(new Thread(() -> interrupted(stop, patience, ended)));
    int code = ExitCodes.FAILED;
    try {
      code = new Cli(System.in, out, err, System.getenv(), signals).run(RawArguments.of(args));
      out.flush();
      err.flush();
      if (code == ExitCodes.OK && out.checkError()) {
        code = ExitCodes.FAILED;
      }
    } finally {
      ended.complete(code); // also of a command that broke, or the end of the process would wait
    }
    System.exit(code); // the client's thread is a daemon and has nothing left to do
  }

  /** A signal ends the process; what the command holds is given back first. */
  private static void interrupted(
      Runnable stop, Duration patience, CompletableFuture<Integer> ended) {
    if (!ended.isDone()) {
      stop.run();
      try {
        Runtime.getRuntime().halt(ended.get(patience.toMillis(), TimeUnit.MILLISECONDS));
      } catch (InterruptedException | ExecutionException | TimeoutException _) {
        return; // it ends as the signal has it
      }
    }
  }

  private static PrintStream stream(FileDescriptor descriptor) {
    return new PrintStream(
        new BufferedOutputStream(new FileOutputStream(descriptor), 64 * 1024),
        false,
        StandardCharsets.UTF_8);
  }
}

package io.quorate.cli;

import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/** Where the {@code quorate} command begins. */
public final class Main {
  private Main() {}

  /** Runs one command and ends the process with its exit code. */
  public static void main(String[] args) {
    // What Netty sets up for servers takes longer than the one call that is made here.
    System.setProperty("io.netty.allocator.type", "unpooled");
    System.setProperty("io.netty.leakDetection.level", "disabled");
    System.setProperty("io.netty.jfr.enabled", "false");
    PrintStream out = stream(FileDescriptor.out);
    PrintStream err = stream(FileDescriptor.err);
    int code = new Cli(System.in, out, err, System.getenv()).run(RawArguments.of(args));
    out.flush();
    err.flush();
    if (code == ExitCodes.OK && out.checkError()) {
      code = ExitCodes.FAILED;
    }
    System.exit(code); // the client's thread is a daemon and has nothing left to do
  }

  private static PrintStream stream(FileDescriptor descriptor) {
    return new PrintStream(
        new BufferedOutputStream(new FileOutputStream(descriptor), 64 * 1024),
        false,
        StandardCharsets.UTF_8);
  }
}

package io.quorate.cli;

import java.io.Console;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Scanner;

/** Where passwords come from that the command line doesn't give. */
final class Passwords {
  private Passwords() {}

  /**
   * Asks at the terminal, without showing what is typed; where standard input isn't one, the next
   * line of it is the answer, as with etcdctl. One character a byte.
   */
  @SuppressWarnings("SystemConsoleNull") // NullAway's annotations of the JDK say that it may be
  private static String ask(Session session, String prompt) {
    Console console = System.console();
    if (console != null && console.isTerminal()) {
      char[] typed = console.readPassword("%s", prompt);
      return typed == null ? "" : Session.raw(new String(typed));
    }
    if (isTyped()) {
      throw new UsageError(
          "failed to ask password: the output isn't a terminal, so what is typed would show;"
              + " --password or a file as standard input gives it, too");
    }
    session.out().print(prompt + "\n");
    session.out().flush();
    String line = session.line();
    return line == null ? "" : line.endsWith("\r") ? line.substring(0, line.length() - 1) : line;
  }

  /** Asks for the password that somebody has; an empty one is nobody's. */
  static String askKnown(Session session, String prompt) {
    String password = ask(session, prompt);
    if (password.isEmpty()) {
      throw new UsageError("empty password");
    }
    return password;
  }

  /** Whether somebody types at standard input; Java tells it only together with the output. */
  private static boolean isTyped() {
    try {
      Process test =
          new ProcessBuilder("test", "-t", "0")
              .redirectInput(ProcessBuilder.Redirect.INHERIT)
              .start();
      return test.waitFor() == 0;
    } catch (IOException _) {
      return false;
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      return true;
    }
  }

  /** Asks twice for a new password, or takes the first word of standard input. */
  static String choose(Session session, String user, boolean interactive) {
    if (!interactive) {
      Scanner words = new Scanner(session.in(), StandardCharsets.ISO_8859_1);
      return words.hasNext() ? words.next() : "";
    }
    String first = ask(session, "Password of " + user + ": ");
    if (first.isEmpty()) {
      throw new UsageError("empty password");
    }
    if (!ask(session, "Type password of " + user + " again for confirmation: ").equals(first)) {
      throw new UsageError("given passwords are different");
    }
    return first;
  }
}

package io.quorate.cli;

import java.io.Console;
import java.nio.charset.StandardCharsets;
import java.util.Scanner;

/** Where passwords come from that the command line doesn't give. */
final class Passwords {
  private Passwords() {}

  /** Asks at the terminal, without showing what is typed; one character a byte. */
  @SuppressWarnings("SystemConsoleNull") // NullAway's annotations of the JDK say that it may be
  static String ask(String prompt) {
    Console console = System.console();
    char[] typed =
        console == null || !console.isTerminal() ? null : console.readPassword("%s", prompt);
    if (typed == null) {
      throw new UsageError("failed to ask password: no terminal");
    }
    byte[] bytes = new String(typed).getBytes(StandardCharsets.UTF_8);
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }

  /** Asks twice for a new password, or takes the first word of standard input. */
  static String choose(Session session, String user, boolean interactive) {
    if (!interactive) {
      Scanner words = new Scanner(session.in(), StandardCharsets.ISO_8859_1);
      return words.hasNext() ? words.next() : "";
    }
    String first = ask("Password of " + user + ": ");
    if (first.isEmpty()) {
      throw new UsageError("empty password");
    }
    if (!ask("Type password of " + user + " again for confirmation: ").equals(first)) {
      throw new UsageError("given passwords are different");
    }
    return first;
  }
}

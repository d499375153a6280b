package io.quorate.cli;

import io.quorate.base.Bytes;
import io.quorate.client.Compare;
import io.quorate.client.Op;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;

/** The lines of a transaction, in etcdctl's grammar. Texts have one character a byte. */
final class TxnGrammar {
  private TxnGrammar() {}

  /** {@code target("key") op "value"}. */
  static Compare compare(String line) {
    int paren = line.indexOf('(');
    if (paren < 0) {
      throw new Failure(ExitCodes.INVALID_INPUT, "malformed comparison: " + line);
    }
    Compare.@Nullable Target target =
        switch (line.substring(0, paren)) {
          case "ver", "version" -> Compare.Target.VERSION;
          case "c", "create" -> Compare.Target.CREATE;
          case "m", "mod" -> Compare.Target.MOD;
          case "val", "value" -> Compare.Target.VALUE;
          case "lease" -> Compare.Target.LEASE;
          default -> null;
        };
    StringBuilder key = new StringBuilder();
    int at = GoQuote.unquote(line, skipBlanks(line, paren + 1), key);
    if (at < 0 || at >= line.length() || line.charAt(at) != ')') {
      throw new Failure(ExitCodes.INVALID_INPUT, "malformed comparison: " + line);
    }
    int opStart = skipBlanks(line, at + 1);
    int opEnd = opStart;
    while (opEnd < line.length() && "=!<>".indexOf(line.charAt(opEnd)) >= 0) {
      opEnd++;
    }
    StringBuilder value = new StringBuilder();
    int end = GoQuote.unquote(line, skipBlanks(line, opEnd), value);
    if (end < 0) {
      throw new Failure(ExitCodes.INVALID_INPUT, "malformed comparison: " + line);
    }
    if (target == null) {
      throw new Failure(
          ExitCodes.INVALID_INPUT,
          "malformed comparison: " + line + " (unknown target " + line.substring(0, paren) + ")");
    }
    Compare.Result result =
        switch (line.substring(opStart, opEnd)) {
          case "=" -> Compare.Result.EQUAL;
          case "!=" -> Compare.Result.NOT_EQUAL;
          case ">" -> Compare.Result.GREATER;
          case "<" -> Compare.Result.LESS;
          default ->
              throw new Failure(
                  ExitCodes.INVALID_INPUT, "malformed comparison: " + line + " (unknown operator)");
        };
    Bytes keyBytes = Session.bytes(key.toString());
    if (target == Compare.Target.VALUE) {
      return new Compare(target, result, keyBytes, Bytes.EMPTY, 0, Session.bytes(value.toString()));
    }
    try {
      long number =
          target == Compare.Target.LEASE
              ? Long.parseUnsignedLong(value.toString(), 16)
              : Long.parseLong(value.toString());
      return new Compare(target, result, keyBytes, Bytes.EMPTY, number, Bytes.EMPTY);
    } catch (NumberFormatException _) {
      throw new Failure(ExitCodes.INVALID_INPUT, "invalid txn compare request: " + line);
    }
  }

  /** {@code put}, {@code get} or {@code del} with their arguments. */
  static Op request(Session session, String line) {
    List<String> words = words(line);
    if (words.size() < 2) {
      throw new Failure(ExitCodes.INVALID_INPUT, "invalid txn compare request: " + line);
    }
    String[] args = words.subList(1, words.size()).toArray(String[]::new);
    try {
      return switch (words.get(0)) {
        case "put" -> {
          PutCommand put = parsed(new PutCommand(session), args);
          yield put.put();
        }
        case "get" -> {
          GetCommand get = parsed(new GetCommand(session), args);
          yield get.range();
        }
        case "del" -> {
          DelCommand del = parsed(new DelCommand(session), args);
          yield del.delete();
        }
        default -> throw new Failure(ExitCodes.INVALID_INPUT, "invalid txn request: " + line);
      };
    } catch (CommandLine.ParameterException e) {
      throw new Failure(
          ExitCodes.INVALID_INPUT, "invalid txn request: " + line + " (" + e.getMessage() + ")");
    }
  }

  private static <T> T parsed(T command, String... args) {
    var _ = new CommandLine(command).parseArgs(args);
    return command;
  }

  /** Words parted by blanks; in double quotes as Go reads them, in single quotes as they are. */
  static List<String> words(String line) {
    List<String> words = new ArrayList<>();
    int at = skipBlanks(line, 0);
    while (at < line.length()) {
      char first = line.charAt(at);
      if (first == '"') {
        StringBuilder word = new StringBuilder();
        int end = GoQuote.unquote(line, at, word);
        if (end < 0) {
          throw new Failure(
              ExitCodes.INVALID_INPUT, "invalid txn request: " + line + " (a quote is not closed)");
        }
        words.add(word.toString());
        at = end;
      } else if (first == '\'') {
        int end = line.indexOf('\'', at + 1);
        if (end < 0) {
          throw new Failure(
              ExitCodes.INVALID_INPUT, "invalid txn request: " + line + " (a quote is not closed)");
        }
        words.add(line.substring(at + 1, end));
        at = end + 1;
      } else {
        int end = at;
        while (end < line.length() && !isBlank(line.charAt(end))) {
          end++;
        }
        words.add(line.substring(at, end));
        at = end;
      }
      at = skipBlanks(line, at);
    }
    return words;
  }

  private static int skipBlanks(String line, int from) {
    int at = from;
    while (at < line.length() && isBlank(line.charAt(at))) {
      at++;
    }
    return at;
  }

  private static boolean isBlank(char c) {
    return c == ' ' || c == '\t';
  }
}

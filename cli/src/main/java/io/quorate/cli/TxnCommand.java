package io.quorate.cli;

import io.quorate.client.Compare;
import io.quorate.client.Op;
import io.quorate.client.Txn;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code txn}: a transaction, read from standard input. */
@Command(
    name = "txn",
    description = {
      "Txn processes all the requests in one transaction",
      "Standard input holds comparisons, then what is done if all hold, then what is done if not;",
      "a line each, and an empty line after each part.",
      "  comparison: TARGET(\"key\") OP \"value\"; target val, ver, create, mod or lease; OP =, !=,"
          + " <, >",
      "  request:    put, get or del, with their options"
    },
    footer = {
      "",
      "Examples:",
      "  printf 'ver(\"lock\") = \"0\"\\n\\nput lock me\\n\\nget lock\\n\\n' | quorate txn",
      "  quorate txn --interactive"
    })
final class TxnCommand implements Callable<Integer> {
  private final Session session;

  @Parameters(arity = "0..*", hidden = true, description = "none")
  List<String> args = new ArrayList<>();

  @Option(
      names = {"-i", "--interactive"},
      description = "ask for each part")
  boolean interactive;

  TxnCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    if (!args.isEmpty()) {
      throw new UsageError("txn command does not accept argument");
    }
    Printer printer = session.printerOfKeys();
    List<Compare> compares = new ArrayList<>();
    prompt("compares:");
    for (String line : part()) {
      compares.add(TxnGrammar.compare(line));
    }
    prompt("success requests (get, put, del):");
    List<Op> success = requests();
    prompt("failure requests (get, put, del):");
    List<Op> failure = requests();
    printer.txn(session.client().kv().txn(new Txn(compares, success, failure)));
    return ExitCodes.OK;
  }

  private void prompt(String text) {
    if (interactive) {
      session.out().print(text + "\n");
      session.out().flush();
    }
  }

  private List<Op> requests() {
    List<Op> ops = new ArrayList<>();
    for (String line : part()) {
      ops.add(TxnGrammar.request(session, line));
    }
    return ops;
  }

  /** The lines up to an empty one, or to the end of the input. */
  private List<String> part() {
    List<String> lines = new ArrayList<>();
    String line = trimmedLine();
    while (line != null && !line.isEmpty()) {
      lines.add(line);
      line = trimmedLine();
    }
    return lines;
  }

  private @Nullable String trimmedLine() {
    String line = session.line();
    return line == null ? null : line.trim();
  }
}

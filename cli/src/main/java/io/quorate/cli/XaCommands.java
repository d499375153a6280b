package io.quorate.cli;

import io.quorate.client.QuorateClient;
import io.quorate.xa.TransactionLog;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code xa …}: transactions over databases, whose decisions are in the store. */
final class XaCommands {
  private XaCommands() {}

  /** What all of them are told: whose transactions they are about. */
  abstract static class OfDomain implements Callable<Integer> {
    private final Session session;

    @Option(
        names = "--domain",
        paramLabel = "NAME",
        description = "whose transactions, if the store knows of more than one domain")
    String domain = "";

    OfDomain(Session session) {
      this.session = session;
    }

    final Printer printer() {
      return session.printerIn(
          GlobalOptions.Format.SIMPLE, GlobalOptions.Format.JSON, GlobalOptions.Format.TABLE);
    }

    /** The domain's log; empty if the store knows of none and none was named. */
    final Optional<TransactionLog> logIfAny() {
      QuorateClient client = session.client();
      Set<String> known = TransactionLog.domains(client);
      String named = Session.text(domain);
      if (!named.isEmpty() && !known.contains(named)) {
        throw new Failure(
            ExitCodes.FAILED,
            "the store knows of no domain " + named + ": it has " + listed(known));
      }
      if (named.isEmpty() && known.size() > 1) {
        throw new Failure(
            ExitCodes.FAILED,
            "the store knows of more than one domain, so --domain has to name one of them: "
                + listed(known));
      }
      return known.stream()
          .filter(each -> named.isEmpty() || each.equals(named))
          .findFirst()
          .map(each -> TransactionLog.of(client, each));
    }

    private static String listed(Set<String> known) {
      return known.isEmpty() ? "none" : String.join(", ", known);
    }
  }

  /** What those are told that show all there is. */
  abstract static class OfAll extends OfDomain {
    @Parameters(arity = "0..*", hidden = true)
    List<String> args = new ArrayList<>();

    OfAll(Session session) {
      super(session);
    }

    final List<TransactionLog> logs(String command) {
      if (!args.isEmpty()) {
        throw new UsageError(command + " takes no arguments");
      }
      return logIfAny().stream().toList();
    }
  }

  /** What those are told that are about one transaction. */
  abstract static class OfOne extends OfDomain {
    @Parameters(
        arity = "0..*",
        paramLabel = "ID",
        description = "of the transaction, as list shows it")
    List<String> args = new ArrayList<>();

    OfOne(Session session) {
      super(session);
    }

    /** Refuses what is no id before anything is sent. */
    final String id(String command) {
      if (args.size() != 1) {
        throw new UsageError(command + " takes one transaction's id");
      }
      String id = Session.text(args.get(0));
      if (!TransactionLog.isId(id)) {
        throw new UsageError(
            "\""
                + id
                + "\" is no transaction's id: that is two hexadecimal numbers with a slash between"
                + " them, as quorate xa list shows it");
      }
      return id;
    }

    final TransactionLog log() {
      return logIfAny()
          .orElseThrow(() ->
              new Failure(ExitCodes.FAILED, "the store knows of no transactions over databases"));
    }
  }

  /** {@code xa list}. */
  @Command(
      name = "list",
      description = {
        "Lists the transactions that the store knows of: those that aren't finished",
        "COMMITTING   committed, and not all of its branches are known to be",
        "ABORTED      the record of an abort, which goes with its coordinator",
        "HEURISTIC    a resource did otherwise than was decided: see 'xa forget'",
        "ASKS         nothing is known of a branch that was found: see 'xa commit'",
        "UNREADABLE   its record is damaged, or of a later version",
        "Simple format: id, kind, since when, whether its coordinator lives, resources."
      },
      footer = {"", "Examples:", "  quorate xa list", "  quorate xa list --domain shop -w table"})
  static final class ListAll extends OfAll {
    ListAll(Session session) {
      super(session);
    }

    @Override
    public Integer call() {
      Printer printer = printer();
      printer.transactions(
          logs("xa list").stream().flatMap(log -> log.entries().stream()).toList());
      return ExitCodes.OK;
    }
  }

  /** {@code xa coordinators}. */
  @Command(
      name = "coordinators",
      description = {
        "Lists the processes that begin transactions, and those of the last day that did",
        "Simple format: number, whether it lives, what it says of itself, and the",
        "resources where something that it left may still be found."
      },
      footer = {"", "Examples:", "  quorate xa coordinators", "  quorate xa coordinators -w table"})
  static final class Coordinators extends OfAll {
    Coordinators(Session session) {
      super(session);
    }

    @Override
    public Integer call() {
      Printer printer = printer();
      printer.coordinators(
          logs("xa coordinators").stream().flatMap(log -> log.coordinators().stream()).toList());
      return ExitCodes.OK;
    }
  }

  /** {@code xa show}. */
  @Command(
      name = "show",
      description = {
        "Shows all that the store knows of a transaction, listed or not: what becomes of",
        "it, who began it, where it isn't finished, and what its branches are called",
        "in the databases' own lists of what is prepared."
      },
      footer = {
        "",
        "Examples:",
        "  quorate xa show 00000000000004d2/5f3a000000000007",
        "  quorate xa show 4d2/5f3a000000000007 -w json"
      })
  static final class Show extends OfOne {
    Show(Session session) {
      super(session);
    }

    @Override
    public Integer call() {
      String id = id("xa show");
      Printer printer = printer();
      printer.transaction(log().report(id));
      return ExitCodes.OK;
    }
  }

  /** {@code xa commit}. */
  @Command(
      name = "commit",
      description = {
        "Answers a transaction that ASKS: its branches are to be committed",
        "Whoever has their resources commits those that are there, and those that are",
        "found later. Then 'xa forget' it."
      },
      footer = {
        "",
        "Examples:",
        "  quorate xa commit 00000000000004d2/5f3a000000000007",
        "  quorate xa commit 4d2/5f3a000000000007 --domain shop"
      })
  static final class Commit extends OfOne {
    Commit(Session session) {
      super(session);
    }

    @Override
    public Integer call() {
      String id = id("xa commit");
      Printer printer = printer();
      log().commit(id);
      printer.answered(id, "committed", "the branches of " + id + " will be committed");
      return ExitCodes.OK;
    }
  }

  /** {@code xa rollback}. */
  @Command(
      name = "rollback",
      description = {
        "Answers a transaction that ASKS: its branches are to be rolled back",
        "Whoever has their resources undoes those that are there, and those that are",
        "found later. Then 'xa forget' it."
      },
      footer = {
        "",
        "Examples:",
        "  quorate xa rollback 00000000000004d2/5f3a000000000007",
        "  quorate xa rollback 4d2/5f3a000000000007 --domain shop"
      })
  static final class Rollback extends OfOne {
    Rollback(Session session) {
      super(session);
    }

    @Override
    public Integer call() {
      String id = id("xa rollback");
      Printer printer = printer();
      log().rollBack(id);
      printer.answered(id, "rolled back", "the branches of " + id + " will be rolled back");
      return ExitCodes.OK;
    }
  }

  /** {@code xa forget}. */
  @Command(
      name = "forget",
      description = {
        "Acknowledges a HEURISTIC outcome, or forgets an answer that everybody has carried",
        "out. What is being committed can't be forgotten."
      },
      footer = {
        "",
        "Examples:",
        "  quorate xa forget 00000000000004d2/5f3a000000000007",
        "  quorate xa forget 4d2/5f3a000000000007 --domain shop"
      })
  static final class Forget extends OfOne {
    Forget(Session session) {
      super(session);
    }

    @Override
    public Integer call() {
      String id = id("xa forget");
      Printer printer = printer();
      log().forget(id);
      printer.answered(id, "forgotten", id + " is forgotten");
      return ExitCodes.OK;
    }
  }
}

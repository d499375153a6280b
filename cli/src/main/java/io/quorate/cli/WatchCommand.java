package io.quorate.cli;

import io.quorate.client.QuorateClient;
import io.quorate.client.WatchRequest;
import io.quorate.client.Watcher;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code watch}: tells changes as they happen, and runs a command for each. */
@Command(
    name = "watch",
    description = {
      "Watches events stream on keys or prefixes",
      "With a command behind '--', it is run for each event, with ETCD_WATCH_REVISION,",
      "ETCD_WATCH_EVENT_TYPE, ETCD_WATCH_KEY and ETCD_WATCH_VALUE in its environment.",
      "ETCDCTL_WATCH_KEY and ETCDCTL_WATCH_RANGE_END stand for arguments that aren't given."
    },
    footer = {
      "",
      "Examples:",
      "  quorate watch users/ --prefix --rev 1",
      "  quorate watch settings -- sh -c 'echo changed: $ETCD_WATCH_VALUE'"
    })
final class WatchCommand implements Callable<Integer> {
  private final Session session;

  @Parameters(arity = "0..*", paramLabel = "KEY [RANGE_END]", description = "key, or [key, end)")
  List<String> args = new ArrayList<>();

  @Option(
      names = {"-i", "--interactive"},
      description = "read 'watch …' and 'progress' lines from standard input")
  boolean interactive;

  @Option(names = "--prefix", description = "all keys with this prefix")
  boolean prefix;

  @Option(names = "--rev", paramLabel = "N", description = "from this revision on")
  long rev;

  @Option(names = "--prev-kv", description = "what was there before, too")
  boolean prevKv;

  @Option(names = "--progress-notify", description = "now and then how far a quiet watch is")
  boolean progressNotify;

  WatchCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    String key = session.variable("ETCDCTL_WATCH_KEY");
    String rangeEnd = session.variable("ETCDCTL_WATCH_RANGE_END");
    if (key.isEmpty() && !rangeEnd.isEmpty()) {
      throw new UsageError(
          "ETCDCTL_WATCH_KEY is empty but got ETCDCTL_WATCH_RANGE_END=" + GoQuote.quote(rangeEnd));
    }
    Printer printer = session.printerOfKeys();
    if (interactive) {
      return converse(printer);
    }
    List<String> command = session.behindDashes();
    WatchRequest request = request(command);
    CompletableFuture<Integer> ended = new CompletableFuture<>();
    WatchPrinter told = new WatchPrinter(session, printer, orNone(command), ended);
    var _ = session.client().watch().start(request, told, session.listeners());
    told.awaitCreated();
    return ended.join();
  }

  /** What is to be watched; refuses what makes no sense. */
  private WatchRequest request(@Nullable List<String> command) {
    List<String> ends = new ArrayList<>(args);
    String key = session.variable("ETCDCTL_WATCH_KEY");
    if (command != null && command.isEmpty()) {
      throw new UsageError("bad number of arguments (found separator --, but no commands)");
    }
    if (!key.isEmpty()) {
      if (!ends.isEmpty()) {
        throw new UsageError("bad number of arguments (found conflicting environment key)");
      }
      ends.add(key);
      String rangeEnd = session.variable("ETCDCTL_WATCH_RANGE_END");
      if (!rangeEnd.isEmpty()) {
        ends.add(rangeEnd);
      }
    }
    if (ends.isEmpty() || ends.size() > 2) {
      throw new UsageError("bad number of arguments");
    }
    if (ends.size() == 2 && prefix) {
      throw new UsageError("`range_end` and `--prefix` are mutually exclusive");
    }
    WatchRequest watch =
        prefix
            ? WatchRequest.prefix(Session.bytes(ends.get(0)))
            : ends.size() == 2
                ? WatchRequest.between(Session.bytes(ends.get(0)), Session.bytes(ends.get(1)))
                : WatchRequest.key(Session.bytes(ends.get(0)));
    watch = watch.from(rev);
    watch = prevKv ? watch.withPrevKv() : watch;
    return progressNotify ? watch.withProgressNotify() : watch;
  }

  private static List<String> orNone(@Nullable List<String> command) {
    return command == null ? List.of() : command;
  }

  /** Lines of standard input, until it ends. */
  private int converse(Printer printer) {
    QuorateClient client = session.client();
    CompletableFuture<Integer> ended = new CompletableFuture<>();
    // One for all, so that what several watches print doesn't mix.
    Executor oneByOne = new OneByOne(session.listeners());
    List<Watcher> watchers = new ArrayList<>();
    String line = session.line();
    while (line != null && !ended.isDone()) {
      List<String> words = TxnGrammar.words(line);
      String complaint = null;
      switch (words.isEmpty() ? "" : words.get(0)) {
        case "" -> complaint = "Invalid command: " + line + " (watch and progress supported)";
        case "progress" -> watchers.forEach(Watcher::requestProgress);
        case "watch" -> {
          if (words.size() < 2 && session.variable("ETCDCTL_WATCH_KEY").isEmpty()) {
            complaint = "Invalid command " + line + " (command type or key is not provided)";
          } else {
            WatchCommand asked = new WatchCommand(session);
            int dashes = words.indexOf("--");
            List<String> command = dashes < 0 ? null : words.subList(dashes + 1, words.size());
            List<String> own = words.subList(1, dashes < 0 ? words.size() : dashes);
            try {
              var _ = new CommandLine(asked).parseArgs(own.toArray(String[]::new));
              WatchRequest request = asked.request(command);
              WatchPrinter told = new WatchPrinter(session, printer, orNone(command), null);
              watchers.add(client.watch().start(request, told, oneByOne));
            } catch (CommandLine.ParameterException | UsageError e) {
              complaint = "Invalid command " + line + " (" + e.getMessage() + ")";
            }
          }
        }
        default -> complaint = "Invalid command " + line + " (only support watch)";
      }
      if (complaint != null) {
        session.err().print(Session.text(complaint) + "\n");
        session.err().flush();
      }
      line = session.line();
    }
    watchers.forEach(Watcher::close);
    throw new Failure(ExitCodes.INVALID_INPUT, "Error reading watch request line: EOF");
  }
}

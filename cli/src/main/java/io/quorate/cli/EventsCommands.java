package io.quorate.cli;

import io.quorate.base.Bytes;
import io.quorate.base.QuorateException;
import io.quorate.events.Append;
import io.quorate.events.AppendResult;
import io.quorate.events.EventListener;
import io.quorate.events.EventPage;
import io.quorate.events.EventStore;
import io.quorate.events.ExpectedVersion;
import io.quorate.events.NewEvent;
import io.quorate.events.Position;
import io.quorate.events.Query;
import io.quorate.events.RecordedEvent;
import io.quorate.events.Scan;
import io.quorate.events.StreamPage;
import io.quorate.events.StreamRead;
import io.quorate.events.Subscription;
import io.quorate.events.group.ConsumerGroup;
import io.quorate.events.group.ParkedEvent;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code events …}: streams of events. */
final class EventsCommands {
  private static final int PAGE = 500;

  private EventsCommands() {}

  /** What all of them are told: whose events they are about. */
  abstract static class OfStore implements Callable<Integer> {
    final Session session;

    @Option(
        names = "--store",
        paramLabel = "NAME/",
        description = "what the event store's keys begin with (default: ${DEFAULT-VALUE})")
    String root = "events/";

    @Parameters(arity = "0..*", hidden = true)
    List<String> args = new ArrayList<>();

    OfStore(Session session) {
      this.session = session;
    }

    final EventStore store() {
      try {
        return EventStore.of(session.client(), Session.text(root));
      } catch (IllegalArgumentException e) {
        throw new UsageError("--store: " + e.getMessage());
      }
    }

    final Printer printer() {
      return session.printerIn(
          GlobalOptions.Format.SIMPLE, GlobalOptions.Format.JSON, GlobalOptions.Format.TABLE);
    }

    final String one(String command, String what) {
      if (args.size() != 1) {
        throw new UsageError(command + " takes " + what);
      }
      return Session.text(args.get(0));
    }

    final void none(String command) {
      if (!args.isEmpty()) {
        throw new UsageError(command + " takes no arguments");
      }
    }
  }

  private static void requireLimit(int limit) {
    if (limit < 1) {
      throw new UsageError("--limit takes a number from 1 on");
    }
  }

  private static Position position(String option, String text) {
    try {
      return text.isEmpty() ? Position.START : Position.parse(text);
    } catch (IllegalArgumentException e) {
      throw new UsageError(option + ": " + e.getMessage() + ": as 'events read' shows it");
    }
  }

  /** {@code events append}. */
  @Command(
      name = "append",
      description = {
        "Appends an event to a stream, and tells its version and position",
        "The payload is the last argument, or standard input if there is none. An append",
        "that is repeated with the same --id is done once. It ends with 4 if the stream",
        "isn't as expected."
      },
      footer = {
        "",
        "Examples:",
        "  quorate events append orders/42 OrderPlaced '{\"item\":\"tea\"}' --expect none",
        "  quorate events append orders/42 OrderPaid --tag customer:7 < paid.json"
      })
  static final class AppendOne extends OfStore {
    @Option(
        names = "--expect",
        paramLabel = "VERSION",
        description = "of the stream: a number, none, exists or any (default: ${DEFAULT-VALUE})")
    String expect = "any";

    @Option(names = "--tag", paramLabel = "TAG", description = "by which it is found; any number")
    List<String> tags = new ArrayList<>();

    @Option(names = "--id", paramLabel = "UUID", description = "of the append")
    String id = "";

    @Option(names = "--schema", paramLabel = "N", description = "the payload's form (default: 1)")
    int schema = 1;

    @Option(
        names = "--correlation",
        paramLabel = "ID",
        description = "what it belongs to: a conversation, for example")
    String correlation = "";

    @Option(
        names = "--causation",
        paramLabel = "ID",
        description = "what it is done for: an event's id, or a command's")
    String causation = "";

    @Option(
        names = "--header",
        paramLabel = "NAME=VALUE",
        description = "what else is kept with it; any number")
    List<String> headers = new ArrayList<>();

    AppendOne(Session session) {
      super(session);
    }

    @Override
    public Integer call() {
      if (args.size() < 2 || args.size() > 3) {
        throw new UsageError("events append takes a stream, a type, and a payload");
      }
      Printer printer = printer();
      Append append;
      try {
        Bytes payload = args.size() == 3 ? Session.bytes(args.get(2)) : session.input();
        NewEvent event =
            NewEvent.of(Session.text(args.get(1)), schema, payload)
                .tagged(tags.stream().map(Session::text).toArray(String[]::new));
        append =
            Append.to(Session.text(args.get(0)), expected(), withHeaders(event))
                .correlation(Session.text(correlation))
                .causation(Session.text(causation));
        append = id.isEmpty() ? append : append.id(UUID.fromString(id));
      } catch (IllegalArgumentException e) {
        throw new UsageError(String.valueOf(e.getMessage()));
      }
      AppendResult result = store().append(append);
      if (result instanceof AppendResult.Conflict conflict) {
        printer.conflict(conflict);
        throw new Failure(ExitCodes.CONFLICT, conflict.describe());
      }
      printer.appended(result);
      return ExitCodes.OK;
    }

    private NewEvent withHeaders(NewEvent event) {
      NewEvent all = event;
      for (String each : headers) {
        String header = Session.text(each);
        int equals = header.indexOf('=');
        if (equals < 1) {
          throw new UsageError("--header takes a name, =, and a value: " + header);
        }
        all = all.header(header.substring(0, equals), header.substring(equals + 1));
      }
      return all;
    }

    private ExpectedVersion expected() {
      return switch (expect) {
        case "any" -> ExpectedVersion.any();
        case "none" -> ExpectedVersion.none();
        case "exists" -> ExpectedVersion.exists();
        default -> {
          try {
            yield ExpectedVersion.exactly(Long.parseLong(expect));
          } catch (NumberFormatException e) {
            throw new UsageError("--expect takes a version, none, exists or any: " + expect);
          }
        }
      };
    }
  }

  /** {@code events read}. */
  @Command(
      name = "read",
      description = {
        "Reads a stream's events, or all of some streams in the order of their positions",
        "Simple format: a line with position, stream and version, time, type and tags; then",
        "the payload."
      },
      footer = {
        "",
        "Examples:",
        "  quorate events read orders/42",
        "  quorate events read --category orders/ --limit 20 -w json"
      })
  static final class Read extends OfStore {
    @Option(names = "--from", paramLabel = "VERSION", description = "the first (default: 1)")
    long from;

    @Option(names = "--last", paramLabel = "N", description = "only the last, the very last first")
    int last;

    @Option(names = "--limit", paramLabel = "N", description = "at most so many")
    int limit = Integer.MAX_VALUE;

    @Option(names = "--category", paramLabel = "PREFIX", description = "of streams, all of them")
    String category = "";

    @Option(names = "--tag", paramLabel = "TAG", description = "of events, all of them")
    List<String> tags = new ArrayList<>();

    @Option(names = "--after", paramLabel = "POSITION", description = "with --category or --tag")
    String after = "";

    Read(Session session) {
      super(session);
    }

    @Override
    public Integer call() {
      requireLimit(limit);
      if (last < 0) {
        throw new UsageError("--last takes a number from 1 on");
      }
      if (from != 0 && last != 0) {
        throw new UsageError("events read takes --from or --last, not both");
      }
      Printer printer = printer();
      boolean isQuery = !category.isEmpty() || !tags.isEmpty() || !after.isEmpty();
      if (isQuery || args.isEmpty()) {
        none("events read with --category, --tag or --after");
        if (from != 0 || last != 0) {
          throw new UsageError("events read takes --from and --last with one stream only");
        }
        printer.events(ofQuery());
      } else {
        printer.events(ofStream(one("events read", "one stream, or --category or --tag")));
      }
      return ExitCodes.OK;
    }

    private Pages ofStream(String stream) {
      EventStore store = store();
      StreamRead first;
      try {
        first = last > 0 ? StreamRead.of(stream).last(PAGE) : StreamRead.of(stream).from(from);
      } catch (IllegalArgumentException e) {
        throw new UsageError(String.valueOf(e.getMessage()));
      }
      return new Pages(last > 0 ? Math.min(last, limit) : limit) {
        private StreamRead next = first;

        @Override
        EventPage read(int most) {
          StreamPage page = store.read(next.limit(most));
          next = page.goingOn();
          return new EventPage(page.events(), Position.START, page.isEnd());
        }
      };
    }

    private Pages ofQuery() {
      Scan scan = store().scan(query("", category, tags), position("--after", after));
      return new Pages(limit) {
        @Override
        EventPage read(int most) {
          return scan.next(most);
        }
      };
    }
  }

  /** So many events at most, each page of them read when the one before was printed. */
  private abstract static class Pages implements Iterator<List<RecordedEvent>> {
    private int left;
    private boolean isEnd;

    Pages(int most) {
      left = most;
    }

    abstract EventPage read(int most);

    @Override
    public boolean hasNext() {
      return !isEnd && left > 0;
    }

    @Override
    public List<RecordedEvent> next() {
      EventPage page = read(Math.min(PAGE, left));
      List<RecordedEvent> events = page.events();
      events = events.subList(0, Math.min(left, events.size()));
      left -= events.size();
      isEnd = page.isEnd();
      return events;
    }
  }

  private static Query query(String stream, String category, List<String> tags) {
    try {
      Query query = category.isEmpty() ? Query.all() : Query.category(Session.text(category));
      query = stream.isEmpty() ? query : Query.stream(stream);
      return tags.isEmpty()
          ? query
          : query.withTags(tags.stream().map(Session::text).toArray(String[]::new));
    } catch (IllegalArgumentException e) {
      throw new UsageError(String.valueOf(e.getMessage()));
    }
  }

  /** {@code events tail}. */
  @Command(
      name = "tail",
      description = {
        "Tells events as they are appended, until it is interrupted",
        "Whatever happens to members and connections, each is told once, in order."
      },
      footer = {
        "",
        "Examples:",
        "  quorate events tail orders/42",
        "  quorate events tail --category orders/ --after 0000000000000000.00000000"
      })
  static final class Tail extends OfStore {
    @Option(names = "--category", paramLabel = "PREFIX", description = "of streams, all of them")
    String category = "";

    @Option(names = "--tag", paramLabel = "TAG", description = "of events, all of them")
    List<String> tags = new ArrayList<>();

    @Option(
        names = "--after",
        paramLabel = "POSITION",
        description = "where to begin; behind all that is there unless given")
    String after = "";

    Tail(Session session) {
      super(session);
    }

    @Override
    public Integer call() {
      if (args.size() > 1) {
        throw new UsageError("events tail takes one stream at most");
      }
      if (!args.isEmpty() && !category.isEmpty()) {
        throw new UsageError("events tail takes a stream or --category, not both");
      }
      Printer printer = printer();
      Query query = query(args.isEmpty() ? "" : Session.text(args.get(0)), category, tags);
      EventStore store = store();
      Position from = after.isEmpty() ? store.now() : position("--after", after);
      CompletableFuture<Integer> ended = new CompletableFuture<>();
      EventListener told =
          new EventListener() {
            @Override
            public void event(RecordedEvent event) {
              printer.events(List.of(event));
              session.out().flush();
              if (session.out().checkError()) {
                ended.complete(ExitCodes.FAILED); // nobody reads it any more
              }
            }

            @Override
            public void ended(QuorateException why) {
              ended.completeExceptionally(why);
            }
          };
      try (Subscription _ = store.subscribe(query, from, told, session.listeners())) {
        return store.client().await(ended);
      }
    }
  }

  /** {@code events streams}. */
  @Command(
      name = "streams",
      description = {
        "Lists the names of streams, in their order",
        "Simple format: a line for each."
      },
      footer = {
        "",
        "Examples:",
        "  quorate events streams",
        "  quorate events streams orders/ --limit 10"
      })
  static final class Streams extends OfStore {
    @Option(names = "--limit", paramLabel = "N", description = "at most so many")
    int limit = Integer.MAX_VALUE;

    @Option(names = "--after", paramLabel = "NAME", description = "only those behind it")
    String after = "";

    Streams(Session session) {
      super(session);
    }

    @Override
    public Integer call() {
      if (args.size() > 1) {
        throw new UsageError("events streams takes one prefix of names at most");
      }
      requireLimit(limit);
      Printer printer = printer();
      EventStore store = store();
      String prefix = args.isEmpty() ? "" : Session.text(args.get(0));
      List<String> names = new ArrayList<>();
      String behind = Session.text(after);
      List<String> page;
      do {
        page = store.streams(prefix, behind, Math.min(PAGE, limit - names.size()));
        names.addAll(page);
        behind = page.isEmpty() ? behind : page.get(page.size() - 1);
      } while (page.size() == PAGE && names.size() < limit);
      printer.streams(names);
      return ExitCodes.OK;
    }
  }

  /** {@code events subscriptions}. */
  @Command(
      name = "subscriptions",
      description = {
        "Shows how far groups of consumers are, partition by partition",
        "Simple format: group, partition, owner, checkpoint."
      },
      footer = {
        "",
        "Examples:",
        "  quorate events subscriptions",
        "  quorate events subscriptions billing -w table"
      })
  static final class Subscriptions extends OfStore {
    Subscriptions(Session session) {
      super(session);
    }

    @Override
    public Integer call() {
      if (args.size() > 1) {
        throw new UsageError("events subscriptions takes one group at most");
      }
      Printer printer = printer();
      printer.subscriptions(
          groups(store(), args).stream()
              .map(group -> new GroupStatus(group.name(), group.status()))
              .toList());
      return ExitCodes.OK;
    }
  }

  /** The groups that are named, or all. */
  private static List<ConsumerGroup> groups(EventStore store, List<String> names) {
    List<ConsumerGroup> all = ConsumerGroup.all(store);
    if (names.isEmpty()) {
      return all;
    }
    String name = Session.text(names.get(0));
    List<ConsumerGroup> one = all.stream().filter(group -> group.name().equals(name)).toList();
    if (one.isEmpty()) {
      throw new Failure(
          ExitCodes.FAILED,
          "there is no group "
              + name
              + ": the store has "
              + (all.isEmpty()
                  ? "none"
                  : String.join(", ", all.stream().map(ConsumerGroup::name).toList())));
    }
    return one;
  }

  /** {@code events parked}. */
  @Command(
      name = "parked",
      description = {
        "Lists the events that groups of consumers couldn't handle, or has them tried again",
        "Simple format: group, position, stream and version, attempts, reason."
      },
      footer = {
        "",
        "Examples:",
        "  quorate events parked billing",
        "  quorate events parked billing --retry 00000000000003e9.00000000"
      })
  static final class Parked extends OfStore {
    @Option(names = "--retry", paramLabel = "POSITION", description = "have this one tried again")
    String retry = "";

    @Option(names = "--retry-all", description = "have all of them tried again")
    boolean retryAll;

    @Option(names = "--discard", paramLabel = "POSITION", description = "forget this one")
    String discard = "";

    Parked(Session session) {
      super(session);
    }

    @Override
    public Integer call() {
      if (args.size() > 1) {
        throw new UsageError("events parked takes one group at most");
      }
      if (Stream.of(!retry.isEmpty(), retryAll, !discard.isEmpty()).filter(is -> is).count() > 1) {
        throw new UsageError("events parked takes one of --retry, --retry-all and --discard");
      }
      String one = retry + discard;
      if ((retryAll || !one.isEmpty()) && args.isEmpty()) {
        throw new UsageError("events parked needs a group of which to do that");
      }
      Printer printer = printer();
      Position wanted = position(discard.isEmpty() ? "--retry" : "--discard", one);
      List<GroupParked> found = new ArrayList<>();
      for (ConsumerGroup group : groups(store(), args)) {
        List<ParkedEvent> parked = group.parked();
        if (!one.isEmpty()) {
          parked = parked.stream().filter(each -> each.position().equals(wanted)).toList();
          if (parked.isEmpty()) {
            throw new Failure(ExitCodes.FAILED, group.name() + " has parked nothing at " + one);
          }
        }
        if (!discard.isEmpty()) {
          parked.forEach(group::discard);
        } else if (retryAll || !retry.isEmpty()) {
          parked.forEach(group::retry);
        }
        found.add(new GroupParked(group.name(), parked));
      }
      printer.parked(found);
      return ExitCodes.OK;
    }
  }
}

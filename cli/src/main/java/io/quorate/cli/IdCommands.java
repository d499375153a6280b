package io.quorate.cli;

import io.quorate.base.QuorateException;
import io.quorate.recipes.ids.ClaimedWorker;
import io.quorate.recipes.ids.IdBuilder;
import io.quorate.recipes.ids.SnowflakeIds;
import io.quorate.recipes.ids.SnowflakeLayout;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code id …}: ids that are made once, by a worker that is claimed. */
final class IdCommands {
  private IdCommands() {}

  /** What all of them are told: how ids are made up. */
  abstract static class OfLayout implements Callable<Integer> {
    final Session session;

    @Option(
        names = "--layout",
        paramLabel = "LAYOUT",
        description =
            "default (41/5/5/12), 53-bit (41/0/5/7, for JavaScript), or the widths of time,"
                + " datacenter, worker and sequence in bits")
    String layout = "default";

    @Option(
        names = "--epoch",
        paramLabel = "TIME",
        description =
            "when the layout's time begins, such as 2024-01-01, if not when it usually does")
    String epoch = "";

    OfLayout(Session session) {
      this.session = session;
    }

    final SnowflakeLayout layout() {
      return IdLayout.of(layout, epoch);
    }

    final Printer printer() {
      return session.printerIn(
          GlobalOptions.Format.SIMPLE, GlobalOptions.Format.JSON, GlobalOptions.Format.TABLE);
    }

    /** With {@code 0x} before hexadecimal digits, so that it is told by itself what they are. */
    final MadeId made(SnowflakeLayout layout, long id) {
      String text = session.globals().hex ? "0x" + Long.toHexString(id) : Long.toString(id);
      return new MadeId(text, layout.decode(id));
    }
  }

  /** What those are told that claim a worker. */
  abstract static class OfWorker extends OfLayout {
    @Parameters(
        arity = "0..*",
        paramLabel = "NAME",
        description = "of what gets ids: those of one name share the workers (default: default)")
    List<String> args = new ArrayList<>();

    @Option(
        names = "--datacenter",
        paramLabel = "N",
        description = "whose worker is claimed (default: 0)")
    long datacenter;

    OfWorker(Session session) {
      super(session);
    }

    final String name() {
      return args.isEmpty() ? "default" : Session.text(args.get(0));
    }

    /** How a worker is claimed; refuses what can't be meant before that. */
    final IdBuilder builder(String command) {
      if (args.size() > 1) {
        throw new UsageError(command + " takes one name at most");
      }
      SnowflakeLayout made = layout();
      Instant now = Instant.now();
      if (made.epoch().isAfter(now)) {
        throw new UsageError("--epoch is in the future: " + made.epoch());
      }
      if (!made.end().isAfter(now)) {
        throw new UsageError(
            "the layout's time ended at " + made.end() + ": take a later --epoch, or more bits");
      }
      if (datacenter < 0 || datacenter >= made.datacenters()) {
        throw new UsageError(
            "--datacenter is not 0 to " + (made.datacenters() - 1) + ": " + datacenter);
      }
      try {
        return SnowflakeIds.builder(session.client(), name())
            .layout(made)
            .datacenter((int) datacenter)
            .waitMax(session.globals().commandTimeout());
      } catch (IllegalArgumentException e) {
        throw new UsageError(String.valueOf(e.getMessage()));
      }
    }
  }

  /** {@code id next}. */
  @Command(
      name = "next",
      description = {
        "Makes ids of 64 bits that rise with time, and are never made twice",
        "A worker is claimed for them, and given back at once. All that make ids of",
        "one name must have the same layout and epoch."
      },
      footer = {
        "",
        "Examples:",
        "  quorate id next orders",
        "  quorate id next orders --count 100 --layout 53-bit"
      })
  static final class Next extends OfWorker {
    private static final long COUNT_MAX = 100_000;

    @Option(names = "--count", paramLabel = "N", description = "how many (default: 1)")
    long count = 1;

    Next(Session session) {
      super(session);
    }

    @Override
    public Integer call() {
      if (count < 1 || count > COUNT_MAX) {
        throw new UsageError("--count is not 1 to " + COUNT_MAX + ": " + count);
      }
      Printer printer = printer();
      IdBuilder builder = builder("id next");
      long[] ids = new long[(int) count];
      try (SnowflakeIds generator = builder.open()) {
        session.interrupts().onInterrupt(generator::close);
        generator.nextIds(ids);
      }
      List<MadeId> all = new ArrayList<>();
      for (long id : ids) {
        all.add(made(layout(), id));
      }
      printer.ids(all);
      return ExitCodes.OK;
    }
  }

  /** {@code id decode}. */
  @Command(
      name = "decode",
      description = {
        "Tells what ids were made of; no member is asked",
        "Simple format: id, time, datacenter, worker, sequence."
      },
      footer = {
        "",
        "Examples:",
        "  quorate id decode 2059283915579559937",
        "  quorate id decode --layout 53-bit 0x1a2b3c4d5e6f -w json"
      })
  static final class Decode extends OfLayout {
    @Parameters(
        arity = "0..*",
        paramLabel = "ID…",
        description = "in decimal digits, or in hexadecimal ones behind 0x")
    List<String> args = new ArrayList<>();

    Decode(Session session) {
      super(session);
    }

    @Override
    public Integer call() {
      if (args.isEmpty()) {
        throw new UsageError("id decode takes ids");
      }
      SnowflakeLayout layout = layout();
      Printer printer = printer();
      List<MadeId> all = new ArrayList<>();
      for (String text : args) {
        long id = id(text);
        try {
          all.add(made(layout, id));
        } catch (IllegalArgumentException e) {
          throw new UsageError(String.valueOf(e.getMessage()));
        }
      }
      printer.decodedIds(all);
      return ExitCodes.OK;
    }

    private static long id(String text) {
      try {
        return text.startsWith("0x") || text.startsWith("0X")
            ? Long.parseLong(text.substring(2), 16)
            : Long.parseLong(text);
      } catch (NumberFormatException _) {
        throw new UsageError(
            "\"" + Session.text(text) + "\" is no id: a number up to 2^63 - 1, or one behind 0x");
      }
    }
  }

  /** {@code id lease}. */
  @Command(
      name = "lease",
      description = {
        "Holds a worker for a program that makes ids itself, until it is interrupted",
        "Simple format: worker, datacenter, and from when to when its time is",
        "reserved, in milliseconds since 1970, both included. Only such times may be",
        "put into ids. More time is reserved all along, and each time that is another",
        "line; where it isn't, no more ids may be made until it is."
      },
      footer = {
        "",
        "Examples:",
        "  quorate id lease orders",
        "  quorate id lease orders --datacenter 2 --window 1m -w json"
      })
  static final class Lease extends OfWorker {
    @Option(
        names = "--ttl",
        paramLabel = "SECONDS",
        description =
            "how long the worker stays claimed when this process is cut off (default: 10)")
    long ttl = 10;

    @Option(
        names = "--window",
        paramLabel = "TIME",
        description = "how much time is reserved at once, 100ms to 10m (default: 5s)")
    String window = "5s";

    Lease(Session session) {
      super(session);
    }

    @Override
    public Integer call() {
      Printer printer = session.printerIn(GlobalOptions.Format.SIMPLE, GlobalOptions.Format.JSON);
      Duration reserved = GlobalOptions.positive("--window", window);
      IdBuilder builder;
      try {
        builder = builder("id lease").sessionTtl(Duration.ofSeconds(ttl)).window(reserved);
      } catch (IllegalArgumentException e) {
        throw new UsageError(String.valueOf(e.getMessage()));
      }
      CompletableFuture<Void> stop = new CompletableFuture<>();
      session.interrupts().onInterrupt(() -> stop.complete(null));
      try (ClaimedWorker worker = builder.claim()) {
        while (!stop.isDone()) {
          CompletableFuture<Instant> more = worker.nextReserved();
          printer.worker(name(), worker);
          if (session.out().checkError()) {
            throw new Failure(ExitCodes.IO, "nobody reads what is reserved");
          }
          CompletableFuture.anyOf(more, stop).join();
        }
        return ExitCodes.OK;
      } catch (CompletionException e) {
        QuorateException why = QuorateException.reason(e);
        if (why instanceof QuorateException.Conflict) {
          throw new Failure(ExitCodes.BAD_CONNECTION, String.valueOf(why.getMessage()));
        }
        throw why;
      }
    }
  }
}

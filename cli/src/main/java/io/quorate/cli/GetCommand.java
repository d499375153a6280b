package io.quorate.cli;

import io.quorate.base.Bytes;
import io.quorate.cli.Printer.RangeStyle;
import io.quorate.client.Keys;
import io.quorate.client.Range;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code get}: reads a key or a range of keys. */
@Command(
    name = "get",
    description = "Gets the key or a range of keys",
    footer = {
      "",
      "Examples:",
      "  quorate get greeting",
      "  quorate get --prefix users/ --limit 10 -w json"
    })
final class GetCommand implements Callable<Integer> {
  private final Session session;

  @Parameters(arity = "0..*", paramLabel = "KEY [RANGE_END]", description = "key, or [key, end)")
  List<String> args = new ArrayList<>();

  @Option(
      names = "--consistency",
      paramLabel = "l|s",
      description = "linearizable (l) or serializable (s) (default: l)")
  String consistency = "l";

  @Option(names = "--prefix", description = "all keys with this prefix")
  boolean prefix;

  @Option(names = "--from-key", description = "this key and all behind it")
  boolean fromKey;

  @Option(names = "--limit", paramLabel = "N", description = "at most so many keys")
  long limit;

  @Option(names = "--rev", paramLabel = "N", description = "as of this revision")
  long rev;

  @Option(names = "--order", paramLabel = "ORDER", description = "ASCEND or DESCEND")
  String order = "";

  @Option(
      names = "--sort-by",
      paramLabel = "TARGET",
      description = "CREATE, KEY, MODIFY, VALUE or VERSION")
  String sortBy = "";

  @Option(names = "--keys-only", description = "leave the values out")
  boolean keysOnly;

  @Option(names = "--count-only", description = "only how many keys there are")
  boolean countOnly;

  @Option(names = "--print-value-only", description = "leave the keys out (simple format)")
  boolean printValueOnly;

  @Option(names = "--min-mod-rev", paramLabel = "N", description = "last written from here on")
  long minModRev;

  @Option(names = "--max-mod-rev", paramLabel = "N", description = "last written up to here")
  long maxModRev;

  @Option(names = "--min-create-rev", paramLabel = "N", description = "created from here on")
  long minCreateRev;

  @Option(names = "--max-create-rev", paramLabel = "N", description = "created up to here")
  long maxCreateRev;

  GetCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    Range range = range();
    if (printValueOnly && session.globals().format() != GlobalOptions.Format.SIMPLE) {
      throw new UsageError("print-value-only is only for `--write-out=simple`");
    }
    Printer printer = session.printerOfKeys();
    RangeStyle style =
        countOnly
            ? RangeStyle.COUNT_ONLY
            : printValueOnly ? RangeStyle.VALUES_ONLY : RangeStyle.PAIRS;
    printer.range(session.client().kv().range(range), style);
    return ExitCodes.OK;
  }

  /** What is asked for, alone or within a transaction. */
  Range range() {
    Bytes[] ends = KeyRange.of("get", args, prefix, fromKey);
    if (limit < 0) {
      throw new UsageError("--limit is negative");
    }
    boolean serializable =
        switch (consistency) {
          case "s" -> true;
          case "l" -> false;
          default -> throw unknown("unknown consistency flag \"" + consistency + "\"");
        };
    Range.Target target =
        switch (sortBy.toUpperCase(Locale.ROOT)) {
          case "", "KEY" -> Range.Target.KEY;
          case "CREATE" -> Range.Target.CREATE;
          case "MODIFY" -> Range.Target.MOD;
          case "VALUE" -> Range.Target.VALUE;
          case "VERSION" -> Range.Target.VERSION;
          default -> throw unknown("bad sort target " + sortBy);
        };
    Range.Order way =
        switch (order.toUpperCase(Locale.ROOT)) {
          case "" -> Range.Order.NONE;
          case "ASCEND" -> Range.Order.ASCEND;
          case "DESCEND" -> Range.Order.DESCEND;
          default -> throw unknown("bad sort order " + order);
        };
    return new Range(
        ends[0],
        ends[1],
        limit,
        rev,
        way,
        target,
        serializable,
        keysOnly,
        countOnly,
        minModRev,
        maxModRev,
        minCreateRev,
        maxCreateRev,
        false);
  }

  private static Failure unknown(String words) {
    return new Failure(ExitCodes.BAD_FEATURE, words);
  }

  /** The two ends of a range, as the arguments of get and del name them. */
  static final class KeyRange {
    private KeyRange() {}

    static Bytes[] of(String command, List<String> args, boolean prefix, boolean fromKey) {
      if (prefix && fromKey) {
        throw new UsageError(
            "`--prefix` and `--from-key` cannot be set at the same time, choose one");
      }
      if (args.isEmpty() || args.size() > 2) {
        throw new UsageError(
            command + " command needs one argument as key and an optional argument as range_end");
      }
      if (args.size() == 2 && (prefix || fromKey)) {
        throw new UsageError(
            "too many arguments, only accept one argument when `--prefix` or `--from-key` is set");
      }
      Bytes key = Session.bytes(args.get(0));
      if (args.size() == 2) {
        return new Bytes[] {key, Session.bytes(args.get(1))};
      }
      if (!prefix && !fromKey) {
        return new Bytes[] {key, Bytes.EMPTY};
      }
      if (key.isEmpty()) {
        return new Bytes[] {Keys.ZERO, Keys.ZERO};
      }
      return new Bytes[] {key, prefix ? Keys.prefixEnd(key) : Keys.ZERO};
    }
  }
}

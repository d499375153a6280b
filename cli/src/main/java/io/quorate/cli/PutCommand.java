package io.quorate.cli;

import io.quorate.base.Bytes;
import io.quorate.client.Put;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code put}: writes a key. */
@Command(
    name = "put",
    description = {
      "Puts the given key into the store",
      "A value that is not given is read from standard input. A value that begins with '-' goes",
      "behind '--'."
    },
    footer = {
      "",
      "Examples:",
      "  quorate put greeting hello",
      "  cat settings.json | quorate put settings"
    })
final class PutCommand implements Callable<Integer> {
  private final Session session;

  @Parameters(arity = "0..*", paramLabel = "KEY [VALUE]", description = "key and value")
  List<String> args = new ArrayList<>();

  @Option(
      names = "--lease",
      paramLabel = "HEX",
      description = "the lease that the key goes with (default: none)")
  String lease = "0";

  @Option(names = "--prev-kv", description = "print what was there before")
  boolean prevKv;

  @Option(names = "--ignore-value", description = "keep the present value")
  boolean ignoreValue;

  @Option(names = "--ignore-lease", description = "keep the present lease")
  boolean ignoreLease;

  PutCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    Printer printer = session.printerOfKeys();
    printer.put(session.client().kv().put(put()));
    return ExitCodes.OK;
  }

  /** What is to be written, alone or within a transaction. */
  Put put() {
    if (args.isEmpty() || args.size() > 2) {
      throw new UsageError("put command needs 1 argument and input from stdin or 2 arguments");
    }
    if (ignoreValue && args.size() > 1) {
      throw new UsageError("put command needs only 1 argument when `--ignore-value` is set");
    }
    long leaseId;
    try {
      leaseId = Long.parseUnsignedLong(lease, 16);
    } catch (NumberFormatException _) {
      throw new UsageError("bad lease ID (" + lease + "), expecting ID in Hex");
    }
    Bytes key = Session.bytes(args.get(0));
    Bytes value =
        ignoreValue ? Bytes.EMPTY : args.size() == 2 ? Session.bytes(args.get(1)) : session.input();
    return new Put(key, value, leaseId, prevKv, ignoreValue, ignoreLease);
  }
}

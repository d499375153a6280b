package io.quorate.cli;

import io.quorate.base.Bytes;
import io.quorate.client.Delete;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code del}: deletes a key or a range of keys. */
@Command(
    name = "del",
    description = "Removes the specified key or range of keys [key, range_end)",
    footer = {"", "Examples:", "  quorate del greeting", "  quorate del --prefix users/ --prev-kv"})
final class DelCommand implements Callable<Integer> {
  private final Session session;

  @Parameters(arity = "0..*", paramLabel = "KEY [RANGE_END]", description = "key, or [key, end)")
  List<String> args = new ArrayList<>();

  @Option(names = "--prefix", description = "all keys with this prefix")
  boolean prefix;

  @Option(names = "--from-key", description = "this key and all behind it")
  boolean fromKey;

  @Option(names = "--prev-kv", description = "print what was deleted")
  boolean prevKv;

  DelCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    Printer printer = session.printerOfKeys();
    printer.delete(session.client().kv().delete(delete()));
    return ExitCodes.OK;
  }

  /** What is to be deleted, alone or within a transaction. */
  Delete delete() {
    Bytes[] ends = GetCommand.KeyRange.of("del", args, prefix, fromKey);
    return new Delete(ends[0], ends[1], prevKv);
  }
}

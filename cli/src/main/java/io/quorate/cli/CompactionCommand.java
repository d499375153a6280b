package io.quorate.cli;

import io.quorate.client.QuorateClient;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code compaction}: drops history. */
@Command(
    name = "compaction",
    description = "Compacts the event history in etcd",
    footer = {"", "Examples:", "  quorate compaction 1000", "  quorate compaction --physical 1000"})
final class CompactionCommand implements Callable<Integer> {
  private final Session session;

  @Parameters(arity = "0..*", paramLabel = "REVISION", description = "all before it goes")
  List<String> args = new ArrayList<>();

  @Option(names = "--physical", description = "wait until the space is really free")
  boolean physical;

  CompactionCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    if (args.size() != 1) {
      throw new UsageError("compaction command needs 1 argument");
    }
    long revision;
    try {
      revision = Long.parseLong(args.get(0));
    } catch (NumberFormatException _) {
      throw new UsageError("not a revision: " + args.get(0));
    }
    QuorateClient client = session.client();
    var _ = client.kv().compact(revision, physical);
    session.out().print("compacted revision " + revision + "\n");
    return ExitCodes.OK;
  }
}

package io.quorate.cli;

import io.quorate.base.QuorateException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code defrag}: gives unused space back. */
@Command(
    name = "defrag",
    description = "Defragments the storage of the etcd members with given endpoints",
    footer = {"", "Examples:", "  quorate defrag", "  quorate defrag --cluster"})
final class DefragCommand implements Callable<Integer> {
  private final Session session;

  @Parameters(arity = "0..*", hidden = true, description = "none")
  List<String> args = new ArrayList<>();

  @Option(names = "--cluster", description = "all members of the cluster, not only --endpoints")
  boolean cluster;

  DefragCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    int code = ExitCodes.OK;
    for (String endpoint : Endpoints.of(session, cluster)) {
      try {
        var _ = session.client(List.of(endpoint)).maintenance().defragment();
        session.out().print("Finished defragmenting etcd member[" + endpoint + "]\n");
      } catch (QuorateException e) {
        code = ExitCodes.FAILED;
        session
            .err()
            .print("Failed to defragment etcd member[" + endpoint + "] (" + e.getMessage() + ")\n");
      }
    }
    if (code != ExitCodes.OK) {
      return code;
    }
    return ExitCodes.OK;
  }
}

package io.quorate.cli;

import io.quorate.base.QuorateException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code endpoint hashkv}: whether members hold the same. */
@Command(
    name = "hashkv",
    description = "Prints the KV history hash for each endpoint in --endpoints",
    footer = {
      "",
      "Examples:",
      "  quorate endpoint hashkv --cluster",
      "  quorate endpoint hashkv --rev 1000 -w table"
    })
final class EndpointHashKvCommand implements Callable<Integer> {
  private final Session session;

  @Parameters(arity = "0..*", hidden = true, description = "none")
  List<String> args = new ArrayList<>();

  @Option(names = "--cluster", description = "all members of the cluster, not only --endpoints")
  boolean cluster;

  @Option(names = "--rev", paramLabel = "N", description = "up to this revision (default: all)")
  long rev;

  EndpointHashKvCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    Printer printer = session.printer();
    List<EndpointHash> hashes = new ArrayList<>();
    @Nullable QuorateException failed = null;
    for (String endpoint : Endpoints.of(session, cluster)) {
      try {
        hashes.add(
            new EndpointHash(
                endpoint, session.client(List.of(endpoint)).maintenance().hashKv(rev)));
      } catch (QuorateException e) {
        failed = e;
        session
            .err()
            .print(
                "Failed to get the hash of endpoint " + endpoint + " (" + e.getMessage() + ")\n");
      }
    }
    printer.endpointHashKv(hashes);
    if (failed != null) {
      throw failed;
    }
    return ExitCodes.OK;
  }
}

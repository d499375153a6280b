package io.quorate.cli;

import io.quorate.base.QuorateException;
import io.quorate.client.QuorateClient;
import io.quorate.client.StatusResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code endpoint status}: what each endpoint says of itself. */
@Command(
    name = "status",
    description = {
      "Prints out the status of endpoints specified in `--endpoints` flag",
      "Simple format: endpoint, ID, version, db size, is leader, is learner, raft term, raft",
      "index, raft applied index, errors."
    },
    footer = {
      "",
      "Examples:",
      "  quorate endpoint status -w table",
      "  quorate endpoint status --cluster"
    })
final class EndpointStatusCommand implements Callable<Integer> {
  private final Session session;

  @Option(names = "--cluster", description = "all members of the cluster, not only --endpoints")
  boolean cluster;

  EndpointStatusCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    List<String> endpoints = Endpoints.of(session, cluster);
    List<CompletableFuture<StatusResponse>> asked = new ArrayList<>();
    for (String endpoint : endpoints) {
      QuorateClient client = session.client(List.of(endpoint));
      asked.add(client.maintenance().statusAsync());
    }
    int code = ExitCodes.OK;
    List<EndpointStatus> answered = new ArrayList<>();
    for (int i = 0; i < endpoints.size(); i++) {
      try {
        answered.add(new EndpointStatus(endpoints.get(i), asked.get(i).join()));
      } catch (CompletionException e) {
        session
            .err()
            .print(
                "Failed to get the status of endpoint "
                    + endpoints.get(i)
                    + " ("
                    + Endpoints.words(e)
                    + ")\n");
        code =
            e.getCause() instanceof QuorateException known ? ExitCodes.of(known) : ExitCodes.FAILED;
      }
    }
    session.printer().endpointStatus(answered);
    return code;
  }
}

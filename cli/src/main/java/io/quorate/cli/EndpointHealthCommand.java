package io.quorate.cli;

import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.client.QuorateClient;
import io.quorate.client.Range;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code endpoint health}: whether a linearizable read succeeds through each endpoint. */
@Command(
    name = "health",
    description = "Checks the healthiness of endpoints specified in `--endpoints` flag",
    footer = {
      "",
      "Examples:",
      "  quorate endpoint health",
      "  quorate endpoint health --cluster -w json"
    })
final class EndpointHealthCommand implements Callable<Integer> {
  private final Session session;

  @Option(names = "--cluster", description = "all members of the cluster, not only --endpoints")
  boolean cluster;

  EndpointHealthCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    List<String> endpoints = Endpoints.of(session, cluster);
    List<CompletableFuture<EndpointHealth>> asked = new ArrayList<>();
    for (String endpoint : endpoints) {
      QuorateClient client = session.client(List.of(endpoint));
      long start = System.nanoTime();
      asked.add(
          client
              .kv()
              .rangeAsync(Range.key("health"))
              .handle((_, failure) -> {
                Duration took = Duration.ofNanos(System.nanoTime() - start);
                return health(endpoint, GoDuration.format(took), failure);
              }));
    }
    List<EndpointHealth> healths = new ArrayList<>();
    boolean allHealthy = true;
    for (CompletableFuture<EndpointHealth> one : asked) {
      EndpointHealth health = one.join();
      healths.add(health);
      allHealthy &= health.health();
    }
    session.printer().endpointHealth(healths);
    if (!allHealthy) {
      session.err().print("Error: unhealthy cluster\n");
      return ExitCodes.FAILED;
    }
    return ExitCodes.OK;
  }

  private static EndpointHealth health(
      String endpoint, String took, @org.jspecify.annotations.Nullable Throwable failure) {
    if (failure == null) {
      return new EndpointHealth(endpoint, true, took, "");
    }
    Throwable cause =
        failure instanceof CompletionException && failure.getCause() != null
            ? failure.getCause()
            : failure;
    // Whoever is told that he may not read was told so by a working member.
    boolean denied =
        cause instanceof QuorateException known && known.code() == ErrorCode.PERMISSION_DENIED;
    return new EndpointHealth(
        endpoint, denied, took, denied ? "" : String.valueOf(cause.getMessage()));
  }
}

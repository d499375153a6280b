package io.quorate.xa;

import io.quorate.base.Bytes;
import io.quorate.client.Put;
import io.quorate.client.QuorateClient;
import io.quorate.txn.Decision;
import java.util.concurrent.CompletableFuture;

/**
 * Writes down that a resource did otherwise than was decided, before anybody is told; it stays
 * until somebody acknowledges it. Safe for use by many threads.
 */
final class Heuristics {
  private static final System.Logger LOG = System.getLogger(Heuristics.class.getName());

  private final QuorateClient client;
  private final DomainKeys keys;

  Heuristics(QuorateClient client, DomainKeys keys) {
    this.client = client;
    this.keys = keys;
  }

  /** Completes when it is written, which is tried for as long as the client is open. */
  CompletableFuture<Void> record(
      long incarnation, long sequence, String resource, Decision decided) {
    LOG.log(
        System.Logger.Level.ERROR,
        "heuristic outcome resource={0} decided={1} transaction={2}/{3}",
        resource,
        decided,
        DomainKeys.number(incarnation),
        DomainKeys.number(sequence));
    client.tell(TransactionObserver.class, each -> each.heuristicOutcome(resource));
    Put put =
        Put.of(
            keys.heuristic(incarnation, sequence, resource),
            Bytes.utf8("1\t" + decided + "\t" + client.timer().wallMillis() + "\n"));
    CompletableFuture<Void> written = new CompletableFuture<>();
    write(put, written, 0);
    return written;
  }

  private void write(Put put, CompletableFuture<Void> written, int attempt) {
    var unused =
        client
            .kv()
            .putAsync(put)
            .whenComplete((response, failure) -> {
              if (failure == null || client.isClosed()) {
                written.complete(null);
              } else {
                client
                    .timer()
                    .after(Pause.ofStore(attempt), () -> write(put, written, attempt + 1));
              }
            });
  }
}

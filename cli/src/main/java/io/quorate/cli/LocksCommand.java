package io.quorate.cli;

import io.quorate.client.LeaseTimeToLiveResponse;
import io.quorate.client.QuorateClient;
import io.quorate.recipes.NamedQueue;
import io.quorate.recipes.QueueEntry;
import io.quorate.recipes.Queues;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code locks}: who holds what, and who waits. */
@Command(
    name = "locks",
    description = {
      "Shows who holds locks, and who waits for them",
      "Locks, elections, read-write locks and semaphores below a prefix, whoever",
      "made them: etcdctl, etcd's Go client, Quorate's recipes. It only reads.",
      "A line for each that holds or waits, in the order in which they asked.",
      "Simple format: name, kind, state, owner, lease, what that has left,",
      "revision since when, fencing token."
    },
    footer = {"", "Examples:", "  quorate locks", "  quorate locks jobs/ -w table"})
final class LocksCommand implements Callable<Integer> {
  /** So many leases are asked about at once. */
  private static final int LEASES_AT_ONCE = 64;

  private final Session session;

  @Parameters(
      arity = "0..*",
      paramLabel = "PREFIX",
      description = "only those whose names begin with it")
  List<String> args = new ArrayList<>();

  LocksCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    if (args.size() > 1) {
      throw new UsageError("locks takes one prefix of names at most");
    }
    Printer printer =
        session.printerIn(
            GlobalOptions.Format.SIMPLE, GlobalOptions.Format.JSON, GlobalOptions.Format.TABLE);
    QuorateClient client = session.client();
    Queues queues = Queues.below(client, Session.bytes(args.isEmpty() ? "" : args.get(0)));
    printer.locks(queues, leases(client, queues));
    return ExitCodes.OK;
  }

  /** How long the leases of all of them have left. */
  private static Map<Long, LeaseTimeToLiveResponse> leases(QuorateClient client, Queues queues) {
    Set<Long> ids = new LinkedHashSet<>();
    for (NamedQueue queue : queues.each()) {
      for (QueueEntry entry : queue.entries()) {
        ids.add(entry.lease());
      }
    }
    Map<Long, LeaseTimeToLiveResponse> leases = new LinkedHashMap<>();
    List<CompletableFuture<LeaseTimeToLiveResponse>> asked = new ArrayList<>();
    for (long id : ids) {
      asked.add(client.lease().timeToLiveAsync(id, /* keys= */ false));
      if (asked.size() == LEASES_AT_ONCE) {
        take(client, asked, leases);
      }
    }
    take(client, asked, leases);
    return leases;
  }

  private static void take(
      QuorateClient client,
      List<CompletableFuture<LeaseTimeToLiveResponse>> asked,
      Map<Long, LeaseTimeToLiveResponse> into) {
    for (CompletableFuture<LeaseTimeToLiveResponse> each : asked) {
      LeaseTimeToLiveResponse lease = client.await(each);
      into.put(lease.id(), lease);
    }
    asked.clear();
  }
}

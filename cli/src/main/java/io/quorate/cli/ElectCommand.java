package io.quorate.cli;

import io.quorate.base.Bytes;
import io.quorate.base.ErrorCode;
import io.quorate.client.Event;
import io.quorate.client.KeyValue;
import io.quorate.client.QuorateClient;
import io.quorate.client.Range;
import io.quorate.client.RangeResponse;
import io.quorate.client.WatchEnd;
import io.quorate.client.WatchListener;
import io.quorate.client.WatchRequest;
import io.quorate.client.WatchResponse;
import io.quorate.client.Watcher;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code elect}: takes part in an election until it is interrupted, or looks on. */
@Command(
    name = "elect",
    description = "Observes and participates in leader election",
    footer = {"", "Examples:", "  quorate elect master host-1", "  quorate elect -l master"})
final class ElectCommand implements Callable<Integer> {
  private static final String INTERRUPTED = "interrupted";
  private static final long TTL_SECONDS = 60;

  private final Session session;

  @Parameters(
      arity = "0..*",
      paramLabel = "NAME [PROPOSAL]",
      description = "the election's name, and what is proclaimed when it is won")
  List<String> args = new ArrayList<>();

  @Option(
      names = {"-l", "--listen"},
      description = "look on: print each leader")
  boolean listen;

  ElectCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    if (args.isEmpty() || args.size() > 2) {
      throw new UsageError(
          "elect takes one election name argument and an optional proposal argument");
    }
    if (args.size() == 1 && !listen) {
      throw new UsageError("no proposal argument but -l not set");
    }
    if (args.size() == 2 && listen) {
      throw new UsageError("proposal given but -l is set");
    }
    Printer printer = session.printerOfKeys();
    return listen ? observe(printer) : campaign(printer);
  }

  private int campaign(Printer printer) {
    try (Claim claim = new Claim(session.client(), args.get(0), TTL_SECONDS)) {
      session.interrupts().onInterrupt(() -> claim.over().complete(INTERRUPTED));
      claim.await(Session.bytes(args.get(1)));
      printer.range(claim.present(), Printer.RangeStyle.PAIRS);
      session.out().flush();
      String why = claim.over().join();
      if (!why.equals(INTERRUPTED)) {
        throw new Failure(ExitCodes.FAILED, "elect: " + why);
      }
      return ExitCodes.OK;
    }
  }

  /** The oldest key under the name is the leader's; it is printed with each change of it. */
  private int observe(Printer printer) {
    QuorateClient client = session.client();
    Bytes prefix = Session.bytes(args.get(0) + "/");
    CompletableFuture<String> over = new CompletableFuture<>();
    session.interrupts().onInterrupt(() -> over.complete(INTERRUPTED));
    long from = 0;
    while (!over.isDone()) {
      RangeResponse found =
          client
              .kv()
              .range(Range.prefix(prefix).sort(Range.Target.CREATE, Range.Order.ASCEND).limit(1));
      Optional<KeyValue> leader = found.first();
      WatchRequest next;
      if (leader.isEmpty()) {
        next = WatchRequest.prefix(prefix).from(found.header().revision() + 1);
      } else {
        KeyValue kv = leader.get();
        if (kv.modRevision() > from) {
          print(printer, new RangeResponse(found.header(), List.of(kv), false, 0));
        }
        next = WatchRequest.key(kv.key()).from(found.header().revision() + 1);
      }
      from = found.header().revision();
      String why = awaitChange(client, next, leader.isPresent(), printer, over);
      if (!why.isEmpty() && !why.equals(INTERRUPTED)) {
        throw new Failure(ExitCodes.FAILED, "elect: observer lost (" + why + ")");
      }
    }
    return ExitCodes.OK;
  }

  /** Waits until it is open again who leads; what the present leader proclaims is printed. */
  private String awaitChange(
      QuorateClient client,
      WatchRequest request,
      boolean led,
      Printer printer,
      CompletableFuture<String> over) {
    CompletableFuture<String> open = new CompletableFuture<>();
    WatchListener listener =
        new WatchListener() {
          @Override
          public void events(WatchResponse response) {
            for (Event event : response.events()) {
              if (!led || event.kind() == Event.Kind.DELETE) {
                open.complete("");
                return;
              }
              print(printer, new RangeResponse(response.header(), List.of(event.kv()), false, 0));
            }
          }

          @Override
          public void ended(WatchEnd end) {
            open.complete(end.code() == ErrorCode.REVISION_COMPACTED ? "" : end.reason());
          }
        };
    try (Watcher _ = client.watch().start(request, listener, session.listeners())) {
      return (String) CompletableFuture.anyOf(open, over).join();
    }
  }

  private void print(Printer printer, RangeResponse leader) {
    printer.range(leader, Printer.RangeStyle.PAIRS);
    session.out().flush();
  }
}

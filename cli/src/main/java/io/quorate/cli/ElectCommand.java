package io.quorate.cli;

import io.quorate.base.Bytes;
import io.quorate.base.ErrorCode;
import io.quorate.client.Event;
import io.quorate.client.Header;
import io.quorate.client.KeyValue;
import io.quorate.client.QuorateClient;
import io.quorate.client.RangeResponse;
import io.quorate.client.WatchEnd;
import io.quorate.client.WatchListener;
import io.quorate.client.WatchRequest;
import io.quorate.client.WatchResponse;
import io.quorate.client.Watcher;
import io.quorate.recipes.LeaderElection;
import io.quorate.recipes.LeaderHandle;
import io.quorate.recipes.LockName;
import io.quorate.recipes.Released;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code elect}: takes part in an election until it is interrupted, or looks on. */
@Command(
    name = "elect",
    description = {
      "Observes and participates in leader election",
      "Who wins prints its key and proposal, and leads until it is interrupted."
    },
    footer = {
      "",
      "Examples:",
      "  quorate elect master host-1 --wait 30s",
      "  quorate elect -l master"
    })
final class ElectCommand extends TurnCommand {
  private static final String INTERRUPTED = "interrupted";
  private static final long TTL_SECONDS = 60;

  @Parameters(
      arity = "0..*",
      paramLabel = "NAME [PROPOSAL]",
      description = "the election's name, and what is proclaimed when it is won")
  List<String> args = new ArrayList<>();

  @Option(
      names = {"-l", "--listen"},
      description = "look on: print each leader")
  boolean listen;

  /** What was printed last of whoever leads. Guarded by this. */
  private @Nullable KeyValue shown;

  ElectCommand(Session session) {
    super(session, TTL_SECONDS);
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
    check();
    LockName name = name(args);
    Printer printer = session.printerOfKeys();
    return listen ? observe(name, printer) : campaign(name, Session.bytes(args.get(1)), printer);
  }

  private int campaign(LockName name, Bytes proposal, Printer printer) {
    try (Turn turn = new Turn(session, ttl, Interrupts.MOMENT)) {
      LeaderElection election = LeaderElection.of(turn.under(), name);
      LeaderHandle leader =
          win(turn, election, proposal)
              .orElseThrow(
                  () -> turn.heldByAnother("the election " + name, election.queue(), heldCode));
      printer.range(turn.begin(leader.asLock()), Printer.RangeStyle.PAIRS);
      session.out().flush();
      Optional<String> lost = turn.awaitEnd();
      if (lost.isPresent()) {
        throw new Failure(ExitCodes.FAILED, "elect: the leadership is lost: " + lost.get());
      }
      if (leader.resign() == Released.NOT_HELD) {
        throw new Failure(ExitCodes.FAILED, "elect: it didn't lead any more when it resigned");
      }
      return ExitCodes.OK;
    }
  }

  private Optional<LeaderHandle> win(Turn turn, LeaderElection election, Bytes proposal) {
    Duration patience = patience();
    return patience != null && patience.isZero()
        ? election.tryCampaign(proposal)
        : turn.await(election.campaignAsync(proposal), patience);
  }

  /**
   * The oldest candidate leads; it is printed with each change of it, as etcdctl does it: also with
   * one that is over already.
   */
  private int observe(LockName name, Printer printer) {
    QuorateClient client = session.client();
    CompletableFuture<String> over = new CompletableFuture<>();
    session.interrupts().onInterrupt(() -> over.complete(INTERRUPTED));
    while (!over.isDone()) {
      RangeResponse found = client.kv().range(name.inOrder());
      Optional<KeyValue> leader = found.kvs().stream().filter(name::contends).findFirst();
      WatchRequest next;
      if (leader.isEmpty()) {
        next = WatchRequest.prefix(name.prefix()).from(found.header().revision() + 1);
      } else {
        show(printer, found.header(), leader.get());
        next = WatchRequest.key(leader.get().key()).from(found.header().revision() + 1);
      }
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
              show(printer, response.header(), event.kv());
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

  /** Prints who leads and what it proclaims, unless that was printed last. */
  private synchronized void show(Printer printer, Header header, KeyValue leader) {
    boolean known =
        shown != null
            && shown.key().equals(leader.key())
            && shown.modRevision() == leader.modRevision();
    if (!known) {
      shown = leader;
      printer.range(new RangeResponse(header, List.of(leader), false, 0), Printer.RangeStyle.PAIRS);
      session.out().flush();
    }
  }
}

package io.quorate.cli;

import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.client.LeaseKeepAliveResponse;
import io.quorate.client.LeaseKeeper;
import io.quorate.client.LeaseListener;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code lease …}: what keeps keys alive. */
final class LeaseCommands {
  private LeaseCommands() {}

  /** {@code lease grant}. */
  @Command(
      name = "grant",
      description = "Creates leases",
      footer = {"", "Examples:", "  quorate lease grant 60", "  quorate lease grant 60 -w json"})
  static final class Grant implements Callable<Integer> {
    private final Session session;

    @Parameters(
        arity = "0..*",
        paramLabel = "TTL",
        description = "seconds that it lives without being renewed")
    List<String> args = new ArrayList<>();

    Grant(Session session) {
      this.session = session;
    }

    @Override
    public Integer call() {
      if (args.size() != 1) {
        throw new UsageError("lease grant command needs TTL argument");
      }
      long ttl;
      try {
        ttl = Long.parseLong(args.get(0));
      } catch (NumberFormatException _) {
        throw new UsageError(
            "bad TTL (strconv.ParseInt: parsing \"" + args.get(0) + "\": invalid syntax)");
      }
      Printer printer = session.printerOfKeys();
      printer.leaseGrant(
          because("failed to grant lease", () -> session.client().lease().grant(ttl)));
      return ExitCodes.OK;
    }
  }

  /** {@code lease revoke}. */
  @Command(
      name = "revoke",
      description = "Revokes leases, and deletes the keys that go with them",
      footer = {
        "",
        "Examples:",
        "  quorate lease revoke 32695410dcc0ca06",
        "  quorate lease revoke 32695410dcc0ca06 -w json"
      })
  static final class Revoke implements Callable<Integer> {
    private final Session session;

    @Parameters(arity = "0..*", paramLabel = "LEASE", description = "its id, in hexadecimal digits")
    List<String> args = new ArrayList<>();

    Revoke(Session session) {
      this.session = session;
    }

    @Override
    public Integer call() {
      if (args.size() != 1) {
        throw new UsageError("lease revoke command needs 1 argument");
      }
      long id = Hex.lease(args.get(0));
      Printer printer = session.printerOfKeys();
      printer.done(
          because("failed to revoke lease", () -> session.client().lease().revoke(id)).header(),
          "lease " + Hex.padded(id) + " revoked");
      return ExitCodes.OK;
    }
  }

  /** {@code lease timetolive}. */
  @Command(
      name = "timetolive",
      description = "Get lease information",
      footer = {
        "",
        "Examples:",
        "  quorate lease timetolive 32695410dcc0ca06",
        "  quorate lease timetolive --keys 32695410dcc0ca06"
      })
  static final class TimeToLive implements Callable<Integer> {
    private final Session session;

    @Parameters(arity = "0..*", paramLabel = "LEASE", description = "its id, in hexadecimal digits")
    List<String> args = new ArrayList<>();

    @Option(names = "--keys", description = "the keys that go with it, too")
    boolean keys;

    TimeToLive(Session session) {
      this.session = session;
    }

    @Override
    public Integer call() {
      if (args.size() != 1) {
        throw new UsageError("lease timetolive command needs lease ID as argument");
      }
      long id = Hex.lease(args.get(0));
      Printer printer = session.printerOfKeys();
      printer.leaseTimeToLive(session.client().lease().timeToLive(id, keys), keys);
      return ExitCodes.OK;
    }
  }

  /** {@code lease list}. */
  @Command(
      name = "list",
      description = "List all active leases",
      footer = {"", "Examples:", "  quorate lease list", "  quorate lease list -w json"})
  static final class ListAll implements Callable<Integer> {
    private final Session session;

    @Parameters(arity = "0..*", hidden = true, description = "none")
    List<String> args = new ArrayList<>();

    ListAll(Session session) {
      this.session = session;
    }

    @Override
    public Integer call() {
      Printer printer = session.printerOfKeys();
      printer.leases(session.client().lease().leases());
      return ExitCodes.OK;
    }
  }

  /** {@code lease keep-alive}. */
  @Command(
      name = "keep-alive",
      description = "Keeps leases alive (renew)",
      footer = {
        "",
        "Examples:",
        "  quorate lease keep-alive 32695410dcc0ca06",
        "  quorate lease keep-alive --once 32695410dcc0ca06"
      })
  static final class KeepAlive implements Callable<Integer> {
    private final Session session;

    @Parameters(arity = "0..*", paramLabel = "LEASE", description = "its id, in hexadecimal digits")
    List<String> args = new ArrayList<>();

    @Option(names = "--once", description = "renew it once, instead of until it ends")
    boolean once;

    KeepAlive(Session session) {
      this.session = session;
    }

    @Override
    public Integer call() {
      if (args.size() != 1) {
        throw new UsageError("lease keep-alive command needs lease ID as argument");
      }
      long id = Hex.lease(args.get(0));
      Printer printer = session.printerOfKeys();
      if (once) {
        LeaseKeepAliveResponse response = session.client().lease().keepAliveOnce(id);
        if (response.ttlSeconds() <= 0) {
          throw new Failure(ExitCodes.BAD_CONNECTION, "etcdserver: requested lease not found");
        }
        printer.leaseKeepAlive(response);
        return ExitCodes.OK;
      }
      CompletableFuture<String> lost = new CompletableFuture<>();
      LeaseListener listener =
          new LeaseListener() {
            @Override
            public void kept(LeaseKeepAliveResponse response) {
              printer.leaseKeepAlive(response);
              session.out().flush();
            }

            @Override
            public void lost(ErrorCode code, String reason) {
              lost.complete(code == ErrorCode.NOT_FOUND ? "" : reason);
            }
          };
      try (LeaseKeeper _ = session.client().lease().keepAlive(id, listener, session.listeners())) {
        String reason = lost.join();
        if (!reason.isEmpty()) {
          throw new Failure(ExitCodes.BAD_CONNECTION, reason);
        }
        session.out().print("lease " + Hex.padded(id) + " expired or revoked.\n");
      }
      return ExitCodes.OK;
    }
  }

  /** What a call brings; in its failure the words come first, as in etcdctl. */
  private static <T> T because(String words, java.util.function.Supplier<T> call) {
    try {
      return call.get();
    } catch (QuorateException e) {
      throw QuorateException.of(e.code(), words + " (" + e.getMessage() + ")", e);
    }
  }
}

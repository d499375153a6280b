package io.quorate.cli;

import io.quorate.base.Bytes;
import io.quorate.client.RangeResponse;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code lock}: holds a lock until it is interrupted, or while a command runs. */
@Command(
    name = "lock",
    description = {
      "Acquires a named lock",
      "Without a command the lock is held until the process is interrupted. A command runs with",
      "ETCD_LOCK_KEY and ETCD_LOCK_REV in its environment; its exit code is the process's."
    },
    footer = {
      "",
      "Examples:",
      "  quorate lock nightly-job ./job.sh",
      "  quorate lock nightly-job --ttl 30 -- ./job.sh --all"
    })
final class LockCommand implements Callable<Integer> {
  private final Session session;

  @Parameters(arity = "0..*", paramLabel = "NAME [COMMAND…]", description = "the lock's name")
  List<String> args = new ArrayList<>();

  @Option(
      names = "--ttl",
      paramLabel = "SECONDS",
      description = "how long it is held when this process is cut off (default: 10)")
  long ttl = 10;

  LockCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    if (args.isEmpty()) {
      throw new UsageError("lock takes a lock name argument and an optional command to execute");
    }
    Printer printer = session.printerOfKeys();
    try (Claim claim = new Claim(session.client(), args.get(0), ttl)) {
      session.interrupts().onInterrupt(() -> claim.over().complete("interrupted"));
      claim.await(Bytes.EMPTY);
      if (args.size() > 1) {
        return run(claim);
      }
      RangeResponse held = claim.present();
      if (held.kvs().isEmpty()) {
        throw new Failure(ExitCodes.FAILED, "lock lost on init");
      }
      printer.range(held, Printer.RangeStyle.PAIRS);
      session.out().flush();
      String why = claim.over().join();
      if (!why.equals("interrupted")) {
        throw new Failure(ExitCodes.FAILED, why);
      }
      return ExitCodes.OK;
    }
  }

  private int run(Claim claim) {
    List<String> command = new ArrayList<>();
    args.subList(1, args.size()).forEach(word -> command.add(Session.text(word)));
    Map<String, String> variables =
        Map.of(
            "ETCD_LOCK_KEY", claim.key().toUtf8(),
            "ETCD_LOCK_REV", Long.toString(claim.header().revision()));
    int code;
    try {
      code = Children.run(command, variables);
    } catch (IOException e) {
      throw new Failure(ExitCodes.FAILED, String.valueOf(e.getMessage()));
    }
    if (code != 0) {
      session.err().print("Error: exit status " + code + "\n");
    }
    return code;
  }
}

package io.quorate.cli;

import io.quorate.client.RangeResponse;
import io.quorate.recipes.LockHandle;
import io.quorate.recipes.LockName;
import io.quorate.recipes.Mutex;
import io.quorate.recipes.Released;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code lock}: holds a lock until it is interrupted, or while a command runs. */
@Command(
    name = "lock",
    description = {
      "Acquires a named lock",
      "Without a command the lock is held until the process is interrupted. A",
      "command runs with these variables; its exit code is the process's:",
      "  ETCD_LOCK_KEY, ETCD_LOCK_REV   as etcdctl has them",
      "  QUORATE_LOCK_KEY               the key that stands for the lock",
      "  QUORATE_LOCK_REVISION          when that was created, to compare in a txn",
      "  QUORATE_LOCK_TOKEN             a text that rises with each holder",
      "  QUORATE_LOCK_LEASE             what the key goes with",
      "When the process is told to end, or the lock is lost, the command and what",
      "it has started get SIGTERM, and their ends are waited for. After a loss the",
      "exit code is never 0."
    },
    footer = {
      "",
      "Examples:",
      "  quorate lock nightly-job --ttl 30 -- ./job.sh --all",
      "  quorate lock nightly-job --no-wait --held-code 75 -- ./job.sh || [ $? -eq 75 ]"
    })
final class LockCommand extends TurnCommand {
  private static final long TTL_SECONDS = 10;

  @Parameters(arity = "0..*", paramLabel = "NAME [COMMAND…]", description = "the lock's name")
  List<String> args = new ArrayList<>();

  @Option(
      names = "--owner",
      paramLabel = "TEXT",
      description = "what 'quorate locks' tells others of who has it; etcdctl's are empty")
  String owner = "";

  @Option(
      names = "--on-loss",
      paramLabel = "term|kill|none",
      description = "what the command gets when the lock is lost (default: term)")
  String onLoss = "term";

  @Option(
      names = "--kill-after",
      paramLabel = "TIME",
      description = "the command gets SIGKILL if it runs so long after a SIGTERM")
  String killAfter = "";

  LockCommand(Session session) {
    super(session, TTL_SECONDS);
  }

  @Override
  public Integer call() {
    if (args.isEmpty()) {
      throw new UsageError("lock takes a lock name argument and an optional command to execute");
    }
    check();
    LockName name = name(args);
    Printer printer = session.printerOfKeys();
    boolean runs = args.size() > 1;
    try (Turn turn =
        new Turn(session, ttl, runs ? Interrupts.AS_LONG_AS_IT_TAKES : Interrupts.MOMENT)) {
      Mutex mutex = Mutex.of(turn.under(), name, Session.text(owner));
      LockHandle held =
          acquire(turn, mutex)
              .orElseThrow(() -> turn.heldByAnother("the lock " + name, mutex.queue(), heldCode));
      RangeResponse there = turn.begin(held);
      if (runs) {
        return run(turn, held, there.header().revision());
      }
      printer.range(there, Printer.RangeStyle.PAIRS);
      session.out().flush();
      Optional<String> lost = turn.awaitEnd();
      if (lost.isPresent()) {
        throw new Failure(ExitCodes.FAILED, lost(lost.get()));
      }
      return release(held, ExitCodes.OK);
    }
  }

  @Override
  void check() {
    super.check();
    if (owner.indexOf('\n') >= 0) {
      throw new UsageError("--owner is one line");
    }
    if (!List.of("term", "kill", "none").contains(onLoss)) {
      throw new UsageError("--on-loss is not term, kill or none: " + onLoss);
    }
    var _ = killAfter();
  }

  private @Nullable Duration killAfter() {
    return killAfter.isEmpty() ? null : GlobalOptions.positive("--kill-after", killAfter);
  }

  private Optional<LockHandle> acquire(Turn turn, Mutex mutex) {
    Duration patience = patience();
    return patience != null && patience.isZero()
        ? mutex.tryAcquire()
        : turn.await(mutex.acquireAsync(), patience);
  }

  /**
   * @param revision of the store when the lock was seen to be held
   */
  private int run(Turn turn, LockHandle held, long revision) {
    List<String> command = new ArrayList<>();
    args.subList(1, args.size()).forEach(word -> command.add(Session.text(word)));
    String key = held.key().toUtf8();
    Map<String, String> variables =
        Map.of(
            "ETCD_LOCK_KEY", key,
            "ETCD_LOCK_REV", Long.toString(revision),
            "QUORATE_LOCK_KEY", key,
            "QUORATE_LOCK_REVISION", Long.toString(held.token().revision()),
            "QUORATE_LOCK_TOKEN", held.token().toText(),
            "QUORATE_LOCK_LEASE", Long.toHexString(turn.under().lease()));
    turn.requireGoesOn();
    Child child;
    try {
      child = Child.start(command, variables);
    } catch (IOException e) {
      throw new Failure(ExitCodes.FAILED, String.valueOf(e.getMessage()));
    }
    var _ = turn.interrupted().thenRun(() -> child.terminate(killAfter()));
    var _ = turn.lost().thenAccept(reason -> onLoss(child, reason));
    int code = child.await();
    if (code != 0) {
      session.err().print("Error: exit status " + code + "\n");
    }
    return turn.lost().isDone() ? failed(code) : release(held, code);
  }

  /** Stops it first: nobody may read what is printed. */
  private void onLoss(Child child, String reason) {
    switch (onLoss) {
      case "term" -> child.terminate(killAfter());
      case "kill" -> child.kill();
      default -> {} // whoever wants none relies on what checks the token
    }
    session.err().print("Error: " + lost(reason) + "\n");
    session.err().flush();
  }

  private String lost(String reason) {
    return "the lock " + Session.text(args.get(0)) + " is lost: " + reason;
  }

  /**
   * Gives the lock back.
   *
   * @return the exit code, which is never 0 if the lock wasn't held any more
   */
  private int release(LockHandle held, int code) {
    if (held.release() == Released.RELEASED) {
      return code;
    }
    session.err().print("Error: " + lost("it was not held any more when it was released") + "\n");
    return failed(code);
  }

  private static int failed(int code) {
    return code == ExitCodes.OK ? ExitCodes.FAILED : code;
  }
}

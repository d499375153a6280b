package io.quorate.cli;

import io.quorate.recipes.LockName;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What {@code lock} and {@code elect} have in common: how long they wait, and what for. */
abstract class TurnCommand implements Callable<Integer> {
  private static final int EXIT_CODE_MAX = 255;

  final Session session;

  @Option(
      names = "--ttl",
      paramLabel = "SECONDS",
      description =
          "how long it is held when this process is cut off (default: 10; of an election 60)")
  long ttl;

  @Option(
      names = "--wait",
      paramLabel = "TIME",
      description = "wait so long at most, such as 500ms, 5s or 1m30s; then end with 4")
  String wait = "";

  @Option(names = "--no-wait", description = "end with 4 at once if another one has it")
  boolean noWait;

  @Option(
      names = "--held-code",
      paramLabel = "CODE",
      description =
          "end with this instead of 4 if another one has it: a code that the command never has")
  int heldCode = ExitCodes.HELD;

  TurnCommand(Session session, long ttl) {
    this.session = session;
    this.ttl = ttl;
  }

  /** Refuses what can't be meant. */
  void check() {
    if (ttl < 1) {
      throw new UsageError("--ttl is not a number of seconds from 1 on: " + ttl);
    }
    if (heldCode < 0 || heldCode > EXIT_CODE_MAX) {
      throw new UsageError("--held-code is not an exit code from 0 to 255: " + heldCode);
    }
    if (noWait && !wait.isEmpty()) {
      throw new UsageError("`--wait` and `--no-wait` cannot be set at the same time");
    }
    var _ = patience();
  }

  /** What the first argument names. */
  static LockName name(List<String> args) {
    try {
      return LockName.of(Session.bytes(args.get(0)));
    } catch (IllegalArgumentException e) {
      throw new UsageError(String.valueOf(e.getMessage()));
    }
  }

  /** How long it waits for its turn: zero for not at all, null for as long as it takes. */
  @Nullable Duration patience() {
    if (noWait) {
      return Duration.ZERO;
    }
    if (wait.isEmpty()) {
      return null;
    }
    Duration most = GoDuration.parse(wait);
    if (most == null || most.isNegative()) {
      throw new UsageError("--wait is not a time such as 500ms, 5s or 1m30s: " + wait);
    }
    return most;
  }
}

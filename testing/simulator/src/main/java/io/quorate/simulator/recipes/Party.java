package io.quorate.simulator.recipes;

import io.quorate.recipes.Barrier;
import io.quorate.simulator.Chance;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Somebody who passes a barrier again and again, and sometimes goes away before. */
final class Party {
  private static final long MILLIS = 1_000_000L;
  private static final long THINK_NANOS = 200 * MILLIS;

  private final ClientProcess process;
  private final Chance chance;
  private final BarrierJudge judge;
  private final String name;
  private final String barrier;
  private final int parties;
  private boolean leaves;
  private int rounds;
  private boolean ending;
  private @Nullable CompletableFuture<Long> waiting;

  Party(
      ClientProcess process,
      Chance chance,
      BarrierJudge judge,
      String name,
      String barrier,
      int parties) {
    this.process = process;
    this.chance = chance;
    this.judge = judge;
    this.name = name;
    this.barrier = barrier;
    this.parties = parties;
    this.leaves = true;
    this.rounds = (int) chance.between(1, 2);
  }

  void start() {
    process.after(chance.below(THINK_NANOS), this::round);
  }

  /** From now on it is patient. */
  void staysFromNowOn() {
    leaves = false;
    rounds += 2;
    if (waiting == null) {
      next();
    }
  }

  /** It goes away, and doesn't come again. */
  void end() {
    ending = true;
    CompletableFuture<Long> present = waiting;
    if (present != null) {
      present.cancel(false);
    }
  }

  private void next() {
    waiting = null;
    process.after(chance.below(THINK_NANOS), this::round);
  }

  private void round() {
    if (ending || waiting != null || rounds == 0) {
      return;
    }
    rounds--;
    waiting = new CompletableFuture<>();
    var _ =
        process
            .session()
            .whenComplete((session, failure) -> {
              if (failure != null || ending) {
                next();
                return;
              }
              CompletableFuture<Long> passes = Barrier.of(session, barrier, parties).awaitAsync();
              waiting = passes;
              var _ =
                  passes.whenComplete((generation, why) -> {
                    if (why == null) {
                      judge.passed(name, generation);
                    }
                    next();
                  });
              if (leaves && chance.oneIn(3)) {
                process.after(chance.below(3 * THINK_NANOS), () -> passes.cancel(false));
              }
            });
  }
}

package io.quorate.checkers;

import java.util.List;
import java.util.Random;

/** A small history, told step by step; and put between the events of a large one. */
final class Scene {
  private final HistoryRecorder recorder = new HistoryRecorder();
  private long now;

  static List<MicroOp> txn(MicroOp... ops) {
    return List.of(ops);
  }

  int invoke(int process, List<MicroOp> ops) {
    return recorder.invoke(process, tick(), ops);
  }

  Scene ok(int id, List<MicroOp> ops) {
    recorder.ok(id, tick(), ops);
    return this;
  }

  /** A transaction that nothing else runs beside. */
  Scene run(int process, MicroOp... ops) {
    return ok(invoke(process, List.of(ops)), List.of(ops));
  }

  Scene fails(int process, MicroOp... ops) {
    recorder.fail(invoke(process, List.of(ops)), tick());
    return this;
  }

  Scene unknown(int process, MicroOp... ops) {
    recorder.info(invoke(process, List.of(ops)), tick());
    return this;
  }

  /** Transactions that all run at the same time, each in a process of its own, from 0. */
  @SafeVarargs
  final Scene together(List<MicroOp>... transactions) {
    int[] ids = new int[transactions.length];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = invoke(i, transactions[i]);
    }
    for (int i = 0; i < ids.length; i++) {
      ok(ids[i], transactions[i]);
    }
    return this;
  }

  History history() {
    return recorder.history();
  }

  /**
   * The events of both, each in its own order, and between each other as {@code random} wills. The
   * scene's processes and keys must be others than those of {@code background}.
   */
  static History between(History background, History scene, Random random) {
    HistoryRecorder all = new HistoryRecorder();
    History[] histories = {background, scene};
    long[][] events = {background.events(), scene.events()};
    int[][] ids = {new int[background.size()], new int[scene.size()]};
    int[] at = new int[2];
    int sceneFrom = random.nextInt(events[0].length);
    long now = 0;
    while (at[0] < events[0].length || at[1] < events[1].length) {
      boolean sceneMay = at[1] < events[1].length && at[0] >= sceneFrom;
      int which = at[0] == events[0].length || (sceneMay && random.nextBoolean()) ? 1 : 0;
      long event = events[which][at[which]++];
      Transaction txn = histories[which].get(History.transaction(event));
      now += 1_000;
      if (History.isInvocation(event)) {
        // Of unknown outcome: the process goes on, and would still be running it.
        int process = txn.outcome() == Outcome.INFO ? (int) (-now / 1_000) : txn.process();
        ids[which][txn.id()] = all.invoke(process, now, txn.ops());
      } else if (txn.outcome() == Outcome.OK) {
        all.ok(ids[which][txn.id()], now, txn.ops());
      } else {
        all.fail(ids[which][txn.id()], now);
      }
    }
    return all.history();
  }

  private long tick() {
    return now += 1_000_000;
  }
}

package io.quorate.checkers;

import java.util.function.Function;

/**
 * Finds out from what clients saw alone at which isolation levels a history can't have been run.
 *
 * <pre>{@code
 * HistoryRecorder recorder = new HistoryRecorder();
 * int id = recorder.invoke(process, nanoTime(), List.of(append(1, 5), read(2)));
 * recorder.ok(id, nanoTime(), List.of(append(1, 5), read(2, 3, 4)));
 * Verdict verdict = Checker.listAppend().check(recorder.history(), Level.STRICT_SERIALIZABLE);
 * }</pre>
 *
 * <p>It goes so: what reads show to be wrong by themselves is noted ({@link ListCheck}); then who
 * depends on whom becomes a graph, with the sessions' order and real time ({@link ListAppend},
 * {@link TimeOrder}); and a cycle in it is a proof that no order of the transactions explains what
 * was seen ({@link CycleSearch}). Which edges a cycle takes tells the levels that forbid it.
 *
 * <p>It proves that levels were broken, and not that they were kept: what nobody read can't be
 * judged, and there are no predicates, so that phantoms go unseen ({@link RevisionReplay} sees
 * them).
 *
 * <p>Unchanging, for any number of threads. Memory: about 100 bytes a transaction and process.
 */
public final class Checker {
  /** Edges looked at in searching; some seconds. */
  public static final long BUDGET_STEPS_DEFAULT = 500_000_000;

  /** What fits into arrays of a comfortable heap; a correct history has far fewer. */
  private static final int EDGES_MAX = 60_000_000;

  private final Function<History, Workload> workload;
  private final long budgetSteps;

  private Checker(Function<History, Workload> workload, long budgetSteps) {
    this.workload = workload;
    this.budgetSteps = budgetSteps;
  }

  /** For transactions of {@link MicroOp.Append} and {@link MicroOp.Read}. */
  public static Checker listAppend() {
    return new Checker(ListAppend::new, BUDGET_STEPS_DEFAULT);
  }

  /**
   * For transactions of {@link MicroOp.Write} and {@link MicroOp.Read}. It sees less than lists
   * show.
   *
   * @param linearizableKeys whether each key by itself is taken to be linearizable, so that time
   *     tells the order of its versions; then what is found may be a breach of that instead
   */
  public static Checker registers(boolean linearizableKeys) {
    return new Checker(history -> new Registers(history, linearizableKeys), BUDGET_STEPS_DEFAULT);
  }

  /**
   * The same, with another bound on the search.
   *
   * @param steps edges looked at; past them a verdict isn't {@linkplain Verdict#complete()
   *     complete}, and never valid
   */
  public Checker withBudget(long steps) {
    return new Checker(workload, steps);
  }

  /**
   * Judges a history.
   *
   * @throws IllegalArgumentException if the history isn't one of this kind of data, or the workload
   *     wrote a value to a key twice
   */
  public Verdict check(History history, Level expected) {
    Workload data = workload.apply(history);
    Findings findings = new Findings();
    data.addAnomaliesTo(findings);
    Graph.Builder builder = new Graph.Builder(history.size(), EDGES_MAX);
    data.addDependenciesTo(builder);
    TimeOrder.addTo(builder, history);
    boolean searched =
        new CycleSearch(
                builder.build(), new CycleWords(history, data), findings, new Budget(budgetSteps))
            .run();
    return Verdict.of(expected, findings, searched && !builder.overflowed());
  }
}

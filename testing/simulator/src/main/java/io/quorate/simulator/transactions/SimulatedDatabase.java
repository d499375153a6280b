package io.quorate.simulator.transactions;

import io.quorate.simulator.Chance;
import io.quorate.simulator.Timeline;
import io.quorate.simulator.recipes.ClientProcess;
import io.quorate.txn.Decision;
import io.quorate.xa.branch.BranchId;
import io.quorate.xa.branch.Finish;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A database with accounts: takes work in branches, locks what they touch, prepares, and keeps what
 * is prepared and what is committed through crashes.
 *
 * <p>Orders to it take their time, and may arrive although their answer is lost, long after, and
 * though who gave them is gone. One kind lets anybody finish what is prepared, as PostgreSQL does;
 * the other only whoever's session it was, as long as that lasts, as MariaDB does.
 */
final class SimulatedDatabase {
  private static final long MILLIS = 1_000_000L;
  private static final long ANSWER_NANOS_MAX = 400 * MILLIS;

  private final Timeline timeline;
  private final Chance chance;
  private final String name;
  private final int accounts;
  private final boolean attaches;
  private final Planted planted;
  private final long[] balances;

  /** Durable: what is prepared, what was finished and how, which transfers have taken effect. */
  private final Map<BranchId, Work> prepared = new LinkedHashMap<>();

  private final Map<BranchId, Decision> finished = new LinkedHashMap<>();
  private final Set<String> transfers = new HashSet<>();

  /** Gone with a crash. */
  private final Map<BranchId, Work> active = new LinkedHashMap<>();

  private boolean isTroubled;
  private long downUntil;
  private int crashes;

  /** What a branch has done and not committed. */
  static final class Work {
    private final BranchId id;
    private final ClientProcess by;
    private final Map<Integer, Long> changes = new LinkedHashMap<>();
    private final List<String> transfers = new ArrayList<>();
    private boolean attached = true;
    private boolean late;
    private long preparedAt;

    Work(BranchId id, ClientProcess by) {
      this.id = id;
      this.by = by;
    }

    BranchId id() {
      return id;
    }
  }

  /** A database says no, for good. */
  static final class Refused extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Refused(String why) {
      super(why);
    }
  }

  /**
   * @param attaches whether what is prepared belongs to its session for as long as that lasts
   */
  SimulatedDatabase(
      Timeline timeline,
      Chance chance,
      String name,
      int accounts,
      long each,
      boolean attaches,
      Planted planted) {
    this.timeline = timeline;
    this.chance = chance;
    this.name = name;
    this.accounts = accounts;
    this.attaches = attaches;
    this.planted = planted;
    balances = new long[accounts];
    Arrays.fill(balances, each);
  }

  String name() {
    return name;
  }

  int accounts() {
    return accounts;
  }

  /** Whether orders and answers may be lost from now on. */
  void troubled(boolean now) {
    isTroubled = now;
  }

  long sum() {
    long sum = 0;
    for (long each : balances) {
      sum += each;
    }
    return sum;
  }

  /** Of the lower half of the accounts. */
  long sumOfGold() {
    long sum = 0;
    for (int i = 0; i < accounts / 2; i++) {
      sum += balances[i];
    }
    return sum;
  }

  boolean has(String transfer) {
    return transfers.contains(transfer);
  }

  List<BranchId> allPrepared() {
    return List.copyOf(prepared.keySet());
  }

  // ---- what befalls it -------------------------------------------------------------------------

  /** Loses what isn't durable, and is back a little later. */
  void crash(long nanos) {
    crashes++;
    downUntil = Math.max(downUntil, timeline.now() + nanos);
    active.clear();
    if (planted == Planted.FORGETS_WHAT_IS_PREPARED) {
      prepared.clear();
    }
    prepared.values().forEach(work -> work.attached = false);
  }

  /** Rolls back what has been prepared for long. */
  void rollBackOld(long nanos) {
    for (Work each : List.copyOf(prepared.values())) {
      if (timeline.now() - each.preparedAt > nanos) {
        prepared.remove(each.id);
        finished.put(each.id, Decision.ABORT);
      }
    }
  }

  /** A client is gone: its sessions end, and what they haven't prepared is undone. */
  void gone(ClientProcess process) {
    timeline.at(
        timeline.now() + chance.exponential(500 * MILLIS), null, () -> endSessions(process));
  }

  private void endSessions(ClientProcess process) {
    active.values().removeIf(work -> work.by.equals(process));
    prepared.values().stream()
        .filter(work -> work.by.equals(process))
        .forEach(work -> work.attached = false);
  }

  /** A branch's session ends; what it hasn't prepared can't take effect any more. */
  void end(Work work) {
    endSession(work);
  }

  private void endSession(Work work) {
    active.remove(work.id);
    work.attached = false;
  }

  // ---- work ------------------------------------------------------------------------------------

  Work begin(BranchId id, ClientProcess by) {
    requireUp();
    Work work = new Work(id, by);
    active.put(id, work);
    return work;
  }

  private void requireUp() {
    if (isDown()) {
      throw new Refused(name + " is down");
    }
  }

  private boolean isDown() {
    return timeline.now() < downUntil;
  }

  /** Changes an account within a branch; refused where another has it. */
  void add(Work work, int account, long amount, String transfer) {
    requireUp();
    if (!active.containsKey(work.id)) {
      throw new Refused("the branch is gone");
    }
    for (Map<BranchId, Work> each : List.of(active, prepared)) {
      for (Work other : each.values()) {
        if (!other.equals(work) && other.changes.containsKey(account)) {
          throw new Refused("another has the account");
        }
      }
    }
    work.changes.merge(account, amount, Long::sum);
    work.transfers.add(transfer);
  }

  // ---- orders ----------------------------------------------------------------------------------

  /** Carries an order to the database and its answer back, or loses either, or is late. */
  <T> CompletableFuture<T> order(
      ClientProcess by, @Nullable Work session, Supplier<? extends T> order) {
    CompletableFuture<T> answered = new CompletableFuture<>();
    int life = crashes;
    boolean breaks = isTroubled && chance.oneIn(8);
    boolean arrives = !breaks || chance.oneIn(2);
    long there = 1 + chance.exponential(breaks ? 300 * MILLIS : MILLIS / 4);
    if (arrives) {
      timeline.at(
          timeline.now() + there,
          null,
          () -> {
            Runnable answer = carriedOut(life, order, answered);
            if (!breaks) {
              timeline.at(timeline.now() + 1 + chance.exponential(MILLIS / 4), by.life(), answer);
            }
          });
    }
    if (breaks) {
      if (session != null) {
        timeline.at(
            timeline.now() + there + chance.exponential(300 * MILLIS),
            null,
            () -> endSession(session));
      }
      timeline.at(
          timeline.now() + chance.below(ANSWER_NANOS_MAX),
          by.life(),
          () -> answered.completeExceptionally(new IllegalStateException("the answer was lost")));
    }
    return answered;
  }

  private <T> Runnable carriedOut(
      int life, Supplier<? extends T> order, CompletableFuture<T> answered) {
    if (isDown() || life != crashes) {
      return () -> answered.completeExceptionally(new IllegalStateException(name + " is down"));
    }
    try {
      T result = order.get();
      return () -> answered.complete(result);
    } catch (RuntimeException e) {
      return () -> answered.completeExceptionally(e);
    }
  }

  /** Whether it has prepared; what is gone can't. */
  boolean prepare(Work work) {
    if (prepared.containsKey(work.id)) {
      return true;
    }
    if (active.remove(work.id) == null) {
      return false;
    }
    work.late = work.by.life().isOver();
    work.attached &= !work.late;
    work.preparedAt = timeline.now();
    prepared.put(work.id, work);
    return true;
  }

  /** Commits what isn't prepared; false if it is gone. */
  boolean commitOnePhase(Work work) {
    if (finished.get(work.id) == Decision.COMMIT) {
      return true;
    }
    if (active.remove(work.id) == null) {
      return false;
    }
    apply(work);
    return true;
  }

  /** Whether a branch has committed; of one whose answer was lost. */
  boolean hasCommitted(BranchId id) {
    return finished.get(id) == Decision.COMMIT;
  }

  private void apply(Work work) {
    finished.put(work.id, Decision.COMMIT);
    if (planted == Planted.COMMITS_NOTHING && chance.oneIn(10)) {
      return;
    }
    work.changes.forEach((account, amount) -> balances[account] += amount);
    transfers.addAll(work.transfers);
  }

  /**
   * Finishes what is prepared.
   *
   * @param by who orders it
   */
  Finish finish(ClientProcess by, BranchId id, Decision decision) {
    Work work = prepared.get(id);
    if (work == null) {
      Decision before = finished.get(id);
      if (decision == Decision.COMMIT) {
        return before == Decision.COMMIT ? Finish.DONE : Finish.OTHERWISE;
      }
      return before == Decision.COMMIT ? Finish.OTHERWISE : Finish.DONE;
    }
    if (attaches && work.attached && !work.by.equals(by)) {
      timeline.at(timeline.now() + chance.below(50 * MILLIS), null, () -> endSession(work));
      throw new IllegalStateException("another session has it");
    }
    prepared.remove(id);
    if (decision == Decision.COMMIT) {
      apply(work);
    } else {
      finished.put(id, Decision.ABORT);
    }
    return Finish.DONE;
  }

  /** Undoes a branch in its own session, prepared or not. */
  Finish abort(Work work) {
    if (active.remove(work.id) != null) {
      return Finish.DONE;
    }
    return finish(work.by, work.id, Decision.ABORT);
  }

  /** What is prepared of a domain. */
  List<BranchId> listed(long domain) {
    List<BranchId> all = new ArrayList<>();
    for (Work each : prepared.values()) {
      boolean hidden = planted == Planted.HIDES_LATE_PREPARES && each.late;
      if (each.id.domain() == domain && each.id.resource() == BranchId.hash(name) && !hidden) {
        all.add(each.id);
      }
    }
    return all;
  }
}

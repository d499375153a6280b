package io.quorate.simulator.transactions;

import io.quorate.base.Bytes;
import io.quorate.client.Delete;
import io.quorate.kv.KeyValue;
import io.quorate.simulator.Chance;
import io.quorate.simulator.Timeline;
import io.quorate.simulator.recipes.ClientProcess;
import io.quorate.simulator.recipes.Mishap;
import io.quorate.simulator.recipes.Store;
import io.quorate.simulator.recipes.Troubles;
import io.quorate.simulator.recipes.WithoutCompares;
import io.quorate.simulator.recipes.Witness;
import io.quorate.xa.Outcome;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * Some processes that move money between two databases and a store while things go wrong;
 * afterwards everything is well again, all that was begun must come to its end within a bounded
 * time, nothing may be in doubt, and what happened is judged.
 */
final class TransferSchedule {
  private static final long MILLIS = 1_000_000L;
  private static final long SECOND = 1_000 * MILLIS;
  private static final Duration TTL = Duration.ofSeconds(1);
  private static final long TROUBLE_NANOS = 3 * SECOND;
  private static final long AFTER_MAX = 60 * SECOND;
  private static final long EACH = 1_000;

  /** What the keys have in them that say which incarnations live. */
  private static final String INCARNATION = "/inc/";

  private static final long OLD_NANOS = 100 * MILLIS;

  private static final Set<Mishap> POSSIBLE =
      EnumSet.complementOf(EnumSet.of(Mishap.DELETE, Mishap.LOST_DELETE, Mishap.SUSPEND));

  private final Timeline timeline;
  private final Store store;
  private final Witness witness;
  private final Chance chance;
  private final Planted planted;
  private final String name;
  private final long begun;
  private final ClientProcess operator;
  private final List<ClientProcess> processes = new ArrayList<>();
  private final List<Teller> tellers = new ArrayList<>();
  private final List<Transfer> transfers = new ArrayList<>();
  private final List<String> violations = new ArrayList<>();
  private final SimulatedDatabase first;
  private final SimulatedDatabase second;
  private final Teller.Bank bank;
  private boolean isTroubled = true;

  /** What a schedule came to. */
  record Result(List<String> violations, List<String> happened, int begun, int committed) {}

  TransferSchedule(
      Timeline timeline, Store store, Witness witness, long seed, int number, Planted planted) {
    this.timeline = timeline;
    this.store = store;
    this.witness = witness;
    this.planted = planted;
    chance = Chance.of(seed, "transfers-" + number);
    name = "t" + number;
    begun = timeline.now();
    first = database("gold", chance.oneIn(2));
    second = database("silver", chance.oneIn(2));
    bank = new Teller.Bank(first, second, name, name + "/safe");
    operator = process();
    int count = chance.oneIn(2) ? 3 : 2;
    for (int i = 0; i < count; i++) {
      ClientProcess process = process();
      processes.add(process);
      for (int j = 0; j < (chance.oneIn(2) ? 2 : 1); j++) {
        tellers.add(
            new Teller(
                process,
                new Chance(chance.next()),
                bank,
                name + "-" + (char) ('a' + i) + j,
                transfers::add));
      }
    }
  }

  private SimulatedDatabase database(String kind, boolean attaches) {
    int accounts = 2 * (int) chance.between(2, 6);
    return new SimulatedDatabase(
        timeline, new Chance(chance.next()), kind, accounts, EACH, attaches, planted);
  }

  private ClientProcess process() {
    return new ClientProcess(
        timeline,
        store,
        new Chance(chance.next()),
        TTL,
        wire ->
            planted == Planted.UNFENCED
                ? new WithoutCompares(wire, compare -> compare.contains(INCARNATION))
                : wire);
  }

  // ---- its life --------------------------------------------------------------------------------

  Result live() {
    witness.forget();
    tellers.forEach(Teller::start);
    first.troubled(chance.oneIn(2));
    second.troubled(chance.oneIn(2));
    Troubles troubles = troubles();
    crashDatabases();
    misbehave();
    timeline.at(timeline.now(), null, this::noticeDeaths);
    timeline.pass(begun + TROUBLE_NANOS, () -> false);
    isTroubled = false;
    first.troubled(false);
    second.troubled(false);
    tellers.forEach(Teller::end);
    timeline.pass(timeline.now() + AFTER_MAX, this::isSettled);
    if (!isSettled()) {
      violations.add("not settled: " + leftOver());
    }
    judge();
    end();
    int committed =
        (int) transfers.stream().filter(each -> each.told() == Outcome.Kind.COMMITTED).count();
    return new Result(violations, troubles.happened(), transfers.size(), committed);
  }

  private Troubles troubles() {
    return new Troubles(
        timeline,
        store,
        witness,
        chance,
        new Troubles.Of(processes, operator, TTL, begun, TROUBLE_NANOS),
        Mishap.some(POSSIBLE, chance, store.size()),
        what -> revoke());
  }

  /** Some process's lease ends before its time. */
  private void revoke() {
    List<KeyValue> lives = below("inc/");
    if (!lives.isEmpty()) {
      var _ = operator.client().lease().revokeAsync(chance.oneOf(lives).lease());
    }
  }

  private void crashDatabases() {
    for (SimulatedDatabase each : List.of(first, second)) {
      if (chance.oneIn(3)) {
        long nanos = chance.exponential(SECOND / 4);
        timeline.at(
            begun + chance.below(TROUBLE_NANOS), null, () -> each.crash(Math.max(1, nanos)));
      }
    }
  }

  /** What a killed process held, databases notice sooner or later. */
  private void noticeDeaths() {
    for (ClientProcess each : List.copyOf(processes)) {
      if (each.life().isOver()) {
        first.gone(each);
        second.gone(each);
        processes.remove(each);
      }
    }
    if (isTroubled) {
      timeline.at(timeline.now() + 20 * MILLIS, null, this::noticeDeaths);
    }
  }

  private void misbehave() {
    if (!isTroubled) {
      return;
    }
    if (planted == Planted.ABORTS_WHO_IS_SLOW) {
      first.rollBackOld(OLD_NANOS);
      second.rollBackOld(OLD_NANOS);
    } else if (planted == Planted.DELETES_DECISIONS) {
      var _ = operator.client().kv().deleteAsync(Delete.prefix("quorate/xa/" + name + "/dec/"));
    }
    timeline.at(timeline.now() + 50 * MILLIS, null, this::misbehave);
  }

  // ---- its end ---------------------------------------------------------------------------------

  private List<KeyValue> below(String folder) {
    return witness.below(Bytes.utf8("quorate/xa/" + name + "/" + folder));
  }

  private boolean isSettled() {
    return tellers.stream().allMatch(Teller::isDone)
        && first.allPrepared().isEmpty()
        && second.allPrepared().isEmpty()
        && witness.isThere()
        && decisions() == 0;
  }

  /** Decisions to commit; a record of an abort may stay until its incarnation is over. */
  private long decisions() {
    return below("dec/").stream().filter(kv -> kv.value().toUtf8().startsWith("1 COMMIT")).count();
  }

  private String leftOver() {
    return "prepared %s and %s, %d decisions, %d transfers"
        .formatted(
            first.allPrepared(),
            second.allPrepared(),
            decisions(),
            tellers.stream().filter(each -> !each.isDone()).count());
  }

  private void judge() {
    long safe =
        witness.below(Bytes.utf8(name + "/safe")).stream()
            .mapToLong(kv -> Long.parseLong(kv.value().toUtf8()))
            .sum();
    long gold = first.sum() + second.sumOfGold();
    long silver = second.sum() - second.sumOfGold() + safe;
    if (gold != (first.accounts() + second.accounts() / 2) * EACH) {
      violations.add("gold is " + gold);
    }
    if (silver != second.accounts() / 2 * EACH) {
      violations.add("silver is " + silver);
    }
    if (!below("heur/").isEmpty()) {
      violations.add("heuristic outcomes: " + below("heur/").size());
    }
    for (Transfer each : transfers) {
      judge(each);
    }
  }

  private void judge(Transfer transfer) {
    int done = 0;
    for (String place : transfer.places()) {
      boolean has =
          switch (place) {
            case "gold" -> first.has(transfer.name());
            case "silver" -> second.has(transfer.name());
            default -> witness.has(Bytes.utf8(name + "/transfers/" + transfer.name()));
          };
      done += has ? 1 : 0;
    }
    boolean all = done == transfer.places().size();
    if (done != 0 && !all) {
      violations.add("half is done of " + transfer);
    }
    if (transfer.told() == Outcome.Kind.COMMITTED && !all) {
      violations.add("told as committed, and isn't: " + transfer);
    }
    if (transfer.told() == Outcome.Kind.ABORTED && done != 0) {
      violations.add("told as aborted, and isn't: " + transfer);
    }
  }

  private void end() {
    tellers.forEach(Teller::close);
    timeline.pass(timeline.now() + SECOND, () -> false);
    tellers.forEach(each -> each.process().end());
    operator.end();
  }
}

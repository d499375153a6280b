package io.quorate.simulator.recipes;

import io.quorate.base.Bytes;
import io.quorate.client.Delete;
import io.quorate.client.Session;
import io.quorate.kv.KeyValue;
import io.quorate.recipes.DistributedLock;
import io.quorate.recipes.LeaderElection;
import io.quorate.recipes.Leadership;
import io.quorate.recipes.Mutex;
import io.quorate.recipes.ReadWriteLock;
import io.quorate.recipes.Semaphore;
import io.quorate.recipes.ids.SnowflakeLayout;
import io.quorate.simulator.Chance;
import io.quorate.simulator.Timeline;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Some processes that use one recipe over a store while things go wrong; afterwards everything is
 * well again, all must come to their ends within a bounded time, nothing may be left behind, and
 * what happened is judged.
 */
final class Schedule {
  private static final long MILLIS = 1_000_000L;
  private static final long SECOND = 1_000 * MILLIS;
  private static final Duration TTL = Duration.ofSeconds(1);

  /** Things go wrong for so long. */
  private static final long TROUBLE_NANOS = 2 * SECOND;

  /** After that, so much is enough for all that must happen. */
  private static final long AFTER_MAX = 30 * SECOND;

  private final Timeline timeline;
  private final Store store;
  private final Witness witness;
  private final Chance chance;
  private final String name;
  private final Recipe recipe;
  private final Set<Mishap> kinds = EnumSet.noneOf(Mishap.class);
  private final List<ClientProcess> processes = new ArrayList<>();
  private final ClientProcess operator;
  private final List<String> violations = new ArrayList<>();
  private final Bytes guarded;
  private final long begun;

  private final List<Contender> contenders = new ArrayList<>();
  private final List<Party> parties = new ArrayList<>();
  private final List<IdMaker> makers = new ArrayList<>();
  private final List<Observed> observers = new ArrayList<>();
  private @Nullable LockJudge locks;
  private @Nullable BarrierJudge barrier;
  private IdMaker.@Nullable All ids;

  /** What a schedule came to. */
  record Result(
      Recipe recipe, List<String> violations, List<String> happened, int successes, long ids) {}

  /** What one who observes an election was told last. */
  private static final class Observed {
    @Nullable Leadership last;
  }

  Schedule(Timeline timeline, Store store, Witness witness, long seed, int number) {
    this.timeline = timeline;
    this.store = store;
    this.witness = witness;
    this.chance = Chance.of(seed, "schedule-" + number);
    this.name = "s" + number;
    this.begun = timeline.now();
    guarded = Bytes.utf8(name + "/guarded");
    recipe = chance.oneOf(List.of(Recipe.values()));
    operator = process();
    int count = chance.oneIn(3) ? 3 : 2;
    for (int i = 0; i < count; i++) {
      processes.add(process());
    }
    for (Mishap each : Mishap.values()) {
      if (chance.oneIn(3) && (each != Mishap.MEMBER_CUT || store.size() > 1)) {
        kinds.add(each);
      }
    }
    if (kinds.contains(Mishap.SUSPEND)) {
      // a clock that stands still, and another that is wrong: nobody could know
      kinds.remove(Mishap.STEP);
      kinds.remove(Mishap.DRIFT);
    }
  }

  private ClientProcess process() {
    return new ClientProcess(timeline, store, new Chance(chance.next()), TTL);
  }

  private void violation(String what) {
    violations.add(what);
  }

  // ---- its life --------------------------------------------------------------------------------

  Result live() {
    witness.forget();
    begin();
    Troubles troubles = troubles();
    timeline.pass(begun + TROUBLE_NANOS, () -> contendersAreDone() && troubles.areOver());
    parties.forEach(Party::staysFromNowOn);
    BooleanSupplier wentOn = goesOn();
    timeline.pass(timeline.now() + AFTER_MAX, wentOn);
    if (!wentOn.getAsBoolean()) {
      contenders.stream()
          .filter(each -> !each.isDone())
          .forEach(each -> violation("forgotten: " + each));
      if (contendersAreDone()) {
        violation(recipe + " doesn't go on");
      }
    }
    end();
    return new Result(
        recipe, violations, troubles.happened(), successes(), ids == null ? 0 : ids.made());
  }

  private boolean contendersAreDone() {
    return !contenders.isEmpty() && contenders.stream().allMatch(Contender::isDone);
  }

  private void begin() {
    String lock = name + "/lock";
    switch (recipe) {
      case MUTEX ->
          contend(lock + "/", (one, other) -> true, (session, who) -> Mutex.of(session, lock, who));
      case READ_WRITE -> readAndWrite(lock);
      case SEMAPHORE -> permits(lock, (int) chance.between(1, 3));
      case ELECTION -> elect(lock);
      case BARRIER -> meet(lock);
      case IDS -> makeIds(lock);
    }
    contenders.forEach(Contender::start);
    parties.forEach(Party::start);
    makers.forEach(IdMaker::start);
  }

  private interface Making {
    DistributedLock lock(Session session, String who);
  }

  private boolean nothingIsTakenAway() {
    return kinds.stream().noneMatch(Mishap::takesAway);
  }

  private LockJudge judge(String keys, LockJudge.Sharing sharing) {
    LockJudge judge =
        new LockJudge(Bytes.utf8(keys), guarded, sharing, nothingIsTakenAway(), this::violation);
    locks = judge;
    return judge;
  }

  private void contend(String keys, LockJudge.Sharing sharing, Making making) {
    LockJudge judge = judge(keys, sharing);
    eachContender((process, who) -> contender(process, judge, who, true, wish(making, who)));
  }

  private interface Adding {
    void add(ClientProcess process, String who);
  }

  private void eachContender(Adding adding) {
    for (int i = 0; i < processes.size(); i++) {
      int threads = chance.oneIn(2) ? 2 : 1;
      for (int j = 0; j < threads; j++) {
        adding.add(processes.get(i), name + "-" + (char) ('a' + i) + j);
      }
    }
  }

  private void contender(
      ClientProcess process, LockJudge judge, String who, boolean writes, Contender.Wish wish) {
    contenders.add(
        new Contender(
            process,
            new Chance(chance.next()),
            judge,
            who,
            writes,
            guarded,
            wish,
            chance.oneIn(3) ? 2 : 1));
  }

  private static Contender.Wish wish(Making making, String who) {
    return new Contender.Wish() {
      @Override
      public CompletableFuture<Held> acquire(Session session) {
        return Contender.held(making.lock(session, who).acquireAsync(), Held::of);
      }

      @Override
      public CompletableFuture<Optional<Held>> tryAcquire(Session session) {
        return making.lock(session, who).tryAcquireAsync().thenApply(got -> got.map(Held::of));
      }
    };
  }

  private void readAndWrite(String lock) {
    LockJudge judge = judge(lock + "/", (one, other) -> one.writes() || other.writes());
    eachContender((process, who) -> {
      boolean writes = chance.oneIn(2);
      Making making =
          (session, owner) -> {
            ReadWriteLock both = ReadWriteLock.of(session, lock, owner);
            return writes ? both.writeLock() : both.readLock();
          };
      contender(process, judge, who, writes, wish(making, who));
    });
  }

  private void permits(String lock, int permits) {
    LockJudge judge =
        judge(
            lock + "/p/",
            new LockJudge.Sharing() {
              @Override
              public boolean exclude(LockJudge.Grant one, LockJudge.Grant other) {
                return permits == 1;
              }

              @Override
              public int roomBefore() {
                return permits - 1;
              }
            });
    Making making = (session, who) -> Semaphore.of(session, lock, permits, who);
    eachContender((process, who) -> contender(process, judge, who, true, wish(making, who)));
  }

  private void elect(String lock) {
    LockJudge judge = judge(lock + "/", (one, other) -> true);
    eachContender((process, who) ->
        contender(
            process,
            judge,
            who,
            true,
            new Contender.Wish() {
              @Override
              public CompletableFuture<Held> acquire(Session session) {
                return Contender.held(
                    LeaderElection.of(session, lock).campaignAsync(who), Held::of);
              }

              @Override
              public CompletableFuture<Optional<Held>> tryAcquire(Session session) {
                return acquire(session).thenApply(Optional::of);
              }
            }));
    for (ClientProcess each : processes) {
      Observed observed = new Observed();
      observers.add(observed);
      var _ =
          each.session()
              .thenCompose(session ->
                  LeaderElection.of(session, lock)
                      .observe(now -> observed.last = now, each.executor()));
    }
  }

  private void meet(String lock) {
    int count = (int) chance.between(2, processes.size() + 1);
    BarrierJudge judge = new BarrierJudge(lock, count, nothingIsTakenAway(), this::violation);
    barrier = judge;
    for (int i = 0; i <= processes.size(); i++) {
      ClientProcess process = processes.get(i % processes.size());
      parties.add(
          new Party(process, new Chance(chance.next()), judge, name + "-" + i, lock, count));
    }
  }

  private void makeIds(String lock) {
    int workerBits = (int) chance.between(1, 2); // few, so that one takes over what another had
    SnowflakeLayout layout =
        new SnowflakeLayout(
            SnowflakeLayout.TWITTER.epoch(), 41, 1, workerBits, chance.oneIn(2) ? 12 : 1);
    IdMaker.All all = new IdMaker.All(layout, this::violation);
    ids = all;
    for (int i = 0; i < processes.size(); i++) {
      makers.add(
          new IdMaker(processes.get(i), new Chance(chance.next()), all, name + "-" + i, lock));
    }
  }

  // ---- what others do to it ---------------------------------------------------------------------

  private Troubles troubles() {
    return new Troubles(
        timeline,
        store,
        witness,
        chance,
        new Troubles.Of(processes, operator, TTL, begun, TROUBLE_NANOS),
        kinds,
        what -> {
          if (what.kind() == Mishap.REVOKE) {
            revoke(what.process());
          } else {
            delete();
          }
        });
  }

  private void revoke(ClientProcess process) {
    long lease = process.lease();
    if (lease != 0) {
      var _ = operator.client().lease().revokeAsync(lease);
    }
  }

  private void delete() {
    List<KeyValue> places = places();
    if (!places.isEmpty()) {
      var _ = operator.client().kv().deleteAsync(Delete.key(chance.oneOf(places).key()));
    }
  }

  // ---- its end ---------------------------------------------------------------------------------

  /** What must come to be once nothing goes wrong any more. */
  private BooleanSupplier goesOn() {
    BarrierJudge met = barrier;
    IdMaker.All all = ids;
    if (met != null) {
      int before = met.passes();
      return () -> met.passes() > before + 1 || tooFewAreLeft();
    }
    if (all != null) {
      long before = all.made();
      return () -> all.made() > before;
    }
    return this::contendersAreDone;
  }

  /** Whether so many processes were killed that a barrier can't be passed any more. */
  private boolean tooFewAreLeft() {
    return processes.stream().anyMatch(each -> each.life().isOver());
  }

  /** Keys that go with sessions. */
  private List<KeyValue> places() {
    return witness.below(Bytes.utf8(name + "/lock/")).stream()
        .filter(kv -> kv.lease() != 0)
        .toList();
  }

  private void end() {
    parties.forEach(Party::end);
    makers.forEach(IdMaker::end);
    if (!observers.isEmpty() && !kinds.contains(Mishap.LOST_DELETE)) {
      observe();
    }
    // who has given everything back leaves nothing but what waits for late copies
    BooleanSupplier empty = () -> witness.isThere() && places().isEmpty();
    processes.stream().filter(each -> !each.life().isOver()).forEach(ClientProcess::closeSession);
    long max = TTL.multipliedBy(3).toNanos() + 4 * ClientProcess.TIMEOUT.toNanos();
    timeline.pass(timeline.now() + max, empty);
    if (!empty.getAsBoolean()) {
      violation("left behind: " + places());
    }
    LockJudge held = locks;
    if (held != null) {
      held.judge(witness.events());
    }
    BarrierJudge met = barrier;
    if (met != null) {
      met.judge(witness.events());
    }
    processes.forEach(ClientProcess::end);
    operator.end();
  }

  /** Whoever observes an election hears that nobody leads, once nobody does. */
  private void observe() {
    BooleanSupplier told =
        () -> {
          for (int i = 0; i < observers.size(); i++) {
            boolean runs = !processes.get(i).life().isOver();
            Leadership last = observers.get(i).last;
            if (runs && last != null && !(last instanceof Leadership.NoLeader)) {
              return false;
            }
          }
          return true;
        };
    timeline.pass(timeline.now() + AFTER_MAX, told);
    if (!told.getAsBoolean()) {
      violation("somebody is told still that there is a leader");
    }
  }

  private int successes() {
    LockJudge held = locks;
    BarrierJudge met = barrier;
    return held != null ? held.granted() : met != null ? met.passes() : 0;
  }
}

package io.quorate.simulator.recipes;

import io.quorate.simulator.Chance;
import io.quorate.simulator.Timeline;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/** What goes wrong in a schedule, for as long as something may. */
public final class Troubles {
  private static final long MILLIS = 1_000_000L;
  private static final long SECOND = 1_000 * MILLIS;
  private static final int MISHAPS_MAX = 4;

  private final Timeline timeline;
  private final Store store;
  private final Witness witness;
  private final Chance chance;
  private final Of of;
  private final List<Mishap> kinds;
  private final Consumer<? super Struck> others;
  private final List<Runnable> planned = new ArrayList<>();
  private final List<String> happened = new ArrayList<>();

  /**
   * Whom it befalls.
   *
   * @param ttl of the processes' sessions
   * @param begun when the schedule began
   * @param nanos for how long something may go wrong, from there on
   */
  public record Of(
      List<ClientProcess> processes,
      ClientProcess operator,
      Duration ttl,
      long begun,
      long nanos) {}

  /** What befalls one of them. */
  public record Struck(Mishap kind, ClientProcess process) {}

  /**
   * Plans it all.
   *
   * @param others does what isn't done here: what an operator takes away
   */
  public Troubles(
      Timeline timeline,
      Store store,
      Witness witness,
      Chance chance,
      Of of,
      Set<Mishap> kinds,
      Consumer<? super Struck> others) {
    this.timeline = timeline;
    this.store = store;
    this.witness = witness;
    this.chance = chance;
    this.of = of;
    this.kinds = List.copyOf(kinds);
    this.others = others;
    plan();
  }

  /** Whether all that was planned has happened. */
  public boolean areOver() {
    return planned.isEmpty();
  }

  /** What has, in words. */
  public List<String> happened() {
    return happened;
  }

  private void plan() {
    if (kinds.isEmpty()) {
      return;
    }
    int count = chance.below(MISHAPS_MAX + 1);
    for (int i = 0; i < count; i++) {
      Mishap what = chance.oneOf(kinds);
      long at = of.begun + chance.below(of.nanos);
      Runnable happens = () -> happen(what);
      planned.add(happens);
      timeline.at(
          at,
          null,
          () -> {
            planned.remove(happens);
            happens.run();
          });
    }
  }

  private void happen(Mishap what) {
    ClientProcess process = chance.oneOf(of.processes);
    int member = chance.below(store.size());
    long nanos = chance.exponential(chance.oneIn(2) ? SECOND / 2 : 2 * SECOND);
    long bounded = Math.min(nanos, 3 * of.ttl.toNanos());
    happened.add(
        "%d ms: %s of %d for %d ms"
            .formatted(
                (timeline.now() - of.begun) / MILLIS,
                what,
                of.processes.indexOf(process),
                bounded / MILLIS));
    switch (what) {
      case PAUSE -> process.life().pauseUntil(timeline.now() + bounded);
      case SUSPEND -> process.clock().suspend(bounded);
      case CUT -> process.wire().cut(bounded);
      case SLOW -> {
        process.wire().slow(bounded, chance.below(2 * of.ttl.toNanos()));
        if (chance.oneIn(2)) {
          process.wire().cutThere(bounded);
        }
      }
      case BREAK -> process.wire().lose();
      case KILL -> kill(process);
      case DRIFT -> process.clock().rate(1_000_000 + chance.between(-30_000, 30_000));
      case STEP -> process.clock().stepWall(chance.between(-3_600, 3_600) * SECOND);
      case LOST_DELETE -> process.wire().dropDeletes((int) chance.between(1, 2));
      case REVOKE, DELETE -> others.accept(new Struck(what, process));
      case COMPACT -> {
        if (witness.heard() > 1) {
          var _ = of.operator.client().kv().compactAsync(witness.heard(), false);
        }
        process.wire().lose();
      }
      case RESTART -> store.restart(member, false, 1 + chance.exponential(SECOND / 5));
      case POWER -> store.restart(member, true, 1 + chance.exponential(SECOND / 5));
      case MEMBER_PAUSE -> store.cluster().pause(member, bounded);
      case MEMBER_CUT -> {
        store.cluster().cut(member, true);
        timeline.at(timeline.now() + bounded, null, () -> store.cluster().cut(member, false));
      }
    }
  }

  private void kill(ClientProcess process) {
    if (of.processes.stream().filter(each -> !each.life().isOver()).count() > 1) {
      process.kill();
    }
  }
}

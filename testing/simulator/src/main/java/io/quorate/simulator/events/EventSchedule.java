package io.quorate.simulator.events;

import io.quorate.base.Bytes;
import io.quorate.events.EventStore;
import io.quorate.events.Position;
import io.quorate.events.Query;
import io.quorate.events.RecordedEvent;
import io.quorate.events.group.ConsumerGroup;
import io.quorate.events.group.ParkedEvent;
import io.quorate.events.group.Projection;
import io.quorate.kv.KeyValue;
import io.quorate.simulator.Chance;
import io.quorate.simulator.Timeline;
import io.quorate.simulator.recipes.ClientProcess;
import io.quorate.simulator.recipes.Mishap;
import io.quorate.simulator.recipes.Store;
import io.quorate.simulator.recipes.Troubles;
import io.quorate.simulator.recipes.Witness;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Some processes that append to a few streams, follow them and consume them while things go wrong;
 * afterwards everything is well again, everybody must come to the end of what there is within a
 * bounded time, and what happened is judged.
 */
final class EventSchedule {
  private static final long MILLIS = 1_000_000L;
  private static final long SECOND = 1_000 * MILLIS;
  private static final Duration TTL = Duration.ofSeconds(1);
  private static final long TROUBLE_NANOS = 3 * SECOND;
  private static final long AFTER_MAX = 60 * SECOND;

  private static final Set<Mishap> POSSIBLE =
      EnumSet.complementOf(EnumSet.of(Mishap.DELETE, Mishap.LOST_DELETE, Mishap.SUSPEND));

  private final Timeline timeline;
  private final Store store;
  private final Witness witness;
  private final Chance chance;
  private final Planted planted;
  private final String root;
  private final int pace;
  private final long begun;
  private final long troubleNanos;
  private final ClientProcess operator;
  private final EventStore operators;
  private final List<ClientProcess> processes = new ArrayList<>();
  private final List<Writer> writers = new ArrayList<>();
  private final List<Follower> followers = new ArrayList<>();
  private final List<GroupMember> members = new ArrayList<>();
  private final List<Keeper> keepers = new ArrayList<>();
  private final List<Attempt> attempts = new ArrayList<>();
  private final List<RecordedEvent> handled = new ArrayList<>();
  private final List<String> violations = new ArrayList<>();
  private final boolean projects;
  private boolean refuses = true;

  /** Whether the projection was made anew once nobody else changed it any more. */
  private boolean remade;

  /** What a schedule came to. */
  record Result(
      List<String> violations, List<String> happened, int attempts, int events, int told) {}

  EventSchedule(
      Timeline timeline,
      Store store,
      Witness witness,
      long seed,
      int number,
      int pace,
      Planted planted) {
    this.timeline = timeline;
    this.planted = planted;
    this.store = store;
    this.witness = witness;
    chance = Chance.of(seed, "events-" + number);
    root = "e" + number + "/";
    begun = timeline.now();
    this.pace = pace;
    troubleNanos = pace * TROUBLE_NANOS;
    operator = process();
    operators = EventStore.of(operator.client(), root);
    boolean shortens = chance.oneIn(2);
    projects = chance.oneIn(2);
    int count = chance.oneIn(2) ? 3 : 2;
    for (int i = 0; i < count; i++) {
      ClientProcess process = process();
      processes.add(process);
      writers.add(new Writer(process, chance(), root, pace, shortens && i == 0, attempts::add));
      Query query = chance.oneIn(2) ? Query.all() : Query.category("s1");
      followers.add(new Follower(process, chance(), root, pace, query, violations::add));
      members.add(new GroupMember(process, chance(), root, () -> refuses, handled::add));
      if (projects) {
        keepers.add(keeper(process, chance.oneOf(Keeper.FORMS)));
      }
    }
  }

  private Keeper keeper(ClientProcess process, String form) {
    return new Keeper(process, chance(), root, pace, form, () -> refuses, violations::add);
  }

  private Chance chance() {
    return new Chance(chance.next());
  }

  /** Some processes append and read by keys alone, as all do on etcd, beside those that needn't. */
  private ClientProcess process() {
    boolean byKeys = chance.oneIn(3);
    return new ClientProcess(
        timeline,
        store,
        chance(),
        TTL,
        byKeys || planted != Planted.NOTHING ? wire -> new Meddling(wire, planted) : wire -> wire);
  }

  // ---- its life --------------------------------------------------------------------------------

  Result live() {
    witness.forget();
    writers.forEach(Writer::start);
    followers.forEach(Follower::start);
    members.forEach(GroupMember::start);
    keepers.forEach(Keeper::start);
    Troubles troubles = troubles();
    timeline.pass(begun + troubleNanos, () -> false);
    writers.forEach(Writer::end);
    followers.forEach(Follower::stay);
    refuses = false;
    wantParked();
    if (projects) {
      keepUp();
      remake();
    }
    timeline.pass(timeline.now() + AFTER_MAX, this::isSettled);
    if (!isSettled()) {
      violations.add("not settled: " + leftOver());
    }
    Truth truth = judge();
    end();
    int told = followers.stream().mapToInt(each -> each.told().size()).sum();
    return new Result(
        violations, troubles.happened(), attempts.size(), truth.events().size(), told);
  }

  private Troubles troubles() {
    return new Troubles(
        timeline,
        store,
        witness,
        chance,
        new Troubles.Of(processes, operator, TTL, begun, troubleNanos),
        Mishap.some(POSSIBLE, chance, store.size()),
        what -> revoke());
  }

  /** Some consumer's lease ends before its time. */
  private void revoke() {
    List<KeyValue> members =
        witness.below(Bytes.utf8(root + "g/")).stream()
            .filter(kv -> kv.key().toUtf8().contains("#live#member#"))
            .toList();
    if (!members.isEmpty()) {
      var _ = operator.client().lease().revokeAsync(chance.oneOf(members).lease());
    }
  }

  /**
   * Somebody has mended what was bad, and asks for it to be tried again, until nothing is parked.
   */
  private void wantParked() {
    var _ = ConsumerGroup.allAsync(operators).thenAccept(all -> all.forEach(this::wantParked));
    timeline.at(timeline.now() + 200 * MILLIS, operator.life(), this::wantParked);
  }

  private void wantParked(ConsumerGroup group) {
    var _ =
        group
            .parkedAsync()
            .thenAccept(all -> {
              for (ParkedEvent each : all) {
                var _ = group.retryAsync(each);
              }
            });
  }

  /** Nobody changes the projection any more, and there is somebody to keep up either form. */
  private void keepUp() {
    Keeper.FORMS.forEach(form -> keepers.add(keeper(operator, form)));
    keepers.forEach(Keeper::stay);
    keepers.subList(keepers.size() - Keeper.FORMS.size(), keepers.size()).forEach(Keeper::start);
  }

  /** The projection is made anew once more, though another may be in the making. */
  private void remake() {
    Projection projection = Keeper.projection(operators, Keeper.FORMS.get(1), () -> refuses);
    var _ =
        projection
            .rebuildAsync()
            .whenComplete((made, failure) -> {
              if (failure == null) {
                remade = true;
              } else {
                var _ = projection.abandonAsync();
                timeline.at(timeline.now() + 50 * MILLIS, operator.life(), this::remake);
              }
            });
  }

  // ---- its end ---------------------------------------------------------------------------------

  private boolean isSettled() {
    return writers.stream().allMatch(Writer::isDone)
        && witness.isThere()
        && isProjected()
        && isHandled();
  }

  /** Whether the projection holds what there is, and nothing is left of what it was. */
  private boolean isProjected() {
    return !projects
        || (remade
            && keepers.stream().allMatch(Keeper::isDone)
            && new ProjectionJudge(root, Keeper.NAME).isMade(witness, presentEvents()));
  }

  /** The names of the events that are there. */
  private List<String> presentEvents() {
    Truth truth = new Truth(witness, root);
    return truth.events().stream().filter(truth::isPresent).map(Truth.Happened::name).toList();
  }

  /** Whether followers and consumers have come to the end of what there is. */
  private boolean isHandled() {
    long last = 0;
    for (KeyValue kv : witness.below(Bytes.utf8(root + "s/"))) {
      last = Math.max(last, kv.createRevision());
    }
    long end = last;
    for (Follower each : followers) {
      boolean isAll = each.query().equals(Query.all());
      if (isAll && !each.process().life().isOver() && each.reached().revision() < end) {
        return false;
      }
    }
    return unhandled().isEmpty();
  }

  /** What is there, and neither group has handled. */
  private List<String> unhandled() {
    Set<String> known = new HashSet<>();
    handled.forEach(event -> known.add(event.stream() + "/" + event.version()));
    List<String> missing = new ArrayList<>();
    for (String event : presentEvents()) {
      boolean isDone = witness.has(Bytes.utf8(root + "x/" + event));
      if (!(known.contains(event) && isDone)) {
        missing.add(event);
      }
    }
    return missing;
  }

  private String leftOver() {
    return "%d writers, followers at %s, unhandled %s, parked %d, changing %d, remade %s, of %s"
        .formatted(
            writers.stream().filter(each -> !each.isDone()).count(),
            followers.stream().map(Follower::reached).map(Position::toText).toList(),
            unhandled(),
            witness.below(Bytes.utf8(root + "g/")).stream()
                .filter(kv -> kv.key().toUtf8().contains("#parked#"))
                .count(),
            keepers.stream().filter(each -> !each.isDone()).count(),
            remade,
            new ProjectionJudge(root, Keeper.NAME).words(witness));
  }

  private Truth judge() {
    Truth truth = new Truth(witness, root);
    EventJudge judge = new EventJudge(truth, witness, root);
    judge.streams();
    attempts.forEach(judge::attempt);
    followers.forEach(judge::follower);
    judge.handled(handled);
    judge.checkpoints();
    violations.addAll(judge.violations());
    ProjectionJudge projections = new ProjectionJudge(root, Keeper.NAME);
    projections.judge(witness, presentEvents());
    violations.addAll(projections.violations());
    return truth;
  }

  private void end() {
    followers.forEach(Follower::close);
    members.forEach(GroupMember::close);
    keepers.forEach(Keeper::close);
    timeline.pass(timeline.now() + SECOND, () -> false);
    processes.forEach(ClientProcess::end);
    operator.end();
  }
}

package io.quorate.events.group;

import io.quorate.base.Bytes;
import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.client.Compare;
import io.quorate.client.Delete;
import io.quorate.client.KeyValue;
import io.quorate.client.Keys;
import io.quorate.client.Op;
import io.quorate.client.Put;
import io.quorate.client.QuorateClient;
import io.quorate.client.Range;
import io.quorate.client.RangeResponse;
import io.quorate.client.Txn;
import io.quorate.events.EventStore;
import io.quorate.events.Position;
import io.quorate.events.Query;
import io.quorate.events.RecordedEvent;
import io.quorate.events.Scan;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Supplier;

/**
 * What events add up to in keys of the same store, exactly once; and made anew beside the old while
 * that is read, when it is to be something else.
 *
 * <pre>{@code
 * Projection totals =
 *     Projection.of(
 *         store, "totals", "2", Query.category("orders/"), GroupOptions.DEFAULT,
 *         (event, keys) -> List.of(Put.of(keys + event.stream(), total(event))));
 * try (ProjectionRun here = totals.run(executor)) {
 *   totals.rebuildAsync().join(); // where another form is in use still
 *   client.kv().get(totals.inUse().keys() + "orders/42");
 * }
 * }</pre>
 *
 * <p>Each time it is made is a <em>generation</em>, with keys and consumers of its own and of one
 * form. A process runs the generations of its own form only: so while a new version of an
 * application is rolled out, the old one keeps up what is in use, and the new one makes what will
 * be. Once that isn't behind, it is taken into use in one step, and the old one is dropped. Who
 * reads asks which generation is in use.
 *
 * <p>Safe for use by many threads.
 */
public final class Projection {
  /** What passes is looked at again so much later. */
  static final long LOOK_NANOS = 100_000_000L;

  private static final int DELETED_MAX = 1_000;
  private static final int SCANNED_MAX = 1_000;

  private final EventStore store;
  private final QuorateClient client;
  private final String name;
  private final String form;
  private final Query query;
  private final GroupOptions options;
  private final Fold fold;

  /** What an event does to a projection. */
  @FunctionalInterface
  public interface Fold {
    /**
     * What is to be written for an event, by the rules of {@link Projector#project}.
     *
     * @param keys what the keys begin with that are written
     */
    List<Op> project(RecordedEvent event, String keys) throws Exception;
  }

  /**
   * One time that it was made.
   *
   * @param number from 1 on
   * @param form of what it adds up to
   * @param keys what its keys begin with
   */
  public record Generation(long number, String form, String keys) {}

  /**
   * How far a generation in the making is.
   *
   * @param partitions how its partitions stand
   * @param isCaughtUp whether it isn't behind what is in use
   * @param reached up to where all that it takes in was taken in
   * @param parked what it couldn't take in, and what is in use could
   */
  public record Progress(
      Generation generation,
      List<PartitionStatus> partitions,
      boolean isCaughtUp,
      Position reached,
      List<ParkedEvent> parked) {
    /** Copies the lists. */
    public Progress {
      partitions = List.copyOf(partitions);
      parked = List.copyOf(parked);
    }
  }

  private Projection(
      EventStore store, String name, String form, Query query, GroupOptions options, Fold fold) {
    this.store = store;
    this.name = name;
    this.form = form;
    this.query = query;
    this.options = options;
    this.fold = fold;
    client = store.client();
  }

  /**
   * A projection of a name.
   *
   * @param name not empty, without {@code #}, {@code @} and control characters
   * @param form what the fold makes of events: another wherever that is another; by the name's
   *     rules
   * @param options from where on and in how many partitions, the same in every process
   */
  public static Projection of(
      EventStore store, String name, String form, Query query, GroupOptions options, Fold fold) {
    for (String each : List.of(name, form)) {
      if (each.isEmpty()
          || each.indexOf('#') >= 0
          || each.indexOf('@') >= 0
          || each.chars().anyMatch(Character::isISOControl)) {
        throw new IllegalArgumentException(
            "\"" + each + "\" is no name: it is not empty, and has no #, @ or control character");
      }
    }
    return new Projection(store, name, form, query, options, fold);
  }

  // ---- what there is ---------------------------------------------------------------------------

  QuorateClient client() {
    return client;
  }

  String name() {
    return name;
  }

  String form() {
    return form;
  }

  /** What the keys begin with that say which generations there are. */
  Bytes statePrefix() {
    return Bytes.utf8(store.root() + "q/" + name + "#");
  }

  private Bytes stateKey() {
    return Bytes.utf8(store.root() + "q/" + name + "#state");
  }

  private String keys() {
    return store.root() + "p/" + name + "#";
  }

  Generation generation(ProjectionState.Made made) {
    return new Generation(made.number(), made.form(), keys() + "%016x/".formatted(made.number()));
  }

  ConsumerGroup group(long number) {
    return ConsumerGroup.ofGeneration(store, name, number, query, options);
  }

  /** Takes part in keeping up a generation of this form. */
  ConsumerRun keepUp(Generation generation, Executor executor) {
    return group(generation.number())
        .runExisting(event -> fold.project(event, generation.keys()), executor);
  }

  /**
   * The consumers of a generation: to look at how they stand and what they have parked, and to have
   * that tried again.
   */
  public ConsumerGroup consumers(Generation generation) {
    return group(generation.number());
  }

  /** Which generations there are; if there are none yet, as if the first one were of this form. */
  CompletableFuture<ProjectionState> stateAsync() {
    return saidAsync().thenApply(said -> said.orElseGet(() -> ProjectionState.first(form)));
  }

  private CompletableFuture<Optional<ProjectionState>> saidAsync() {
    return client
        .kv()
        .rangeAsync(Range.key(stateKey()))
        .thenApply(response -> response.first().map(ProjectionState::of));
  }

  /** Which generations there are; the first one begins if there are none. */
  CompletableFuture<ProjectionState> begunAsync() {
    return saidAsync()
        .thenCompose(
            said -> said.map(CompletableFuture::completedFuture).orElseGet(this::beginFirst));
  }

  private CompletableFuture<ProjectionState> beginFirst() {
    ProjectionState first = ProjectionState.first(form);
    Bytes key = stateKey();
    return client
        .kv()
        .txnAsync(
            Txn.when(Compare.absent(key))
                .then(Put.of(key, first.encode()), group(1).definition(), Range.key(key))
                .otherwise(Range.key(key)))
        .thenApply(response -> {
          List<?> all = response.responses();
          RangeResponse found = (RangeResponse) all.get(all.size() - 1);
          return ProjectionState.of(found.first().orElseThrow());
        });
  }

  /**
   * The generation that is to be read. What was in use is dropped as soon as another one is: who
   * finds a key missing asks again, and looks there if it is another generation by then.
   */
  public CompletableFuture<Generation> inUseAsync() {
    return stateAsync().thenApply(state -> generation(state.inUse()));
  }

  /** The generation that is to be read, waited for. */
  public Generation inUse() {
    return client.await(inUseAsync());
  }

  // ---- running ---------------------------------------------------------------------------------

  /**
   * Takes part in keeping up what is of this form: what is in use, and what is in the making.
   *
   * @param executor runs the fold; one task for each partition at a time
   * @return completes when it is known which generations there are; cancelled, that is taken back
   */
  public CompletableFuture<ProjectionRun> runAsync(Executor executor) {
    CompletableFuture<ProjectionRun> begun = new CompletableFuture<>();
    var unused =
        begunAsync()
            .thenCompose(state -> ProjectionRun.begin(this, executor))
            .whenComplete((run, failed) -> {
              if (failed != null) {
                begun.completeExceptionally(QuorateException.reason(failed));
              } else if (!begun.complete(run)) {
                var unusedToo = run.closeAsync(); // nobody wants it any more
              }
            });
    return begun;
  }

  /** Takes part as {@link #runAsync} does, and waits until that has begun. */
  public ProjectionRun run(Executor executor) {
    return client.await(runAsync(executor));
  }

  // ---- making it anew --------------------------------------------------------------------------

  /**
   * Makes a generation of this form, unless one is in the making already, and takes it into use
   * once it isn't behind what was in use within the last second. Some process has to run what is of
   * this form meanwhile.
   *
   * @return completes when it is in use, and what was is gone. Fails as {@code STATE_MOVED} if
   *     another was begun instead, and as {@code INVALID_REQUEST} if it couldn't take in an event
   *     that what is in use has: that is parked then, see {@link #consumers}, and the generation
   *     stays in the making until it is abandoned, or this is asked again. Cancelled, it is made
   *     still, and taken into use by who asks for it again
   */
  public CompletableFuture<Generation> rebuildAsync() {
    CompletableFuture<Generation> done = new CompletableFuture<>();
    new Rebuild(this, done).begin();
    return done;
  }

  /** Makes a change if nobody else has made one; whether it was made. */
  CompletableFuture<Boolean> change(ProjectionState from, ProjectionState to, List<Op> ops) {
    Op[] all = new Op[ops.size() + 1];
    all[0] = Put.of(stateKey(), to.encode());
    for (int i = 0; i < ops.size(); i++) {
      all[i + 1] = ops.get(i);
    }
    return client
        .kv()
        .txnAsync(Txn.when(Compare.modRevision(stateKey()).is(from.revision())).then(all))
        .thenApply(response -> response.succeeded());
  }

  /** Does something until it is answered: what has an unknown outcome is looked at again. */
  <T> void again(
      CompletableFuture<?> done,
      Supplier<CompletableFuture<T>> asks,
      java.util.function.Consumer<T> then) {
    if (done.isDone()) {
      return;
    }
    CompletableFuture<T> answer;
    try {
      answer = asks.get();
    } catch (RuntimeException e) {
      done.completeExceptionally(e);
      return;
    }
    var unused =
        answer.whenComplete((result, failure) -> {
          if (failure == null) {
            try {
              then.accept(result);
            } catch (RuntimeException e) {
              done.completeExceptionally(e);
            }
            return;
          }
          QuorateException why = QuorateException.reason(failure);
          if (Tenure.passes(why) && !client.isClosed()) {
            client.timer().after(LOOK_NANOS, () -> again(done, asks, then));
          } else {
            done.completeExceptionally(why);
          }
        });
  }

  /**
   * How far the generation in the making is.
   *
   * @return fails with {@link ErrorCode#NOT_FOUND} if none is in the making
   */
  public CompletableFuture<Progress> progressAsync() {
    return stateAsync().thenCompose(this::progress);
  }

  private CompletableFuture<Progress> progress(ProjectionState state) {
    return group(state.inUse().number())
        .furthestAsync()
        .thenCompose(target -> progress(state, target));
  }

  /**
   * How far what is in the making is.
   *
   * @param target it is caught up when it has taken in all that there is up to here
   */
  CompletableFuture<Progress> progress(ProjectionState state, Position target) {
    ProjectionState.Made making = state.making();
    if (making == null) {
      throw QuorateException.of(
          ErrorCode.NOT_FOUND, "no generation of " + name + " is in the making");
    }
    ConsumerGroup made = group(making.number());
    CompletableFuture<List<PartitionStatus>> stands =
        made.definedAsync()
            .thenCompose(said -> {
              if (said.isPresent() && !said.get().equals(made.definition().value())) {
                throw made.defined(said.get());
              }
              return made.statusAsync();
            });
    return stands.thenCompose(partitions -> {
      Position reached =
          partitions.stream()
              .map(PartitionStatus::checkpoint)
              .min(Comparator.naturalOrder())
              .orElse(Position.START);
      CompletableFuture<Boolean> isCaughtUp =
          target.isAfter(reached)
              ? hasAll(store.scan(query, reached), partitions, target)
              : CompletableFuture.completedFuture(true);
      return isCaughtUp.thenCombine(
          parkedAnew(state.inUse(), made),
          (all, parked) -> new Progress(generation(making), partitions, all, reached, parked));
    });
  }

  /** Whether no event up to a position is behind the checkpoint of its partition. */
  private CompletableFuture<Boolean> hasAll(
      Scan scan, List<PartitionStatus> partitions, Position target) {
    return scan.nextAsync(SCANNED_MAX)
        .thenCompose(page -> {
          for (RecordedEvent event : page.events()) {
            int partition = GroupKeys.partitionOf(event.stream(), partitions.size());
            if (event.position().isAfter(target)) {
              return CompletableFuture.completedFuture(true);
            }
            if (event.position().isAfter(partitions.get(partition).checkpoint())) {
              return CompletableFuture.completedFuture(false);
            }
          }
          return page.isEnd() || !target.isAfter(page.upTo())
              ? CompletableFuture.completedFuture(true)
              : hasAll(scan, partitions, target);
        });
  }

  /** What a generation has parked, and what is in use hasn't. */
  private CompletableFuture<List<ParkedEvent>> parkedAnew(
      ProjectionState.Made inUse, ConsumerGroup made) {
    return made.parkedAsync()
        .thenCompose(parked -> {
          if (parked.isEmpty()) {
            return CompletableFuture.completedFuture(parked);
          }
          return group(inUse.number())
              .parkedAsync()
              .thenApply(before -> {
                Set<Position> known = new HashSet<>();
                before.forEach(each -> known.add(each.position()));
                return parked.stream().filter(each -> !known.contains(each.position())).toList();
              });
        });
  }

  /** Drops the generation in the making, if there is one. */
  public CompletableFuture<Void> abandonAsync() {
    CompletableFuture<Void> done = new CompletableFuture<>();
    abandon(done);
    return done;
  }

  private void abandon(CompletableFuture<Void> done) {
    again(
        done,
        () ->
            stateAsync()
                .thenCompose(state ->
                    state.making() == null
                        ? CompletableFuture.completedFuture(true)
                        : change(state, state.abandoned(), List.of())),
        changed -> {
          if (changed) {
            again(done, this::cleanAsync, done::complete);
          } else {
            abandon(done); // somebody else was faster
          }
        });
  }

  // ---- what is over ----------------------------------------------------------------------------

  /** Drops what is neither in use nor in the making: first its consumers, then its keys. */
  CompletableFuture<Void> cleanAsync() {
    return stateAsync()
        .thenCompose(state -> {
          String groups = GroupKeys.definitions(store.root()) + ConsumerGroup.generations(name);
          return client
              .kv()
              .rangeAsync(Range.prefix(groups).withKeysOnly())
              .thenCompose(response -> {
                CompletableFuture<Void> dropped = CompletableFuture.completedFuture(null);
                for (KeyValue kv : response.kvs()) {
                  long number = Long.parseLong(kv.key().toUtf8().substring(groups.length()));
                  if (state.isOver(number)) {
                    dropped = dropped.thenCompose(before -> group(number).dropAsync());
                  }
                }
                return dropped;
              })
              .thenCompose(dropped -> deleteFrom(state, Bytes.utf8(keys())));
        });
  }

  /** Deletes the keys of generations that are over, some at a time. */
  private CompletableFuture<Void> deleteFrom(ProjectionState state, Bytes from) {
    Bytes end = Keys.prefixEnd(Bytes.utf8(keys()));
    return client
        .kv()
        .rangeAsync(Range.between(from, end).limit(DELETED_MAX).withoutCount().withKeysOnly())
        .thenCompose(response -> {
          List<KeyValue> kvs = response.kvs();
          if (kvs.isEmpty()) {
            return CompletableFuture.completedFuture(null);
          }
          long number = numberOf(kvs.get(0));
          if (!state.isOver(number)) {
            Bytes behind = Bytes.utf8(keys() + "%016x/".formatted(number));
            return deleteFrom(state, Keys.prefixEnd(behind));
          }
          int count = 1;
          while (count < kvs.size() && numberOf(kvs.get(count)) == number) {
            count++;
          }
          Bytes next = Keys.after(kvs.get(count - 1).key());
          return client
              .kv()
              .txnAsync(Txn.always(Delete.between(kvs.get(0).key(), next)))
              .thenCompose(deleted -> deleteFrom(state, next));
        });
  }

  private long numberOf(KeyValue kv) {
    String text = kv.key().toUtf8().substring(keys().length());
    return Long.parseUnsignedLong(text.substring(0, text.indexOf('/')), 16);
  }
}

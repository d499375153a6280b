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
import java.util.List;
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
  private static final long LOOK_NANOS = 100_000_000L;
  private static final int DELETED_MAX = 1_000;

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
   * @param isCaughtUp whether none of them is behind what is in use
   * @param reached up to where all that it takes in was taken in
   */
  public record Progress(
      Generation generation,
      List<PartitionStatus> partitions,
      boolean isCaughtUp,
      Position reached) {
    /** Copies the list. */
    public Progress {
      partitions = List.copyOf(partitions);
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

  /** Joins the consumers of a generation of this form. */
  CompletableFuture<Consumer> join(Generation generation, Executor executor) {
    return group(generation.number())
        .joinExisting(event -> fold.project(event, generation.keys()), executor);
  }

  /** Which generations there are; the first one begins if there are none. */
  CompletableFuture<ProjectionState> stateAsync() {
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

  /** The generation that is to be read. */
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
   */
  public CompletableFuture<ProjectionRun> runAsync(Executor executor) {
    return stateAsync().thenCompose(state -> ProjectionRun.begin(this, executor));
  }

  /** Takes part as {@link #runAsync} does, and waits until that has begun. */
  public ProjectionRun run(Executor executor) {
    return client.await(runAsync(executor));
  }

  // ---- making it anew --------------------------------------------------------------------------

  /**
   * Makes a generation of this form, unless one is in the making already, and takes it into use
   * once it isn't behind what is. Some process has to run what is of this form meanwhile.
   *
   * @return completes when it is in use, and what was is gone; fails if another was begun instead.
   *     Cancelled, it is made still, and taken into use by who asks for it again
   */
  public CompletableFuture<Generation> rebuildAsync() {
    CompletableFuture<Generation> done = new CompletableFuture<>();
    beginRebuild(done);
    return done;
  }

  private void beginRebuild(CompletableFuture<Generation> done) {
    again(
        done,
        () ->
            stateAsync()
                .thenCompose(state -> {
                  ProjectionState.Made making = state.making();
                  if (making == null) {
                    ProjectionState next = state.making(form);
                    long number = next.last();
                    return change(state, next, List.of(group(number).definition()))
                        .thenApply(changed -> changed ? number : 0);
                  }
                  if (!making.form().equals(form)) {
                    throw QuorateException.of(
                        ErrorCode.STATE_MOVED,
                        "a generation of "
                            + name
                            + " of the form "
                            + making.form()
                            + " is in the making");
                  }
                  return CompletableFuture.completedFuture(making.number());
                }),
        number -> {
          if (number == 0) {
            beginRebuild(done); // somebody else was faster
          } else {
            look(done, number);
          }
        });
  }

  private void look(CompletableFuture<Generation> done, long number) {
    again(
        done,
        this::stateAsync,
        state -> {
          ProjectionState.Made making = state.making();
          if (state.inUse().number() == number) {
            end(done, state);
          } else if (making == null || making.number() != number) {
            done.completeExceptionally(
                QuorateException.of(
                    ErrorCode.STATE_MOVED,
                    "generation " + number + " of " + name + " was dropped"));
          } else {
            swap(done, state, number);
          }
        });
  }

  private void swap(CompletableFuture<Generation> done, ProjectionState state, long number) {
    again(
        done,
        () ->
            progress(state)
                .thenCompose(progress ->
                    progress.isCaughtUp()
                        ? change(state, state.swapped(), List.of())
                        : CompletableFuture.completedFuture(false)),
        swapped -> {
          if (swapped) {
            look(done, number);
          } else {
            client.timer().after(LOOK_NANOS, () -> look(done, number));
          }
        });
  }

  private void end(CompletableFuture<Generation> done, ProjectionState state) {
    again(done, this::cleanAsync, cleaned -> done.complete(generation(state.inUse())));
  }

  /** Makes a change if nobody else has made one; whether it was made. */
  private CompletableFuture<Boolean> change(
      ProjectionState from, ProjectionState to, List<Op> ops) {
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
  private <T> void again(
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
          boolean passes =
              why instanceof QuorateException.Unavailable
                  || why instanceof QuorateException.Indeterminate;
          if (passes && why.code() != ErrorCode.STOPPED && !client.isClosed()) {
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
    ProjectionState.Made making = state.making();
    if (making == null) {
      throw QuorateException.of(
          ErrorCode.NOT_FOUND, "no generation of " + name + " is in the making");
    }
    return group(state.inUse().number())
        .statusAsync()
        .thenCombine(
            group(making.number()).statusAsync(),
            (inUse, made) -> {
              boolean isCaughtUp = true;
              Position reached = made.get(0).checkpoint();
              for (int i = 0; i < made.size(); i++) {
                Position here = made.get(i).checkpoint();
                isCaughtUp &= !inUse.get(i).checkpoint().isAfter(here);
                reached = reached.isAfter(here) ? here : reached;
              }
              return new Progress(generation(making), made, isCaughtUp, reached);
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

package io.quorate.events.group;

import io.quorate.base.Bytes;
import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.client.Compare;
import io.quorate.client.Delete;
import io.quorate.client.KeyValue;
import io.quorate.client.Keys;
import io.quorate.client.Put;
import io.quorate.client.QuorateClient;
import io.quorate.client.Range;
import io.quorate.client.RangeResponse;
import io.quorate.client.Txn;
import io.quorate.client.TxnResponse;
import io.quorate.events.EventStore;
import io.quorate.events.Position;
import io.quorate.events.Query;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Consumers, in any number of processes, that share the events of a query: its streams fall into
 * partitions, each of which one consumer handles at a time. Consumers come and go, and partitions
 * go over to others without an event being left out.
 *
 * <pre>{@code
 * ConsumerGroup billing =
 *     ConsumerGroup.of(store, "billing", Query.category("orders/"), GroupOptions.DEFAULT);
 * try (ConsumerRun here = billing.runAtLeastOnce(event -> bill(event), executor)) {
 *   …
 * }
 * }</pre>
 *
 * <p>What is handled is done {@linkplain #atLeastOnce at least once} where it is done elsewhere,
 * and {@linkplain #exactlyOnce exactly once} where it is done in the same store.
 *
 * <p>Safe for use by many threads.
 */
public final class ConsumerGroup {
  /** The most writes for one event that is handled exactly once. */
  public static final int OPS_MAX = 100;

  private static final int PAGE = 1_000;

  /** Stands in the names of groups that are a projection's. */
  private static final char GENERATION = '@';

  private final EventStore store;
  private final QuorateClient client;
  private final String name;
  private final @Nullable Query query;
  private final GroupOptions options;
  private final GroupKeys keys;

  private ConsumerGroup(
      EventStore store, String name, @Nullable Query query, GroupOptions options) {
    this.store = store;
    this.name = name;
    this.query = query;
    this.options = options;
    client = store.client();
    keys = new GroupKeys(store.root(), name);
  }

  /**
   * The group of a name.
   *
   * @param name not empty, without {@code #}, {@code @} and control characters
   * @param query which events it handles: the same in every process, and for good, since another
   *     one begins where the checkpoints are and finds no earlier events; use another name for it
   */
  public static ConsumerGroup of(EventStore store, String name, Query query, GroupOptions options) {
    if (name.indexOf(GENERATION) >= 0) {
      throw new IllegalArgumentException(
          "\"" + name + "\" is no name of a group: those of projections have an @");
    }
    return new ConsumerGroup(store, name, query, options);
  }

  /** The consumers of a projection's generation. */
  static ConsumerGroup ofGeneration(
      EventStore store, String projection, long number, Query query, GroupOptions options) {
    return new ConsumerGroup(store, generations(projection) + number, query, options);
  }

  /** What the names of the groups begin with that are a projection's. */
  static String generations(String projection) {
    return projection + GENERATION;
  }

  /**
   * All groups that were ever used, to look at: how they stand, and what they have parked. In the
   * order of their names. To take part in one, name it with its query, by {@link #of}.
   */
  public static CompletableFuture<List<ConsumerGroup>> allAsync(EventStore store) {
    Bytes first = Bytes.utf8(GroupKeys.definitions(store.root()));
    return allFrom(store, first, new ArrayList<>());
  }

  private static CompletableFuture<List<ConsumerGroup>> allFrom(
      EventStore store, Bytes from, List<ConsumerGroup> found) {
    String prefix = GroupKeys.definitions(store.root());
    Bytes end = Keys.prefixEnd(Bytes.utf8(prefix));
    return store
        .client()
        .kv()
        .rangeAsync(Range.between(from, end).limit(PAGE))
        .thenCompose(response -> {
          List<KeyValue> kvs = response.kvs();
          for (KeyValue kv : kvs) {
            String name = kv.key().toUtf8().substring(prefix.length());
            GroupOptions known = GroupOptions.DEFAULT.partitions(GroupKeys.partitionsIn(kv));
            found.add(new ConsumerGroup(store, name, /* query= */ null, known));
          }
          return response.more()
              ? allFrom(store, Keys.after(kvs.get(kvs.size() - 1).key()), found)
              : CompletableFuture.completedFuture(List.copyOf(found));
        });
  }

  /** All groups that were ever used, as {@link #allAsync} brings them, waited for. */
  public static List<ConsumerGroup> all(EventStore store) {
    return store.client().await(allAsync(store));
  }

  /** Its name. */
  public String name() {
    return name;
  }

  EventStore store() {
    return store;
  }

  /** Which events it handles; fails if it is only there to be looked at. */
  Query query() {
    if (query == null) {
      throw new IllegalStateException(
          "the group " + name + " was listed: to take part in it, name it with its query");
    }
    return query;
  }

  GroupOptions options() {
    return options;
  }

  GroupKeys keys() {
    return keys;
  }

  // ---- consuming -------------------------------------------------------------------------------

  /**
   * Joins the group, with a handler that does what it does elsewhere.
   *
   * @param executor runs the handler, which may block there; one task for each partition at a time
   * @return completes once others see the consumer
   */
  public CompletableFuture<Consumer> atLeastOnceAsync(EventHandler handler, Executor executor) {
    return joinAsync(Handling.atLeastOnce(handler), executor);
  }

  /** Joins the group as {@link #atLeastOnceAsync} does, and waits for it. */
  public Consumer atLeastOnce(EventHandler handler, Executor executor) {
    return client.await(atLeastOnceAsync(handler, executor));
  }

  /**
   * Joins the group, with a projector whose writes the store does as the checkpoint moves.
   *
   * @param executor runs the projector; one task for each partition at a time
   * @return completes once others see the consumer
   */
  public CompletableFuture<Consumer> exactlyOnceAsync(Projector projector, Executor executor) {
    return joinAsync(Handling.exactlyOnce(projector), executor);
  }

  /** Joins the group as {@link #exactlyOnceAsync} does, and waits for it. */
  public Consumer exactlyOnce(Projector projector, Executor executor) {
    return client.await(exactlyOnceAsync(projector, executor));
  }

  /**
   * Takes part in the group until that is closed, with a handler that does what it does elsewhere:
   * joins it, and joins it anew when a consumer has ended, for having been cut off for too long for
   * example. Begins at once, also while the store can't be reached.
   *
   * @param executor runs the handler, which may block there; one task for each partition at a time
   */
  public ConsumerRun runAtLeastOnce(EventHandler handler, Executor executor) {
    return run(Handling.atLeastOnce(handler), executor);
  }

  /**
   * Takes part in the group as {@link #runAtLeastOnce} does, with a projector whose writes the
   * store does as the checkpoint moves.
   *
   * @param executor runs the projector; one task for each partition at a time
   */
  public ConsumerRun runExactlyOnce(Projector projector, Executor executor) {
    return run(Handling.exactlyOnce(projector), executor);
  }

  private ConsumerRun run(Handling handling, Executor executor) {
    var unused = query();
    return ConsumerRun.begin(this, /* defines= */ true, handling, executor);
  }

  private CompletableFuture<Consumer> joinAsync(Handling handling, Executor executor) {
    var unused = query();
    return Consumer.join(this, define(), handling, executor);
  }

  /** Takes part in a group that is there; in one that isn't, or isn't any more, it fails. */
  ConsumerRun runExisting(Projector projector, Executor executor) {
    return ConsumerRun.begin(this, /* defines= */ false, Handling.exactlyOnce(projector), executor);
  }

  /** Says how many partitions the group has. */
  Put definition() {
    return Put.of(keys.definition(), Bytes.utf8(Integer.toString(options.partitions())));
  }

  /** What was said when the group was used for the first time holds. */
  CompletableFuture<Void> define() {
    Bytes mine = definition().value();
    Txn txn =
        Txn.when(Compare.absent(keys.definition()))
            .then(definition())
            .otherwise(Range.key(keys.definition()));
    return client
        .kv()
        .txnAsync(txn)
        .thenAccept(response -> {
          if (!response.succeeded()) {
            RangeResponse found = (RangeResponse) response.responses().get(0);
            Bytes said = found.first().map(KeyValue::value).orElse(mine);
            if (!said.equals(mine)) {
              throw defined(said);
            }
          }
        });
  }

  /** Why a consumer with other options can't join. */
  QuorateException defined(Bytes said) {
    return QuorateException.of(
        ErrorCode.INVALID_REQUEST,
        "group "
            + name
            + " has "
            + said.toUtf8()
            + " partitions, and can't have "
            + options.partitions()
            + ": use as many, or another group");
  }

  /** Completes if the group is there, and is divided as this says; fails otherwise. */
  CompletableFuture<Void> requireDefined() {
    return definedAsync()
        .thenAccept(said -> {
          if (said.isEmpty()) {
            throw dropped();
          } else if (!said.get().equals(definition().value())) {
            throw defined(said.get());
          }
        });
  }

  QuorateException dropped() {
    return QuorateException.of(ErrorCode.NOT_FOUND, "the group " + name + " was dropped");
  }

  /** What was said of the group when it was used for the first time; empty if it isn't there. */
  CompletableFuture<Optional<Bytes>> definedAsync() {
    return client
        .kv()
        .rangeAsync(Range.key(keys.definition()))
        .thenApply(response -> response.first().map(KeyValue::value));
  }

  /**
   * Forgets the group: how far it was, and what it has parked. What consumers it has is ended in
   * the same step, and fails: they can't write anything any more. A group of the same name begins
   * anew.
   */
  public CompletableFuture<Void> dropAsync() {
    Txn txn = Txn.always(Delete.key(keys.definition()), Delete.prefix(keys.all()));
    return client.kv().txnAsync(txn).thenAccept(response -> {});
  }

  /** Forgets the group as {@link #dropAsync} does, and waits for it. */
  public void drop() {
    client.await(dropAsync());
  }

  // ---- looking ---------------------------------------------------------------------------------

  /** How its partitions stand. */
  public CompletableFuture<List<PartitionStatus>> statusAsync() {
    return client
        .kv()
        .txnAsync(Txn.always(Range.prefix(keys.owners()), Range.prefix(keys.checkpoints())))
        .thenApply(response -> {
          List<KeyValue> owners = ((RangeResponse) response.responses().get(0)).kvs();
          List<KeyValue> checkpoints = ((RangeResponse) response.responses().get(1)).kvs();
          List<PartitionStatus> all = new ArrayList<>();
          for (int i = 0; i < options.partitions(); i++) {
            String owner = find(owners, keys.owner(i)).map(kv -> kv.value().toUtf8()).orElse("");
            Position checkpoint =
                find(checkpoints, keys.checkpoint(i))
                    .map(GroupKeys::checkpointIn)
                    .orElse(options.from());
            all.add(new PartitionStatus(i, owner, checkpoint));
          }
          return List.copyOf(all);
        });
  }

  private static Optional<KeyValue> find(List<KeyValue> kvs, Bytes key) {
    return kvs.stream().filter(kv -> kv.key().equals(key)).findFirst();
  }

  /** The furthest that any of its partitions is handled. */
  CompletableFuture<Position> furthestAsync() {
    return client
        .kv()
        .rangeAsync(Range.prefix(keys.checkpoints()))
        .thenApply(response ->
            response.kvs().stream()
                .map(GroupKeys::checkpointIn)
                .max(Comparator.naturalOrder())
                .orElse(Position.START));
  }

  /** How its partitions stand, waited for. */
  public List<PartitionStatus> status() {
    return client.await(statusAsync());
  }

  /** The events that couldn't be handled, by partition and position. */
  public CompletableFuture<List<ParkedEvent>> parkedAsync() {
    return parkedFrom(keys.parked(), new ArrayList<>());
  }

  private CompletableFuture<List<ParkedEvent>> parkedFrom(Bytes from, List<ParkedEvent> found) {
    Bytes end = Keys.prefixEnd(keys.parked());
    return client
        .kv()
        .rangeAsync(Range.between(from, end).limit(PAGE))
        .thenCompose(response -> {
          List<KeyValue> kvs = response.kvs();
          kvs.forEach(kv -> found.add(ParkedEvent.of(kv)));
          return response.more()
              ? parkedFrom(Keys.after(kvs.get(kvs.size() - 1).key()), found)
              : CompletableFuture.completedFuture(List.copyOf(found));
        });
  }

  /** The events that couldn't be handled, waited for. */
  public List<ParkedEvent> parked() {
    return client.await(parkedAsync());
  }

  /**
   * Asks whoever handles its partition to try a parked event again. That moves no checkpoint: the
   * events behind it were handled meanwhile, so what its handling depends on may be further than it
   * was.
   *
   * @return completes with whether it was parked still
   */
  public CompletableFuture<Boolean> retryAsync(ParkedEvent parked) {
    Bytes key = keys.parked(parked.partition(), parked.position());
    Bytes wanted = keys.wanted(parked.partition(), parked.position());
    return client
        .kv()
        .txnAsync(Txn.when(Compare.exists(key)).then(Put.of(wanted, Bytes.EMPTY)))
        .thenApply(TxnResponse::succeeded);
  }

  /** Asks for a parked event to be tried again, and waits until that is asked. */
  public boolean retry(ParkedEvent parked) {
    return client.await(retryAsync(parked));
  }

  /**
   * Forgets a parked event, which is never handled then, unless that is under way just now.
   *
   * @return completes with whether it was parked still
   */
  public CompletableFuture<Boolean> discardAsync(ParkedEvent parked) {
    Bytes key = keys.parked(parked.partition(), parked.position());
    Bytes wanted = keys.wanted(parked.partition(), parked.position());
    return client
        .kv()
        .txnAsync(Txn.when(Compare.exists(key)).then(Delete.key(key), Delete.key(wanted)))
        .thenApply(TxnResponse::succeeded);
  }

  /** Forgets a parked event as {@link #discardAsync} does, and waits for it. */
  public boolean discard(ParkedEvent parked) {
    return client.await(discardAsync(parked));
  }
}

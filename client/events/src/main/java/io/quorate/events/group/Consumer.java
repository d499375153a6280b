package io.quorate.events.group;

import io.quorate.base.Bytes;
import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.client.CachedPrefix;
import io.quorate.client.Compare;
import io.quorate.client.Delete;
import io.quorate.client.KeyValue;
import io.quorate.client.Op;
import io.quorate.client.Put;
import io.quorate.client.QuorateClient;
import io.quorate.client.Range;
import io.quorate.client.RangeResponse;
import io.quorate.client.Session;
import io.quorate.client.Txn;
import io.quorate.client.TxnResponse;
import io.quorate.events.EventListener;
import io.quorate.events.EventStore;
import io.quorate.events.Position;
import io.quorate.events.RecordedEvent;
import io.quorate.events.Subscription;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * One of a group's consumers: it owns some partitions, and handles their events.
 *
 * <p>Each consumer sees who else is there, and by that how many partitions are its due: what it has
 * beyond that it gives back, and of what nobody has it takes what it lacks. So partitions move only
 * when they must. Who owns one is decided by the store.
 *
 * <p>All of its partitions are fed by one subscription. When one of them has too much waiting, or
 * all have together, the feed ends, and begins again where the last was taken when there is room: a
 * slow handler reads history later, and holds little in memory. It does hold up the other
 * partitions of its consumer.
 *
 * <p>Safe for use by many threads.
 */
public final class Consumer implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(Consumer.class.getName());
  private static final long TICK_NANOS = 1_000_000_000L;
  private static final long RETRY_NANOS = 100_000_000L;

  /** The most bytes of events that wait in all partitions, beyond which the feed stops. */
  private static final long WAITING_BYTES_MAX = 32L << 20;

  /** So many partitions are taken at once. */
  private static final int TAKEN_MAX = 32;

  private final ConsumerGroup group;
  private final EventStore store;
  private final QuorateClient client;
  private final GroupKeys keys;
  private final Handling handling;
  private final Executor executor;
  private final Session session;
  private final CompletableFuture<QuorateException> failure = new CompletableFuture<>();
  private final CompletableFuture<Void> left = new CompletableFuture<>();

  /** Of the events that wait in all partitions. */
  private final AtomicLong waitingBytes = new AtomicLong();

  // Guarded by this.
  private final TreeMap<Integer, Partition> owned = new TreeMap<>();

  /** Those that are being given back. */
  private final TreeMap<Integer, Partition> leaving = new TreeMap<>();

  /** How many answers are awaited of partitions that were to be taken, or given back as strays. */
  private int taking;

  private boolean tookSome;

  private boolean closed;
  private @Nullable CachedPrefix live;
  private @Nullable CachedPrefix wishes;
  private @Nullable Subscription feed;

  /** The feed, or the last one that there was. */
  private @Nullable Subscription latest;

  /** Whether the feed has ended for want of room. */
  private boolean stalled;

  /** Tells a feed that has ended from the present one. */
  private long feeds;

  /** The revision of the wishes that were told last. */
  private long heard;

  private Consumer(ConsumerGroup group, Handling handling, Executor executor, Session session) {
    this.group = group;
    this.handling = handling;
    this.executor = executor;
    this.session = session;
    store = group.store();
    client = store.client();
    keys = group.keys();
  }

  /**
   * Cancelling what is returned takes the consumer back, however far it is.
   *
   * @param isThere completes when the group is defined
   */
  static CompletableFuture<Consumer> join(
      ConsumerGroup group, CompletableFuture<Void> isThere, Handling handling, Executor executor) {
    CompletableFuture<Consumer> joined = new CompletableFuture<>();
    var unused =
        isThere
            .thenCompose(defined -> group.store().client().sessionAsync(group.options().ttl()))
            .thenCompose(session -> {
              Consumer consumer = new Consumer(group, handling, executor, session);
              if (joined.isDone()) {
                return consumer.closeAsync().thenApply(closed -> consumer);
              }
              return consumer
                  .begin()
                  .whenComplete((begun, failed) -> {
                    if (failed != null) {
                      var unusedToo = consumer.closeAsync();
                    }
                  });
            })
            .whenComplete((consumer, failed) -> {
              if (failed != null) {
                joined.completeExceptionally(QuorateException.reason(failed));
              } else if (!joined.complete(consumer)) {
                var unusedToo = consumer.closeAsync(); // nobody wants it any more
              }
            });
    return joined;
  }

  private CompletableFuture<Consumer> begin() {
    Bytes me = keys.member(session.lease());
    return client
        .kv()
        .putAsync(Put.of(me, Bytes.utf8(name())).lease(session.lease()))
        .thenCompose(put -> client.cacheAsync(keys.live()))
        .thenCompose(seen -> {
          begun(seen, Runnable::run, view -> look());
          return client.cacheAsync(keys.wanted());
        })
        .thenApply(seen -> {
          begun(seen, executor, this::hear);
          wanted();
          var unused = session.whenLost(this::fail);
          look();
          tickLater();
          return this;
        });
  }

  private void begun(
      CachedPrefix seen, Executor tells, java.util.function.Consumer<CachedPrefix.View> listener) {
    boolean over;
    synchronized (this) {
      over = closed;
      if (live == null) {
        live = seen;
      } else {
        wishes = seen;
      }
    }
    if (over) {
      seen.close();
      return;
    }
    var unused = seen.onChange(listener, tells);
    var unusedToo = seen.loss().thenAccept(this::fail);
  }

  /** What it calls itself: the session's lease, which is in the keys too. */
  public String name() {
    return Long.toHexString(session.lease());
  }

  /** The partitions that it owns at the moment. */
  public synchronized List<Integer> partitions() {
    return List.copyOf(owned.keySet());
  }

  /**
   * Completes with why once it can't go on: its session was lost, the store can't be asked any
   * more, an event can't be read, or a handler threw an {@link Error}. Another may be joined then.
   * Never if it is closed before.
   */
  public CompletableFuture<QuorateException> failure() {
    return failure.copy();
  }

  String groupName() {
    return group.name();
  }

  EventStore store() {
    return store;
  }

  // ---- whose is what ---------------------------------------------------------------------------

  /** Who is there, and who owns what, may be another. */
  private void look() {
    CachedPrefix seen;
    synchronized (this) {
      if (closed || taking > 0) {
        return; // looks again when all have answered
      }
      seen = live;
    }
    if (seen == null) {
      return;
    }
    CachedPrefix.View view = seen.view();
    List<KeyValue> members = members(view);
    int rank = rank(members);
    if (rank < 0) { // it was put there before this was read first: somebody has taken it away
      takenOut();
      return;
    }
    int partitions = group.options().partitions();
    int due = partitions / members.size() + (rank < partitions % members.size() ? 1 : 0);
    List<Partition> extra = new ArrayList<>();
    List<Integer> wanted = new ArrayList<>();
    synchronized (this) {
      if (closed || taking > 0) {
        return; // somebody else has looked just now
      }
      while (owned.size() > due) {
        Partition last = owned.pollLastEntry().getValue();
        leaving.put(last.number(), last);
        extra.add(last);
      }
      if (owned.size() < due) {
        int most = Math.min(TAKEN_MAX, due - owned.size());
        wanted.addAll(free(view, rank * partitions / members.size(), most));
        taking = wanted.size();
      }
    }
    for (Partition each : extra) {
      var unused = each.release();
    }
    wanted.forEach(this::take);
    hasRoom();
  }

  /** The lease has ended, or the group was dropped, and may have been begun anew. */
  private void takenOut() {
    var unused =
        group
            .definedAsync()
            .thenAccept(said ->
                fail(
                    said.isEmpty()
                        ? group.dropped()
                        : QuorateException.of(
                            ErrorCode.STATE_MOVED,
                            "consumer "
                                + name()
                                + " of "
                                + group.name()
                                + " was taken out of the group")));
  }

  private List<KeyValue> members(CachedPrefix.View view) {
    Bytes prefix = keys.members();
    List<KeyValue> members = new ArrayList<>();
    for (KeyValue kv : view.entries().tailMap(prefix, true).values()) {
      if (kv.key().startsWith(prefix)) {
        members.add(kv);
      }
    }
    members.sort(Comparator.comparingLong(KeyValue::createRevision));
    return members;
  }

  private int rank(List<KeyValue> members) {
    for (int i = 0; i < members.size(); i++) {
      if (members.get(i).lease() == session.lease()) {
        return i;
      }
    }
    return -1;
  }

  /**
   * Partitions that nobody owns, from one on; and those that are this consumer's by the store,
   * whose answer was lost. With the lock held.
   */
  private List<Integer> free(CachedPrefix.View view, int from, int most) {
    int partitions = group.options().partitions();
    List<Integer> free = new ArrayList<>();
    for (int i = 0; i < partitions && free.size() < most; i++) {
      int each = (from + i) % partitions;
      KeyValue owner = view.entries().get(keys.owner(each));
      if (!isKnown(each) && (owner == null || owner.lease() == session.lease())) {
        free.add(each);
      }
    }
    return free;
  }

  /**
   * Gives back what is this consumer's by the store, and was taken by an attempt whose answer was
   * lost and whose place another has filled since. If that isn't so any more, nothing is done.
   */
  private void giveBackStrays() {
    List<KeyValue> strays = new ArrayList<>();
    synchronized (this) {
      if (closed || taking > 0 || live == null) {
        return;
      }
      CachedPrefix.View view = live.view();
      for (int i = 0; i < group.options().partitions(); i++) {
        KeyValue owner = view.entries().get(keys.owner(i));
        if (!isKnown(i) && owner != null && owner.lease() == session.lease()) {
          strays.add(owner);
        }
      }
      taking = strays.size(); // none of them is taken meanwhile
    }
    for (KeyValue each : strays) {
      Compare isThat = Compare.createRevision(each.key()).is(each.createRevision());
      var unused =
          client
              .kv()
              .txnAsync(Txn.when(isThat).then(Delete.key(each.key())))
              .whenComplete((response, failed) -> answered());
    }
  }

  /** A partition without a checkpoint gets one at once, so that it begins there for good. */
  private void take(int partition) {
    Bytes owner = keys.owner(partition);
    Bytes at = keys.checkpoint(partition);
    Op first =
        Txn.when(Compare.absent(at)).then(Put.of(at, Bytes.utf8(group.options().from().toText())));
    Txn txn =
        Txn.when(
                Compare.absent(owner),
                Compare.value(keys.definition()).is(group.definition().value()))
            .then(Put.of(owner, Bytes.utf8(name())).lease(session.lease()), first, Range.key(at))
            .otherwise(Range.key(owner), Range.key(keys.definition()), Range.key(at));
    var unused =
        client
            .kv()
            .txnAsync(txn)
            .whenComplete((response, failed) -> {
              try {
                if (failed != null) {
                  takeFailed(QuorateException.reason(failed));
                } else {
                  taken(partition, response);
                }
              } catch (QuorateException e) {
                fail(e);
              } catch (RuntimeException e) {
                fail(
                    QuorateException.of(
                        ErrorCode.OUTCOME_UNKNOWN, "taking a partition failed: " + e, e));
              }
            });
  }

  private void taken(int number, TxnResponse response) {
    int last = response.responses().size() - 1;
    KeyValue at = ((RangeResponse) response.responses().get(last)).first().orElse(null);
    long tenure = response.header().revision();
    boolean mine = response.succeeded();
    if (!mine) { // by an attempt of ours that was left without an answer, perhaps
      KeyValue owner = ((RangeResponse) response.responses().get(0)).first().orElse(null);
      mine = owner != null && owner.lease() == session.lease();
      tenure = owner == null ? 0 : owner.createRevision();
      KeyValue defined = ((RangeResponse) response.responses().get(1)).first().orElse(null);
      if (defined == null) {
        fail(group.dropped());
      } else if (!defined.value().equals(group.definition().value())) {
        fail(group.defined(defined.value()));
      }
    }
    if (mine && at != null) {
      Position checkpoint = GroupKeys.checkpointIn(at);
      Partition partition =
          new Partition(this, group, handling, executor, number, tenure, checkpoint);
      endFeed(() -> own(partition));
    }
    answered();
  }

  /** Whether a partition is owned here, or being given back. With the lock held. */
  private boolean isKnown(int partition) {
    return owned.containsKey(partition) || leaving.containsKey(partition);
  }

  /** With the lock held. */
  private void own(Partition partition) {
    if (!closed && !isKnown(partition.number())) {
      owned.put(partition.number(), partition);
      tookSome = true;
    }
  }

  /** One more of those that were to be taken has been answered. */
  private void answered() {
    boolean all;
    boolean some;
    synchronized (this) {
      taking--;
      all = taking == 0;
      some = tookSome;
      tookSome &= !all;
    }
    if (!all) {
      return;
    }
    refeed();
    if (some) {
      wanted();
      look();
    } else { // others were faster, and the cache doesn't show it yet
      client.timer().after(RETRY_NANOS, this::look);
    }
  }

  private void takeFailed(QuorateException why) {
    if (Tenure.passes(why) || why.code() == ErrorCode.SPACE_EXCEEDED) {
      answered();
    } else if (why.code() != ErrorCode.NOT_FOUND) { // a lease that ended, which the session tells
      fail(why);
    }
  }

  /** A partition is this consumer's no more. */
  void lost(Partition partition) {
    synchronized (this) {
      owned.remove(partition.number(), partition);
      leaving.remove(partition.number(), partition);
    }
    look();
  }

  // ---- wishes ----------------------------------------------------------------------------------

  private void wanted() {
    CachedPrefix seen;
    synchronized (this) {
      seen = wishes;
    }
    if (seen != null) {
      hear(seen.view());
    }
  }

  /**
   * Somebody wants parked events to be tried again. A key that nobody here wrote is passed over.
   */
  private void hear(CachedPrefix.View view) {
    Map<Integer, Set<Partition.Wanted>> wishes = new TreeMap<>();
    for (KeyValue kv : view.entries().values()) {
      String[] parts = kv.key().toUtf8().split("#", -1);
      try {
        int number = Integer.parseInt(parts[parts.length - 2], 16);
        Position position = Position.parse(parts[parts.length - 1]);
        wishes
            .computeIfAbsent(number, each -> new LinkedHashSet<>())
            .add(new Partition.Wanted(position, kv.modRevision()));
      } catch (IllegalArgumentException e) {
        LOG.log(System.Logger.Level.DEBUG, "no wish: key={0}", kv.key().toUtf8());
      }
    }
    List<Partition> all;
    synchronized (this) {
      if (view.revision() < heard) {
        return; // somebody else has told of a later one
      }
      heard = view.revision();
      all = List.copyOf(owned.values());
    }
    all.forEach(each -> each.want(wishes.getOrDefault(each.number(), Set.of())));
  }

  // ---- the feed --------------------------------------------------------------------------------

  /**
   * Events wait in a partition, or don't any more.
   *
   * @return whether there is room for more
   */
  boolean holds(long bytes) {
    return waitingBytes.addAndGet(bytes) < WAITING_BYTES_MAX;
  }

  /** The feed may begin again where it has stalled, if all have room. */
  void hasRoom() {
    synchronized (this) {
      if (!stalled
          || waitingBytes.get() > WAITING_BYTES_MAX / 2
          || !owned.values().stream().allMatch(Partition::isHalfEmpty)) {
        return;
      }
      stalled = false;
    }
    refeed();
  }

  /** Ends the feed, if there is one, in one step with a change of what it feeds. */
  private void endFeed(Runnable change) {
    Subscription before;
    synchronized (this) {
      before = feed;
      feed = null;
      feeds++;
      change.run();
    }
    if (before != null) {
      before.close();
    }
  }

  /** Begins the feed anew where the partition is that is least far. */
  private void refeed() {
    endFeed(() -> {
      if (!closed && !stalled && !owned.isEmpty()) {
        Position from =
            owned.values().stream()
                .map(Partition::fed)
                .min(Comparator.naturalOrder())
                .orElseThrow();
        Feed next = new Feed(feeds);
        feed =
            latest == null
                ? store.subscribe(group.query(), from, next, executor)
                : latest.again(from, next);
        latest = feed;
      }
    });
  }

  private final class Feed implements EventListener {
    private final long number;

    Feed(long number) {
      this.number = number;
    }

    /** While this has the lock, no partition comes that this feed is ahead of. */
    @Override
    public void event(RecordedEvent event) {
      int partitions = group.options().partitions();
      Partition partition;
      Subscription ended = null;
      synchronized (Consumer.this) {
        if (number != feeds) {
          return;
        }
        partition = owned.get(GroupKeys.partitionOf(event.stream(), partitions));
        if (partition != null && !partition.offer(event)) {
          stalled = true;
          ended = feed;
          feed = null;
          feeds++;
        }
      }
      if (ended != null) {
        ended.close();
      }
      if (partition != null) {
        partition.goOn();
        hasRoom(); // it may have been made meanwhile
      }
    }

    @Override
    public void upTo(Position position) {
      synchronized (Consumer.this) {
        if (number == feeds) {
          owned.values().forEach(each -> each.reached(position));
        }
      }
    }

    @Override
    public void ended(QuorateException why) {
      synchronized (Consumer.this) {
        if (number != feeds) {
          return;
        }
      }
      fail(why);
    }
  }

  private void tickLater() {
    client
        .timer()
        .after(
            TICK_NANOS,
            () -> {
              List<Partition> all;
              synchronized (this) {
                if (closed || client.isClosed()) {
                  return;
                }
                all = List.copyOf(owned.values());
              }
              tickLater();
              all.forEach(Partition::tick);
              look();
              giveBackStrays();
            });
  }

  // ---- its end ---------------------------------------------------------------------------------

  /** It can't go on: nothing more is handled, and others take over. */
  void fail(QuorateException why) {
    boolean isFirst;
    List<Partition> all;
    synchronized (this) {
      isFirst = !closed;
      all = new ArrayList<>(owned.values());
      all.addAll(leaving.values());
    }
    all.forEach(Partition::abandon);
    var unused = closeAsync();
    if (isFirst) {
      boolean isExpected = why.code() == ErrorCode.STOPPED && client.isClosed();
      LOG.log(
          isExpected ? System.Logger.Level.DEBUG : System.Logger.Level.WARNING,
          "consumer ended: group={0} consumer={1} reason={2}",
          group.name(),
          name(),
          why.getMessage());
      failure.complete(why); // last, since who hears of it may do what takes long
    }
  }

  /**
   * Leaves the group: what is handled just now is finished, its checkpoint is written, and the
   * partitions go over to others at once. What isn't finished within the time to live is left.
   */
  public CompletableFuture<Void> closeAsync() {
    List<Partition> all;
    synchronized (this) {
      if (closed) {
        return left.copy();
      }
      closed = true;
      all = new ArrayList<>(owned.values());
      all.addAll(leaving.values());
    }
    endFeed(() -> {});
    for (CachedPrefix each : caches()) {
      each.close();
    }
    CompletableFuture<?>[] releases =
        all.stream().map(Partition::release).toArray(CompletableFuture<?>[]::new);
    CompletableFuture<Void> released = CompletableFuture.allOf(releases);
    client.timer().after(group.options().ttl().toNanos(), () -> all.forEach(Partition::abandon));
    var unused =
        released
            .handle((done, failed) -> null)
            .thenCompose(done -> session.closeAsync())
            .whenComplete((done, failed) -> left.complete(null));
    return left.copy();
  }

  private synchronized List<CachedPrefix> caches() {
    List<CachedPrefix> caches = new ArrayList<>();
    if (live != null) {
      caches.add(live);
    }
    if (wishes != null) {
      caches.add(wishes);
    }
    return caches;
  }

  /**
   * Leaves the group as {@link #closeAsync} does, and waits for it unless the thread must not. From
   * within a handler it takes the time to live, since that is what it waits for.
   */
  @Override
  public void close() {
    CompletableFuture<Void> closing = closeAsync();
    if (!client.mustNotBlock()) {
      client.await(closing);
    }
  }
}

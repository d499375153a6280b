package io.quorate.events.group;

import io.quorate.base.Bytes;
import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.client.CachedPrefix;
import io.quorate.client.Compare;
import io.quorate.client.KeyValue;
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
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * One of a group's consumers: it owns some partitions, and handles their events.
 *
 * <p>Each consumer sees who else is there, and by that how many partitions are its due: what it has
 * beyond that it gives back, and of what nobody has it takes what it lacks. So partitions move only
 * when they must. Who owns one is decided by the store.
 *
 * <p>All of its partitions are fed by one subscription. When one of them has too much waiting the
 * feed ends, and begins again where the last was taken when there is room: a slow handler reads
 * history later, and holds nothing.
 *
 * <p>Safe for use by many threads.
 */
public final class Consumer implements AutoCloseable {
  private static final long TICK_NANOS = 1_000_000_000L;

  private final ConsumerGroup group;
  private final EventStore store;
  private final QuorateClient client;
  private final GroupKeys keys;
  private final Handling handling;
  private final Executor executor;
  private final Session session;
  private final CompletableFuture<QuorateException> failure = new CompletableFuture<>();

  // Guarded by this.
  private final TreeMap<Integer, Partition> owned = new TreeMap<>();
  private final TreeMap<Integer, Partition> leaving = new TreeMap<>();
  private boolean acquiring;
  private boolean closed;
  private @Nullable CachedPrefix cache;
  private @Nullable Subscription feed;
  private boolean stalled;
  private long feeds;

  private Consumer(ConsumerGroup group, Handling handling, Executor executor, Session session) {
    this.group = group;
    this.handling = handling;
    this.executor = executor;
    this.session = session;
    store = group.store();
    client = store.client();
    keys = group.keys();
  }

  static CompletableFuture<Consumer> join(
      ConsumerGroup group, Handling handling, Executor executor) {
    QuorateClient client = group.store().client();
    return client
        .sessionAsync(group.options().ttl())
        .thenCompose(session -> {
          Consumer consumer = new Consumer(group, handling, executor, session);
          return consumer
              .begin()
              .whenComplete((begun, failed) -> {
                if (failed != null) {
                  var unused = consumer.closeAsync();
                }
              });
        });
  }

  private CompletableFuture<Consumer> begin() {
    Bytes me = keys.member(session.lease());
    return client
        .kv()
        .putAsync(Put.of(me, Bytes.utf8(name())).lease(session.lease()))
        .thenCompose(put -> client.cacheAsync(keys.all()))
        .thenApply(seen -> {
          synchronized (this) {
            cache = seen;
          }
          var unused = seen.onChange(view -> look(), Runnable::run);
          var unusedToo = seen.loss().thenAccept(this::fail);
          var unusedThird = session.whenLost(this::fail);
          look();
          tickLater();
          return this;
        });
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
   * more, or an event can't be read. Another may be joined then. Never if it is closed before.
   */
  public CompletableFuture<QuorateException> failure() {
    return failure.copy();
  }

  EventStore store() {
    return store;
  }

  // ---- whose is what ---------------------------------------------------------------------------

  /** Who is there, and who owns what, may be another. */
  private void look() {
    CachedPrefix seen;
    synchronized (this) {
      if (closed) {
        return;
      }
      if (acquiring) {
        return; // looks when that is done
      }
      seen = cache;
    }
    if (seen == null) {
      return;
    }
    CachedPrefix.View view = seen.view();
    wantParked(view);
    List<KeyValue> members = members(view);
    int rank = rank(members);
    if (rank < 0) {
      return; // not seen yet, or not any more: then the session tells
    }
    int partitions = group.options().partitions();
    int due = partitions / members.size() + (rank < partitions % members.size() ? 1 : 0);
    Partition extra = null;
    int wanted = -1;
    synchronized (this) {
      if (owned.size() > due) {
        extra = owned.lastEntry().getValue();
        owned.remove(extra.number());
        leaving.put(extra.number(), extra);
      } else if (owned.size() < due) {
        wanted = free(view, rank * partitions / members.size());
        acquiring = wanted >= 0;
      }
    }
    if (extra != null) {
      var unused = extra.release();
      look();
    } else if (wanted >= 0) {
      acquire(wanted);
    }
  }

  private List<KeyValue> members(CachedPrefix.View view) {
    Bytes prefix = keys.members();
    List<KeyValue> members = new ArrayList<>();
    view.entries()
        .tailMap(prefix, true)
        .forEach((key, kv) -> {
          if (key.startsWith(prefix)) {
            members.add(kv);
          }
        });
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

  /** A partition that nobody owns, from one on; -1 if there is none. With the lock held. */
  private int free(CachedPrefix.View view, int from) {
    int partitions = group.options().partitions();
    for (int i = 0; i < partitions; i++) {
      int each = (from + i) % partitions;
      boolean mine = owned.containsKey(each) || leaving.containsKey(each);
      if (!mine && !view.entries().containsKey(keys.owner(each))) {
        return each;
      }
    }
    return -1;
  }

  private void acquire(int partition) {
    Bytes owner = keys.owner(partition);
    Txn txn =
        Txn.when(Compare.absent(owner))
            .then(
                Put.of(owner, Bytes.utf8(name())).lease(session.lease()),
                Range.key(keys.checkpoint(partition)))
            .otherwise(Range.key(owner), Range.key(keys.checkpoint(partition)));
    var unused =
        client
            .kv()
            .txnAsync(txn)
            .whenComplete((response, failed) -> {
              if (failed != null) {
                acquireFailed(QuorateException.reason(failed));
              } else {
                acquired(partition, response);
              }
            });
  }

  private void acquired(int partition, TxnResponse response) {
    KeyValue at = ((RangeResponse) response.responses().get(1)).first().orElse(null);
    long tenure = response.header().revision();
    boolean mine = response.succeeded();
    if (!mine) { // by an attempt of ours that was left without an answer, perhaps
      KeyValue owner = ((RangeResponse) response.responses().get(0)).first().orElse(null);
      mine = owner != null && owner.lease() == session.lease();
      tenure = owner == null ? 0 : owner.createRevision();
    }
    boolean over;
    synchronized (this) {
      acquiring = false;
      over = closed;
      if (mine && !closed && !owned.containsKey(partition) && !leaving.containsKey(partition)) {
        owned.put(partition, partition(partition, tenure, at));
      }
    }
    if (!over) {
      refeed();
      look();
    }
  }

  private Partition partition(int number, long tenure, @Nullable KeyValue at) {
    Position checkpoint = at == null ? group.options().from() : Position.parse(at.value().toUtf8());
    Partition partition =
        new Partition(this, group, handling, executor, number, tenure, checkpoint);
    if (at != null) {
      partition.hasCheckpoint();
    }
    return partition;
  }

  private void acquireFailed(QuorateException why) {
    synchronized (this) {
      acquiring = false;
    }
    if (why instanceof QuorateException.Unavailable
        || why instanceof QuorateException.Indeterminate) {
      client.timer().after(TICK_NANOS / 10, this::look);
    } else if (why.code() != ErrorCode.NOT_FOUND) { // a lease that ended, which the session tells
      fail(why);
    }
  }

  private void wantParked(CachedPrefix.View view) {
    Bytes prefix = keys.parked();
    for (KeyValue kv : view.entries().tailMap(prefix, true).values()) {
      if (!kv.key().startsWith(prefix)) {
        break;
      }
      ParkedEvent parked = ParkedEvent.of(kv);
      Partition partition;
      synchronized (this) {
        partition = owned.get(parked.partition());
      }
      if (parked.wanted() && partition != null) {
        partition.want(parked);
      }
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

  // ---- the feed --------------------------------------------------------------------------------

  /** A partition has room again. */
  void hasRoom() {
    boolean again;
    synchronized (this) {
      again =
          stalled
              && owned.values().stream().allMatch(each -> each.hasRoom(Partition.WAITING_MAX / 2));
      if (again) {
        stalled = false;
      }
    }
    if (again) {
      refeed();
    }
  }

  /** Begins the feed anew where the partition begins that is least far. */
  private void refeed() {
    Subscription before;
    synchronized (this) {
      before = feed;
      feed = null;
      feeds++;
      if (!closed && !stalled && !owned.isEmpty()) {
        Position from =
            owned.values().stream()
                .map(Partition::fed)
                .min(Comparator.naturalOrder())
                .orElseThrow();
        feed = store.subscribe(group.query(), from, new Feed(feeds), executor);
      }
    }
    if (before != null) {
      before.close();
    }
  }

  private final class Feed implements EventListener {
    private final long number;

    Feed(long number) {
      this.number = number;
    }

    @Override
    public void event(RecordedEvent event) {
      int partitions = group.options().partitions();
      Partition partition;
      synchronized (Consumer.this) {
        if (number != feeds || stalled) {
          return;
        }
        partition = owned.get(GroupKeys.partitionOf(event.stream(), partitions));
      }
      if (partition != null && !partition.offer(event)) {
        stall();
      }
    }

    private void stall() {
      Subscription present;
      synchronized (Consumer.this) {
        if (number != feeds) {
          return;
        }
        stalled = true;
        feeds++;
        present = feed;
        feed = null;
      }
      if (present != null) {
        present.close();
      }
      hasRoom(); // it may have been made meanwhile
    }

    @Override
    public void upTo(Position position) {
      List<Partition> all;
      synchronized (Consumer.this) {
        if (number != feeds) {
          return;
        }
        all = List.copyOf(owned.values());
      }
      all.forEach(each -> each.reached(position));
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
                if (closed) {
                  return;
                }
                all = List.copyOf(owned.values());
              }
              all.forEach(Partition::tick);
              look();
              tickLater();
            });
  }

  // ---- its end ---------------------------------------------------------------------------------

  void fail(QuorateException why) {
    synchronized (this) {
      if (closed) {
        return;
      }
    }
    failure.complete(why);
    var unused = closeAsync();
  }

  /**
   * Leaves the group: what is handled just now is finished, its checkpoint is written, and the
   * partitions go over to others at once.
   */
  public CompletableFuture<Void> closeAsync() {
    List<Partition> all;
    CachedPrefix seen;
    Subscription present;
    synchronized (this) {
      closed = true;
      all = new ArrayList<>(owned.values());
      all.addAll(leaving.values());
      seen = cache;
      present = feed;
      feed = null;
      feeds++;
    }
    if (present != null) {
      present.close();
    }
    if (seen != null) {
      seen.close();
    }
    CompletableFuture<?>[] releases =
        all.stream().map(Partition::release).toArray(CompletableFuture<?>[]::new);
    return CompletableFuture.allOf(releases)
        .handle((released, failed) -> null)
        .thenCompose(released -> session.closeAsync());
  }

  /** Leaves the group as {@link #closeAsync} does, and waits for it unless the thread must not. */
  @Override
  public void close() {
    CompletableFuture<Void> closed = closeAsync();
    if (!client.mustNotBlock()) {
      client.await(closed);
    }
  }
}

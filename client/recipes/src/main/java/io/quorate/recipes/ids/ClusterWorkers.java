package io.quorate.recipes.ids;

import io.quorate.base.Bytes;
import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.client.Compare;
import io.quorate.client.Delete;
import io.quorate.client.KeyValue;
import io.quorate.client.Op;
import io.quorate.client.Put;
import io.quorate.client.QuorateClient;
import io.quorate.client.Range;
import io.quorate.client.RangeResponse;
import io.quorate.client.Session;
import io.quorate.client.SessionState;
import io.quorate.client.Txn;
import io.quorate.client.TxnResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Workers that a cluster's generators share.
 *
 * <pre>
 * quorate/ids/NAME/w/DATACENTER-WORKER     it is claimed; goes with the owner's session
 * quorate/ids/NAME/hw/DATACENTER-WORKER    up to when its time is reserved: milliseconds since 1970
 * </pre>
 *
 * <p>A worker is claimed by making its first key; its time is reserved by writing the second, which
 * only that very claim may do, and only on top of what it last knew to be there. So a reservation
 * of an owner that was replaced meanwhile comes to nothing, however late it arrives, and two owners
 * that both believe to be it never share a moment. Nor does a process share one with its clone,
 * beyond what was reserved before they parted: of two that have the same claim, the one that writes
 * first keeps it, and the other finds a time there that it didn't write.
 *
 * <p>Thread-safe.
 */
final class ClusterWorkers implements Workers {
  /** How often a claim is tried that others were quicker with. */
  private static final int ATTEMPTS_MAX = 64;

  private final QuorateClient client;
  private final String name;
  private final String folder;
  private final SnowflakeLayout layout;
  private final int datacenter;
  private final Duration ttl;
  private final IdClock clock;
  private final Random random;

  // Guarded by this.
  private @Nullable CompletableFuture<Session> session;
  private final List<InStore> claimed = new ArrayList<>();
  private boolean closed;

  ClusterWorkers(
      QuorateClient client,
      String name,
      SnowflakeLayout layout,
      int datacenter,
      Duration ttl,
      IdClock clock) {
    this.client = client;
    this.name = name;
    this.layout = layout;
    this.datacenter = datacenter;
    this.ttl = ttl;
    this.clock = clock;
    folder = "quorate/ids/" + name + "/";
    random = new Random(clock.nanoTime());
  }

  private Bytes claimKey(int worker) {
    return Bytes.utf8(folder + "w/" + datacenter + "-" + worker);
  }

  private Bytes untilKey(int worker) {
    return Bytes.utf8(folder + "hw/" + datacenter + "-" + worker);
  }

  // ---- claiming --------------------------------------------------------------------------------

  @Override
  public CompletableFuture<Claim> claim(long after) {
    return session().thenCompose(present -> claim(present, ATTEMPTS_MAX));
  }

  /** The session that is, or another if that is lost. */
  private synchronized CompletableFuture<Session> session() {
    if (closed) {
      return CompletableFuture.failedFuture(
          QuorateException.of(ErrorCode.STOPPED, "the generator is closed"));
    }
    CompletableFuture<Session> present = session;
    boolean usable =
        present != null
            && !present.isCompletedExceptionally()
            && !(present.isDone() && present.join().state() instanceof SessionState.Lost);
    if (present == null || !usable) {
      present = client.sessionAsync(ttl);
      session = present;
    }
    return present;
  }

  private CompletableFuture<Claim> claim(Session present, int attempts) {
    return client
        .kv()
        .txnAsync(
            Txn.always(
                Range.prefix(Bytes.utf8(folder + "w/" + datacenter + "-")).withKeysOnly(),
                Range.prefix(Bytes.utf8(folder + "hw/" + datacenter + "-"))))
        .thenCompose(state -> {
          int worker = choose(state);
          if (worker < 0) {
            return CompletableFuture.failedFuture(
                QuorateException.of(
                    ErrorCode.WORKERS_EXHAUSTED,
                    "all "
                        + layout.workers()
                        + " workers of datacenter "
                        + datacenter
                        + " are in use: close generators, or take a layout with more"));
          }
          return take(present, worker, attempts);
        });
  }

  /** One that nobody has, and whose time is over if there is such; any of those. */
  private int choose(TxnResponse state) {
    TreeMap<Integer, Long> until = new TreeMap<>();
    for (KeyValue kv : ((RangeResponse) state.responses().get(1)).kvs()) {
      until.put(worker(kv.key()), millis(kv.value()));
    }
    List<Integer> free = new ArrayList<>();
    for (int worker = 0; worker < layout.workers(); worker++) {
      free.add(worker);
    }
    for (KeyValue kv : ((RangeResponse) state.responses().get(0)).kvs()) {
      free.remove(Integer.valueOf(worker(kv.key())));
    }
    long now = clock.millis();
    List<Integer> over = free.stream().filter(each -> until.getOrDefault(each, 0L) < now).toList();
    if (!over.isEmpty()) {
      synchronized (random) {
        return over.get(random.nextInt(over.size()));
      }
    }
    int first = -1;
    for (int worker : free) {
      if (first < 0 || until.getOrDefault(worker, 0L) < until.getOrDefault(first, 0L)) {
        first = worker;
      }
    }
    return first;
  }

  private static int worker(Bytes key) {
    String text = key.toUtf8();
    return Integer.parseInt(text.substring(text.lastIndexOf('-') + 1));
  }

  private CompletableFuture<Claim> take(Session present, int worker, int attempts) {
    Bytes key = claimKey(worker);
    Txn txn =
        Txn.when(Compare.absent(key))
            .then(Put.of(key, Bytes.EMPTY).lease(present.lease()), Range.key(untilKey(worker)))
            .otherwise(Range.key(key).withKeysOnly(), Range.key(untilKey(worker)));
    return client
        .kv()
        .txnAsync(txn)
        .thenCompose(response -> {
          Optional<KeyValue> known = ((RangeResponse) response.responses().get(1)).first();
          if (response.succeeded()) {
            return CompletableFuture.completedFuture(
                claimed(worker, response.header().revision(), known));
          }
          if (attempts <= 1) {
            return CompletableFuture.failedFuture(
                QuorateException.of(
                    ErrorCode.OVERLOADED, "others were quicker with each worker that was free"));
          }
          return claim(present, attempts - 1);
        })
        .exceptionallyCompose(failure -> {
          QuorateException why = QuorateException.reason(failure);
          return why.code() == ErrorCode.NOT_FOUND && attempts > 1
              ? another(present).thenCompose(next -> claim(next, attempts - 1))
              : CompletableFuture.failedFuture(why);
        });
  }

  /** A member says that the session's lease is gone, which the session hasn't noticed yet. */
  private CompletableFuture<Session> another(Session gone) {
    synchronized (this) {
      CompletableFuture<Session> present = session;
      if (present != null && present.isDone() && gone.equals(present.getNow(null))) {
        session = null;
      }
    }
    var unused = gone.closeAsync();
    return session();
  }

  private Claim claimed(int worker, long createdAt, Optional<KeyValue> known) {
    InStore reservation =
        new InStore(
            worker,
            createdAt,
            known.map(KeyValue::modRevision).orElse(0L),
            known.map(kv -> millis(kv.value())).orElse(Long.MIN_VALUE));
    synchronized (this) {
      claimed.add(reservation);
    }
    return new Claim(datacenter, worker, reservation);
  }

  private static long millis(Bytes value) {
    try {
      return Long.parseLong(value.toUtf8());
    } catch (NumberFormatException e) {
      throw QuorateException.of(
          ErrorCode.DATA_DAMAGED, "a worker's reserved time is no number: " + value.toUtf8(), e);
    }
  }

  @Override
  public void requireMayBlock() {
    client.requireMayBlock();
  }

  @Override
  public void idAwaited(long nanos) {
    client.tell(IdObserver.class, each -> each.idAwaited(name, Duration.ofNanos(nanos)));
  }

  @Override
  public void every(long nanos, Runnable task) {
    client
        .timer()
        .after(
            nanos,
            () -> {
              synchronized (this) {
                if (closed || client.isClosed()) {
                  return;
                }
              }
              task.run();
              every(nanos, task);
            });
  }

  @Override
  public void close() {
    CompletableFuture<Session> present;
    List<CompletableFuture<Void>> all = new ArrayList<>();
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
      present = session;
      claimed.forEach(each -> all.add(each.given()));
    }
    CompletableFuture<Void> given =
        CompletableFuture.allOf(all.toArray(new CompletableFuture<?>[0]));
    CompletableFuture<Void> ended =
        present == null
            ? given
            : given.thenCompose(done -> present.thenCompose(Session::closeAsync));
    if (!client.mustNotBlock()) {
      client.await(ended.handle((done, failure) -> null));
    }
  }

  /** A claim's time, as far as this process knows it to be. */
  private final class InStore implements Reservation {
    private final int worker;
    private final long createdAt;
    private final long from;
    private final CompletableFuture<Void> given = new CompletableFuture<>();

    // Guarded by this.
    private long knownAt;
    private long until;

    /** What it has tried to write on top of what it knows, and isn't known to have. */
    private final Set<Long> unknown = new HashSet<>();

    private CompletableFuture<?> last = CompletableFuture.completedFuture(null);
    private boolean over;

    /**
     * @param createdAt the revision at which the claim was made
     * @param knownAt the revision at which the reserved time was written; 0 if it never was
     * @param until what it was; {@code Long.MIN_VALUE} if it never was
     */
    InStore(int worker, long createdAt, long knownAt, long until) {
      this.worker = worker;
      this.createdAt = createdAt;
      this.knownAt = knownAt;
      this.until = until;
      long epoch = layout.epoch().toEpochMilli();
      from = until == Long.MIN_VALUE ? 0 : Math.max(0, until + 1 - epoch);
    }

    @Override
    public long from() {
      return from;
    }

    /** Completes once the worker is given back, or there is nothing to give. */
    CompletableFuture<Void> given() {
      synchronized (this) {
        return over ? given : CompletableFuture.completedFuture(null);
      }
    }

    @Override
    public CompletableFuture<Long> extend(long wanted) {
      long epoch = layout.epoch().toEpochMilli();
      boolean looks;
      synchronized (this) {
        looks = !unknown.isEmpty();
      }
      CompletableFuture<Void> ready = looks ? look() : CompletableFuture.completedFuture(null);
      CompletableFuture<Long> extension =
          ready.thenCompose(done -> write(wanted + epoch)).thenApply(millis -> millis - epoch);
      synchronized (this) {
        last = extension;
      }
      return extension;
    }

    /** Writes a time, or the one that is there if that is later, on top of what it knows. */
    private CompletableFuture<Long> write(long wanted) {
      long at;
      long millis;
      synchronized (this) {
        at = knownAt;
        millis = Math.max(until, wanted);
      }
      Txn txn =
          Txn.when(
                  Compare.createRevision(claimKey(worker)).is(createdAt),
                  Compare.modRevision(untilKey(worker)).is(at))
              .then(put(millis))
              .otherwise(Range.key(claimKey(worker)).withKeysOnly(), Range.key(untilKey(worker)));
      return client
          .kv()
          .txnAsync(txn)
          .whenComplete((response, failure) -> {
            if (failure != null
                && QuorateException.reason(failure) instanceof QuorateException.Indeterminate) {
              mayBeWritten(millis); // it is looked at before the next
            }
          })
          .thenCompose(response -> {
            if (response.succeeded()) {
              written(response.header().revision(), millis);
              return CompletableFuture.completedFuture(millis);
            }
            return seen(response).thenCompose(done -> write(millis));
          });
    }

    private synchronized void mayBeWritten(long millis) {
      unknown.add(millis);
    }

    /** What it has tried to write on top of something else comes to nothing from now on. */
    private synchronized void written(long revision, long millis) {
      knownAt = revision;
      until = millis;
      unknown.clear();
    }

    private Op put(long millis) {
      return Put.of(untilKey(worker), Bytes.utf8(Long.toString(millis)));
    }

    private CompletableFuture<Void> look() {
      return client
          .kv()
          .txnAsync(
              Txn.always(Range.key(claimKey(worker)).withKeysOnly(), Range.key(untilKey(worker))))
          .thenCompose(this::seen);
    }

    /** What is there now; fails if the claim isn't, or somebody else writes under it. */
    private CompletableFuture<Void> seen(TxnResponse response) {
      Optional<KeyValue> claim = ((RangeResponse) response.responses().get(0)).first();
      Optional<KeyValue> known = ((RangeResponse) response.responses().get(1)).first();
      if (claim.map(KeyValue::createRevision).orElse(0L) != createdAt) {
        return lost("is another generator's by now");
      }
      long revision = known.map(KeyValue::modRevision).orElse(0L);
      synchronized (this) {
        if (revision == knownAt) {
          return CompletableFuture.completedFuture(null);
        }
      }
      long millis = known.map(kv -> millis(kv.value())).orElse(Long.MIN_VALUE);
      synchronized (this) {
        if (unknown.contains(millis)) {
          written(revision, millis);
          return CompletableFuture.completedFuture(null);
        }
      }
      return lost("has a clone of this process, or the store was restored");
    }

    private CompletableFuture<Void> lost(String why) {
      return CompletableFuture.failedFuture(
          QuorateException.of(
              ErrorCode.OWNERSHIP_LOST, "worker " + datacenter + "-" + worker + " " + why));
    }

    @Override
    public void release(long lastIssued) {
      CompletableFuture<?> before;
      synchronized (this) {
        if (over) {
          return;
        }
        over = true;
        before = last;
      }
      long millis = lastIssued + layout.epoch().toEpochMilli();
      var unused = before.whenComplete((done, failure) -> giveBack(millis));
    }

    /** If it isn't known what is there, that stays, and the next begins later. */
    private void giveBack(long millis) {
      long at;
      synchronized (this) {
        at = knownAt;
      }
      Txn txn =
          Txn.when(
                  Compare.createRevision(claimKey(worker)).is(createdAt),
                  Compare.modRevision(untilKey(worker)).is(at))
              .then(put(millis), Delete.key(claimKey(worker)));
      var unused =
          client.kv().txnAsync(txn).whenComplete((response, failure) -> given.complete(null));
    }
  }
}

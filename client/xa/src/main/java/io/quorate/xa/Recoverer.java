package io.quorate.xa;

import io.quorate.base.Bytes;
import io.quorate.base.QuorateException;
import io.quorate.client.KeyValue;
import io.quorate.client.Keys;
import io.quorate.client.Op;
import io.quorate.client.QuorateClient;
import io.quorate.client.Range;
import io.quorate.client.RangeResponse;
import io.quorate.client.Txn;
import io.quorate.client.WatchEnd;
import io.quorate.client.WatchListener;
import io.quorate.client.WatchRequest;
import io.quorate.client.WatchResponse;
import io.quorate.client.Watcher;
import io.quorate.xa.branch.BranchId;
import io.quorate.xa.branch.Resource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Finishes what others have left, for as long as this process runs: looks through its resources now
 * and then, and at once when an incarnation ends.
 *
 * <p>A round looks for prepared branches first, and reads the store after that; so a branch that
 * was found without a decision, of an incarnation that had ended by then, never gets one ({@link
 * io.quorate.txn.Recovery}). What is to be done follows from what was read alone; so any number of
 * processes may do the same at the same time. A resource that can't be looked through proves
 * nothing and is left for the next round.
 *
 * <p>What it does with what it has found: {@code Findings}. Nothing here waits.
 */
final class Recoverer {
  private static final System.Logger LOG = System.getLogger(Recoverer.class.getName());

  /** After a round that left something, the next one begins so soon. */
  private static final long SOON_NANOS = 1_000_000_000L;

  /** A resource that takes longer is passed over; what it says later counts for nothing. */
  private static final long LOOK_NANOS_MAX = 3_000_000_000L;

  private static final long PAGE = 500;

  /** No resource's name: rounds fail for the store. */
  private static final String STORE = "the store";

  private final QuorateClient client;
  private final DomainKeys keys;
  private final long domain;
  private final List<Resource<?>> resources;
  private final Sweeps sweeps;
  private final Findings findings;
  private final long periodNanos;

  // Guarded by this.
  private boolean running;
  private boolean wanted;
  private boolean closed;
  private long rounds;
  private @Nullable Watcher watcher;
  private final Set<String> unreachable = new TreeSet<>();

  /** The resources that are being looked through. */
  private final Set<String> looking = new TreeSet<>();

  Recoverer(
      QuorateClient client,
      DomainKeys keys,
      long domain,
      Incarnations incarnations,
      Heuristics heuristics,
      List<Resource<?>> resources,
      Duration period,
      Duration kept) {
    this.client = client;
    this.keys = keys;
    this.domain = domain;
    this.resources = resources;
    sweeps = new Sweeps(client, keys, kept);
    findings = new Findings(client, keys, domain, incarnations, heuristics, resources);
    periodNanos = period.toNanos();
  }

  /** What was found prepared at one resource. */
  record Scan(Resource<?> resource, List<BranchId> branches) {}

  /**
   * What is known of incarnations, at one revision.
   *
   * @param living the numbers of those that live
   * @param lives those of which something may be found, by their numbers
   * @param periods those that are known of any of them, by their keys' incarnations
   */
  record Lives(Set<Long> living, Map<Long, KeyValue> lives, Map<Long, List<KeyValue>> periods) {
    boolean isOver(long incarnation) {
      return !living.contains(incarnation);
    }
  }

  void start() {
    watch();
    wake();
  }

  private void watch() {
    if (isClosed()) {
      return;
    }
    Watcher started =
        client
            .watch()
            .start(
                WatchRequest.prefix(keys.incarnations()).withoutPuts(),
                new WatchListener() {
                  @Override
                  public void events(WatchResponse response) {
                    wake();
                  }

                  @Override
                  public void ended(WatchEnd end) {
                    client.timer().after(SOON_NANOS, Recoverer.this::watch);
                  }
                });
    boolean late;
    synchronized (this) {
      late = closed;
      watcher = started;
    }
    if (late) {
      started.close();
    }
  }

  private synchronized boolean isClosed() {
    return closed || client.isClosed();
  }

  /** A round begins, now or when the present one has ended. */
  void wake() {
    synchronized (this) {
      wanted = true;
      if (running || closed) {
        return;
      }
      wanted = false;
      running = true;
      rounds++;
    }
    round();
  }

  private void round() {
    List<CompletableFuture<@Nullable Scan>> scans = new ArrayList<>();
    for (Resource<?> each : resources) {
      scans.add(scan(each));
    }
    var unused =
        CompletableFuture.allOf(scans.toArray(new CompletableFuture<?>[0]))
            .thenCompose(done -> {
              List<Scan> found = new ArrayList<>();
              for (CompletableFuture<@Nullable Scan> each : scans) {
                Scan scan = each.join();
                if (scan != null) {
                  found.add(scan);
                }
              }
              return judge(found);
            })
            .whenComplete((settled, failure) -> {
              reached(STORE, failure);
              ended(failure == null && settled);
            });
  }

  /** What is prepared at a resource; null if it couldn't be looked through. */
  private CompletableFuture<@Nullable Scan> scan(Resource<?> resource) {
    synchronized (this) {
      if (!looking.add(resource.name())) { // the last look has not come back yet
        return CompletableFuture.completedFuture(null);
      }
    }
    CompletableFuture<@Nullable Scan> scan = new CompletableFuture<>();
    var unused =
        looked(resource)
            .whenComplete((found, failure) -> {
              synchronized (this) {
                looking.remove(resource.name());
              }
              scan.complete(found);
            });
    if (!scan.isDone()) {
      client.timer().after(LOOK_NANOS_MAX, () -> scan.complete(null)); // the others go on
    }
    return scan;
  }

  private CompletableFuture<@Nullable Scan> looked(Resource<?> resource) {
    CompletableFuture<List<BranchId>> prepared;
    try {
      prepared = resource.prepared(domain);
    } catch (RuntimeException e) {
      prepared = CompletableFuture.failedFuture(e);
    }
    return prepared.handle((branches, failure) -> {
      reached(resource.name(), failure);
      if (failure != null) {
        client.tell(TransactionObserver.class, each -> each.lookFailed(resource.name()));
      }
      return failure == null ? new Scan(resource, branches) : null;
    });
  }

  /** Logs a resource that can't be reached once, and once that it can again. */
  private void reached(String name, @Nullable Throwable failure) {
    boolean changed;
    synchronized (this) {
      changed = failure == null ? unreachable.remove(name) : unreachable.add(name);
    }
    if (changed && failure != null) {
      LOG.log(
          System.Logger.Level.WARNING,
          "recovery can''t look through resource={0}: {1}",
          name,
          QuorateException.reason(failure).getMessage());
    } else if (changed) {
      LOG.log(System.Logger.Level.INFO, "recovery looks through resource={0} again", name);
    }
  }

  /** Gives whether nothing is left for a next round. */
  private CompletableFuture<Boolean> judge(List<Scan> scans) {
    return readLives()
        .thenCompose(lives ->
            findings
                .finish(scans, lives)
                .thenCompose(pending ->
                    sweeps
                        .sweep(scans, lives, pending)
                        .thenApply(swept -> swept && !isOurs(pending) && isAll(scans))));
  }

  /** Whether any of it is at a resource of this process: what others have is theirs. */
  private boolean isOurs(Set<Findings.Place> pending) {
    return pending.stream()
        .anyMatch(
            place -> resources.stream().anyMatch(each -> each.name().equals(place.resource())));
  }

  private boolean isAll(List<Scan> scans) {
    return scans.size() == resources.size();
  }

  private CompletableFuture<Lives> readLives() {
    return pages(Range.prefix(keys.incarnations()), new ArrayList<>())
        .thenCompose(living -> {
          long revision = living.revision;
          return pages(Range.prefix(keys.lives()).revision(revision), new ArrayList<>())
              .thenCombine(
                  pages(Range.prefix(keys.knowns()).revision(revision), new ArrayList<>()),
                  (lives, periods) -> lives(living.all, lives.all, periods.all));
        });
  }

  private static Lives lives(List<KeyValue> inc, List<KeyValue> life, List<KeyValue> known) {
    Set<Long> living = new TreeSet<>();
    inc.forEach(each -> living.add(each.createRevision()));
    Map<Long, KeyValue> lives = new TreeMap<>();
    for (KeyValue each : life) {
      number(each.key(), DomainKeys::lastNumber).ifPresent(number -> lives.put(number, each));
    }
    Map<Long, List<KeyValue>> periods = new TreeMap<>();
    for (KeyValue each : known) {
      number(each.key(), DomainKeys::numberBeforeLast)
          .ifPresent(
              number -> periods.computeIfAbsent(number, unused -> new ArrayList<>()).add(each));
    }
    return new Lives(living, lives, periods);
  }

  /** Somebody else's key, which isn't of that form, is passed over. */
  private static Optional<Long> number(Bytes key, Function<Bytes, Long> read) {
    try {
      return Optional.of(read.apply(key));
    } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
      return Optional.empty();
    }
  }

  /** All that a range has, at one revision. */
  private record Pages(long revision, List<KeyValue> all) {}

  /** Page by page: those that follow the first are read at its revision. */
  private CompletableFuture<Pages> pages(Range range, List<KeyValue> before) {
    return client
        .kv()
        .rangeAsync(range.limit(PAGE).withoutCount())
        .thenCompose(response -> {
          before.addAll(response.kvs());
          long revision = range.revision() == 0 ? response.header().revision() : range.revision();
          if (!response.more()) {
            return CompletableFuture.completedFuture(new Pages(revision, before));
          }
          Bytes last = response.kvs().get(response.kvs().size() - 1).key();
          return pages(
              Range.between(Keys.after(last), range.rangeEnd()).revision(revision), before);
        });
  }

  private void ended(boolean settled) {
    boolean again;
    long number;
    synchronized (this) {
      running = false;
      again = wanted;
      number = rounds;
      if (closed) {
        return;
      }
    }
    if (again) {
      wake();
      return;
    }
    client
        .timer()
        .after(settled ? periodNanos : Math.min(periodNanos, SOON_NANOS), () -> wakeIfNone(number));
  }

  /** If no other round began since that one. */
  private void wakeIfNone(long since) {
    synchronized (this) {
      if (rounds != since) {
        return;
      }
    }
    if (!isClosed()) {
      wake();
    }
  }

  void close() {
    Watcher present;
    synchronized (this) {
      closed = true;
      present = watcher;
    }
    if (present != null) {
      present.close();
    }
  }

  /** One after another; the first failure ends it. */
  static <T> CompletableFuture<Void> oneByOne(
      List<T> all, Function<? super T, CompletableFuture<Void>> step) {
    return oneByOne(all, 0, step);
  }

  private static <T> CompletableFuture<Void> oneByOne(
      List<T> all, int from, Function<? super T, CompletableFuture<Void>> step) {
    int at = from;
    while (at < all.size()) { // those that are done at once need no stack
      CompletableFuture<Void> next = step.apply(all.get(at++));
      if (!next.isDone() || next.isCompletedExceptionally()) {
        int rest = at;
        return next.thenCompose(unused -> oneByOne(all, rest, step));
      }
    }
    return CompletableFuture.completedFuture(null);
  }

  /** Reads some keys at one revision, each in its place; absent ones are null. */
  static CompletableFuture<List<@Nullable KeyValue>> read(QuorateClient client, List<Bytes> keys) {
    List<Op> questions = new ArrayList<>();
    keys.forEach(each -> questions.add(Range.key(each)));
    return client
        .kv()
        .txnAsync(Txn.always(questions.toArray(new Op[0])))
        .thenApply(response -> {
          List<@Nullable KeyValue> values = new ArrayList<>();
          response
              .responses()
              .forEach(each -> values.add(((RangeResponse) each).first().orElse(null)));
          return values;
        });
  }
}

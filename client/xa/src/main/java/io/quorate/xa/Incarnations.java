package io.quorate.xa;

import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.client.QuorateClient;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;

/**
 * The lives of this process, one after another: when one is over, the next begins. Those that are
 * over stay known until their last transaction is. Safe for use by many threads.
 */
final class Incarnations {
  private static final System.Logger LOG = System.getLogger(Incarnations.class.getName());

  private final QuorateClient client;
  private final DomainKeys keys;
  private final Duration ttl;
  private final List<String> resources;
  private final String about;
  private final Duration kept;
  private final ConcurrentNavigableMap<Long, Incarnation> known = new ConcurrentSkipListMap<>();

  // Guarded by this.
  private CompletableFuture<Incarnation> current = new CompletableFuture<>();
  private boolean closed;
  private int failures;

  Incarnations(
      QuorateClient client,
      DomainKeys keys,
      Duration ttl,
      List<String> resources,
      String about,
      Duration kept) {
    this.client = client;
    this.keys = keys;
    this.ttl = ttl;
    this.resources = resources;
    this.about = about;
    this.kept = kept;
  }

  /** Begins the first; fails if it can't. */
  CompletableFuture<Incarnation> start() {
    CompletableFuture<Incarnation> first = another();
    var unused =
        first.whenComplete((incarnation, failure) -> {
          if (failure == null) {
            begun(incarnation);
          }
        });
    return first;
  }

  private CompletableFuture<Incarnation> another() {
    return Incarnation.begin(client, keys, ttl, resources, about, kept);
  }

  private void begun(Incarnation incarnation) {
    CompletableFuture<Incarnation> waiting;
    boolean late;
    synchronized (this) {
      late = closed;
      failures = 0;
      waiting = current;
      if (!late) {
        known.put(incarnation.number(), incarnation);
      }
    }
    if (late) {
      var unused = incarnation.session().closeAsync();
      return;
    }
    LOG.log(System.Logger.Level.INFO, "coordinator began {0}", incarnation);
    client.tell(TransactionObserver.class, TransactionObserver::coordinatorBegan);
    waiting.complete(incarnation);
    var unused = incarnation.session().whenLost(why -> lost(incarnation, why));
  }

  private void lost(Incarnation incarnation, QuorateException why) {
    synchronized (this) {
      if (closed) {
        return;
      }
      current = new CompletableFuture<>();
    }
    client.tell(TransactionObserver.class, TransactionObserver::coordinatorLost);
    LOG.log(
        System.Logger.Level.WARNING,
        "coordinator over {0}: {1}; its transactions that are not decided will be aborted",
        incarnation,
        why.getMessage());
    beginNext();
  }

  private void beginNext() {
    synchronized (this) {
      if (closed || client.isClosed()) {
        return;
      }
    }
    var unused =
        another()
            .whenComplete((incarnation, failure) -> {
              if (failure == null) {
                begun(incarnation);
                return;
              }
              int attempt;
              synchronized (this) {
                attempt = failures++;
              }
              client.timer().after(Pause.ofStore(attempt), this::beginNext);
            });
  }

  /** The present one; completes when there is one. */
  synchronized CompletableFuture<Incarnation> current() {
    return closed
        ? CompletableFuture.failedFuture(
            QuorateException.of(ErrorCode.STOPPED, "no transactions are taken any more"))
        : current.copy();
  }

  /** Whether a transaction is one of this process's that isn't over. */
  boolean isActive(long number, long sequence) {
    Incarnation own = known.get(number);
    return own != null && own.active().containsKey(sequence);
  }

  /** Whether it is, or was, this process that lived so. */
  boolean isOwn(long number) {
    return known.containsKey(number);
  }

  /** All that have transactions, or may have. */
  Iterable<Incarnation> all() {
    Optional<Incarnation> present = present();
    known
        .values()
        .removeIf(each ->
            each.active().isEmpty()
                && present.filter(each::equals).isEmpty()
                && each.session().loss().isPresent());
    return known.values();
  }

  private synchronized Optional<Incarnation> present() {
    return current.isDone() && !current.isCompletedExceptionally()
        ? Optional.of(current.join())
        : Optional.empty();
  }

  /** None begins any more; those that live go on. */
  void stop() {
    CompletableFuture<Incarnation> waiting;
    synchronized (this) {
      closed = true;
      waiting = current;
    }
    waiting.completeExceptionally(
        QuorateException.of(ErrorCode.STOPPED, "no transactions are taken any more"));
  }

  /** Completes when nothing that is finished is left to be forgotten, or a call's time is over. */
  CompletableFuture<Void> flush() {
    CompletableFuture<?>[] all =
        known.values().stream()
            .map(each -> each.forgetting().flush())
            .toArray(CompletableFuture[]::new);
    CompletableFuture<Void> flushed = CompletableFuture.allOf(all);
    client.timer().after(client.options().timeout().toNanos(), () -> flushed.complete(null));
    return flushed;
  }

  /** Ends the sessions: what is left is anybody's from now on. */
  CompletableFuture<Void> end() {
    return CompletableFuture.allOf(
        known.values().stream()
            .map(each -> each.session().closeAsync())
            .toArray(CompletableFuture[]::new));
  }
}

package io.quorate.recipes.ids;

import io.quorate.base.Bytes;
import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.client.Compare;
import io.quorate.client.KeyValue;
import io.quorate.client.Put;
import io.quorate.client.QuorateClient;
import io.quorate.client.Range;
import io.quorate.client.RangeResponse;
import io.quorate.client.Txn;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Small numbers that are each issued once, from 1 on, in segments that a process takes from the
 * store one at a time: so most of them cost no round trip.
 *
 * <p>For what people read, as numbers of orders. They rise within a process, and are dense but for
 * what is left of segments: of one that ends, and of one whose taking was never answered. Processes
 * that take turns don't issue them in the order of time; {@link SnowflakeIds} do, nearly.
 *
 * <pre>
 * quorate/segments/NAME        the first number that nobody has taken
 * </pre>
 *
 * <p>The next segment is taken when half of the present one is used up. Safe for use by many
 * threads.
 */
public final class SegmentIds {
  private static final long STEP_MAX = 1_000_000_000L;

  private final QuorateClient client;
  private final String name;
  private final Bytes key;
  private final long step;

  private volatile Segment present = new Segment(1, 1, 0);

  // Guarded by this.
  private @Nullable Segment next;
  private @Nullable CompletableFuture<Void> underWay;
  private boolean unsure = true;
  private long knownAt;
  private long free;

  /** Numbers that are this process's. */
  private static final class Segment {
    final AtomicLong number;
    final long end;
    final long wantsNextAt;

    /**
     * @param end behind the last
     */
    Segment(long first, long end, long wantsNextAt) {
      number = new AtomicLong(first);
      this.end = end;
      this.wantsNextAt = wantsNextAt;
    }
  }

  private SegmentIds(QuorateClient client, String name, long step) {
    this.client = client;
    this.name = name;
    this.step = step;
    key = Bytes.utf8("quorate/segments/" + name);
  }

  /**
   * The numbers of this name.
   *
   * @param name not empty
   * @param step how many are taken at a time: 1 to 1,000,000,000. Processes may differ in it
   */
  public static SegmentIds of(QuorateClient client, String name, long step) {
    if (name.isEmpty()) {
      throw new IllegalArgumentException("numbers need a name");
    }
    if (step < 1 || step > STEP_MAX) {
      throw new IllegalArgumentException("step=" + step + " is not 1 to " + STEP_MAX);
    }
    return new SegmentIds(client, name, step);
  }

  /** What they are numbers of. */
  public String name() {
    return name;
  }

  /** The next number, if there is one without waiting; else a segment is being taken. */
  public OptionalLong tryNextId() {
    while (true) {
      Segment now = present;
      long number = now.number.get();
      if (number >= now.end) {
        if (!advance(now)) {
          var unused = take();
          return OptionalLong.empty();
        }
      } else if (now.number.compareAndSet(number, number + 1)) {
        if (number == now.wantsNextAt) {
          var unused = take();
        }
        return OptionalLong.of(number);
      }
    }
  }

  /**
   * The next number; waits for a segment if need be, for as long as a call takes.
   *
   * @throws QuorateException.Unavailable if none can be taken now, or the thread was interrupted,
   *     which stays set
   * @throws QuorateException.Indeterminate if it isn't known whether one was: the next call takes
   *     another
   * @throws QuorateException.Rejected if there are no more
   */
  public long nextId() {
    OptionalLong number = tryNextId();
    return number.isPresent() ? number.getAsLong() : awaitNext();
  }

  private long awaitNext() {
    long began = client.timer().nanoTime();
    long deadline = began + client.options().timeout().toNanos();
    OptionalLong number = OptionalLong.empty();
    try {
      while (number.isEmpty()) {
        awaitSegment(deadline - client.timer().nanoTime());
        number = tryNextId();
      }
      return number.getAsLong();
    } finally {
      Duration waited = Duration.ofNanos(client.timer().nanoTime() - began);
      client.tell(IdObserver.class, each -> each.idAwaited(name, waited));
    }
  }

  private void awaitSegment(long nanosMax) {
    CompletableFuture<Void> taking = take();
    if (!taking.isDone()) {
      client.requireMayBlock();
    }
    try {
      taking.get(nanosMax, TimeUnit.NANOSECONDS);
    } catch (ExecutionException e) {
      QuorateException why = QuorateException.reason(e);
      throw QuorateException.of(why.code(), String.valueOf(why.getMessage()), why);
    } catch (TimeoutException e) {
      throw QuorateException.of(
          ErrorCode.UNREACHABLE, "no segment of " + name + " within a call's time", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw QuorateException.of(ErrorCode.INTERRUPTED, "interrupted while waiting for a number", e);
    }
  }

  /** The segment that was taken in advance is the present one from now on, if there is one. */
  private synchronized boolean advance(Segment used) {
    if (present != used) {
      return true;
    }
    Segment following = next;
    if (following == null) {
      return false;
    }
    next = null;
    present = following;
    return true;
  }

  /** Takes the next segment, once for all who want it. */
  private CompletableFuture<Void> take() {
    CompletableFuture<Void> taking;
    synchronized (this) {
      CompletableFuture<Void> already = underWay;
      if (already != null) {
        return already;
      }
      if (next != null) {
        return CompletableFuture.completedFuture(null);
      }
      taking = new CompletableFuture<>();
      underWay = taking;
    }
    var unused =
        look()
            .thenCompose(known -> step())
            .whenComplete((done, failure) -> {
              synchronized (this) {
                underWay = null;
                unsure |= failure != null;
              }
              if (failure == null) {
                taking.complete(null);
              } else {
                taking.completeExceptionally(QuorateException.reason(failure));
              }
            });
    return taking;
  }

  /** Learns what is free, unless that is known. */
  private CompletableFuture<Void> look() {
    synchronized (this) {
      if (!unsure) {
        return CompletableFuture.completedFuture(null);
      }
    }
    return client.kv().rangeAsync(Range.key(key)).thenAccept(response -> learned(response.first()));
  }

  private synchronized void learned(Optional<KeyValue> known) {
    unsure = false;
    knownAt = known.map(KeyValue::modRevision).orElse(0L);
    free = known.map(kv -> number(kv.value())).orElse(1L);
  }

  private long number(Bytes value) {
    try {
      return Long.parseLong(value.toUtf8());
    } catch (NumberFormatException e) {
      throw QuorateException.of(
          ErrorCode.DATA_DAMAGED,
          "what is free of " + name + " is no number: " + value.toUtf8(),
          e);
    }
  }

  private CompletableFuture<Void> step() {
    long first;
    long at;
    synchronized (this) {
      first = free;
      at = knownAt;
    }
    if (first < 1 || first > Long.MAX_VALUE - step) {
      return CompletableFuture.failedFuture(
          QuorateException.of(
              ErrorCode.INVALID_REQUEST, "there are no more numbers of " + name + ": " + first));
    }
    Txn txn =
        Txn.when(Compare.modRevision(key).is(at))
            .then(Put.of(key, Bytes.utf8(Long.toString(first + step))))
            .otherwise(Range.key(key));
    return client
        .kv()
        .txnAsync(txn)
        .thenCompose(response -> {
          if (!response.succeeded()) {
            learned(((RangeResponse) response.responses().get(0)).first());
            return step(); // others were quicker
          }
          synchronized (this) {
            knownAt = response.header().revision();
            free = first + step;
            next = new Segment(first, first + step, first + step / 2);
          }
          return CompletableFuture.completedFuture(null);
        });
  }
}

package io.quorate.recipes;

import io.quorate.base.Bytes;
import io.quorate.base.QuorateException;
import io.quorate.client.CachedPrefix;
import io.quorate.client.Compare;
import io.quorate.client.Delete;
import io.quorate.client.KeyValue;
import io.quorate.client.Put;
import io.quorate.client.QuorateClient;
import io.quorate.client.Range;
import io.quorate.client.RangeResponse;
import io.quorate.client.Txn;
import io.quorate.client.TxnResponse;
import io.quorate.recipes.ids.Uuid7;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Opens when it has been counted down often enough, by whoever, and stays open.
 *
 * <p>Each count is a key of its own; so a count whose answer is lost is repeated without counting
 * twice, and a count lasts though its process ends. Who deletes the latch closes it.
 *
 * <pre>
 * NAME/latch/count           how often
 * NAME/latch/down/UUID       one count
 * </pre>
 *
 * <p>Safe for use by many threads.
 */
public final class CountDownLatch {
  private final QuorateClient client;
  private final String name;
  private final Bytes all;
  private final Bytes countKey;
  private final Bytes downs;

  private CountDownLatch(QuorateClient client, String name) {
    this.client = client;
    this.name = name;
    all = Bytes.utf8(name + "/latch/");
    countKey = Bytes.utf8(name + "/latch/count");
    downs = Bytes.utf8(name + "/latch/down/");
  }

  /**
   * The latch of this name.
   *
   * @param name not empty, and not ending with a slash
   */
  public static CountDownLatch of(QuorateClient client, String name) {
    return new CountDownLatch(client, LockName.of(name).toString());
  }

  /** Its name. */
  public String name() {
    return name;
  }

  /**
   * Says how often it is to be counted down; who says so first, decides.
   *
   * @param count 0 or more
   * @return whether this was the first
   */
  public boolean trySetCount(long count) {
    if (count < 0) {
      throw new IllegalArgumentException("count=" + count);
    }
    return client
        .kv()
        .txn(
            Txn.when(Compare.absent(countKey))
                .then(Put.of(countKey, Bytes.utf8(Long.toString(count)))))
        .succeeded();
  }

  /** How often it is to be counted down still; -1 if nobody has said how often at all. */
  public long count() {
    TxnResponse state =
        client.kv().txn(Txn.always(Range.key(countKey), Range.prefix(downs).withCountOnly()));
    long down = ((RangeResponse) state.responses().get(1)).count();
    return ((RangeResponse) state.responses().get(0))
        .first()
        .map(kv -> Math.max(0, count(kv) - down))
        .orElse(-1L);
  }

  /**
   * Counts down once. A count whose answer is lost is repeated, until twice the client's timeout is
   * over.
   *
   * @return fails with {@link QuorateException.Indeterminate} if it may have counted
   */
  public CompletableFuture<Void> countDownAsync() {
    CompletableFuture<Void> counted = new CompletableFuture<>();
    Put down = Put.of(Bytes.utf8(downs.toUtf8() + Uuid7.next()), Bytes.EMPTY);
    long deadline = client.timer().nanoTime() + 2 * client.options().timeout().toNanos();
    count(down, deadline, null, counted);
    return counted;
  }

  private void count(
      Put down,
      long deadline,
      @Nullable QuorateException unknown,
      CompletableFuture<Void> counted) {
    var unused =
        client
            .kv()
            .putAsync(down)
            .whenComplete((response, failure) -> {
              if (failure == null) {
                counted.complete(null);
                return;
              }
              QuorateException why = QuorateException.reason(failure);
              // what came after one of unknown outcome says nothing of that
              QuorateException first =
                  unknown == null && why instanceof QuorateException.Indeterminate ? why : unknown;
              boolean goesOn =
                  first != null
                      && !Place.isFinal(why)
                      && !counted.isDone()
                      && client.timer().nanoTime() - deadline < 0;
              if (goesOn) {
                client
                    .timer()
                    .after(Place.RETRY_NANOS, () -> count(down, deadline, first, counted));
              } else {
                counted.completeExceptionally(first == null ? why : first);
              }
            });
  }

  /** Counts down once, as {@link #countDownAsync} does, and waits for it. */
  public void countDown() {
    var unused = client.await(countDownAsync());
  }

  /**
   * Completes, with true, once it is open; fails with {@link io.quorate.base.ErrorCode#STOPPED} if
   * the client is closed before. Cancelling the future ends the waiting.
   */
  public CompletableFuture<Boolean> awaitAsync() {
    CompletableFuture<Boolean> open = new CompletableFuture<>();
    CompletableFuture<CachedPrefix> known = client.cacheAsync(all);
    var unused =
        known.whenComplete((cache, failure) -> {
          if (failure != null) {
            open.completeExceptionally(QuorateException.reason(failure));
          } else {
            follow(cache, open);
          }
        });
    var unusedToo = open.whenComplete((done, failure) -> known.cancel(false));
    return open;
  }

  private void follow(CachedPrefix cache, CompletableFuture<Boolean> open) {
    var unused = open.whenComplete((done, failure) -> cache.close());
    var unusedLoss = cache.loss().thenAccept(open::completeExceptionally);
    var unusedToo = cache.onChange(view -> look(view, open), Runnable::run); // as long as the cache
    look(cache.view(), open);
  }

  private void look(CachedPrefix.View view, CompletableFuture<Boolean> open) {
    KeyValue known = view.entries().get(countKey);
    if (known == null) {
      return;
    }
    long down = view.entries().keySet().stream().filter(key -> key.startsWith(downs)).count();
    try {
      if (down >= count(known)) {
        open.complete(true);
      }
    } catch (QuorateException e) {
      open.completeExceptionally(e);
    }
  }

  private long count(KeyValue known) {
    return Decimal.parse(known.value(), "the count of the latch " + name);
  }

  /**
   * Waits until it is open, for so long at most.
   *
   * @return whether it is
   * @throws QuorateException.Unavailable if the thread is interrupted
   */
  public boolean await(Duration atMost) {
    return Waiting.forValue(client, awaitAsync(), atMost).isPresent();
  }

  /** Closes it: nothing is left of it. */
  public void delete() {
    var unused = client.kv().delete(Delete.prefix(all));
  }
}

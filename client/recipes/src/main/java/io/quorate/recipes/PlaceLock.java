package io.quorate.recipes;

import io.quorate.base.QuorateException;
import io.quorate.client.Session;
import io.quorate.client.Txn;
import io.quorate.client.TxnResponse;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** A lock of which each acquisition has a place, and so a key, of its own. */
abstract class PlaceLock implements DistributedLock, LockHandle.Keeper {
  final Session session;
  private final KnownEpoch epoch;

  /** What a try has found. */
  enum Tried {
    /** Its key was written, and its turn has come. */
    HELD,
    /** Nothing was written; who is there is in nobody's way. */
    OPEN,
    /** Nothing was written; it is taken. */
    TAKEN
  }

  /** A transaction's answer, or why there is none. */
  private record Outcome(@Nullable TxnResponse response, @Nullable Throwable failure) {
    QuorateException reason() {
      Throwable why = failure;
      return QuorateException.reason(
          why == null ? new IllegalStateException("neither an answer nor a failure") : why);
    }
  }

  PlaceLock(Session session) {
    this.session = session;
    epoch = KnownEpoch.of(session);
  }

  // ---- what differs ----------------------------------------------------------------------------

  abstract Ownership ownership();

  /** A place that nobody has had yet. */
  abstract Place place();

  /** Writes the place's key if the lock is free, in one transaction. */
  abstract Txn trying(Place place);

  abstract Tried tried(TxnResponse response);

  // ---- what all do -----------------------------------------------------------------------------

  @Override
  public final LockHandle acquire() {
    return Waiting.forTurn(session.client(), acquireAsync(), null).orElseThrow();
  }

  @Override
  public final Optional<LockHandle> tryAcquire(Duration atMost) {
    return Waiting.forTurn(session.client(), acquireAsync(), atMost);
  }

  @Override
  public final CompletableFuture<LockHandle> acquireAsync() {
    return wanted().acquired(this::queued);
  }

  private Wanted wanted() {
    return new Wanted(session, ownership(), name());
  }

  private CompletableFuture<LockHandle> queued() {
    Place place = place();
    CompletableFuture<LockHandle> turn = handleOf(place);
    place.enter();
    return turn;
  }

  /** What is held once the place's turn has come; who cancels it leaves. */
  private CompletableFuture<LockHandle> handleOf(Place place) {
    CompletableFuture<LockHandle> wanted = new CompletableFuture<>();
    var unused =
        place
            .turn()
            .thenCompose(
                created -> epoch.get().thenApply(known -> new FencingToken(known, created, 0)))
            .whenComplete((token, failure) -> {
              if (failure != null) {
                wanted.completeExceptionally(QuorateException.reason(failure));
                return;
              }
              LockHandle handle = handle(place, token);
              if (!wanted.complete(handle)) {
                giveBack(handle); // nobody is there who would
              }
            });
    var unusedLoss = place.loss().thenAccept(wanted::completeExceptionally);
    var unusedToo =
        wanted.whenComplete((handle, failure) -> {
          if (failure != null) {
            leave(place); // it was lost, or whoever wanted it doesn't wait any more
          }
        });
    return wanted;
  }

  private LockHandle handle(Place place, FencingToken token) {
    LockHandle handle = new LockHandle(this, session, place, token);
    var unused = place.loss().thenAccept(handle::lost);
    return handle;
  }

  private static void leave(Place place) {
    var unused = place.leave();
  }

  @Override
  public final CompletableFuture<Boolean> release(LockHandle handle) {
    return handle.place().leave();
  }

  @Override
  public final Optional<LockHandle> tryAcquire() {
    return Waiting.atOnce(session.client(), this::tryAcquireAsync);
  }

  @Override
  public final CompletableFuture<Optional<LockHandle>> tryAcquireAsync() {
    return wanted().tried(this::answered);
  }

  private CompletableFuture<Optional<LockHandle>> answered() {
    CompletableFuture<Optional<LockHandle>> answer = new CompletableFuture<>();
    var unused =
        tried()
            .whenComplete((got, failure) -> {
              if (failure != null) {
                answer.completeExceptionally(QuorateException.reason(failure));
              } else if (!answer.complete(got)) {
                got.ifPresent(PlaceLock::giveBack); // nobody is there who would
              }
            });
    return answer;
  }

  private static void giveBack(LockHandle handle) {
    var unused = handle.releaseAsync();
  }

  private CompletableFuture<Optional<LockHandle>> tried() {
    Place place = place();
    return session
        .client()
        .kv()
        .txnAsync(trying(place))
        .handle(Outcome::new)
        .thenCompose(outcome -> {
          TxnResponse response = outcome.response();
          if (response == null) {
            QuorateException why = outcome.reason();
            if (why instanceof QuorateException.Indeterminate) {
              place.mayComeLate();
              return tryByQueueing(place);
            }
            return CompletableFuture.failedFuture(why);
          }
          return switch (tried(response)) {
            case HELD -> held(place, response.header().revision());
            case OPEN -> tryByQueueing(place);
            case TAKEN -> CompletableFuture.completedFuture(Optional.empty());
          };
        });
  }

  private CompletableFuture<Optional<LockHandle>> held(Place place, long revision) {
    CompletableFuture<LockHandle> mine = handleOf(place);
    place.adopt(revision);
    return mine.thenApply(Optional::of);
  }

  /** Where one look doesn't tell: enters, and leaves again if it would have to wait. */
  private CompletableFuture<Optional<LockHandle>> tryByQueueing(Place place) {
    CompletableFuture<LockHandle> mine = handleOf(place);
    place.enter();
    return place
        .atOnce()
        .thenCompose(owns ->
            owns
                ? mine.thenApply(Optional::of)
                : place.leave().thenApply(left -> Optional.<LockHandle>empty()));
  }
}

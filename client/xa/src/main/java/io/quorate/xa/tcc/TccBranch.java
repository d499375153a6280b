package io.quorate.xa.tcc;

import io.quorate.base.Bytes;
import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.xa.branch.Ballot;
import io.quorate.xa.branch.Branch;
import io.quorate.xa.branch.BranchId;
import io.quorate.xa.branch.Finish;
import io.quorate.xa.branch.OnePhase;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One Try at a service, and what becomes of it.
 *
 * <p>A Try is what elsewhere is the work and its preparation. So a branch that was tried votes yes
 * at once; one that was refused votes no; one of which nothing is known fails to vote, and is
 * cancelled, which a service bears before, during and after the Try.
 *
 * <p>Safe for use by many threads.
 */
public final class TccBranch implements Branch {
  private static final long PAUSE_MILLIS = 100;

  /** How far it is. */
  private enum Stage {
    /** Nothing was sent. */
    UNUSED,
    /** A Try was sent, and not answered: it may be reserved, or may still be. */
    UNSURE,
    RESERVED,
    REFUSED
  }

  private final TccParticipant participant;
  private final BranchId id;
  private final Duration patience;
  private final CompletableFuture<Bytes> tried = new CompletableFuture<>();

  // Guarded by this.
  private Stage stage = Stage.UNUSED;
  private @Nullable String closed;
  private @Nullable QuorateException failure;

  TccBranch(TccParticipant participant, BranchId id, Duration patience) {
    this.participant = participant;
    this.id = id;
    this.patience = patience;
  }

  @Override
  public BranchId id() {
    return id;
  }

  // ---- work ------------------------------------------------------------------------------------

  /**
   * Tries. Sends it again while it isn't answered, for as long as the resource's patience.
   *
   * @param payload what is to be reserved; the service knows what it means
   * @return what the service has answered. Fails with {@link QuorateException.Conflict} if it
   *     refuses, or the transaction can only be rolled back; with {@link
   *     QuorateException.Indeterminate} if it doesn't answer. Either way the transaction can't
   *     commit any more
   * @throws IllegalStateException if this branch was tried before: another Try needs {@link
   *     io.quorate.xa.Transaction#enlistAnother another branch}
   */
  public CompletableFuture<Bytes> attemptAsync(Bytes payload) {
    synchronized (this) {
      if (closed != null) {
        return CompletableFuture.failedFuture(aborted(closed));
      }
      if (stage != Stage.UNUSED) {
        throw new IllegalStateException(
            "a branch is tried once; enlistAnother gives one for another Try");
      }
      stage = Stage.UNSURE;
    }
    send(payload, System.nanoTime());
    return tried.copy();
  }

  /**
   * Tries, and waits for the answer.
   *
   * @throws QuorateException as the future of {@link #attemptAsync} fails
   * @throws IllegalStateException if this branch was tried before
   */
  public Bytes attempt(Bytes payload) {
    try {
      return attemptAsync(payload).get();
    } catch (ExecutionException e) {
      throw QuorateException.reason(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      doom("whoever tried was interrupted");
      throw QuorateException.of(ErrorCode.INTERRUPTED, "interrupted while a Try was waited for", e);
    }
  }

  private void send(Bytes payload, long sinceNanos) {
    CompletableFuture<TccParticipant.Attempt> answered;
    try {
      answered = participant.attempt(id, payload);
    } catch (RuntimeException e) { // as good as no answer
      answered = CompletableFuture.failedFuture(e);
    }
    var unused =
        answered.whenComplete((attempt, unanswered) -> {
          if (attempt != null) {
            answered(attempt);
          } else if (tried.isDone()) {
            return; // nobody waits for it any more
          } else if (System.nanoTime() - sinceNanos > patience.toNanos()) {
            tried.completeExceptionally(unknown(unanswered));
          } else {
            Executor later = CompletableFuture.delayedExecutor(PAUSE_MILLIS, TimeUnit.MILLISECONDS);
            later.execute(() -> sendIfWanted(payload, sinceNanos));
          }
        });
  }

  private void sendIfWanted(Bytes payload, long sinceNanos) {
    if (!tried.isDone()) {
      send(payload, sinceNanos);
    }
  }

  private static QuorateException unknown(@Nullable Throwable why) {
    QuorateException reason =
        QuorateException.reason(why == null ? new IllegalStateException("no answer") : why);
    return QuorateException.of(
        ErrorCode.OUTCOME_UNKNOWN,
        "the service did not say whether the Try is reserved, so it will be cancelled: "
            + reason.getMessage(),
        why);
  }

  private static QuorateException aborted(String why) {
    return QuorateException.of(ErrorCode.TRANSACTION_ABORTED, why);
  }

  private void answered(TccParticipant.Attempt attempt) {
    if (attempt instanceof TccParticipant.Attempt.Reserved reserved) {
      become(Stage.RESERVED, null);
      tried.complete(reserved.answer());
    } else if (attempt instanceof TccParticipant.Attempt.Refused refused) {
      QuorateException why = aborted("the service refuses: " + refused.reason());
      become(Stage.REFUSED, why);
      tried.completeExceptionally(why);
    }
  }

  private synchronized void become(Stage next, @Nullable QuorateException why) {
    stage = next;
    failure = why;
  }

  // ---- orders ----------------------------------------------------------------------------------

  private Stage closedAt(String reason) {
    Stage at;
    synchronized (this) {
      at = stage;
      if (closed == null) {
        closed = reason;
      }
    }
    tried.completeExceptionally(aborted(reason)); // unless it was answered
    return at;
  }

  @Override
  public CompletableFuture<Ballot> prepare() {
    return switch (closedAt("the transaction is being committed")) {
      case UNUSED -> CompletableFuture.completedFuture(Ballot.readOnly());
      case RESERVED -> CompletableFuture.completedFuture(Ballot.yes(""));
      case REFUSED -> CompletableFuture.completedFuture(Ballot.no(refusal()));
      case UNSURE -> CompletableFuture.failedFuture(unknown(null));
    };
  }

  private synchronized QuorateException refusal() {
    return failure == null ? aborted("the service refuses") : failure;
  }

  @Override
  public CompletableFuture<OnePhase> commitOnePhase() {
    return switch (closedAt("the transaction is being committed")) {
      case UNUSED -> CompletableFuture.completedFuture(OnePhase.committed());
      case REFUSED -> CompletableFuture.completedFuture(OnePhase.aborted(refusal()));
      case RESERVED ->
          participant
              .confirm(id, true)
              .thenApply(finish ->
                  finish == Finish.DONE
                      ? OnePhase.committed()
                      : OnePhase.aborted(
                          aborted(
                              "somebody has cancelled the Try: its coordinator was taken for"
                                  + " dead")));
      case UNSURE ->
          participant
              .cancel(id)
              .thenApply(finish -> {
                if (finish == Finish.OTHERWISE) {
                  throw new CompletionException(unknown(null)); // nobody has confirmed it
                }
                return OnePhase.aborted(unknown(null));
              });
    };
  }

  @Override
  public CompletableFuture<Finish> commit() {
    return participant.confirm(id, false);
  }

  @Override
  public CompletableFuture<Finish> abort() {
    return switch (closedAt("the transaction is rolled back")) {
      case UNUSED, REFUSED -> CompletableFuture.completedFuture(Finish.DONE);
      case UNSURE, RESERVED -> participant.cancel(id);
    };
  }

  @Override
  public void doom(String reason) {
    var unused = closedAt(reason);
  }
}

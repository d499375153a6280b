package io.quorate.xa.branch;

import java.util.concurrent.CompletableFuture;

/**
 * What one transaction does at one resource, while who began it lives.
 *
 * <p>It is told to {@link #prepare}, then to {@link #commit} or {@link #abort}; or at once to
 * {@link #commitOnePhase}, or to {@link #abort}. Orders come one at a time. A future that fails
 * says that the outcome isn't known, and the order is given again after a pause; one that never
 * completes keeps the branch in doubt, so whatever an order waits for must have a bound.
 */
public interface Branch {
  /**
   * The name under which the resource keeps it; as it was given to {@link Resource#begin}, but for
   * its {@linkplain BranchId#session session}.
   */
  BranchId id();

  /**
   * Makes durable that it can be committed, and votes.
   *
   * @return fails if it isn't known whether it has prepared: the transaction is aborted then
   */
  CompletableFuture<Ballot> prepare();

  /** Commits without preparing. Where an earlier answer was lost, finds out what was done. */
  CompletableFuture<OnePhase> commitOnePhase();

  /** Commits what it has prepared. */
  CompletableFuture<Finish> commit();

  /** Undoes everything, whether it has prepared or not. */
  CompletableFuture<Finish> abort();

  /**
   * The transaction's time is over, or it was marked as one that can only be aborted, while its
   * work may still be going on: what it does next shall fail, and what it waits for shall end.
   * Doesn't wait, and may do nothing; is told again now and then, since a server passes over a
   * request to end what it hasn't begun.
   *
   * @param reason in words
   */
  default void doom(String reason) {}

  /**
   * Whether {@link #doom} really keeps whoever works in it from going on. Where it doesn't, the
   * branch isn't rolled back under them: what they did next would be outside of it.
   */
  default boolean endsWork() {
    return true;
  }

  /**
   * Nothing more comes of this coordinator: it doesn't know any more what becomes of the branch,
   * and what has prepared is to be left to whoever finds it. Frees what would keep others from it.
   */
  default void leave() {}

  /**
   * That it did {@linkplain Finish#OTHERWISE otherwise} is written down: as {@link
   * Resource#forget}.
   */
  default void forget() {}
}

package io.quorate.xa.tcc;

import io.quorate.base.Bytes;
import io.quorate.xa.branch.BranchId;
import io.quorate.xa.branch.Finish;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * A service as transactions see it, whatever carries the calls: HTTP ({@link HttpParticipant}),
 * gRPC ({@link GrpcParticipant}), or something of your own.
 *
 * <p>Any order may arrive twice, late, or behind one that was sent after it, and is answered in the
 * same way each time. A future that fails says that the outcome isn't known; the order is given
 * again then. Each future must complete within a bound.
 *
 * <p>Implementations are safe for use by many threads.
 */
public interface TccParticipant {
  /** What a Try was answered. */
  sealed interface Attempt {
    /**
     * It is reserved, durably, until it is confirmed or cancelled.
     *
     * @param answer what the service has to say to whoever tried; may be empty
     */
    record Reserved(Bytes answer) implements Attempt {}

    /**
     * Nothing is reserved.
     *
     * @param reason in words
     */
    record Refused(String reason) implements Attempt {}
  }

  /**
   * Which service it is: the same line of text from everywhere, and another one for another
   * service, however alike they are configured.
   *
   * @return fails with {@link io.quorate.base.QuorateException.Rejected} if something answers that
   *     isn't such a service
   */
  CompletableFuture<String> identity();

  /** Tries: reserves what {@link #confirm} will make final. */
  CompletableFuture<Attempt> attempt(BranchId id, Bytes payload);

  /**
   * Makes final what was reserved.
   *
   * @param alone whether the branch is its transaction's only one, so that nothing else decides:
   *     {@link #cancel} finds nothing to be done from then on, and no contradiction
   * @return {@link Finish#OTHERWISE} if it was cancelled, or never was reserved
   */
  CompletableFuture<Finish> confirm(BranchId id, boolean alone);

  /**
   * Gives back what was reserved. Where nothing was, keeps a Try that comes later from reserving.
   *
   * @return {@link Finish#OTHERWISE} if it was confirmed
   */
  CompletableFuture<Finish> cancel(BranchId id);

  /** The branches of a domain that are reserved, and neither confirmed nor cancelled. */
  CompletableFuture<List<BranchId>> prepared(long domain);
}

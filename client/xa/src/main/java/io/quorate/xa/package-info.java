/**
 * Transactions over several databases and the store, all or nothing: two-phase commit whose
 * decisions are in the replicated store.
 *
 * <p><b>Owns</b> what a transaction is for whoever works in one ({@link
 * io.quorate.xa.Transaction}), who has begun it ({@link io.quorate.xa.Transactions}), what is
 * written into the store of it, and the recovery of what others have left.
 *
 * <p><b>Never</b> decides by a clock. A process is one <i>incarnation</i>: a key under its
 * session's lease, whose create revision is its number. Every decision is guarded by that key, so
 * with the lease ends, at one revision, all that the incarnation could still have decided; from
 * then on what became of its transactions is a function of the store, which any survivor computes
 * and carries out. Nothing is written before a decision, and nothing for a transaction that aborts.
 *
 * <p><b>Invariants</b>: what was told doesn't change; nothing is told as committed that isn't
 * durable in the store; a decision is deleted only when all its branches have committed, in one
 * step with a bit that says so; no branch is undone as long as somebody may still decide to commit
 * it; a branch of which nothing is known is left to a person.
 *
 * <p><b>Start</b> with {@link io.quorate.xa.Transactions}; then {@code GlobalTransaction}, which
 * runs {@link io.quorate.txn.Coordinator}; {@code DecisionLog}, which writes decisions; {@code
 * Recoverer}, which finishes what others have left. What is where in the store: {@code DomainKeys}.
 */
@NullMarked
package io.quorate.xa;

import org.jspecify.annotations.NullMarked;

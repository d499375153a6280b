/**
 * Transactions by the names of Jakarta Transactions (JTA), for frameworks and code that ask for
 * them.
 *
 * <p><b>Owns</b> synchronizations and their order, resources that are enlisted from outside, and
 * what outcomes are called there.
 *
 * <p><b>Never</b> decides anything, and keeps no transactions of its own: what a thread works in
 * here is what it works in by {@link io.quorate.xa.Transactions#current}, whichever has begun it.
 * Never suspends a branch: suspending a transaction detaches the thread.
 *
 * <p><b>Invariants</b>: an XA resource is enlisted only if it is known who recovers it; what is
 * thrown is what was decided, heuristic outcomes included.
 *
 * <p><b>Start</b> with {@link io.quorate.xa.jta.JakartaTransactions}. Needs {@code
 * jakarta.transaction:jakarta.transaction-api}, which the application brings.
 */
@NullMarked
package io.quorate.xa.jta;

import org.jspecify.annotations.NullMarked;

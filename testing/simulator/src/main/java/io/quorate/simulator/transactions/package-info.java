/**
 * Transactions over databases in simulated time: coordinators, branches and recoverers as users run
 * them, over a simulated store and simulated databases, with all that can come between.
 *
 * <p><b>Owns</b> the databases, the way to them with its losses and late arrivals, the tellers that
 * move money, and the judgement on what they did.
 *
 * <p><b>Never</b> changes what is judged: the product's classes are the same, and a planted fault
 * is put around them.
 *
 * <p><b>Invariants</b>: a row follows from its seed; a database does what it was ordered, once that
 * has arrived, whatever has become of who ordered it.
 *
 * <p><b>Start</b> with {@link io.quorate.simulator.transactions.TransferSchedule}, then {@link
 * io.quorate.simulator.transactions.SimulatedDatabase}.
 */
@NullMarked
package io.quorate.simulator.transactions;

import org.jspecify.annotations.NullMarked;

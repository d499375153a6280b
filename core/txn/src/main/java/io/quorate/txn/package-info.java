/**
 * Two-phase commit: what a coordinator, a participant and whoever recovers a transaction do, as
 * tables.
 *
 * <p><b>Owns</b> the states of a transaction at its coordinator ({@link
 * io.quorate.txn.Coordinator}) and at one participant ({@link io.quorate.txn.ParticipantState}),
 * what each message or passing of time does in each state, late, lost, doubled and reordered ones
 * included, and the rule by which a branch that is found prepared is finished ({@link
 * io.quorate.txn.Recovery}).
 *
 * <p>What decides is a choice of two protocols. Where participants are databases, a <b>record</b>
 * decides: a transaction is committed once its decision is in the store, and aborted if none can
 * come there any more. Where participants are replicated themselves, their <b>votes</b> decide: all
 * prepared is committed, and it is the abort that must be recorded.
 *
 * <p><b>Never</b> sends, waits, reads a clock or knows what a resource is: events come in, actions
 * go out to a sink of the caller's, who numbers participants from 0.
 *
 * <p><b>Invariants</b>: what a coordinator told doesn't change; it tells a commit only of what is
 * decided so, and once a decision is under way it obeys what the record says, whatever happens
 * meanwhile; a participant votes once; whoever is told to do what contradicts its state stops
 * instead. Commands are repeated until they are answered, so every one may be repeated.
 *
 * <p><b>Start</b> with {@link io.quorate.txn.Coordinator}; its table is one method for each state.
 * Gray, Reuter: Transaction Processing, chapter 10; Mohan, Lindsay, Obermarck: R*, 1986 (presumed
 * abort).
 */
@NullMarked
package io.quorate.txn;

import org.jspecify.annotations.NullMarked;

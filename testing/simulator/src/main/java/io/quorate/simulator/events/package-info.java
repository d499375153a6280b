/**
 * Event streams in simulated time: processes that append, follow and consume as users do, over a
 * simulated store, with all that can come between.
 *
 * <p><b>Owns</b> the writers, followers, consumers and who keeps up projections, and the judgement
 * on what they did.
 *
 * <p><b>Never</b> judges by what the product reads: what was appended is read from the keys
 * themselves, as the store applied them.
 *
 * <p><b>Invariants</b>: a row follows from its seed.
 *
 * <p><b>Start</b> with {@link io.quorate.simulator.events.EventSchedule}, then {@link
 * io.quorate.simulator.events.EventJudge}.
 */
@NullMarked
package io.quorate.simulator.events;

import org.jspecify.annotations.NullMarked;

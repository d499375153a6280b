/**
 * What a stream adds up to, and decisions by it.
 *
 * <p><b>Owns</b> aggregates: how their state is loaded, from a snapshot or from all of their
 * events; how what was decided is appended, so that nothing is decided by a state that is no longer
 * so; and when a snapshot is made.
 *
 * <p><b>Never</b> does anything for an event but hand it to the application's own function; never
 * takes a snapshot for the truth.
 *
 * <p><b>Invariants</b>: a state is always what its stream's events add up to, whether a snapshot
 * was used or not; a snapshot is of what was appended, never of what was going to be.
 *
 * <p><b>Start</b> with {@link io.quorate.events.aggregate.Aggregates}.
 */
@NullMarked
package io.quorate.events.aggregate;

import org.jspecify.annotations.NullMarked;

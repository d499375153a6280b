/**
 * Unique ids that need no round trip: Snowflake ids, and UUIDs of version 7.
 *
 * <p><b>Owns</b> how an id's bits are laid out, how its time goes on whatever the clock does, and
 * what time a generator may put into ids at all.
 *
 * <p><b>Never</b> trusts a clock or a lease for uniqueness. A generator takes its timestamps from a
 * {@link io.quorate.recipes.ids.Reservation}: time that nobody else has put into ids of this worker
 * and nobody ever will, since it was reserved by a write that only the worker's owner can make.
 * What clock and lease decide is only how current an id's time is, and who reserves next.
 *
 * <p><b>Invariants</b>: a timestamp is issued within the reservation only; numbers of one generator
 * rise; a reservation's end never falls.
 *
 * <p><b>Start</b> with {@link io.quorate.recipes.ids.SnowflakeIds}; the hot path is {@code
 * TimeSequence}.
 */
@NullMarked
package io.quorate.recipes.ids;

import org.jspecify.annotations.NullMarked;

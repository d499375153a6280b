/**
 * What a client does, as meters of Micrometer.
 *
 * <p><b>Owns</b> the meters' names, tags and units.
 *
 * <p><b>Never</b> tags a meter with what there may be any number of: no key, no name of a lock, no
 * lease. Never decides on percentiles or histograms, which are the registry's.
 *
 * <p><b>Invariants</b>: a gauge comes back to nothing when what it counts has ended; a call is in
 * the figures before its caller hears of its end.
 *
 * <p><b>Start</b> with {@link io.quorate.micrometer.QuorateMetrics}; transactions over databases
 * have {@link io.quorate.micrometer.TransactionMetrics}.
 */
@NullMarked
package io.quorate.micrometer;

import org.jspecify.annotations.NullMarked;

/**
 * Offenders, planted for the scan to find: each method breaks one ban, in one of the ways in which
 * it can be broken.
 *
 * <p><b>Owns</b> the examples; <b>never</b> runs. <b>Invariants</b>: a method's name begins with
 * the ban that it breaks, or with {@code fine}. <b>Start</b> with {@link
 * io.quorate.architecture.planted.Offender}.
 */
@NullMarked
package io.quorate.architecture.planted;

import org.jspecify.annotations.NullMarked;

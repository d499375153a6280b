/**
 * Calls of a client, as spans of OpenTelemetry.
 *
 * <p><b>Owns</b> what a span says of a call, and that its context travels with it.
 *
 * <p><b>Never</b> says what was read or written: no key, no value, no lease. Never needs more than
 * OpenTelemetry's API: where there is no SDK, its spans are nothing.
 *
 * <p><b>Invariants</b>: each call is one span, however many attempts it takes; a span ends once,
 * before its caller hears of the call's end; its parent is the context that was current where the
 * call was made.
 *
 * <p><b>Start</b> with {@link io.quorate.opentelemetry.QuorateTracing}, which is all there is.
 */
@NullMarked
package io.quorate.opentelemetry;

import org.jspecify.annotations.NullMarked;

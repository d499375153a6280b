/**
 * Tests of what is built on events: without a store, and without a library for assertions.
 *
 * <p><b>Owns</b> {@link io.quorate.testkit.events.DeciderScenario}, given some events, when a
 * command comes, then what; and {@link io.quorate.testkit.events.Replays}, which finds codecs that
 * don't give back what they were given, and states that can't be kept.
 *
 * <p><b>Never</b> needs a cluster: that is {@link io.quorate.testkit.QuorateTest}'s.
 *
 * <p><b>Invariants</b>: what decides or evolves is asked twice each time, so what doesn't give the
 * same again is found.
 *
 * <p><b>Start</b> with {@link io.quorate.testkit.events.DeciderScenario}.
 */
@NullMarked
package io.quorate.testkit.events;

import org.jspecify.annotations.NullMarked;

/**
 * Tests of what is built on events: without a store, and without a library for assertions.
 *
 * <p><b>Owns</b> {@link io.quorate.testkit.events.DeciderScenario}, given some events, when a
 * command comes, then what; {@link io.quorate.testkit.events.ProjectorScenario}, which keys there
 * are then, live and made anew; {@link io.quorate.testkit.events.Replays}, which finds codecs that
 * don't give back what they were given, upcasters that tell something else, and states that can't
 * be kept; and {@link io.quorate.testkit.events.Histories}, with which the latter two are tried at
 * random.
 *
 * <p><b>Never</b> needs a cluster: that is {@link io.quorate.testkit.QuorateTest}'s.
 *
 * <p><b>Invariants</b>: what decides, evolves, projects or reads is asked twice each time, so what
 * doesn't give the same again is found; what was drawn at random is told with its seed.
 *
 * <p><b>Start</b> with {@link io.quorate.testkit.events.DeciderScenario}.
 */
@NullMarked
package io.quorate.testkit.events;

import org.jspecify.annotations.NullMarked;

/**
 * Consumers that share the events of a query among them, and remember how far they are.
 *
 * <p><b>Owns</b> who handles which partition of a query's streams, how far each partition is, and
 * what becomes of an event that can't be handled.
 *
 * <pre>
 * NS/c/GROUP                         how many partitions there are; written once
 * NS/g/GROUP#live#member#LEASE       a consumer, as long as it lives
 * NS/g/GROUP#live#owner#PARTITION    who handles a partition, as long as it lives
 * NS/g/GROUP#checkpoint#PARTITION    up to where its events are handled
 * NS/g/GROUP#parked#PARTITION#POS    an event that couldn't be handled
 * NS/g/GROUP#wanted#PARTITION#POS    that it is to be tried again
 * NS/q/PROJECTION#state              which generations of a projection there are
 * NS/p/PROJECTION#GENERATION/…       what a generation has written; its group is PROJECTION@NUMBER
 * </pre>
 *
 * <p><b>Never</b> moves a checkpoint for somebody who doesn't own the partition any more: each is
 * written together with the comparison that its writer's key is still there. Never passes over an
 * event: it was handled, or it is parked; one that can't be read ends its consumer.
 *
 * <p><b>Invariants</b>: a partition's events are handled one at a time and in the order of their
 * positions; a checkpoint only moves forward; what a {@link io.quorate.events.group.Projector} asks
 * the store to do is done in the same step as the checkpoint moves, so exactly once.
 *
 * <p>A group that is dropped has no owners and no definition in one step, and without a definition
 * no partition is taken: so what consumers of a past generation may still be doing has no effect.
 *
 * <p><b>Start</b> with {@link io.quorate.events.group.ConsumerGroup}, {@link
 * io.quorate.events.group.Consumer} and {@link io.quorate.events.group.ConsumerRun}, then {@link
 * io.quorate.events.group.Projection}.
 */
@NullMarked
package io.quorate.events.group;

import org.jspecify.annotations.NullMarked;

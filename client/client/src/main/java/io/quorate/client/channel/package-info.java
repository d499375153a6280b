/**
 * What a client needs of the world: a way to a cluster, and time.
 *
 * <p><b>Owns</b> the border that networks, in-process nodes, simulators and tests implement: one
 * attempt of a call or of a stream, and what is known of its fate afterwards.
 *
 * <p><b>Never</b> decides whether to try again, and knows no message of the API.
 *
 * <p><b>Invariants</b>: an attempt is made at most once; its answer comes once, by its time-out; an
 * answer says {@code NOT_PROCESSED} only where that is certain.
 *
 * <p><b>Start</b> with {@link io.quorate.client.channel.Channel}.
 */
@NullMarked
package io.quorate.client.channel;

import org.jspecify.annotations.NullMarked;

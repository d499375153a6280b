/**
 * What a stream of events is to the state machine: appends that find the end of their streams and
 * judge their conditions by themselves, and reads in the order of positions.
 *
 * <p><b>Owns</b> the meaning of the service {@code quorate.events.v1.Streams}: which keys an append
 * writes and what it demands of those that are there. The keys are the very ones that clients write
 * who append by transactions alone, and both kinds of clients may append to the same streams. What
 * it keeps beside them is the order in which they were created, which the store does by itself once
 * it was asked to ({@link io.quorate.kv.KvStep#follow}); the first append to a root asks for it.
 *
 * <p><b>Never</b> knows of connections, members or time; never looks at more than a bounded number
 * of keys in one step, whatever the client asked.
 *
 * <p><b>Invariants</b>: a stream's versions have no gap and no double; a position once told to be
 * the end stays one, nothing comes before it later; a condition that holds does so for all that was
 * applied before, to the last event.
 *
 * <p><b>Start</b> with {@link io.quorate.streams.StreamAppend}, then {@link
 * io.quorate.streams.StreamRead}.
 */
@NullMarked
package io.quorate.streams;

import org.jspecify.annotations.NullMarked;

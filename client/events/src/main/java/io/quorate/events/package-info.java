/**
 * Event sourcing on the store you already run, written against the etcd v3 API alone.
 *
 * <p><b>Owns</b> streams of events: how they are appended under an expected version, read, followed
 * and shortened, and how all of that lies in keys.
 *
 * <pre>
 * NS/s/STREAM#VERSION      one append to a stream: VERSION is that of its last event, 16 hex digits
 * NS/m/STREAM              that the stream was begun
 * NS/d/APPEND              an append that named no version was done: it isn't done again
 * NS/t/TAG                 the revision that last appended an event with this tag
 * NS/i/TAG#STREAM#VERSION  that this append has an event with this tag
 * NS/n/STREAM              a snapshot of what a stream adds up to
 * NS/c, NS/g               consumers: see {@code group}
 * </pre>
 *
 * <p><b>Never</b> decides by a clock what was appended; never starts a thread; never repeats an
 * append in a way by which it could be done twice.
 *
 * <p><b>Invariants</b>: the key of an append is written once (only {@linkplain
 * io.quorate.events.EventStore#truncate shortening} a stream rewrites one, and takes events from
 * it); a stream's versions have no gap; an append's events stand at one revision, in all its
 * streams; positions are revisions, so whoever has seen one has seen, or can still read, all that
 * come before it.
 *
 * <p><b>Start</b> with {@link io.quorate.events.EventStore}; the keys are in {@code Layout}, what
 * they hold is in {@code Commit}, and why an append needs one round trip is told in {@code
 * Appender}.
 */
@NullMarked
package io.quorate.events;

import org.jspecify.annotations.NullMarked;

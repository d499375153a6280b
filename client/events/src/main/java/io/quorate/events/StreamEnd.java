package io.quorate.events;

/**
 * How far a stream goes.
 *
 * @param version of its last event; 0 if it has none
 * @param closed whether it was closed for good
 * @param revision of the store, as of which it is so
 */
record StreamEnd(long version, boolean closed, long revision) {}

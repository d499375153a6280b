package io.quorate.wal;

import io.quorate.base.Bytes;

/**
 * An entry with all that the log knows of it.
 *
 * @param index its place in its group's log
 * @param term of the leader that made it
 * @param kind what the payload is, to the node
 * @param payload what it says
 * @param hash the rolling hash up to and including it
 */
public record LogEntry(long index, long term, byte kind, Bytes payload, long hash) {}

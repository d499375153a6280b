/**
 * Consensus of one group: who leads, what is in the log, what of it is agreed.
 *
 * <p><b>Owns</b> terms, votes, the shape of the log (terms and sizes, never payloads), replication,
 * the commit index, read barriers, membership and the decision when an entry counts as durable.
 *
 * <p><b>Never</b> does I/O, reads a clock, starts a thread, logs, or sees a payload byte. Time and
 * randomness are arguments; what is to be done leaves through {@link io.quorate.raft.Effects}.
 *
 * <p><b>Invariants</b>, besides Raft's own five (election safety, append-only leader, log matching,
 * leader completeness, state-machine safety): nothing is acknowledged before it is durable; term,
 * vote and commit index never go back; an entry is offered for applying only when it is committed
 * and durable here; every queue has a named bound; the same inputs give the same outputs.
 *
 * <p><b>Start</b> with {@link io.quorate.raft.RaftCore}, whose comment tells the story and names
 * the files in reading order; then {@link io.quorate.raft.Effects}, what a shell has to do.
 */
@NullMarked
package io.quorate.raft;

import org.jspecify.annotations.NullMarked;

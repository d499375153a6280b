/**
 * The write-ahead log: one log per member, shared by all of its Raft groups, so that one sync makes
 * durable whatever waits.
 *
 * <p><b>Owns</b> the segment files of a directory, their format, what is durable in them, and what
 * to conclude from them after a crash: per group the hard state (term, vote, an opaque blob), the
 * configuration, the base (what trims and snapshots replaced) and the entries above it. Owns {@link
 * io.quorate.wal.FileDisk} too, the {@link io.quorate.base.Disk} of real files.
 *
 * <p><b>Never</b> starts a thread, reads a clock, draws a random number, logs, or understands a
 * payload. It doesn't know members or quorums: what it lacks is the node's to get or to let go.
 *
 * <p><b>Invariants</b>: nothing counts as durable before its sync has succeeded; a failed write or
 * sync ends the log's life in this process; damage below what was durable is named, never mistaken
 * for a torn tail, and mended with nothing but what was there ({@link io.quorate.wal.Mending}); a
 * segment that is used again never shows what it held before; the segments of a directory are a
 * gapless run of sequence numbers.
 *
 * <p><b>Start</b> with {@link io.quorate.wal.Wal}, then {@code Format} for what is on the disk, and
 * {@code Recovery} for what a start makes of it.
 */
@NullMarked
package io.quorate.wal;

import org.jspecify.annotations.NullMarked;

/**
 * Where a group's rows live: ordered byte strings, written in atomic batches.
 *
 * <p><b>Owns</b> one directory per generation of a group's state, and within it the rows, the mark
 * of the last batch, and the promise which batches a crash can no longer take away. Two engines
 * keep one contract: RocksDB for members that last, and memory for the simulator, tests and members
 * that are thrown away.
 *
 * <p><b>Never</b> knows what a row means, keeps a log, or picks a directory: whoever opens an
 * engine names the path. It writes no log of its own (RocksDB's is off), since Raft's log is the
 * log.
 *
 * <p><b>Invariants</b>: a batch lands whole or not at all; after a crash the rows are those of some
 * prefix of the batches, no shorter than {@link io.quorate.engine.Engine#flushedMark() the flushed
 * mark} says; a view never changes; the cache of newest rows is never read by a view and never
 * differs from the rows beneath it.
 *
 * <p><b>Start</b> with {@link io.quorate.engine.Engine}, then {@link io.quorate.engine.RowBatch}.
 */
@NullMarked
package io.quorate.engine;

import org.jspecify.annotations.NullMarked;

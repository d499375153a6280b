/**
 * The state machine of a group: what its log's entries do.
 *
 * <p><b>Owns</b> the commands (their bytes in the log, {@link io.quorate.machine.CommandCodec}),
 * the applied index with its term and the group's configuration, and the composition of the stores
 * that a group has. Its rows have prefix bytes below {@code 'A'}:
 *
 * <pre>
 * row            value
 * 01 'a'         format, applied index(8), applied term(8)
 * 01 'c'         format, the configuration as the node encoded it
 * </pre>
 *
 * <p><b>Never</b> reads a clock, does I/O or knows who proposed a command; it hands the proposal's
 * identity back with the result and lets the node find the caller.
 *
 * <p><b>Invariants</b>: entries are applied in order, each exactly once; the applied index travels
 * in the same batch as what the entries changed; the same entries give the same rows and the same
 * state hash on every member, however they were batched; a command that can't be read stops the
 * group instead of being skipped.
 *
 * <p><b>Start</b> with {@link io.quorate.machine.Machine}.
 */
@NullMarked
package io.quorate.machine;

import org.jspecify.annotations.NullMarked;

/**
 * What every other module stands on: byte slices, checks, limits, hashes, the catalogue of errors,
 * and the ordered rows that state machines read and write.
 *
 * <p><b>Owns</b> the vocabulary that crosses module borders and belongs to none of them.
 *
 * <p><b>Never</b> does I/O, reads a clock, starts a thread or imports another module of ours. It
 * compiles for Java 17, since clients link against it.
 *
 * <p><b>Invariants</b>: {@link io.quorate.base.Bytes} never changes once it is shared; byte strings
 * compare as unsigned bytes everywhere; a failed {@link io.quorate.base.Checks check} is a bug of
 * ours and never a user's mistake.
 *
 * <p><b>Start</b> with {@link io.quorate.base.Bytes}, then {@link io.quorate.base.Checks} and
 * {@link io.quorate.base.Limits}.
 */
@NullMarked
package io.quorate.base;

import org.jspecify.annotations.NullMarked;

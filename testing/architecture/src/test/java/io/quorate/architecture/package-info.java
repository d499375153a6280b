/**
 * The rules of the house, as tests: who may import whom, what a deterministic class may touch, how
 * long a file may be, what every package must say about itself.
 *
 * <p><b>Owns</b> the tables in {@link io.quorate.architecture.Room} and {@link
 * io.quorate.architecture.Ban}: a change of architecture is a change of one of them, seen in
 * review.
 *
 * <p><b>Never</b> tests behaviour; that is done beside the code.
 *
 * <p><b>Invariants</b>: every class that ships belongs to exactly one room; every exemption is
 * needed and says why.
 *
 * <p><b>Start</b> with {@link io.quorate.architecture.Room}.
 */
@NullMarked
package io.quorate.architecture;

import org.jspecify.annotations.NullMarked;

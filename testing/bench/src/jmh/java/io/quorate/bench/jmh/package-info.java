/**
 * Microbenchmarks of the hot paths, each with the allocation profiler: what a step costs, and that
 * it allocates nothing.
 *
 * <p><b>Owns</b> nothing that ships. <b>Never</b> asserts: the tests of the modules do.
 * <b>Start</b> with {@code testing/bench/jmh}.
 */
@NullMarked
package io.quorate.bench.jmh;

import org.jspecify.annotations.NullMarked;

/**
 * Microbenchmarks of what {@code server/grpc} keeps to itself; see {@link io.quorate.bench.jmh}.
 *
 * <p><b>Owns</b> nothing that ships. <b>Never</b> asserts. <b>Start</b> with {@link CallSteps}.
 */
@NullMarked
package io.quorate.grpc;

import org.jspecify.annotations.NullMarked;

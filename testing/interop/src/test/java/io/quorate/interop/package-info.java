/**
 * gRPC's public interoperability cases.
 *
 * <p><b>Owns</b> the interop test service, written against our {@link io.quorate.grpc.Call}, and
 * the run of grpc-java's interop client against it, over both of its transports.
 *
 * <p><b>Never</b> ships: it is a test module with a grpc-java of its own version.
 *
 * <p><b>Invariants</b>: each case that the gRPC project names for a server of our kind is run, none
 * is skipped.
 *
 * <p><b>Start</b> with {@code InteropTest}.
 */
@NullMarked
package io.quorate.interop;

import org.jspecify.annotations.NullMarked;

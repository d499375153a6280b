/**
 * A small gRPC server over HTTP/2, for services that answer on the event loop they are called on.
 *
 * <p><b>Owns</b> everything between a socket and a {@link io.quorate.grpc.Call}: the HTTP/2
 * connection (streams, flow control, settings, keep-alive, going away), gRPC's framing, status,
 * metadata, deadlines, cancellation and compression, and the defences against peers that abuse any
 * of these; the two standard services that every server has, health and reflection; and what calls
 * come to ({@link io.quorate.grpc.MethodStatistics}). Header blocks are decoded by Netty's HPACK
 * decoder; frames, the state of the connection and everything that is written are ours, because a
 * server of this kind spends its time there.
 *
 * <p><b>Never</b> knows a service of a product, its message types or protobuf's classes; never
 * starts a thread (the caller gives the event loops); never hands a Netty type to a service.
 *
 * <p><b>Invariants</b>: a connection and all its calls are touched by one event loop only; a call
 * ends exactly once; what a peer can make this server hold is bounded by a named setting of {@link
 * io.quorate.grpc.GrpcServer.Builder} or a named bound of {@code GrpcLimits}; the responses of one
 * turn of the loop leave in one flush per connection.
 *
 * <p><b>Start</b> with {@link io.quorate.grpc.Call} and {@link io.quorate.grpc.ServiceRegistry} to
 * write a service, with {@link io.quorate.grpc.GrpcServer} to run one, and with {@code
 * GrpcConnection} to see how it works.
 */
@NullMarked
package io.quorate.grpc;

import org.jspecify.annotations.NullMarked;

/**
 * gRPC calls over HTTP/2: the network channel, for single calls and for streams.
 *
 * <p><b>Owns</b> connections, streams and their flow control, the gRPC message frame, status and
 * trailers, keep-alive, and the choice among several members. Frames and response headers are read
 * by Netty's HTTP/2 codec. The client's side of the stream life cycle is short (open, send, half
 * close, read, end), so it is kept here: a call costs a few microseconds and no promise, child
 * channel or timer of its own.
 *
 * <p><b>Never</b> sends a call twice; never says {@code NOT_PROCESSED} unless nothing of it left,
 * the member refused its stream, or the connection ended below it with a GOAWAY.
 *
 * <p><b>Invariants</b>: everything of a connection happens on its event loop; what is sent never
 * exceeds the peer's windows, and every byte received is given back to its window, a stream's when
 * its reader takes it; each call ends exactly once.
 *
 * <p><b>Start</b> with {@link io.quorate.client.http.HttpChannel}, then {@link
 * io.quorate.client.http.GrpcConnection}, which load generators also use directly.
 */
@NullMarked
package io.quorate.client.http;

import org.jspecify.annotations.NullMarked;

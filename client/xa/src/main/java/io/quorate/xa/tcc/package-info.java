/**
 * Services as resources of transactions: what can't be prepared by a database is reserved by a Try,
 * and then either confirmed or cancelled.
 *
 * <p><b>Owns</b> both sides. The transaction's: a {@link io.quorate.xa.tcc.TccResource}, which
 * reaches its service through a {@link io.quorate.xa.tcc.TccParticipant}: {@link
 * io.quorate.xa.tcc.HttpParticipant} or {@link io.quorate.xa.tcc.GrpcParticipant}. The service's: a
 * {@link io.quorate.xa.tcc.TccBarrier}, which lets each order take effect once whatever order they
 * arrive in, and a {@link io.quorate.xa.tcc.TccEndpoint}, by which any web framework speaks the
 * protocol, or a {@link io.quorate.xa.tcc.GrpcTccService}, which a server of grpc-java serves.
 *
 * <p><b>Never</b> knows what a service reserves, nor a web framework's ways.
 *
 * <p><b>Invariants</b>: a branch is tried once; a Try that arrives behind its Cancel reserves
 * nothing; an order that comes again does nothing and is answered as before; of Confirm and Cancel
 * one takes effect, and the other one is told so; what the service did, and that it did so, are
 * durable in one step.
 *
 * <p><b>Start</b> with {@link io.quorate.xa.tcc.TccParticipant}, which says what the orders mean,
 * then {@link io.quorate.xa.tcc.TccBarrier}.
 */
@NullMarked
package io.quorate.xa.tcc;

import org.jspecify.annotations.NullMarked;

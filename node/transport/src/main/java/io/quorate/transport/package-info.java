/**
 * The node's network: frames between members over Netty, and Netty's event loop as the node's loop.
 *
 * <p><b>Owns</b> connections between members: dialling, the handshake, framing with checksums,
 * byte-bounded queues, and word of a connection's beginning and end.
 *
 * <p><b>Never</b> looks into a frame, and knows no Raft.
 *
 * <p><b>Invariants</b>: within one conversation nothing is lost or reordered; a frame's length is
 * bounded before anything is allocated for it; every queue is bounded in bytes; of two members, the
 * one with the smaller id dials, so that a pair never has to choose between two connections; every
 * conversation that was told to the node as begun is told to it as ended, once.
 *
 * <p><b>Start</b> with {@link io.quorate.transport.NettyTransport}, then {@code Link} for the life
 * of one connection and {@code Greeting} for what its two ends say first.
 */
@NullMarked
package io.quorate.transport;

import org.jspecify.annotations.NullMarked;

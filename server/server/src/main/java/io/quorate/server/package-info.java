/**
 * The server process: flags, wiring, logging, {@code quorate server} and {@code quorate dev}.
 *
 * <p><b>Owns</b> how a member is configured and started: etcd's flags and environment variables,
 * the listeners on the client port, the log's lines, exit codes, the clean end.
 *
 * <p><b>Never</b> decides anything about data. No framework wires it: {@link
 * io.quorate.server.ServerMember} is plain constructors, and nothing in it is global, so that many
 * members live in one JVM.
 *
 * <p><b>Invariants</b>: a flag that would change security and isn't supported is refused, never
 * ignored; a flag that is accepted without effect is said to be so; what is started is stopped, in
 * the opposite order, also when a start fails half-way.
 *
 * <p><b>Start</b> with {@link io.quorate.server.Main}, then {@link io.quorate.server.Flags} and
 * {@link io.quorate.server.ServerMember}.
 */
@NullMarked
package io.quorate.server;

import org.jspecify.annotations.NullMarked;

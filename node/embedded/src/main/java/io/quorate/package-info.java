/**
 * Quorate inside an application: a member of a cluster in the user's own JVM.
 *
 * <p><b>Owns</b> how a member is put together from log, engine, node, transport and services, and
 * how it is started and stopped; the server is built on the same {@link io.quorate.Member}.
 *
 * <p><b>Never</b> keeps anything global: any number of members live in one JVM, each with its own
 * threads, which end with {@link io.quorate.Member#close}. No JVM flag is needed.
 *
 * <p><b>Invariants</b>: what a failed start has begun is undone; {@code close} returns when every
 * thread has ended and every file is closed, and may be called twice.
 *
 * <p><b>Start</b> with {@link io.quorate.Quorate#node}.
 */
@NullMarked
package io.quorate;

import org.jspecify.annotations.NullMarked;

/**
 * The client: typed calls of the etcd v3 API over a channel that may be a network or a node in the
 * same process.
 *
 * <p><b>Owns</b> what a caller means by a put, a read, a transaction; which failure it is told; and
 * when a call may be tried again. The way the bytes travel is a {@link
 * io.quorate.client.channel.Channel}, time a {@link io.quorate.client.channel.Timer}: both are
 * given from outside, so that the same retries run against a fake world.
 *
 * <p>A stream of watches or of renewals is opened again by whoever knows where it was: {@code
 * Watcher}, {@code LeaseKeeper}. What is told on it is told in order, and nothing more is taken
 * from a member while a listener is busy.
 *
 * <p>Whoever wants to measure or trace it is a {@link io.quorate.client.ClientObserver}: the client
 * tells, and knows no library for either.
 *
 * <p><b>Never</b> speaks anything but the public etcd v3 API, so that it serves a real etcd as
 * well; never starts a thread of its own; never sends a write twice unless the first sending was
 * surely not processed.
 *
 * <p><b>Invariants</b>: every call has a deadline and ends by it; a call's future completes once; a
 * write whose outcome is not known ends in {@link io.quorate.base.QuorateException.Indeterminate},
 * whatever the reason; values are shared, not copied, and never change; what an observer throws
 * changes nothing.
 *
 * <p><b>Start</b> with {@link io.quorate.client.QuorateClient}, then {@link io.quorate.client.Kv};
 * how a call is retried is one page, {@code Calls}; the network is {@code io.quorate.client.http}.
 */
@NullMarked
package io.quorate.client;

import org.jspecify.annotations.NullMarked;

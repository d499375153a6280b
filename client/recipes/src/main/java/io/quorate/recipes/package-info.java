/**
 * What applications build on agreement: locks, elections and what goes with them, written against
 * the etcd v3 API alone.
 *
 * <p><b>Owns</b> the protocols by which clients that don't know each other take turns: who queues
 * where, who is first, who waits for whom, and how anybody proves that it is still its turn. Keys
 * are laid out as etcd's own lock and election do it, so that {@code etcdctl lock} and {@code
 * etcdctl elect} take part.
 *
 * <p>How long they take is told to those of the client's observers that want to hear it ({@link
 * io.quorate.recipes.OwnershipObserver}).
 *
 * <p><b>Never</b> says that something is held because it was; never calls a lock safe that isn't:
 * what is done under one is guarded by the store ({@link io.quorate.recipes.LockHandle#guarded}) or
 * by who is given the {@link io.quorate.recipes.FencingToken}. Never starts a thread.
 *
 * <p><b>Invariants</b>: a key of a queue goes with a session's lease, so nobody waits for a dead
 * one for longer than its TTL; whoever waits looks again at least twice in a TTL, so a missed event
 * costs time only; a place that is given up leaves no key; who is told of a loss is told once.
 *
 * <p><b>Start</b> with {@link io.quorate.recipes.Mutex}; the protocol that most of them share is
 * {@code Candidate}. Who holds what at the moment, {@link io.quorate.recipes.Queues} tells.
 */
@NullMarked
package io.quorate.recipes;

import org.jspecify.annotations.NullMarked;

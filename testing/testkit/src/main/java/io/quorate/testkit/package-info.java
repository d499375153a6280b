/**
 * A cluster inside a test, and what can go wrong with it: for those who test what they build on
 * locks, elections, ids and transactions.
 *
 * <p><b>Owns</b> the time of such a cluster, the ways between its members and from the processes of
 * an application to them, those processes' clocks, what goes wrong with all of it, and the
 * extension of JUnit. Members, client and recipes are the classes that run in production.
 *
 * <p><b>Never</b> opens a port or a file; never lets a fault outlive its cluster; is imported by
 * nothing that ships.
 *
 * <p><b>Invariants</b>: whatever happens to a cluster happens on its one thread, so that a fault is
 * in force when the call returns that began it; a cluster's time stands still while that thread
 * doesn't run, whatever a debugger or a busy machine does, so that no lease ends and no leader
 * changes but by a fault or by time that a test lets pass; {@code close} leaves no thread.
 *
 * <p><b>Start</b> with {@link io.quorate.testkit.Cluster}; within, with {@code World}, which is the
 * thread and its time, then {@code MemberRun} and {@code ProcessChannel}.
 */
@NullMarked
package io.quorate.testkit;

import org.jspecify.annotations.NullMarked;

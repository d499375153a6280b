/**
 * What a client of the etcd v3 API can see, asked of a real etcd and of Quorate in the same run.
 *
 * <p><b>Owns</b> the cases, one class for each part of the API; a client that sends whatever it is
 * given ({@link io.quorate.conformance.Api}) and the list of what etcd's versions differ in ({@link
 * io.quorate.conformance.Difference}).
 *
 * <p><b>Never</b> says what Quorate alone does: a case that a real etcd fails is wrong, whatever
 * Quorate answers. It never waits for time to pass where there is an answer to wait for.
 *
 * <p><b>Invariants</b>: cases on the shared server touch only keys under their own prefix, and
 * count revisions from where they found them; whoever raises alarms, adds users or stops members
 * has a server of its own. That nothing comes is shown by what comes next.
 *
 * <p><b>Start</b> with {@link io.quorate.conformance.Case}, then {@link
 * io.quorate.conformance.RangeTest}.
 *
 * <p>Clients of other languages are run where they can be had ({@link
 * io.quorate.conformance.OtherLanguagesTest}), Go's in long runs only ({@link
 * io.quorate.conformance.GoClientTest}); what it is made of is asked for in its own shapes in every
 * run ({@link io.quorate.conformance.TxnShapesTest}, {@link
 * io.quorate.conformance.WatchShapesTest}). It relies on:
 *
 * <ul>
 *   <li><i>concurrency</i>: mutexes and elections create a key under a lease unless it is there, in
 *       one txn with a read of the first one by creation; whom to wait for is the last one with a
 *       smaller create revision; then a watch for its deletion <i>from the revision of that
 *       read</i>. Software transactions read the first key's revision and compare mod revisions
 *       when they commit.
 *   <li><i>leasing</i>: comparing the create revision of a whole range; a put that keeps the lease
 *       of a key that it overwrites; ownership that is told by the create revision in a header.
 *   <li><i>recipes</i>: the oldest and newest by mod revision with a limit of one, also below a
 *       bound; deletions guarded by a mod revision.
 *   <li><i>its watches</i>: the next start is one behind the last revision that was seen, so a
 *       revision never comes in two answers; a stream that ends with Unavailable is resumed, with
 *       Unknown it isn't.
 *   <li><i>Kubernetes</i>: three shapes of txns, pages at one revision, a watch from behind a list
 *       with what was before each deletion, and progress that never overtakes an event.
 * </ul>
 */
@NullMarked
package io.quorate.conformance;

import org.jspecify.annotations.NullMarked;

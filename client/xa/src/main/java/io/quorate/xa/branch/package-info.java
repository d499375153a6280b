/**
 * What a transaction manager asks of a place where transactions do their work.
 *
 * <p><b>Owns</b> the interface between the two: a {@link io.quorate.xa.branch.Resource} is a
 * database, a queue or a service; a {@link io.quorate.xa.branch.Branch} is what one transaction
 * does there; a {@link io.quorate.xa.branch.BranchId} is the name under which the resource keeps
 * it.
 *
 * <p><b>Never</b> knows what decides, nor JDBC's or a driver's ways ({@code io.quorate.xa.jdbc}).
 *
 * <p><b>Invariants</b>: what is answered is durable at the resource before it is answered; each
 * order may come again, and means the same again; an answer that isn't sure is a failed future, and
 * is asked for again.
 *
 * <p><b>Start</b> with {@link io.quorate.xa.branch.Resource}.
 */
@NullMarked
package io.quorate.xa.branch;

import org.jspecify.annotations.NullMarked;

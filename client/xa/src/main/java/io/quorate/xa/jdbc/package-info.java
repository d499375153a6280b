/**
 * Databases as resources of transactions.
 *
 * <p><b>Owns</b> what PostgreSQL and MariaDB do with two-phase commit, in their own statements,
 * over any {@code DataSource} and any pool; and XA's own interface for all others ({@code
 * XaCalls}).
 *
 * <p><b>Never</b> trusts an error that may be the answer to something else: that a database doesn't
 * know a branch says neither that it has committed nor that it hasn't, so it is asked again, and in
 * another way.
 *
 * <p><b>Invariants</b>: a branch votes yes only if its database has said that it is prepared; a
 * connection that may still hold something isn't given back to its pool; every call that this
 * package makes by itself ends within half a minute.
 *
 * <p><b>Start</b> with {@link io.quorate.xa.jdbc.PostgreSqlResource} and {@link
 * io.quorate.xa.jdbc.MariaDbResource}; what they share is {@code JdbcResource} and {@code
 * JdbcBranch}.
 */
@NullMarked
package io.quorate.xa.jdbc;

import org.jspecify.annotations.NullMarked;

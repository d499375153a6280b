/**
 * Transactions over real databases, on Quorate and on a real etcd.
 *
 * <p><b>Owns</b> what needs a PostgreSQL, a MariaDB and a store at the same time: that money is
 * conserved whatever dies, and what the databases' own ways do to two-phase commit.
 *
 * <p><b>Never</b> waits for time to pass: it waits for what a database or the store shows.
 *
 * <p><b>Start</b> with {@link io.quorate.xa.it.Bank}, then {@code TransferTest}.
 */
@NullMarked
package io.quorate.xa.it;

import org.jspecify.annotations.NullMarked;

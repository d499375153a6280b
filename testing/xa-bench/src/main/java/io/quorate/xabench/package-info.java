/**
 * What transactions over two databases cost: several transaction managers in turn, on the same
 * servers, with the same tables and threads.
 *
 * <p><b>Owns</b> the contenders, the application that each of them runs in, and three comparisons:
 * throughput, the time until nothing is in doubt after a kill, and what a manager costs without
 * databases.
 *
 * <p><b>Never</b> lets go of durability to be faster: databases and managers sync. Nothing that
 * ships knows of it.
 *
 * <p><b>Invariants</b>: a contender has a JVM of its own, so that none runs in what another has
 * warmed up or left; the same money is in both databases together before and after; nothing of a
 * warm-up is counted as time, and all of it as syncs and transactions.
 *
 * <p><b>Start</b> with {@code Contender}, which is where one more would be added, then {@code
 * Application}; the comparisons are {@code CompareTransactions}, {@code CompareRecovery} and {@code
 * CompareOverhead}.
 */
@NullMarked
package io.quorate.xabench;

import org.jspecify.annotations.NullMarked;

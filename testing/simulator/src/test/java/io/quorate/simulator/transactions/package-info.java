/** Transactions over databases in simulated time, some rows of them. */
@NullMarked
package io.quorate.simulator.transactions;

import org.jspecify.annotations.NullMarked;

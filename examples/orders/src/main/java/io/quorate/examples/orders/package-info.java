/**
 * A shop, as an example: an order is a row in PostgreSQL, a stock is a row in MariaDB, and who
 * waits for orders watches a key of the store. {@link io.quorate.examples.orders.Orders#place}
 * changes all three, or none.
 *
 * <p><b>Owns</b> the wiring of two databases and the store; it is there to be read, and a test runs
 * it.
 *
 * <p><b>Never</b> begins or ends a transaction by itself: {@code @Transactional} does.
 *
 * <p><b>Invariants</b>: as many pieces are ordered as have left the stock.
 *
 * <p><b>Start</b> with {@link io.quorate.examples.orders.OrdersApplication}.
 */
@NullMarked
package io.quorate.examples.orders;

import org.jspecify.annotations.NullMarked;

/**
 * An application on event streams, as its user would write it.
 *
 * <p><b>Owns</b> orders: an aggregate ({@link io.quorate.examples.shipping.Order}), a view that is
 * projected from their events ({@link io.quorate.examples.shipping.OpenOrders}), and a process that
 * answers one stream's events in another's ({@link io.quorate.examples.shipping.Shipping}).
 *
 * <p><b>Never</b> asks who else runs: any number of processes do the same at a time. Never ends
 * because the store was away: what follows events joins anew.
 *
 * <p><b>Invariants</b>: what is paid is shipped once, whichever process dies in between.
 *
 * <p><b>Start</b> with {@link io.quorate.examples.shipping.Shop}, which puts it together.
 */
@NullMarked
package io.quorate.examples.shipping;

import org.jspecify.annotations.NullMarked;

package io.quorate.examples.shipping;

import io.quorate.base.Bytes;
import io.quorate.events.Append;
import io.quorate.events.EventStore;
import io.quorate.events.ExpectedVersion;
import io.quorate.events.NewEvent;
import io.quorate.events.RecordedEvent;
import io.quorate.events.aggregate.Aggregates;
import io.quorate.events.group.EventHandler;

/**
 * Ships what is paid: for an event of an order's stream it appends one to a stream of shipments. It
 * may be asked twice for the same event, when a process stops in between. The append's id follows
 * from the event, so the store knows what comes again, and says where it was done. If somebody else
 * has begun the shipment's stream, the event is parked, and a person looks at it.
 */
final class Shipping implements EventHandler {
  private final EventStore store;
  private final Aggregates<Order, OrderEvent> orders;

  Shipping(EventStore store, Aggregates<Order, OrderEvent> orders) {
    this.store = store;
    this.orders = orders;
  }

  @Override
  public void handle(RecordedEvent event) {
    if (!event.type().equals("Paid")) {
      return;
    }
    String id = event.stream().substring(Shop.ORDERS.length());
    Order order = orders.load(id).state();
    NewEvent shipped = NewEvent.of("Shipped", Bytes.utf8(order.pieces() + " " + order.article()));
    var _ =
        store
            .append(
                Append.to("shipments/" + id, ExpectedVersion.none(), shipped)
                    .id(event.id().uuid("shipping"))
                    .causedBy(event))
            .orThrow();
  }
}

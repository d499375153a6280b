package io.quorate.examples.shipping;

import io.quorate.client.QuorateClient;
import io.quorate.client.codec.JsonCodec;
import io.quorate.events.EventStore;
import io.quorate.events.Query;
import io.quorate.events.aggregate.Aggregates;
import io.quorate.events.aggregate.Handled;
import io.quorate.events.aggregate.Snapshots;
import io.quorate.events.codec.EventCodec;
import io.quorate.events.codec.JsonEvents;
import io.quorate.events.group.ConsumerGroup;
import io.quorate.events.group.ConsumerRun;
import io.quorate.events.group.GroupOptions;
import java.util.UUID;
import java.util.concurrent.Executor;

/** Puts the application together. */
public final class Shop implements AutoCloseable {
  static final String ORDERS = "orders/";

  private static final int SNAPSHOT_EVERY = 100;

  private final EventStore store;
  private final Aggregates<Order, OrderEvent> orders;
  private final ConsumerRun view;
  private final ConsumerRun shipping;

  /**
   * Begins to take orders, to show what is open, and to ship what is paid.
   *
   * @param executor runs what is done for events, which may block there
   */
  public Shop(QuorateClient client, Executor executor) {
    EventCodec<OrderEvent> codec = JsonEvents.of(OrderEvent.class);
    store = EventStore.of(client, "shop/events/");
    orders =
        Aggregates.of(store, ORDERS, codec, Order.DECIDER)
            .with(Snapshots.of(JsonCodec.of(Order.class), "order-1", SNAPSHOT_EVERY));
    view = group("open-orders").runExactlyOnce(new OpenOrders(codec), executor);
    shipping = group("shipping").runAtLeastOnce(new Shipping(store, orders), executor);
  }

  private ConsumerGroup group(String name) {
    return ConsumerGroup.of(store, name, Query.category(ORDERS), GroupOptions.DEFAULT);
  }

  /**
   * Carries out a command.
   *
   * @param request of whoever wants it: the same if it is asked for again, so that it is done once
   */
  public Handled<Order, OrderEvent> handle(String order, OrderCommand command, UUID request) {
    return orders.handle(order, Order.DECIDER, command, request);
  }

  /** An order as it is. */
  public Order order(String id) {
    return orders.load(id).state();
  }

  /** The events behind all of it. */
  public EventStore store() {
    return store;
  }

  Aggregates<Order, OrderEvent> orders() {
    return orders;
  }

  @Override
  public void close() {
    shipping.close();
    view.close();
  }
}

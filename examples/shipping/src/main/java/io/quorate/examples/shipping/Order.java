package io.quorate.examples.shipping;

import io.quorate.events.aggregate.Decider;
import java.util.List;

/**
 * What an order's events add up to, and what is decided by it.
 *
 * @param article what was ordered; empty if nothing was
 */
public record Order(String article, int pieces, Stage stage) {
  /** How far an order is. */
  public enum Stage {
    /** It isn't there yet. */
    NEW,
    OPEN,
    PAID,
    CANCELLED
  }

  private static final Order NONE = new Order("", 0, Stage.NEW);

  /** Orders as they are decided. */
  public static final Decider<OrderCommand, Order, OrderEvent> DECIDER =
      Decider.of(NONE, Order::decide, Order::evolve);

  private static List<OrderEvent> decide(OrderCommand command, Order order) {
    return switch (command) {
      case OrderCommand.Place place -> {
        order.require(Stage.NEW, "placed");
        yield List.of(new OrderEvent.Placed(place.article(), place.pieces()));
      }
      case OrderCommand.Pay pay -> {
        order.require(Stage.OPEN, "paid");
        yield List.of(new OrderEvent.Paid(pay.cents()));
      }
      case OrderCommand.Cancel cancel -> {
        if (order.stage == Stage.CANCELLED) {
          yield List.of(); // it is as somebody wants it
        }
        order.require(Stage.OPEN, "cancelled");
        yield List.of(new OrderEvent.Cancelled(cancel.reason()));
      }
    };
  }

  private void require(Stage needed, String what) {
    if (stage != needed) {
      throw new IllegalStateException("an order that is " + stage + " can't be " + what);
    }
  }

  private Order evolve(OrderEvent event) {
    return switch (event) {
      case OrderEvent.Placed placed -> new Order(placed.article(), placed.pieces(), Stage.OPEN);
      case OrderEvent.Paid _ -> new Order(article, pieces, Stage.PAID);
      case OrderEvent.Cancelled _ -> new Order(article, pieces, Stage.CANCELLED);
    };
  }
}

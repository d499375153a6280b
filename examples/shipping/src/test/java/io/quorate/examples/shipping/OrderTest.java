package io.quorate.examples.shipping;

import static org.assertj.core.api.Assertions.assertThat;

import io.quorate.client.codec.JsonCodec;
import io.quorate.events.codec.JsonEvents;
import io.quorate.testkit.events.DeciderScenario;
import io.quorate.testkit.events.Replays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is decided about orders; no store is needed to know. */
class OrderTest {
  private static final OrderEvent.Placed PLACED = new OrderEvent.Placed("tea", 3);

  private final DeciderScenario<OrderCommand, Order, OrderEvent> order =
      DeciderScenario.of(Order.DECIDER);

  @Test
  void an_order_is_placed_once() {
    order
        .when(new OrderCommand.Place("tea", 3))
        .then(PLACED)
        .thenState(new Order("tea", 3, Order.Stage.OPEN));
    assertThat(
            order
                .given(PLACED)
                .when(new OrderCommand.Place("cup", 1))
                .thenRefused(IllegalStateException.class))
        .hasMessage("an order that is OPEN can't be placed");
  }

  @Test
  void what_is_paid_can_not_be_cancelled_and_what_is_cancelled_stays_so() {
    var _ =
        order
            .given(PLACED, new OrderEvent.Paid(900))
            .when(new OrderCommand.Cancel("too late"))
            .thenRefused(IllegalStateException.class);
    order
        .given(PLACED, new OrderEvent.Cancelled("no"))
        .when(new OrderCommand.Cancel("again"))
        .then();
  }

  @Test
  void what_is_written_is_what_is_read() {
    List<OrderEvent> all =
        List.of(PLACED, new OrderEvent.Paid(900), new OrderEvent.Cancelled("no"));
    Replays.requireReadable(JsonEvents.of(OrderEvent.class), all);
    Replays.requireKeepable(Order.DECIDER, JsonCodec.of(Order.class), all);
  }
}

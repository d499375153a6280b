package io.quorate.examples.shipping;

import static org.assertj.core.api.Assertions.assertThat;

import io.quorate.client.codec.JsonCodec;
import io.quorate.events.codec.EventCodec;
import io.quorate.events.codec.JsonEvents;
import io.quorate.testkit.events.DeciderScenario;
import io.quorate.testkit.events.Histories;
import io.quorate.testkit.events.ProjectorScenario;
import io.quorate.testkit.events.Replays;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What is decided about orders; no store is needed to know. */
class OrderTest {
  private static final EventCodec<OrderEvent> CODEC = JsonEvents.of(OrderEvent.class);
  private static final OrderEvent.Placed PLACED = new OrderEvent.Placed("tea", 3);

  /** Orders as they may go; what is drawn that can't be is refused. */
  private static final Histories<OrderEvent> HISTORIES =
      Histories.decided(
          Order.DECIDER,
          random ->
              switch (random.nextInt(3)) {
                case 0 -> new OrderCommand.Place("tea", random.nextInt(1, 10));
                case 1 -> new OrderCommand.Pay(random.nextLong(1_000));
                default -> new OrderCommand.Cancel("no");
              });

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
    Replays.requireReadable(CODEC, HISTORIES);
    Replays.requireKeepable(Order.DECIDER, JsonCodec.of(Order.class), HISTORIES);
  }

  @Test
  void what_is_shown_as_open_waits_to_be_paid_and_is_the_same_made_anew() {
    ProjectorScenario<OrderEvent> shown = ProjectorScenario.of(() -> new OpenOrders(CODEC), CODEC);
    shown
        .given("orders/42", PLACED)
        .given("orders/43", new OrderEvent.Placed("cup", 1))
        .given("orders/42", new OrderEvent.Paid(900))
        .thenKeys(Map.of("shop/open/orders/43", "1 cup"));
    shown.requireSame("orders/", HISTORIES);
  }
}

package io.quorate.examples.shipping;

import static org.assertj.core.api.Assertions.assertThat;

import io.quorate.client.QuorateClient;
import io.quorate.events.StreamRead;
import io.quorate.testkit.QuorateTest;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Runs the example against a cluster of its own. */
@QuorateTest
@Timeout(60)
class ShopTest {
  private static void await(BooleanSupplier condition) {
    while (!condition.getAsBoolean()) {
      LockSupport.parkNanos(1_000_000);
    }
  }

  /** Shows an order's way: placed, seen as open, paid, shipped, and each of it once. */
  @Test
  void what_is_paid_is_shipped(QuorateClient client) {
    UUID request = new UUID(1, 1);
    try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();
        Shop shop = new Shop(client, executor)) {
      assertThat(shop.handle("42", new OrderCommand.Place("tea", 3), request).version())
          .isEqualTo(1);
      assertThat(shop.handle("42", new OrderCommand.Place("tea", 3), request).attempts()).isZero();
      await(() -> OpenOrders.list(client).contains("3 tea"));
      var _ = shop.handle("42", new OrderCommand.Pay(900), new UUID(1, 2));
      await(() -> shop.store().version("shipments/42") == 1);
      await(() -> OpenOrders.list(client).isEmpty());
      assertThat(shop.order("42").stage()).isEqualTo(Order.Stage.PAID);
      assertThat(
              shop.store().read(StreamRead.of("shipments/42")).events().get(0).payload().toUtf8())
          .isEqualTo("3 tea");
    }
  }

  /** Shows that another process goes on where one has stopped. */
  @Test
  void another_shop_goes_on(QuorateClient client) {
    try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
      try (Shop first = new Shop(client, executor)) {
        var _ = first.handle("7", new OrderCommand.Place("cup", 1), new UUID(2, 1));
      }
      try (Shop second = new Shop(client, executor)) {
        var _ = second.handle("7", new OrderCommand.Pay(100), new UUID(2, 2));
        await(() -> second.store().version("shipments/7") == 1);
      }
    }
  }
}

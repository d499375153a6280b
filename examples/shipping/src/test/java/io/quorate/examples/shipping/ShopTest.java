package io.quorate.examples.shipping;

import static org.assertj.core.api.Assertions.assertThat;

import io.quorate.base.Bytes;
import io.quorate.client.QuorateClient;
import io.quorate.events.ExpectedVersion;
import io.quorate.events.NewEvent;
import io.quorate.events.RecordedEvent;
import io.quorate.events.StreamRead;
import io.quorate.events.group.ConsumerGroup;
import io.quorate.events.group.ParkedEvent;
import io.quorate.events.group.PartitionStatus;
import io.quorate.testkit.ClientProcess;
import io.quorate.testkit.Cluster;
import io.quorate.testkit.QuorateTest;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
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

  /** Shows that what is done for an event is done once, and that what is in the way is told. */
  @Test
  void what_is_shipped_is_shipped_once_and_what_is_in_the_way_is_parked(
      Cluster cluster, QuorateClient client) {
    try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();
        Shop shop = new Shop(client, executor)) {
      var _ = shop.handle("8", new OrderCommand.Place("tea", 1), new UUID(3, 1));
      var _ = shop.handle("8", new OrderCommand.Pay(100), new UUID(3, 2));
      await(() -> shop.store().version("shipments/8") == 1);
      RecordedEvent paid = shop.store().read(StreamRead.of("orders/8").last(1)).events().get(0);
      new Shipping(shop.store(), shop.orders()).handle(paid); // as if nobody knew that it was done
      assertThat(shop.store().version("shipments/8")).isEqualTo(1);

      NewEvent byHand = NewEvent.of("Shipped", Bytes.EMPTY);
      var _ = shop.store().append("shipments/9", ExpectedVersion.none(), byHand).orThrow();
      var _ = shop.handle("9", new OrderCommand.Place("tea", 1), new UUID(4, 1));
      var _ = shop.handle("9", new OrderCommand.Pay(100), new UUID(4, 2));
      await(() -> {
        cluster.advance(Duration.ofSeconds(1)); // it is tried a few times
        return !parked(shop).isEmpty();
      });
      assertThat(parked(shop).get(0).reason())
          .contains("shipments/9 has version 1, expected was no event");
    }
  }

  private static List<ParkedEvent> parked(Shop shop) {
    return groups(shop, "shipping").flatMap(each -> each.parked().stream()).toList();
  }

  private static Stream<ConsumerGroup> groups(Shop shop, String name) {
    return ConsumerGroup.all(shop.store()).stream().filter(each -> each.name().equals(name));
  }

  /** Shows that consumers which have ended, since the store was away for a minute, are others. */
  @Test
  void a_store_that_was_away_for_long_is_followed_again(Cluster cluster, ClientProcess process) {
    try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();
        Shop shop = new Shop(process.client(), executor)) {
      var _ = shop.handle("10", new OrderCommand.Place("tea", 1), new UUID(5, 1));
      await(() -> !owners(shop, "open-orders").isEmpty() && !owners(shop, "shipping").isEmpty());
      Set<String> before = owners(shop, "shipping");
      process.pauseFor(Duration.ofMinutes(1));
      await(() -> {
        cluster.advance(Duration.ofSeconds(1));
        Set<String> after = owners(shop, "shipping");
        return !after.isEmpty() && !after.equals(before);
      });
      var _ = shop.handle("10", new OrderCommand.Pay(100), new UUID(5, 2));
      await(() -> shop.store().version("shipments/10") == 1);
      await(() -> OpenOrders.list(process.client()).isEmpty());
    }
  }

  private static Set<String> owners(Shop shop, String group) {
    return groups(shop, group)
        .flatMap(each -> each.status().stream())
        .map(PartitionStatus::owner)
        .filter(owner -> !owner.isEmpty())
        .collect(Collectors.toSet());
  }
}

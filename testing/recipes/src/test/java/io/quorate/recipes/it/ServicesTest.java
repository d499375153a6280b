package io.quorate.recipes.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quorate.client.Delete;
import io.quorate.client.Listening;
import io.quorate.client.Range;
import io.quorate.recipes.Registration;
import io.quorate.recipes.Services;
import io.quorate.system.Store;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** Instances are there as long as their processes are, and whoever asks sees them. */
@ParameterizedClass(name = "{0}")
@EnumSource(Store.class)
@Timeout(60)
class ServicesTest extends RecipeCase {
  private static final Duration TTL = Duration.ofSeconds(5);

  ServicesTest(Store store) {
    super(store, "services");
  }

  private static List<String> addresses(List<Services.Instance> instances) {
    return instances.stream().map(Services.Instance::address).toList();
  }

  private long lease(String address) {
    return client.kv().get(name + "/" + address).orElseThrow().lease();
  }

  @Test
  void instances_come_and_go_and_who_observes_is_told() throws Exception {
    Services services = Services.of(client, name);
    BlockingQueue<List<Services.Instance>> told = new LinkedBlockingQueue<>();
    try (Listening _ = client.await(services.observe(told::add, Runnable::run))) {
      assertThat(told.take()).isEmpty();
      Registration first = services.register("10.0.0.2:80", "zone=a", TTL);
      assertThat(addresses(told.take())).containsExactly("10.0.0.2:80");
      Registration second = services.register("10.0.0.1:80", "zone=b", TTL);
      assertThat(addresses(told.take())).containsExactly("10.0.0.2:80", "10.0.0.1:80");
      assertThat(addresses(services.instances())).containsExactly("10.0.0.2:80", "10.0.0.1:80");
      first.say("zone=c");
      assertThat(told.take().get(0).about()).isEqualTo("zone=c");
      first.close();
      assertThat(addresses(told.take())).containsExactly("10.0.0.1:80");
      second.close();
      assertThat(told.take()).isEmpty();
    }
    assertThat(client.kv().range(Range.prefix(name)).kvs()).isEmpty();
  }

  @Test
  void an_instance_whose_session_is_lost_registers_under_another() {
    Services services = Services.of(client, name);
    try (Registration _ = services.register("10.0.0.1:80", "", TTL)) {
      long lost = lease("10.0.0.1:80");
      client.lease().revoke(lost);
      while (addresses(services.instances()).isEmpty()) {
        Thread.onSpinWait();
      }
      assertThat(lease("10.0.0.1:80")).isNotEqualTo(lost);
    }
    assertThat(services.instances()).isEmpty();
  }

  @Test
  void another_of_the_same_address_takes_its_place_and_stays_when_the_first_one_goes() {
    Services services = Services.of(client, name);
    Registration first = services.register("10.0.0.1:80", "first", TTL);
    try (Registration _ = services.register("10.0.0.1:80", "second", TTL)) {
      first.close();
      assertThat(services.instances()).hasSize(1);
      assertThat(services.instances().get(0).about()).isEqualTo("second");
    }
  }

  @Test
  void an_address_that_is_none_is_refused() {
    Services services = Services.of(client, name);
    for (String none : List.of("", "a/b", "/")) {
      assertThatThrownBy(() -> services.register(none, "", TTL))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("is no address");
    }
  }

  @Test
  void a_registration_that_somebody_deletes_comes_back() {
    Services services = Services.of(client, name);
    try (Registration _ = services.register("10.0.0.1:80", "", Duration.ofSeconds(2))) {
      client.kv().delete(Delete.key(name + "/10.0.0.1:80"));
      while (services.instances().isEmpty()) {
        Thread.onSpinWait();
      }
    }
  }
}

package io.quorate.recipes.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.client.KeyValue;
import io.quorate.client.QuorateClient;
import io.quorate.client.Range;
import io.quorate.recipes.ids.IdBuilder;
import io.quorate.recipes.ids.IdParts;
import io.quorate.recipes.ids.SnowflakeIds;
import io.quorate.recipes.ids.SnowflakeLayout;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** Generators that share a cluster's workers share no id. */
@ParameterizedClass(name = "{0}")
@EnumSource(Store.class)
@Timeout(60)
class SnowflakeIdsTest {
  private static final AtomicInteger NAMES = new AtomicInteger();

  private final QuorateClient client;
  private final List<SnowflakeIds> open = new ArrayList<>();
  private final String name = "case-" + NAMES.incrementAndGet();

  SnowflakeIdsTest(Store store) {
    client = store.connect();
  }

  @AfterEach
  void end() {
    open.forEach(SnowflakeIds::close);
    client.close();
  }

  private SnowflakeIds open(IdBuilder builder) {
    SnowflakeIds ids = builder.open();
    open.add(ids);
    return ids;
  }

  private IdBuilder builder() {
    return SnowflakeIds.builder(client, name).window(Duration.ofSeconds(3));
  }

  private List<KeyValue> keys(String kind) {
    return client.kv().range(Range.prefix("quorate/ids/" + name + "/" + kind + "/")).kvs();
  }

  @Test
  void generators_of_one_name_are_different_workers_and_their_ids_differ() {
    Set<Integer> workers = new HashSet<>();
    Set<Long> seen = new HashSet<>();
    for (int i = 0; i < 4; i++) {
      SnowflakeIds ids = open(builder().datacenter(2));
      long last = -1;
      for (int n = 0; n < 1_000; n++) {
        long id = ids.nextId();
        assertThat(id).isGreaterThan(last);
        assertThat(seen.add(id)).isTrue();
        last = id;
      }
      IdParts parts = ids.layout().decode(last);
      assertThat(parts.datacenter()).isEqualTo(2);
      assertThat(workers.add(parts.worker())).isTrue();
      assertThat(Duration.between(parts.time(), Instant.now()).abs())
          .isLessThan(Duration.ofSeconds(5));
    }
    assertThat(keys("w")).hasSize(4);
  }

  @Test
  void who_closes_gives_its_worker_back_with_the_last_time_that_it_used() {
    SnowflakeIds ids = open(builder());
    long last = ids.nextId();
    ids.close();
    assertThat(keys("w")).isEmpty();
    assertThat(keys("hw"))
        .singleElement()
        .satisfies(kv ->
            assertThat(Long.parseLong(kv.value().toUtf8()))
                .isEqualTo(ids.layout().decode(last).time().toEpochMilli()));
    assertThatThrownBy(ids::nextId).satisfies(e -> assertThat(ErrorCode.STOPPED.isOf(e)).isTrue());
  }

  /** Its lease is revoked: what it reserved it may use, and then it claims another worker. */
  @Test
  void who_loses_its_worker_goes_on_without_a_repetition_and_so_does_its_successor() {
    SnowflakeLayout one = new SnowflakeLayout(Instant.EPOCH, 41, 0, 1, 12);
    SnowflakeIds first = open(builder().layout(one));
    Set<Long> seen = new HashSet<>();
    assertThat(seen.add(first.nextId())).isTrue();
    client.lease().revoke(keys("w").get(0).lease());
    SnowflakeIds second = open(builder().layout(one));
    SnowflakeIds third = open(builder().layout(one));
    Instant end = Instant.now().plusSeconds(8);
    long last = -1;
    int refused = 0;
    while (Instant.now().isBefore(end)) {
      assertThat(seen.add(second.nextId())).isTrue();
      assertThat(seen.add(third.nextId())).isTrue();
      try {
        long id = first.nextId();
        assertThat(seen.add(id)).isTrue();
        assertThat(id).isGreaterThan(last);
        last = id;
      } catch (QuorateException.Unavailable e) {
        assertThat(e.code()).isEqualTo(ErrorCode.WORKERS_EXHAUSTED);
        refused++;
        break;
      }
    }
    assertThat(refused).as("both workers are the others'").isEqualTo(1);
    third.close();
    assertThat(seen.add(first.nextId())).isTrue();
  }

  @Test
  void a_worker_whose_owner_was_killed_is_used_again_behind_what_it_had_reserved() {
    SnowflakeLayout one = new SnowflakeLayout(Instant.EPOCH, 41, 0, 0, 12);
    QuorateClient other = client;
    SnowflakeIds killed = builder().layout(one).open(); // never closed
    killed.nextId();
    long until = Long.parseLong(keys("hw").get(0).value().toUtf8());
    other.lease().revoke(keys("w").get(0).lease());
    SnowflakeIds next = open(builder().layout(one));
    assertThat(one.decode(next.nextId()).time().toEpochMilli()).isGreaterThan(until);
  }

  @Test
  void time_is_reserved_ahead_as_long_as_ids_are_made() throws InterruptedException {
    SnowflakeIds ids = open(builder().window(Duration.ofMillis(200)));
    ids.nextId();
    long first = Long.parseLong(keys("hw").get(0).value().toUtf8());
    while (Long.parseLong(keys("hw").get(0).value().toUtf8()) < first + 1_000) {
      ids.nextId();
    }
    for (int i = 0; i < 100; i++) {
      assertThat(ids.tryNextId()).as("no id waits for a round trip").isPresent();
      Thread.onSpinWait();
    }
  }
}

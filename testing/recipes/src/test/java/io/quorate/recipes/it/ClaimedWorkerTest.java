package io.quorate.recipes.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.client.KeyValue;
import io.quorate.client.Range;
import io.quorate.recipes.ids.ClaimedWorker;
import io.quorate.recipes.ids.IdBuilder;
import io.quorate.recipes.ids.SnowflakeIds;
import io.quorate.recipes.ids.SnowflakeLayout;
import io.quorate.system.Store;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** A worker that is held for another program, which makes ids of the time that is its own. */
@ParameterizedClass(name = "{0}")
@EnumSource(Store.class)
@Timeout(60)
class ClaimedWorkerTest extends RecipeCase {
  private static final SnowflakeLayout ONE_WORKER =
      new SnowflakeLayout(Instant.EPOCH, 41, 0, 0, 12);

  ClaimedWorkerTest(Store store) {
    super(store, "claimed");
  }

  private IdBuilder builder() {
    return SnowflakeIds.builder(client, name).layout(ONE_WORKER).window(Duration.ofMillis(200));
  }

  private List<KeyValue> claims() {
    return client.kv().range(Range.prefix("quorate/ids/" + name + "/w/")).kvs();
  }

  @Test
  void it_is_nobody_elses_while_it_is_held_and_its_time_is_not_later() {
    Instant told;
    try (ClaimedWorker worker = builder().claim();
        SnowflakeIds others = builder().open()) {
      Instant first = worker.reservedUntil();
      told = client.await(worker.nextReserved());
      assertThat(told).isAfter(first);
      assertThatThrownBy(others::nextId)
          .satisfies(e -> assertThat(ErrorCode.WORKERS_EXHAUSTED.isOf(e)).isTrue());
    }
    assertThat(claims()).isEmpty();
    try (SnowflakeIds next = builder().open()) {
      assertThat(ONE_WORKER.decode(next.nextId()).time()).isAfter(told);
    }
  }

  @Test
  void what_is_claimed_when_nobody_waits_for_it_any_more_is_given_back() {
    builder().claimAsync().cancel(false);
    boolean free = false;
    while (!free) {
      try (ClaimedWorker _ = builder().claim()) {
        free = true;
      } catch (QuorateException.Unavailable e) {
        assertThat(ErrorCode.WORKERS_EXHAUSTED.isOf(e)).as("%s", e).isTrue();
      }
    }
  }

  @Test
  void that_its_claim_is_gone_is_told() {
    try (ClaimedWorker worker = builder().claim()) {
      client.lease().revoke(claims().get(0).lease());
      assertThatThrownBy(
              () -> {
                while (true) {
                  client.await(worker.nextReserved());
                }
              })
          .isInstanceOf(QuorateException.Conflict.class);
    }
  }
}

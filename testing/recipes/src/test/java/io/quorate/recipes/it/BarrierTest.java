package io.quorate.recipes.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.recipes.Barrier;
import io.quorate.recipes.CountDownLatch;
import io.quorate.system.Store;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** Parties pass together; a latch opens when it was counted down. */
@ParameterizedClass(name = "{0}")
@EnumSource(Store.class)
@Timeout(60)
class BarrierTest extends RecipeCase {
  BarrierTest(Store store) {
    super(store, "barriers");
  }

  private Barrier barrier(int parties) {
    return Barrier.of(session(), name, parties);
  }

  private void awaitThere(long generation, int count) {
    awaitKeys(name + "/g/" + generation + "/", count);
  }

  @Test
  void all_pass_when_the_last_one_comes_again_and_again() {
    List<Barrier> parties = List.of(barrier(3), barrier(3), barrier(3));
    for (long generation = 0; generation < 3; generation++) {
      CompletableFuture<Long> first = parties.get(0).awaitAsync();
      CompletableFuture<Long> second = parties.get(1).awaitAsync();
      awaitThere(generation, 2);
      assertThat(first).isNotDone();
      assertThat(parties.get(2).await()).isEqualTo(generation);
      assertThat(client.await(first)).isEqualTo(generation);
      assertThat(client.await(second)).isEqualTo(generation);
      awaitThere(generation, 0);
    }
  }

  @Test
  void who_waits_no_longer_is_not_counted() {
    Barrier first = barrier(2);
    assertThat(first.await(Duration.ofMillis(100))).isEmpty();
    awaitThere(0, 0);
    CompletableFuture<Long> cancelled = first.awaitAsync();
    awaitThere(0, 1);
    cancelled.cancel(false);
    awaitThere(0, 0);
    CompletableFuture<Long> waits = barrier(2).awaitAsync();
    awaitThere(0, 1);
    assertThat(first.await(Duration.ofSeconds(10))).hasValue(0);
    assertThat(client.await(waits)).isZero();
  }

  /** etcd's double barrier has a key without a lease: who comes after a crash passes at once. */
  @Test
  void a_name_whose_parties_have_died_blocks_those_who_use_it_anew() {
    CompletableFuture<Long> dies = barrier(2).awaitAsync();
    awaitThere(0, 1);
    client.lease().revoke(sessions.get(0).lease());
    CompletableFuture<Long> one = barrier(2).awaitAsync();
    awaitThere(0, 1);
    assertThat(one).isNotDone();
    assertThat(barrier(2).await()).isZero();
    assertThat(client.await(one)).isZero();
    dies.cancel(false);
  }

  @Test
  void another_number_of_parties_is_refused() {
    CompletableFuture<Long> waits = barrier(2).awaitAsync();
    awaitThere(0, 1);
    Barrier other = barrier(3);
    assertThatThrownBy(other::await)
        .isInstanceOf(QuorateException.Rejected.class)
        .hasMessageContaining("has 2 parties, not 3");
    waits.cancel(false);
  }

  /** Between the counting of the parties and their passing one may go away: it is asked. */
  @Test
  void who_goes_away_either_was_counted_or_lets_nobody_pass() {
    Barrier one = barrier(2);
    Barrier two = barrier(2);
    int alone = 0;
    for (int i = 0; i < 50; i++) {
      CompletableFuture<Long> waits = one.awaitAsync();
      OptionalLong passed = two.await(Duration.ofMillis(i % 4));
      if (passed.isEmpty()) {
        alone++;
        assertThat(two.await()).as("it is counted once more").isNotNegative();
      }
      assertThat(client.await(waits)).isEqualTo(i);
    }
    assertThat(alone).isLessThan(50);
    awaitKeys(name + "/g/", 0);
  }

  @Test
  void a_latch_opens_when_it_was_counted_down_and_stays_open() {
    CountDownLatch latch = CountDownLatch.of(client, name);
    assertThat(latch.count()).isEqualTo(-1);
    assertThat(latch.await(Duration.ofMillis(50))).isFalse();
    assertThat(latch.trySetCount(3)).isTrue();
    assertThat(latch.trySetCount(5)).isFalse();
    CompletableFuture<Boolean> opens = latch.awaitAsync();
    latch.countDown();
    latch.countDown();
    assertThat(latch.count()).isEqualTo(1);
    assertThat(opens).isNotDone();
    latch.countDown();
    assertThat(client.await(opens)).isTrue();
    latch.countDown();
    assertThat(latch.count()).isZero();
    assertThat(latch.await(Duration.ofSeconds(10))).isTrue();
    latch.delete();
    assertThat(latch.count()).isEqualTo(-1);
  }

  @Test
  void a_latch_that_is_deleted_takes_nothing_else_along() {
    client.kv().put(name + "/mine", "stays");
    CountDownLatch latch = CountDownLatch.of(client, name);
    assertThat(latch.trySetCount(1)).isTrue();
    latch.countDown();
    latch.delete();
    assertThat(latch.count()).isEqualTo(-1);
    assertThat(client.kv().get(name + "/mine")).isPresent();
  }

  @Test
  void what_is_no_number_is_told() {
    client.kv().put(name + "/generation", "many");
    Barrier barrier = barrier(2);
    assertThatThrownBy(() -> barrier.await(Duration.ofSeconds(10)))
        .satisfies(e -> assertThat(ErrorCode.DATA_DAMAGED.isOf(e)).isTrue())
        .hasMessageContaining("many");
    client.kv().put(name + "/latch/count", "several");
    assertThatThrownBy(() -> CountDownLatch.of(client, name).await(Duration.ofSeconds(10)))
        .satisfies(e -> assertThat(ErrorCode.DATA_DAMAGED.isOf(e)).isTrue())
        .hasMessageContaining("several");
  }
}

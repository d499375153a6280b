package io.quorate.recipes.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quorate.base.QuorateException;
import io.quorate.recipes.LockHandle;
import io.quorate.recipes.Mutex;
import io.quorate.recipes.Released;
import io.quorate.recipes.Semaphore;
import io.quorate.system.Store;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** As many as there are permits hold one, in the order of asking. */
@ParameterizedClass(name = "{0}")
@EnumSource(Store.class)
@Timeout(60)
class SemaphoreTest extends RecipeCase {
  SemaphoreTest(Store store) {
    super(store, "semaphores");
  }

  private Semaphore semaphore(int permits) {
    return Semaphore.of(session(), name, permits);
  }

  private void awaitPlaces(int count) {
    awaitKeys(name + "/p/", count);
  }

  @Test
  void as_many_hold_it_as_there_are_permits_and_the_next_in_their_order() {
    Semaphore here = semaphore(2);
    Semaphore there = semaphore(2);
    LockHandle first = here.acquire();
    LockHandle second = there.tryAcquire().orElseThrow();
    assertThat(here.tryAcquire()).isEmpty();
    assertThat(there.tryAcquire(Duration.ofMillis(50))).isEmpty();
    awaitPlaces(2);
    List<CompletableFuture<LockHandle>> waiting = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      waiting.add((i % 2 == 0 ? here : there).acquireAsync());
      awaitPlaces(3 + i);
    }
    assertThat(first.release()).isEqualTo(Released.RELEASED);
    LockHandle third = client.await(waiting.get(0));
    assertThat(waiting.get(1)).isNotDone();
    second.close();
    LockHandle fourth = client.await(waiting.get(1));
    assertThat(waiting.get(2)).isNotDone();
    third.close();
    fourth.close(); // two departures at once let two in
    client.await(waiting.get(2)).close();
    client.await(waiting.get(3)).close();
    awaitPlaces(0);
  }

  @Test
  void another_number_of_permits_is_refused() {
    LockHandle held = semaphore(3).acquire();
    Semaphore other = semaphore(4);
    assertThatThrownBy(other::acquire)
        .isInstanceOf(QuorateException.Rejected.class)
        .hasMessageContaining("has 3 permits, not 4");
    awaitPlaces(1);
    held.close();
  }

  @Test
  void a_holder_that_dies_makes_room_and_a_waiter_that_dies_fails() {
    LockHandle dies = semaphore(1).acquire();
    CompletableFuture<LockHandle> diesToo = semaphore(1).acquireAsync();
    awaitPlaces(2);
    CompletableFuture<LockHandle> next = semaphore(1).acquireAsync();
    awaitPlaces(3);
    client.lease().revoke(sessions.get(1).lease());
    assertThatThrownBy(() -> client.await(diesToo)).isInstanceOf(QuorateException.Conflict.class);
    client.lease().revoke(sessions.get(0).lease());
    LockHandle held = client.await(next);
    assertThat(held.isHeld()).isTrue();
    assertThatThrownBy(() -> dies.guarded()).isInstanceOf(QuorateException.Conflict.class);
  }

  @Test
  void never_more_are_inside_than_there_are_permits() throws InterruptedException {
    int permits = 3;
    int threads = 12;
    AtomicInteger inside = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    BlockingQueue<Throwable> failures = new LinkedBlockingQueue<>();
    CountDownLatch done = new CountDownLatch(threads);
    List<Semaphore> semaphores = List.of(semaphore(permits), semaphore(permits));
    for (int i = 0; i < threads; i++) {
      Semaphore semaphore = semaphores.get(i % 2);
      Thread.ofVirtual()
          .start(() -> {
            try {
              for (int round = 0; round < 8; round++) {
                try (LockHandle held = semaphore.acquire()) {
                  most.accumulateAndGet(inside.incrementAndGet(), Math::max);
                  assertThat(held.isHeld()).isTrue();
                  inside.decrementAndGet();
                }
              }
            } catch (Throwable e) {
              failures.add(e);
            } finally {
              done.countDown();
            }
          });
    }
    assertThat(done.await(50, TimeUnit.SECONDS)).isTrue();
    assertThat(failures).isEmpty();
    assertThat(most.get()).isBetween(1, permits);
    awaitPlaces(0);
  }

  @Test
  void a_try_with_another_number_of_permits_is_refused_though_all_are_taken() {
    try (LockHandle held = Semaphore.of(session(), name, 1).acquire()) {
      assertThat(held.isHeld()).isTrue();
      Semaphore other = Semaphore.of(session(), name, 2);
      assertThatThrownBy(other::tryAcquire)
          .isInstanceOf(QuorateException.Rejected.class)
          .hasMessageContaining("has 1 permits, not 2");
    }
  }

  @Test
  void a_future_that_times_out_keeps_no_permit() {
    LockHandle first = Semaphore.of(session(), name, 1).acquire();
    CompletableFuture<LockHandle> late =
        Semaphore.of(session(), name, 1).acquireAsync().orTimeout(50, TimeUnit.MILLISECONDS);
    assertThatThrownBy(() -> client.await(late)).isInstanceOf(RuntimeException.class);
    first.close();
    Semaphore.of(session(), name, 1).acquire().close();
  }

  /** etcd's recipes count whatever is below a name. */
  @Test
  void what_lies_below_a_longer_name_takes_no_permit() {
    LockHandle below = Mutex.of(session(), name + "/p/deeper").acquire();
    LockHandle first = semaphore(1).tryAcquire().orElseThrow();
    assertThat(semaphore(1).tryAcquire()).isEmpty();
    CompletableFuture<LockHandle> second = semaphore(1).acquireAsync();
    awaitPlaces(3);
    assertThat(second).isNotDone();
    first.close();
    client.await(second).close();
    below.close();
    awaitPlaces(0);
  }
}

package io.quorate.recipes.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quorate.base.QuorateException;
import io.quorate.client.QuorateClient;
import io.quorate.client.Session;
import io.quorate.recipes.LockHandle;
import io.quorate.recipes.Mutex;
import io.quorate.recipes.QueueEntry;
import io.quorate.recipes.Semaphore;
import io.quorate.system.Store;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** However many wait, those whose turn it isn't hear of nothing and ask for nothing. */
@ParameterizedClass(name = "{0}")
@EnumSource(Store.class)
@Timeout(120)
class HerdTest extends RecipeCase {
  private static final int WAITERS = 1_000;

  /** So long that nothing is looked at again meanwhile, and no renewal is due. */
  private static final Duration LONG = Duration.ofMinutes(20);

  private final TroubledWay way = way();
  private final QuorateClient others = way.client(Duration.ofSeconds(60));

  HerdTest(Store store) {
    super(store, "herds");
    endsWithCase(others);
  }

  private List<Session> begin(int count) {
    List<CompletableFuture<Session>> begun = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      begun.add(others.sessionAsync(LONG));
    }
    return begun.stream().map(CompletableFuture::join).toList();
  }

  /** What has happened up to now has been told, and what was told has been answered. */
  private void settle() {
    for (int i = 0; i < 3; i++) {
      var _ = others.kv().put(name + "-settled", "");
    }
  }

  private long takeTransactions() {
    return way.takeCalls().stream().filter(call -> call.method().endsWith("/Txn")).count();
  }

  private static <T> T soon(CompletableFuture<T> future) throws Exception {
    return future.get(30, TimeUnit.SECONDS);
  }

  @Test
  void of_a_thousand_sessions_that_wait_a_release_wakes_one_and_a_death_the_successor()
      throws Exception {
    List<Session> all = begin(WAITERS + 1);
    LockHandle held = Mutex.of(all.get(0), name).acquire();
    List<CompletableFuture<LockHandle>> waiting = new ArrayList<>();
    for (Session each : all.subList(1, WAITERS + 1)) {
      waiting.add(Mutex.of(each, name).acquireAsync());
    }
    awaitKeys(others, name + "/", WAITERS + 1);
    way.awaitStreams("Watch", 3 * WAITERS + 2); // of the epoch, the own key, and the one before
    settle();
    var _ = takeTransactions();
    var _ = way.takeMessages();

    CompletableFuture<Object> first =
        CompletableFuture.anyOf(waiting.toArray(CompletableFuture<?>[]::new));
    held.close();
    LockHandle next = (LockHandle) soon(first);
    settle();
    assertThat(way.takeMessages()).as("who heard of it").isEqualTo(1);
    assertThat(takeTransactions()).as("the release, and the look of the next").isEqualTo(2);
    assertThat(waiting.stream().filter(CompletableFuture::isDone)).hasSize(1);
    assertThat(next.isHeld()).isTrue();

    List<QueueEntry> queue = Mutex.of(all.get(0), name).queue();
    long middle = queue.get(WAITERS / 2).lease();
    int dying = 0;
    while (all.get(dying).lease() != middle) {
      dying++;
    }
    CompletableFuture<LockHandle> dies = waiting.get(dying - 1);
    client.lease().revoke(middle);
    assertThatThrownBy(() -> soon(dies)).hasCauseInstanceOf(QuorateException.Conflict.class);
    awaitTransactions(1);
    settle();
    assertThat(way.takeMessages())
        .as("the dead one, its successor, and the successor's next watch")
        .isBetween(2, 3); // the last may come later
    assertThat(takeTransactions()).as("looks").isZero();
    assertThat(waiting.stream().filter(CompletableFuture::isDone)).hasSize(2);
  }

  private void awaitTransactions(int count) {
    long seen = 0;
    while (seen < count) {
      seen += takeTransactions();
      Thread.onSpinWait();
    }
    assertThat(seen).isEqualTo(count);
  }

  /** Two permits go in one revision: a watch of the nearest before would see one of them. */
  @Test
  void of_a_thousand_that_wait_for_permits_two_departures_at_once_let_two_in_and_none_reads_again()
      throws Exception {
    List<Session> all = begin(5);
    LockHandle one = Semaphore.of(all.get(0), name, 3).acquire();
    LockHandle two = Semaphore.of(all.get(0), name, 3).acquire();
    LockHandle stays = Semaphore.of(all.get(1), name, 3).acquire();
    List<CompletableFuture<LockHandle>> waiting = new ArrayList<>();
    for (int i = 0; i < WAITERS; i++) {
      waiting.add(Semaphore.of(all.get(1 + i % 4), name, 3).acquireAsync());
    }
    awaitKeys(others, name + "/p/", WAITERS + 3);
    way.awaitStreams("Watch", WAITERS + 3 + 5 + 4); // own keys, epochs, and one for each session
    settle();
    way.takeCalls();
    way.takeMessages();

    client.lease().revoke(all.get(0).lease());
    CompletableFuture<?>[] both = new CompletableFuture<?>[2];
    while (waiting.stream().filter(CompletableFuture::isDone).count() < both.length) {
      Thread.onSpinWait();
    }
    settle();
    List<String> calls = way.takeCalls().stream().map(TroubledWay.Call::method).toList();
    assertThat(calls).as("reads").noneMatch(method -> method.endsWith("/Range"));
    assertThat(calls.stream().filter(method -> method.endsWith("/Txn")))
        .as("confirmations")
        .hasSize(2);
    assertThat(way.takeMessages()).as("for two keys, and for each session").isEqualTo(2 + 4);
    assertThat(waiting.stream().filter(CompletableFuture::isDone)).hasSize(2);
    assertThat(stays.isHeld()).isTrue();
    assertThat(one.isHeld() || two.isHeld()).isFalse();
  }
}

package io.quorate.recipes.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quorate.base.Bytes;
import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.client.Event;
import io.quorate.client.Put;
import io.quorate.client.Range;
import io.quorate.client.Session;
import io.quorate.client.Txn;
import io.quorate.client.WatchEnd;
import io.quorate.client.WatchListener;
import io.quorate.client.WatchRequest;
import io.quorate.client.WatchResponse;
import io.quorate.client.Watcher;
import io.quorate.recipes.FencingToken;
import io.quorate.recipes.LockHandle;
import io.quorate.recipes.Mutex;
import io.quorate.recipes.OwnershipEvent;
import io.quorate.recipes.QueueEntry;
import io.quorate.recipes.Released;
import io.quorate.recipes.ThreadLock;
import io.quorate.system.Store;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
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

/** One lock, one holder, wherever those are who want it. */
@ParameterizedClass(name = "{0}")
@EnumSource(Store.class)
@Timeout(60)
class MutexTest extends RecipeCase {
  MutexTest(Store store) {
    super(store, "locks");
  }

  private List<Bytes> keys() {
    return client.kv().range(Range.prefix(name)).kvs().stream().map(kv -> kv.key()).toList();
  }

  private long revision() {
    return client.kv().range(Range.key("none")).header().revision();
  }

  private static void awaitQueue(Mutex mutex, int size) {
    while (mutex.queue().size() != size) {
      Thread.onSpinWait();
    }
  }

  @Test
  void who_asks_first_has_it_first_and_each_holders_token_is_greater() {
    List<CompletableFuture<LockHandle>> asked = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      Mutex mutex = Mutex.of(session(), name);
      asked.add(mutex.acquireAsync());
      awaitQueue(mutex, i + 1);
    }
    FencingToken last = new FencingToken(0, 0, 0);
    for (int i = 0; i < 5; i++) {
      LockHandle held = client.await(asked.get(i));
      assertThat(held.isHeld()).isTrue();
      assertThat(held.token().isAfter(last)).isTrue();
      last = held.token();
      for (CompletableFuture<LockHandle> later : asked.subList(i + 1, 5)) {
        assertThat(later).isNotDone();
      }
      assertThat(held.release()).isEqualTo(Released.RELEASED);
      assertThat(held.isHeld()).isFalse();
    }
    assertThat(keys()).isEmpty();
  }

  @Test
  void two_threads_under_one_session_exclude_each_other() {
    Session session = session();
    LockHandle first = Mutex.of(session, name).acquire();
    CompletableFuture<LockHandle> second = Mutex.of(session, name).acquireAsync();
    assertThat(Mutex.of(session, name).tryAcquire()).isEmpty();
    assertThat(second).isNotDone();
    first.close();
    LockHandle handed = client.await(second);
    assertThat(handed.token().isAfter(first.token())).isTrue();
    assertThat(handed.token().revision()).as("handed on here").isEqualTo(first.token().revision());
    assertThatThrownBy(() -> first.guarded(Put.of(name + "-guarded", "late")))
        .satisfies(e -> assertThat(ErrorCode.OWNERSHIP_LOST.isOf(e)).isTrue());
    handed.close();
    assertThat(keys()).isEmpty();
  }

  @Test
  void a_try_that_fails_writes_nothing_and_one_that_succeeds_holds() throws Exception {
    LockHandle held = Mutex.of(session(), name).tryAcquire().orElseThrow();
    BlockingQueue<Event> written = new LinkedBlockingQueue<>();
    try (Watcher _ =
        client
            .watch()
            .start(
                WatchRequest.prefix(name).from(revision() + 1),
                new WatchListener() {
                  @Override
                  public void events(WatchResponse response) {
                    written.addAll(response.events());
                  }

                  @Override
                  public void ended(WatchEnd end) {
                    throw new AssertionError(end.reason());
                  }
                })) {
      Mutex other = Mutex.of(session(), name);
      for (int i = 0; i < 10; i++) {
        assertThat(other.tryAcquire()).isEmpty();
      }
      client.kv().put(name + "-after", "the tries");
      assertThat(written.take().kv().key().toUtf8()).isEqualTo(name + "-after");
    }
    Mutex another = Mutex.of(session(), name);
    assertThat(held.release()).isEqualTo(Released.RELEASED);
    Optional<LockHandle> then = another.tryAcquire();
    assertThat(then).isPresent();
    then.orElseThrow().close();
  }

  @Test
  void a_second_release_finds_nothing_to_release() {
    LockHandle held = Mutex.of(session(), name).acquire();
    assertThat(held.release()).isEqualTo(Released.RELEASED);
    assertThat(held.release()).isEqualTo(Released.NOT_HELD);
    LockHandle again = Mutex.of(session(), name).acquire();
    assertThat(held.release()).isEqualTo(Released.NOT_HELD);
    assertThat(again.isHeld()).as("another's release took nothing from it").isTrue();
  }

  @Test
  void who_waits_no_longer_leaves_no_key() {
    LockHandle held = Mutex.of(session(), name).acquire();
    Mutex waits = Mutex.of(session(), name);
    assertThat(waits.tryAcquire(Duration.ofMillis(50))).isEmpty();
    assertThatThrownBy(() -> waits.acquire(Duration.ofMillis(50)))
        .isInstanceOf(QuorateException.Unavailable.class)
        .satisfies(e -> assertThat(ErrorCode.LOCK_BUSY.isOf(e)).isTrue());
    awaitQueue(waits, 1);
    CompletableFuture<LockHandle> third = Mutex.of(session(), name).acquireAsync();
    awaitQueue(waits, 2);
    held.close();
    client.await(third).close();
  }

  @Test
  void an_interrupt_ends_the_waiting_and_leaves_no_key() throws InterruptedException {
    LockHandle held = Mutex.of(session(), name).acquire();
    Mutex waits = Mutex.of(session(), name);
    BlockingQueue<Object> outcome = new LinkedBlockingQueue<>();
    Thread thread =
        new Thread(() -> {
          try {
            outcome.add(waits.acquire());
          } catch (QuorateException e) {
            outcome.add(e.code());
            outcome.add(Thread.currentThread().isInterrupted());
          }
        });
    thread.start();
    awaitQueue(waits, 2);
    thread.interrupt();
    assertThat(outcome.take()).isEqualTo(ErrorCode.INTERRUPTED);
    assertThat(outcome.take()).isEqualTo(true);
    awaitQueue(waits, 1);
    held.close();
  }

  /** etcd's own goes on waiting, or is told that it holds. */
  @Test
  void a_waiter_whose_lease_is_revoked_fails_at_once() {
    LockHandle held = Mutex.of(session(), name).acquire();
    Session dies = session();
    CompletableFuture<LockHandle> waits = Mutex.of(dies, name).acquireAsync();
    awaitQueue(Mutex.of(dies, name), 2);
    client.lease().revoke(dies.lease());
    assertThatThrownBy(() -> client.await(waits)).isInstanceOf(QuorateException.Conflict.class);
    assertThat(held.isHeld()).isTrue();
    held.close();
  }

  @Test
  void a_holder_whose_lease_is_revoked_is_told_and_its_writes_are_refused() throws Exception {
    Session dies = session();
    LockHandle held = Mutex.of(dies, name).acquire();
    BlockingQueue<OwnershipEvent> told = new LinkedBlockingQueue<>();
    held.onEvent(told::add);
    held.guarded(Put.of(name + "-guarded", "in time"));
    client.lease().revoke(dies.lease());
    assertThatThrownBy(() -> held.guarded(Put.of(name + "-guarded", "late")))
        .isInstanceOf(QuorateException.Conflict.class)
        .satisfies(e -> assertThat(ErrorCode.OWNERSHIP_LOST.isOf(e)).isTrue());
    assertThat(client.kv().get(name + "-guarded").orElseThrow().value().toUtf8())
        .isEqualTo("in time");
    assertThat(told.poll(10, TimeUnit.SECONDS)).isInstanceOf(OwnershipEvent.Lost.class);
    assertThat(held.isHeld()).isFalse();
    assertThat(held.release()).isEqualTo(Released.NOT_HELD);
    assertThatThrownBy(held::requireHeld).isInstanceOf(QuorateException.Conflict.class);
  }

  @Test
  void a_longer_name_below_a_shorter_one_is_another_lock() {
    LockHandle below = Mutex.of(session(), name + "/deeper").acquire();
    LockHandle above = Mutex.of(session(), name).acquire(Duration.ofSeconds(10));
    assertThat(above.isHeld() && below.isHeld()).isTrue();
    above.close();
    Optional<LockHandle> tried = Mutex.of(session(), name).tryAcquire();
    assertThat(tried).isPresent();
    assertThat(Mutex.of(session(), name).tryAcquire()).isEmpty();
    assertThat(Mutex.of(session(), name).queue()).hasSize(1);
    tried.orElseThrow().close();
    below.close();
    assertThat(keys()).isEmpty();
  }

  @Test
  void many_threads_in_few_sessions_hold_it_one_at_a_time() throws InterruptedException {
    int threads = 24;
    List<Session> few = List.of(session(), session(), session());
    AtomicInteger inside = new AtomicInteger();
    BlockingQueue<FencingToken> tokens = new LinkedBlockingQueue<>();
    BlockingQueue<Throwable> failures = new LinkedBlockingQueue<>();
    CountDownLatch done = new CountDownLatch(threads);
    for (int i = 0; i < threads; i++) {
      Mutex mutex = Mutex.of(few.get(i % 3), name);
      Thread.ofVirtual()
          .start(() -> {
            try {
              for (int round = 0; round < 5; round++) {
                try (LockHandle held = mutex.acquire()) {
                  if (inside.incrementAndGet() != 1) {
                    failures.add(new AssertionError("two are inside"));
                  }
                  tokens.add(held.token());
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
    List<FencingToken> inOrder = List.copyOf(tokens);
    assertThat(inOrder).hasSize(threads * 5).isSorted().doesNotHaveDuplicates();
    assertThat(keys()).isEmpty();
  }

  @Test
  void the_queue_tells_who_holds_it_and_who_waits() {
    Session first = session();
    Session second = session();
    LockHandle held = Mutex.of(first, name, "alice").acquire();
    Mutex waits = Mutex.of(second, name, "bob");
    CompletableFuture<LockHandle> waiting = waits.acquireAsync();
    awaitQueue(waits, 2);
    List<QueueEntry> queue = waits.queue();
    assertThat(queue).extracting(QueueEntry::owner).containsExactly("alice", "bob");
    assertThat(queue).extracting(QueueEntry::holds).containsExactly(true, false);
    assertThat(queue.get(0).lease()).isEqualTo(first.lease());
    assertThat(queue.get(0).since()).isEqualTo(held.token().revision());
    held.close();
    client.await(waiting).close();
  }

  @Test
  @SuppressWarnings("LockNotBeforeTry") // when it is held and when not is what this shows
  void as_a_lock_it_belongs_to_a_thread_which_may_take_it_again() throws Exception {
    ThreadLock lock = Mutex.of(session(), name).asLock();
    lock.lock();
    assertThat(lock.tryLock()).isTrue();
    BlockingQueue<Object> outcome = new LinkedBlockingQueue<>();
    Thread other =
        new Thread(() -> {
          try {
            lock.unlock();
          } catch (IllegalMonitorStateException e) {
            outcome.add(e.getMessage());
          }
          outcome.add(lock.tryLock());
        });
    other.start();
    assertThat(outcome.take()).asString().contains("doesn't hold the lock");
    assertThat(outcome.take()).isEqualTo(false);
    lock.handle().guarded(Put.of(name + "-guarded", "by the lock's handle"));
    lock.unlock();
    assertThat(lock.isHeldByCurrentThread()).isTrue();
    lock.unlock();
    assertThatThrownBy(lock::unlock).isInstanceOf(IllegalMonitorStateException.class);
    assertThat(lock.tryLock(1, TimeUnit.SECONDS)).isTrue();
    client.lease().revoke(lock.handle().session().lease());
    assertThatThrownBy(lock::unlock).isInstanceOf(QuorateException.Conflict.class);
  }

  @Test
  void a_name_that_is_none_is_refused() {
    Session session = session();
    assertThatThrownBy(() -> Mutex.of(session, "")).hasMessageContaining("is no name");
    assertThatThrownBy(() -> Mutex.of(session, "a/")).hasMessageContaining("is no name");
    assertThatThrownBy(() -> Mutex.of(session, "a".repeat(1_024)))
        .hasMessageContaining("1024 bytes; 1023 are the most");
  }

  /** What goes on to its end whether anybody waits or not is waited for. */
  @Test
  void an_interrupt_ends_no_release() {
    LockHandle held = Mutex.of(session(), name).acquire();
    Thread.currentThread().interrupt();
    assertThat(held.release()).isEqualTo(Released.RELEASED);
    assertThat(Thread.interrupted()).isTrue();
    assertThat(keys()).isEmpty();
  }

  /** After a loss, more than one thread believes to have it: each is told of its own. */
  @Test
  void a_thread_that_lost_its_lock_is_told_so_though_another_has_it_by_now() throws Exception {
    Session lost = session();
    ThreadLock lock = Mutex.of(lost, name).asLock();
    lock.lock();
    client.lease().revoke(lost.lease());
    CompletableFuture<Boolean> other =
        CompletableFuture.supplyAsync(() -> {
          ThreadLock another = Mutex.of(session(), name).asLock();
          another.lock();
          try {
            return another.isHeldByCurrentThread() && another.handle().isHeld();
          } finally {
            another.unlock();
          }
        });
    assertThat(other.get(30, TimeUnit.SECONDS)).isTrue();
    assertThat(lock.isHeldByCurrentThread()).isTrue();
    assertThatThrownBy(lock::unlock)
        .satisfies(e -> assertThat(ErrorCode.OWNERSHIP_LOST.isOf(e)).isTrue());
    assertThatThrownBy(lock::unlock).isInstanceOf(IllegalMonitorStateException.class);
  }

  /** What no lease goes with, or is no session's, is data, and in nobody's way. */
  @Test
  void what_is_kept_below_its_name_is_in_nobodys_way() {
    client.kv().put(name + "/state", "new");
    client.kv().put(name + "/abc", "hexadecimal, but lasting");
    Session session = session();
    client.kv().put(Put.of(Bytes.utf8(name + "/presence"), Bytes.EMPTY).lease(session.lease()));
    Mutex mutex = Mutex.of(session, name);
    for (int i = 0; i < 2; i++) {
      try (LockHandle held = mutex.acquire()) {
        held.guarded(Put.of(name + "/state", "paid"));
        assertThat(mutex.queue()).hasSize(1);
        assertThat(Mutex.of(session(), name).tryAcquire()).isEmpty();
      }
      mutex.tryAcquire().orElseThrow().close();
    }
  }

  /** Whoever doesn't wait to the end has nothing, and nobody has it for them. */
  @Test
  void a_future_that_times_out_gives_its_place_up() {
    LockHandle first = Mutex.of(session(), name).acquire();
    CompletableFuture<LockHandle> late =
        Mutex.of(session(), name).acquireAsync().orTimeout(50, TimeUnit.MILLISECONDS);
    assertThatThrownBy(() -> client.await(late)).isInstanceOf(RuntimeException.class);
    awaitQueue(Mutex.of(session(), name), 1);
    first.close();
    assertThat(keys()).isEmpty();
  }

  @Test
  void a_time_beyond_all_bounds_is_as_long_as_it_takes() {
    Mutex mutex = Mutex.of(session(), name);
    mutex.tryAcquire(Duration.ofSeconds(Long.MAX_VALUE)).orElseThrow().close();
    assertThat(keys()).isEmpty();
  }

  /** A process has so many waiters in a session and no more; who gives up makes room. */
  @Test
  void who_comes_when_too_many_wait_in_its_session_is_told_so() {
    int most = 100_000;
    Session session = session();
    Mutex mutex = Mutex.of(session, name);
    LockHandle held = mutex.acquire();
    List<CompletableFuture<LockHandle>> waiting = new ArrayList<>();
    for (int i = 0; i < most; i++) {
      waiting.add(mutex.acquireAsync());
    }
    assertThatThrownBy(mutex::acquire)
        .isInstanceOf(QuorateException.Unavailable.class)
        .satisfies(e -> assertThat(ErrorCode.OVERLOADED.isOf(e)).isTrue())
        .hasMessageContaining(most + " wait for the lock " + name);
    waiting.get(most / 2).cancel(false);
    waiting.add(mutex.acquireAsync());
    assertThat(waiting.get(most)).isNotDone();
    held.close();
    client.await(waiting.get(0)).close();
    session.close();
    assertThat(waiting.stream().allMatch(CompletableFuture::isDone)).as("all are told").isTrue();
    assertThat(waiting.get(most)).isCompletedExceptionally();
  }

  /** A handle is nobody's in particular: who was handed it may use it, and give it back. */
  @Test
  void what_one_virtual_thread_has_acquired_another_may_use_and_release() throws Exception {
    Mutex mutex = Mutex.of(session(), name);
    CompletableFuture<LockHandle> acquired = new CompletableFuture<>();
    Thread.ofVirtual().start(() -> acquired.complete(mutex.acquire())).join();
    CompletableFuture<Released> released = new CompletableFuture<>();
    Thread.ofVirtual()
        .start(() -> {
          LockHandle held = acquired.join();
          held.requireHeld();
          held.guarded(Put.of(name + "-guarded", "by another thread"));
          released.complete(held.release());
        })
        .join();
    assertThat(released).isCompletedWithValue(Released.RELEASED);
    CompletableFuture<Released> async =
        mutex
            .acquireAsync()
            .thenCompose(held ->
                held.guardedAsync(Txn.always(Put.of(name + "-guarded", "by nobody's thread")))
                    .thenCompose(done -> held.releaseAsync()));
    assertThat(client.await(async)).isEqualTo(Released.RELEASED);
    awaitKeys(name + "/", 0);
  }

  /** Redisson#6662: virtual threads by the thousand, and each is a thread of its own. */
  @Test
  @SuppressWarnings("LockNotBeforeTry") // when it is held and when not is what this shows
  void as_a_lock_it_belongs_to_one_virtual_thread_of_many() throws Exception {
    ThreadLock lock = Mutex.of(session(), name).asLock();
    CountDownLatch holds = new CountDownLatch(1);
    CountDownLatch ends = new CountDownLatch(1);
    Thread owner =
        Thread.ofVirtual()
            .start(() -> {
              lock.lock();
              try {
                holds.countDown();
                ends.await();
              } catch (InterruptedException e) {
                throw new AssertionError(e);
              } finally {
                lock.unlock();
              }
            });
    holds.await();
    AtomicInteger refused = new AtomicInteger();
    List<Thread> others = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      others.add(
          Thread.ofVirtual()
              .start(() -> {
                if (!lock.isHeldByCurrentThread() && !lock.tryLock()) {
                  try {
                    lock.unlock();
                  } catch (IllegalMonitorStateException e) {
                    refused.incrementAndGet();
                  }
                }
              }));
    }
    for (Thread each : others) {
      each.join();
    }
    assertThat(refused).hasValue(100);
    ends.countDown();
    owner.join();
    assertThat(lock.tryLock()).isTrue();
    lock.unlock();
  }
}

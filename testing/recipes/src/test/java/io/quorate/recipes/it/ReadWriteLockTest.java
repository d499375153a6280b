package io.quorate.recipes.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quorate.base.ErrorCode;
import io.quorate.client.Put;
import io.quorate.recipes.LockHandle;
import io.quorate.recipes.Mutex;
import io.quorate.recipes.ReadWriteLock;
import io.quorate.recipes.Released;
import io.quorate.system.Store;
import java.time.Duration;
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

/** Readers share, writers don't, and neither waits for ever. */
@ParameterizedClass(name = "{0}")
@EnumSource(Store.class)
@Timeout(60)
class ReadWriteLockTest extends RecipeCase {
  ReadWriteLockTest(Store store) {
    super(store, "rw");
  }

  private ReadWriteLock lock() {
    return ReadWriteLock.of(session(), name);
  }

  private void awaitKeys(int count) {
    awaitKeys(name + "/", count);
  }

  @Test
  void readers_share_it_and_a_writer_has_it_alone() {
    ReadWriteLock one = lock();
    ReadWriteLock other = lock();
    LockHandle first = one.readLock().acquire();
    LockHandle second = other.readLock().acquire();
    LockHandle third = one.readLock().tryAcquire().orElseThrow();
    assertThat(other.writeLock().tryAcquire()).isEmpty();
    CompletableFuture<LockHandle> writer = other.writeLock().acquireAsync();
    awaitKeys(4);
    first.close();
    second.close();
    assertThat(writer).isNotDone();
    third.close();
    LockHandle writes = client.await(writer);
    assertThat(one.readLock().tryAcquire()).isEmpty();
    assertThat(one.writeLock().tryAcquire()).isEmpty();
    writes.guarded(Put.of(name + "-guarded", "by the writer"));
    assertThat(writes.release()).isEqualTo(Released.RELEASED);
    LockHandle again = one.writeLock().tryAcquire().orElseThrow();
    assertThat(again.token().isAfter(writes.token())).isTrue();
    again.close();
    awaitKeys(0);
  }

  /** A reader that comes later doesn't overtake a writer that waits, nor does a writer a reader. */
  @Test
  void who_asks_first_has_it_first_whichever_it_is() {
    ReadWriteLock lock = lock();
    LockHandle reads = lock.readLock().acquire();
    CompletableFuture<LockHandle> writer = lock().writeLock().acquireAsync();
    awaitKeys(2);
    CompletableFuture<LockHandle> late = lock().readLock().acquireAsync();
    awaitKeys(3);
    CompletableFuture<LockHandle> later = lock().writeLock().acquireAsync();
    awaitKeys(4);
    assertThat(lock.readLock().tryAcquire()).as("a writer waits").isEmpty();
    reads.close();
    LockHandle writes = client.await(writer);
    assertThat(late).isNotDone();
    writes.close();
    LockHandle readsLate = client.await(late);
    assertThat(later).isNotDone();
    readsLate.close();
    client.await(later).close();
  }

  @Test
  void neither_continuous_readers_nor_writers_starve_the_others() throws InterruptedException {
    int each = 3;
    CountDownLatch done = new CountDownLatch(2 * each);
    AtomicInteger readers = new AtomicInteger();
    AtomicInteger writers = new AtomicInteger();
    BlockingQueue<Throwable> failures = new LinkedBlockingQueue<>();
    for (int i = 0; i < 2 * each; i++) {
      boolean writes = i % 2 == 0;
      ReadWriteLock lock = lock();
      Thread.ofVirtual()
          .start(() -> {
            try {
              for (int round = 0; round < 10; round++) {
                try (LockHandle held = (writes ? lock.writeLock() : lock.readLock()).acquire()) {
                  int inside = writes ? writers.incrementAndGet() : readers.incrementAndGet();
                  if (writers.get() > 1 || (writes && readers.get() > 0) || inside < 1) {
                    failures.add(new AssertionError(readers + " read, " + writers + " write"));
                  }
                  assertThat(held.isHeld()).isTrue();
                  int left = writes ? writers.decrementAndGet() : readers.decrementAndGet();
                  assertThat(left).isNotNegative();
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
    awaitKeys(0);
  }

  @Test
  void a_writer_becomes_a_reader_without_letting_a_writer_in_between() {
    ReadWriteLock lock = lock();
    LockHandle writes = lock.writeLock().acquire();
    CompletableFuture<LockHandle> reader = lock().readLock().acquireAsync();
    awaitKeys(2);
    CompletableFuture<LockHandle> writer = lock().writeLock().acquireAsync();
    awaitKeys(3);
    LockHandle reads = lock.downgrade(writes);
    LockHandle together = client.await(reader);
    assertThat(reads.isHeld() && together.isHeld()).isTrue();
    assertThat(lock().writeLock().tryAcquire()).isEmpty();
    together.close();
    assertThat(writer).isNotDone();
    reads.close();
    client.await(writer).close();
    assertThatThrownBy(() -> lock.downgrade(reads))
        .satisfies(e -> assertThat(ErrorCode.OWNERSHIP_LOST.isOf(e)).isTrue());
    LockHandle no = lock.readLock().acquire();
    assertThatThrownBy(() -> lock.downgrade(no)).isInstanceOf(IllegalArgumentException.class);
    no.close();
  }

  /** Two that waited for each other to stop reading would wait for ever. */
  @Test
  void who_reads_and_would_write_is_told_at_once_that_it_can_not() {
    ReadWriteLock one = lock();
    ReadWriteLock other = lock();
    LockHandle first = one.readLock().acquire();
    LockHandle second = other.readLock().acquire();
    assertThat(one.writeLock().tryAcquire()).isEmpty();
    assertThat(other.writeLock().tryAcquire()).isEmpty();
    assertThat(one.writeLock().tryAcquire(Duration.ofMillis(50))).isEmpty();
    awaitKeys(2);
    assertThatThrownBy(() -> one.downgrade(first))
        .hasMessageContaining("not a handle of the write");
    assertThat(first.isHeld() && second.isHeld()).isTrue();
    second.close();
    first.close();
    one.writeLock().tryAcquire().orElseThrow().close();
  }

  /** etcd's RWMutex goes on when a waiter's session has ended. */
  @Test
  void a_waiter_whose_lease_is_revoked_fails_and_lets_the_others_pass() {
    LockHandle reads = lock().readLock().acquire();
    CompletableFuture<LockHandle> dies = lock().writeLock().acquireAsync();
    awaitKeys(2);
    CompletableFuture<LockHandle> passes = lock().readLock().acquireAsync();
    awaitKeys(3);
    client.lease().revoke(sessions.get(1).lease());
    assertThatThrownBy(() -> client.await(dies))
        .isInstanceOf(io.quorate.base.QuorateException.Conflict.class);
    client.await(passes).close();
    reads.close();
  }

  @Test
  void what_lies_below_a_longer_name_is_another_lock() {
    ReadWriteLock lock = lock();
    LockHandle below = Mutex.of(sessions.get(0), name + "/w/deeper").acquire();
    LockHandle writes = lock.writeLock().acquire(Duration.ofSeconds(10));
    Optional<LockHandle> none = lock.readLock().tryAcquire();
    assertThat(none).isEmpty();
    writes.close();
    LockHandle reads = lock.readLock().tryAcquire().orElseThrow();
    reads.close();
    below.close();
    awaitKeys(0);
  }
}

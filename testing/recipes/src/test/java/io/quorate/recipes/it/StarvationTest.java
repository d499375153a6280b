package io.quorate.recipes.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.quorate.client.QuorateClient;
import io.quorate.client.Session;
import io.quorate.client.SessionState;
import io.quorate.recipes.LockHandle;
import io.quorate.recipes.Mutex;
import io.quorate.system.Store;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Isolated;

/** What a user's program does with its threads can't keep a session from being renewed. */
@Isolated // it takes all threads that there are
@Timeout(60)
class StarvationTest {
  private static final Duration TTL = Duration.ofSeconds(2);

  private final CountDownLatch over = new CountDownLatch(1);
  private final AtomicBoolean spins = new AtomicBoolean(true);

  private void block() {
    try {
      over.await();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /** On a real etcd and on Quorate at once, since the threads are the same. */
  @Test
  void a_session_lives_while_callbacks_block_every_pool_and_virtual_threads_spin_on_every_carrier()
      throws Exception {
    List<QuorateClient> clients = new ArrayList<>();
    List<Session> sessions = new ArrayList<>();
    List<LockHandle> held = new ArrayList<>();
    List<SessionState> told = new ArrayList<>();
    List<Thread> spinning = new ArrayList<>();
    int processors = Runtime.getRuntime().availableProcessors();
    try {
      for (Store store : Store.values()) {
        QuorateClient client = store.connect();
        clients.add(client);
        Session session = client.session(TTL);
        sessions.add(session);
        held.add(Mutex.of(session, "starvation/" + store).acquire());
        session.onChange(told::add, Runnable::run);
        session.onChange(state -> block()); // on the common pool
        client.timer().after(0, this::block); // on the thread that completes its calls
      }
      for (int i = 0; i < 2 * processors; i++) {
        ForkJoinPool.commonPool().execute(this::block);
        spinning.add(
            Thread.ofVirtual()
                .start(() -> {
                  while (spins.get()) {
                    Thread.onSpinWait();
                  }
                }));
      }
      long until = System.nanoTime() + sessions.get(0).ttl().multipliedBy(2).toNanos();
      while (System.nanoTime() - until < 0) {
        assertThat(held).allMatch(LockHandle::isHeld);
        TimeUnit.MILLISECONDS.sleep(20); // its time must pass
      }
      assertThat(told).as("changes of their states").isEmpty();
      assertThat(sessions).allMatch(each -> each.state() instanceof SessionState.Active);
    } finally {
      spins.set(false);
      over.countDown();
      for (Thread each : spinning) {
        each.join();
      }
      held.forEach(LockHandle::close);
      sessions.forEach(Session::close);
      clients.forEach(QuorateClient::close);
    }
  }
}

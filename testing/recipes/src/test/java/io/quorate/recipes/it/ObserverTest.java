package io.quorate.recipes.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.quorate.client.ClientOptions;
import io.quorate.client.QuorateClient;
import io.quorate.client.Session;
import io.quorate.recipes.LeaderElection;
import io.quorate.recipes.LockHandle;
import io.quorate.recipes.Mutex;
import io.quorate.recipes.Ownership;
import io.quorate.recipes.OwnershipObserver;
import io.quorate.recipes.ReadWriteLock;
import io.quorate.recipes.Semaphore;
import io.quorate.recipes.ids.IdObserver;
import io.quorate.recipes.ids.SegmentIds;
import io.quorate.recipes.ids.SnowflakeIds;
import io.quorate.system.Store;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** What observers hear of locks, elections and ids. */
@ParameterizedClass(name = "{0}")
@EnumSource(Store.class)
@Timeout(60)
class ObserverTest extends RecipeCase {
  private final BlockingQueue<String> heard = new LinkedBlockingQueue<>();
  private final QuorateClient observed;

  /** Writes down all that it hears of this case. */
  private final class Noting implements OwnershipObserver, IdObserver {
    @Override
    public void acquired(Ownership what, String of, Duration waited) {
      note("acquired " + what, of, waited);
    }

    @Override
    public void notAcquired(Ownership what, String of, Duration waited) {
      note("not acquired " + what, of, waited);
    }

    @Override
    public void released(Ownership what, String of, Duration held) {
      note("released " + what, of, held);
    }

    @Override
    public void lost(Ownership what, String of, Duration held) {
      note("lost " + what, of, held);
    }

    @Override
    public void idAwaited(String of, Duration waited) {
      note("id awaited", of, waited);
    }

    private void note(String event, String of, Duration time) {
      assertThat(of).isEqualTo(name);
      heard.add(time.isNegative() ? "the future" : event);
    }
  }

  ObserverTest(Store store) {
    super(store, "observed");
    ClientOptions options = ClientOptions.DEFAULT.observer(new Noting());
    observed = QuorateClient.connect(options, null, List.of(store.endpoint()));
  }

  @AfterEach
  void close() {
    observed.close();
  }

  private void awaitHeard(String... events) throws InterruptedException {
    for (String event : events) {
      assertThat(heard.poll(30, TimeUnit.SECONDS)).isEqualTo(event);
    }
  }

  @Test
  void a_lock_is_told_when_it_is_had_when_it_isnt_and_when_it_is_given_back() throws Exception {
    try (Session session = observed.session(Duration.ofSeconds(5))) {
      Mutex mutex = Mutex.of(session, name);
      LockHandle held = mutex.acquire();
      awaitHeard("acquired LOCK");
      assertThat(mutex.tryAcquire()).isEmpty();
      assertThat(mutex.tryAcquire(Duration.ofMillis(1))).isEmpty();
      awaitHeard("not acquired LOCK", "not acquired LOCK");
      CompletableFuture<LockHandle> next = mutex.acquireAsync();
      held.release();
      awaitHeard("acquired LOCK", "released LOCK");
      next.join().close();
      awaitHeard("released LOCK");
    }
    assertThat(heard).isEmpty();
  }

  @Test
  void a_lock_is_told_as_lost_when_its_session_ends() throws Exception {
    Session session = observed.session(Duration.ofSeconds(5));
    Mutex.of(session, name).acquire();
    session.close();
    awaitHeard("acquired LOCK", "lost LOCK");
  }

  @Test
  void every_kind_of_ownership_is_told_as_what_it_is() throws Exception {
    try (Session session = observed.session(Duration.ofSeconds(5))) {
      ReadWriteLock lock = ReadWriteLock.of(session, name);
      lock.readLock().acquire().close();
      awaitHeard("acquired READ_LOCK", "released READ_LOCK");
      lock.writeLock().acquire().close();
      awaitHeard("acquired WRITE_LOCK", "released WRITE_LOCK");
    }
    try (Session session = observed.session(Duration.ofSeconds(5))) {
      Semaphore one = Semaphore.of(session, name, 1);
      LockHandle permit = one.acquire();
      assertThat(one.tryAcquire()).isEmpty();
      permit.close();
      awaitHeard("acquired PERMIT", "not acquired PERMIT", "released PERMIT");
      LeaderElection.of(session, name).campaign("me").close();
      awaitHeard("acquired LEADERSHIP", "released LEADERSHIP");
    }
  }

  /** The first id of either kind has to be waited for, since nothing is reserved yet. */
  @Test
  void an_id_that_had_to_be_waited_for_is_told_and_one_that_was_there_is_not() throws Exception {
    try (SnowflakeIds ids = SnowflakeIds.builder(observed, name).open()) {
      ids.nextId();
      awaitHeard("id awaited");
      assertThat(ids.tryNextId()).isPresent();
    }
    SegmentIds numbers = SegmentIds.of(observed, name, 1_000);
    numbers.nextId();
    awaitHeard("id awaited");
    numbers.nextId();
    assertThat(heard).isEmpty();
  }
}

package io.quorate.recipes.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.quorate.client.Session;
import io.quorate.recipes.LeaderElection;
import io.quorate.recipes.LeaderHandle;
import io.quorate.recipes.Leadership;
import io.quorate.recipes.LockHandle;
import io.quorate.recipes.Mutex;
import io.quorate.system.RunningCommand;
import io.quorate.system.Store;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * {@code etcdctl lock} and {@code etcdctl elect} queue with the recipes, before and behind them.
 */
@ParameterizedClass(name = "{0}")
@EnumSource(Store.class)
@Timeout(60)
class InteropTest extends RecipeCase {
  private final String endpoint;
  private final Session session;

  InteropTest(Store store) {
    super(store, "interop");
    endpoint = store.endpoint();
    session = session();
  }

  @Test
  void etcdctl_holds_a_lock_and_the_recipe_waits() {
    try (RunningCommand holds = RunningCommand.etcdctl(endpoint, "lock", name)) {
      assertThat(holds.next()).startsWith(name + "/");
      Mutex mutex = Mutex.of(session, name);
      assertThat(mutex.tryAcquire()).isEmpty();
      CompletableFuture<LockHandle> waits = mutex.acquireAsync();
      while (mutex.queue().size() < 2) {
        Thread.onSpinWait();
      }
      assertThat(waits).isNotDone();
      holds.interrupt();
      LockHandle held = client.await(waits);
      assertThat(held.isHeld()).isTrue();
      held.close();
    }
  }

  @Test
  void the_recipe_holds_a_lock_and_etcdctl_waits() {
    Mutex mutex = Mutex.of(session, name);
    LockHandle held = mutex.acquire();
    try (RunningCommand waits = RunningCommand.etcdctl(endpoint, "lock", name)) {
      while (mutex.queue().size() < 2) {
        Thread.onSpinWait();
      }
      held.close();
      assertThat(waits.next()).startsWith(name + "/");
      waits.interrupt();
    }
    mutex.acquire().close();
  }

  @Test
  void etcdctl_leads_and_the_recipe_sees_it_and_follows_it() {
    LeaderElection election = LeaderElection.of(session, name);
    try (RunningCommand leads = RunningCommand.etcdctl(endpoint, "elect", name, "etcdctl")) {
      assertThat(leads.next()).startsWith(name + "/");
      assertThat(leads.next()).isEqualTo("etcdctl");
      assertThat(election.leader())
          .isInstanceOfSatisfying(
              Leadership.Follower.class, it -> assertThat(it.value()).isEqualTo("etcdctl"));
      CompletableFuture<LeaderHandle> next = election.campaignAsync("the recipe");
      leads.interrupt();
      assertThat(client.await(next).isLeader()).isTrue();
    }
  }

  @Test
  void the_recipe_leads_and_etcdctl_sees_it() {
    LeaderHandle leader = LeaderElection.of(session, name).campaign("the recipe");
    try (RunningCommand listens = RunningCommand.etcdctl(endpoint, "elect", "-l", name)) {
      assertThat(listens.next()).startsWith(name + "/");
      assertThat(listens.next()).isEqualTo("the recipe");
      leader.proclaim("the recipe, elsewhere");
      assertThat(listens.next()).startsWith(name + "/");
      assertThat(listens.next()).isEqualTo("the recipe, elsewhere");
      listens.interrupt();
    }
    leader.resign();
  }
}

package io.quorate.recipes.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.client.Put;
import io.quorate.client.Session;
import io.quorate.recipes.LeaderElection;
import io.quorate.recipes.LeaderHandle;
import io.quorate.recipes.Leadership;
import io.quorate.recipes.Released;
import io.quorate.system.Store;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** Of all who campaign one leads; who watches hears of every change, and of there being nobody. */
@ParameterizedClass(name = "{0}")
@EnumSource(Store.class)
@Timeout(60)
class LeaderElectionTest extends RecipeCase {
  LeaderElectionTest(Store store) {
    super(store, "elections");
  }

  private LeaderElection election() {
    return LeaderElection.of(session(), name);
  }

  private void awaitCandidates(int count) {
    awaitKeys(name, count);
  }

  /** etcd's Observe says nothing when the only candidate goes. */
  @Test
  void who_observes_hears_of_each_leader_and_of_nobody() throws Exception {
    LeaderElection first = election();
    LeaderElection second = election();
    BlockingQueue<Leadership> seen = new LinkedBlockingQueue<>();
    AutoCloseable observing = client.await(second.observe(seen::add));
    assertThat(seen.poll(10, TimeUnit.SECONDS)).isEqualTo(new Leadership.NoLeader());
    LeaderHandle leader = first.campaign("first");
    assertThat(seen.poll(10, TimeUnit.SECONDS))
        .isInstanceOfSatisfying(
            Leadership.Follower.class, it -> assertThat(it.value()).isEqualTo("first"));
    leader.proclaim("first, moved");
    assertThat(seen.poll(10, TimeUnit.SECONDS))
        .isInstanceOfSatisfying(
            Leadership.Follower.class,
            it -> {
              assertThat(it.value()).isEqualTo("first, moved");
              assertThat(it.revision()).isEqualTo(leader.token().revision());
            });
    CompletableFuture<LeaderHandle> next = second.campaignAsync("second");
    awaitCandidates(2);
    assertThat(leader.resign()).isEqualTo(Released.RELEASED);
    assertThat(seen.poll(10, TimeUnit.SECONDS))
        .isInstanceOfSatisfying(
            Leadership.Leader.class, it -> assertThat(it.value()).isEqualTo("second"));
    LeaderHandle successor = client.await(next);
    assertThat(successor.token().isAfter(leader.token())).isTrue();
    client.lease().revoke(sessions.get(1).lease());
    assertThat(seen.poll(10, TimeUnit.SECONDS)).isEqualTo(new Leadership.NoLeader());
    assertThat(first.leader()).isEqualTo(new Leadership.NoLeader());
    observing.close();
  }

  /** etcd's Campaign says "leader" without a look at its own key. */
  @Test
  void a_candidate_whose_session_dies_is_no_phantom_leader() {
    LeaderHandle leader = election().campaign("leader");
    LeaderElection dies = election();
    CompletableFuture<LeaderHandle> campaign = dies.campaignAsync("dies");
    awaitCandidates(2);
    client.lease().revoke(sessions.get(1).lease());
    assertThatThrownBy(() -> client.await(campaign)).isInstanceOf(QuorateException.Conflict.class);
    leader.resign();
    assertThat(campaign).isCompletedExceptionally();
    awaitCandidates(0);
  }

  @Test
  void a_candidate_that_gives_up_leaves_no_zombie() {
    LeaderHandle leader = election().campaign("leader");
    LeaderElection other = election();
    assertThat(other.tryCampaign("impatient", Duration.ofMillis(50))).isEmpty();
    awaitCandidates(1);
    CompletableFuture<LeaderHandle> cancelled = other.campaignAsync("cancelled");
    awaitCandidates(2);
    cancelled.cancel(false);
    awaitCandidates(1);
    leader.resign();
    assertThat(other.leader()).isEqualTo(new Leadership.NoLeader());
  }

  @Test
  void a_deposed_leaders_writes_are_refused() {
    LeaderHandle leader = election().campaign("leader");
    leader.guarded(Put.of(name + "-state", "by the leader"));
    client.lease().revoke(sessions.get(0).lease());
    LeaderHandle next = election().campaign("next");
    assertThatThrownBy(() -> leader.guarded(Put.of(name + "-state", "by the old one")))
        .satisfies(e -> assertThat(ErrorCode.OWNERSHIP_LOST.isOf(e)).isTrue());
    assertThatThrownBy(() -> leader.proclaim("still here"))
        .isInstanceOf(QuorateException.Conflict.class);
    next.guarded(Put.of(name + "-state", "by the new one"));
    assertThat(client.kv().get(name + "-state").orElseThrow().value().toUtf8())
        .isEqualTo("by the new one");
  }

  @Test
  void work_is_interrupted_when_the_leadership_is_lost_and_resigned_when_it_is_done()
      throws Exception {
    LeaderElection election = election();
    List<String> done = new ArrayList<>();
    election.lead("worker", leader -> done.add("worked " + leader.isLeader()));
    assertThat(done).containsExactly("worked true");
    awaitCandidates(0);
    CountDownLatch never = new CountDownLatch(1);
    assertThatThrownBy(() ->
            election.lead(
                "worker",
                leader -> {
                  var _ = client.lease().revokeAsync(sessions.get(0).lease());
                  never.await();
                }))
        .isInstanceOf(InterruptedException.class);
    assertThat(Thread.interrupted()).isFalse();
  }

  /** One session's candidates share a key: what it says is what the leader says of itself. */
  @Test
  void who_leads_is_announced_by_its_own_value_though_another_of_its_session_came_first() {
    LeaderHandle first = LeaderElection.of(session(), name).campaign("first");
    Session both = session();
    LeaderElection election = LeaderElection.of(both, name);
    CompletableFuture<LeaderHandle> gives = election.campaignAsync("gives up");
    awaitCandidates(2);
    CompletableFuture<LeaderHandle> waits = election.campaignAsync("waits");
    gives.cancel(false);
    first.close();
    try (LeaderHandle leader = client.await(waits)) {
      assertThat(leader.isLeader()).isTrue();
      assertThat(election.leader()).isInstanceOf(Leadership.Leader.class);
      assertThat(((Leadership.Leader) election.leader()).value()).isEqualTo("waits");
    }
  }
}

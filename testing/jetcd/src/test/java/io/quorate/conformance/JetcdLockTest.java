package io.quorate.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.etcd.jetcd.ByteSequence;
import io.etcd.jetcd.Election;
import io.etcd.jetcd.Lock;
import io.etcd.jetcd.election.CampaignResponse;
import io.etcd.jetcd.election.LeaderKey;
import io.etcd.jetcd.election.LeaderResponse;
import io.etcd.jetcd.election.NoLeaderException;
import io.etcd.jetcd.election.NotLeaderException;
import io.etcd.jetcd.lock.LockResponse;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** jetcd's locks and elections, which are the server's. */
@AgainstServers
class JetcdLockTest extends JetcdCase {
  JetcdLockTest(Subject subject) {
    super(subject);
  }

  private long lease() throws Exception {
    return get(client.getLeaseClient().grant(60)).getID();
  }

  @Test
  void a_lock_goes_to_the_next() throws Exception {
    Lock lock = client.getLockClient();
    ByteSequence held = get(lock.lock(key("lock"), lease())).getKey();
    CompletableFuture<LockResponse> waiting = lock.lock(key("lock"), lease());
    assertThat(waiting.isDone()).isFalse();
    get(lock.unlock(held));
    get(lock.unlock(get(waiting).getKey()));
  }

  @Test
  void an_election_has_one_leader_and_tells_who() throws Exception {
    Election election = client.getElectionClient();
    ByteSequence name = key("election");
    assertThatThrownBy(() -> get(election.leader(name)))
        .hasCauseInstanceOf(NoLeaderException.class);
    LeaderKey first = get(election.campaign(name, lease(), bytes("1"))).getLeader();
    BlockingQueue<LeaderResponse> seen = new LinkedBlockingQueue<>();
    election.observe(
        name,
        new Election.Listener() {
          @Override
          public void onNext(LeaderResponse response) {
            seen.add(response);
          }

          @Override
          public void onError(Throwable error) {}

          @Override
          public void onCompleted() {}
        });
    assertSeen(seen, "1");
    get(election.proclaim(first, bytes("1b")));
    assertSeen(seen, "1b");
    assertThat(text(get(election.leader(name)).getKv().getValue())).isEqualTo("1b");
    CompletableFuture<CampaignResponse> second = election.campaign(name, lease(), bytes("2"));
    get(election.resign(first));
    LeaderKey next = get(second).getLeader();
    assertSeen(seen, "2");
    assertThatThrownBy(() -> get(election.proclaim(first, bytes("no more"))))
        .hasCauseInstanceOf(NotLeaderException.class);
    get(election.resign(next));
  }

  private static void assertSeen(BlockingQueue<LeaderResponse> seen, String value)
      throws InterruptedException {
    LeaderResponse response = seen.poll(30, TimeUnit.SECONDS);
    assertThat(response).isNotNull();
    if (response != null) {
      assertThat(text(response.getKv().getValue())).isEqualTo(value);
    }
  }
}

package io.quorate.system;

import static org.assertj.core.api.Assertions.assertThat;

import io.quorate.base.Bytes;
import io.quorate.client.LeaderKey;
import io.quorate.client.LockResponse;
import io.quorate.client.QuorateClient;
import io.quorate.client.Range;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.parallel.Isolated;

/**
 * Calls that wait for a lock or watch an election are at a member that stays, while the group's
 * leader is killed.
 */
@Isolated
@ExtendWith(PrintLogs.class)
@Timeout(value = 3, unit = TimeUnit.MINUTES)
class LeaderLossTest {
  private static final Duration MINUTE = Duration.ofMinutes(1);

  @Test
  void who_waits_for_a_lock_or_observes_an_election_does_not_notice() throws Exception {
    try (ProcessCluster cluster = ProcessCluster.start(Program.quorate(), 3)) {
      int leader = cluster.leader();
      BlockingQueue<String> observed = new LinkedBlockingQueue<>();
      Bytes name = Bytes.utf8("n");
      Bytes chair = Bytes.utf8("chair");
      try (QuorateClient client = cluster.client((leader + 1) % 3)) {
        LockResponse held = client.lock().lock(name, client.lease().grant(60).id(), MINUTE);
        CompletableFuture<LockResponse> waiting = client.lock().lockAsync(name, 0, MINUTE);
        LeaderKey first =
            client
                .election()
                .campaign(chair, client.lease().grant(60).id(), Bytes.utf8("one"), MINUTE)
                .leader();
        CompletableFuture<Void> observer =
            client
                .election()
                .observe(chair, each -> observed.add(each.kv().value().toUtf8()), Runnable::run);
        assertThat(observed.poll(60, TimeUnit.SECONDS)).isEqualTo("one");
        while (client.kv().range(Range.prefix("n/")).count() < 2) {
          Thread.onSpinWait();
        }
        cluster.member(leader).kill();
        client.lock().unlock(held.key());
        assertThat(waiting.get(60, TimeUnit.SECONDS).key()).isNotEqualTo(held.key());
        client.election().proclaim(first, Bytes.utf8("uno"));
        assertThat(observed.poll(60, TimeUnit.SECONDS)).isEqualTo("uno");
        assertThat(observer).isNotDone();
        observer.cancel(true);
      }
    }
  }
}

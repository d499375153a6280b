package io.quorate.recipes.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.quorate.base.Bytes;
import io.quorate.client.Put;
import io.quorate.client.QuorateClient;
import io.quorate.client.Range;
import io.quorate.client.Session;
import io.quorate.client.Txn;
import io.quorate.recipes.LockHandle;
import io.quorate.recipes.Mutex;
import io.quorate.system.ProcessCluster;
import io.quorate.system.Store;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * So many die at once that the store takes its time to say so: etcd ends a thousand in a second.
 * They have stores of their own, since others' sessions would suffer.
 */
@Timeout(180)
class ManyDeadTest {
  private static final int DEAD = 10_000;
  private static final int AT_ONCE = 500;
  private static final int PER_TRANSACTION = 100;
  private static final long TTL_SECONDS = 3;
  private static final String NAME = "many-dead/lock";

  /** On a real etcd and on Quorate at once, since most of it is waiting. */
  @Test
  void who_waits_behind_ten_thousand_dead_has_its_turn_when_the_last_of_them_is_gone()
      throws Exception {
    List<CompletableFuture<Duration>> all = new ArrayList<>();
    for (Store store : Store.values()) {
      CompletableFuture<Duration> waited = new CompletableFuture<>();
      all.add(waited);
      Thread.ofPlatform()
          .start(() -> {
            try {
              waited.complete(waitBehindTheDead(store));
            } catch (Throwable e) {
              waited.completeExceptionally(e);
            }
          });
    }
    for (CompletableFuture<Duration> waited : all) {
      assertThat(waited.get(150, TimeUnit.SECONDS)).isLessThan(Duration.ofSeconds(60));
    }
  }

  private static Duration waitBehindTheDead(Store store) throws Exception {
    try (ProcessCluster cluster = store.start(1);
        QuorateClient client = QuorateClient.connect(cluster.endpoint(0));
        Session session = client.session(Duration.ofMinutes(5))) {
      die(client);
      long begun = System.nanoTime();
      LockHandle held = Mutex.of(session, NAME).acquireAsync().get(120, TimeUnit.SECONDS);
      Duration waited = Duration.ofNanos(System.nanoTime() - begun);
      assertThat(client.kv().range(Range.prefix(NAME + "/").withCountOnly()).count())
          .as("its own key, and nobody's before it")
          .isEqualTo(1);
      held.close();
      return waited;
    }
  }

  /** As many enter the queue as sessions that nobody keeps alive. */
  private static void die(QuorateClient client) {
    List<Long> leases = new ArrayList<>();
    for (int done = 0; done < DEAD; done += AT_ONCE) {
      List<CompletableFuture<Long>> granted = new ArrayList<>();
      for (int i = 0; i < AT_ONCE; i++) {
        granted.add(client.lease().grantAsync(TTL_SECONDS).thenApply(lease -> lease.id()));
      }
      granted.forEach(each -> leases.add(each.join()));
      for (int from = done; from < done + AT_ONCE; from += PER_TRANSACTION) {
        Put[] entering = new Put[PER_TRANSACTION];
        for (int i = 0; i < PER_TRANSACTION; i++) {
          long lease = leases.get(from + i);
          Bytes key = Bytes.utf8(NAME + "/" + Long.toHexString(lease));
          entering[i] = Put.of(key, Bytes.EMPTY).lease(lease);
        }
        client.kv().txn(Txn.always(entering));
      }
    }
  }
}

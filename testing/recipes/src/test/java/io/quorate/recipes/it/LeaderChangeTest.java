package io.quorate.recipes.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quorate.base.Bytes;
import io.quorate.base.ErrorCode;
import io.quorate.client.ClientOptions;
import io.quorate.client.Put;
import io.quorate.client.QuorateClient;
import io.quorate.client.Range;
import io.quorate.client.Session;
import io.quorate.events.Append;
import io.quorate.events.EventStore;
import io.quorate.events.ExpectedVersion;
import io.quorate.events.NewEvent;
import io.quorate.events.Position;
import io.quorate.events.Query;
import io.quorate.events.RecordedEvent;
import io.quorate.events.Subscription;
import io.quorate.recipes.LockHandle;
import io.quorate.recipes.Mutex;
import io.quorate.system.ProcessCluster;
import io.quorate.system.Store;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** What becomes of locks and subscriptions when the store's leader changes. */
@ParameterizedClass(name = "{0}")
@EnumSource(Store.class)
@Timeout(120)
class LeaderChangeTest {
  private static final Duration TTL = Duration.ofSeconds(4);

  private final Store store;

  LeaderChangeTest(Store store) {
    this.store = store;
  }

  /** A new leader gives every lease its whole time again, since it doesn't know what has passed. */
  @Test
  void a_lock_of_the_dead_is_free_when_the_store_says_so_and_not_when_its_ttl_is_over()
      throws Exception {
    try (ProcessCluster cluster = store.start(3)) {
      List<String> members = List.of(cluster.endpoint(0), cluster.endpoint(1), cluster.endpoint(2));
      TroubledWay way = new TroubledWay(members);
      try (QuorateClient dies = way.client(Duration.ofSeconds(5));
          QuorateClient client = QuorateClient.connect(ClientOptions.DEFAULT, null, members);
          Session session = client.session(Duration.ofSeconds(20))) {
        Session dead = dies.session(TTL);
        LockHandle held = Mutex.of(dead, "lock").acquire();
        CompletableFuture<LockHandle> waits = Mutex.of(session, "lock").acquireAsync();
        way.stop();
        long died = System.nanoTime();
        while (client.lease().timeToLive(dead.lease(), false).ttlSeconds() > 1) {
          TimeUnit.MILLISECONDS.sleep(20); // its time must pass
        }
        moveLeader(cluster);
        assertThat(client.lease().timeToLive(dead.lease(), false).ttlSeconds())
            .as("seconds that it has again")
            .isGreaterThanOrEqualTo(TTL.toSeconds() - 2);

        LockHandle next = waits.get(60, TimeUnit.SECONDS);
        long passed = System.nanoTime() - died;
        assertThat(passed).isGreaterThan(TTL.toNanos() + TimeUnit.SECONDS.toNanos(1));
        next.guarded(Put.of("guarded", "by the next"));
        assertThatThrownBy(held::requireHeld)
            .satisfies(e -> assertThat(ErrorCode.OWNERSHIP_LOST.isOf(e)).isTrue());
        way.goOn();
        assertThatThrownBy(() -> held.guarded(Put.of("guarded", "late")))
            .satisfies(e -> assertThat(ErrorCode.OWNERSHIP_LOST.isOf(e)).isTrue());
        assertThat(client.kv().get("guarded").orElseThrow().value().toUtf8())
            .isEqualTo("by the next");
        next.close();
      }
    }
  }

  /** Appends go on while leadership moves, a leader is killed, and history is compacted. */
  @Test
  void a_subscription_tells_each_event_once_over_changes_of_leaders() throws Exception {
    try (ProcessCluster cluster = store.start(3)) {
      List<String> members = List.of(cluster.endpoint(0), cluster.endpoint(1), cluster.endpoint(2));
      ClientOptions patient = ClientOptions.DEFAULT.timeout(Duration.ofSeconds(30));
      BlockingQueue<RecordedEvent> told = new LinkedBlockingQueue<>();
      AtomicBoolean ending = new AtomicBoolean();
      try (QuorateClient client = QuorateClient.connect(patient, null, members);
          QuorateClient follows = QuorateClient.connect(patient, null, members)) {
        EventStore events = EventStore.of(client, "shop/");
        try (Subscription _ =
            EventStore.of(follows, "shop/")
                .subscribe(Query.all(), Position.START, told::add, Runnable::run)) {
          CompletableFuture<Long> last =
              CompletableFuture.supplyAsync(() -> appendUntil(events, ending));
          long version = next(told, 0, 1);
          moveLeader(cluster);
          client.kv().compact(client.kv().range(Range.key("none")).header().revision(), false);
          int leader = cluster.leader();
          cluster.member(leader).kill();
          version = next(told, version, 20);
          cluster.restart(leader);
          moveLeader(cluster);
          version = next(told, version, 20);
          ending.set(true);
          long count = last.get();
          assertThat(next(told, version, count - version)).isEqualTo(count);
        }
      }
    }
  }

  private static long appendUntil(EventStore events, AtomicBoolean ending) {
    long version = 0;
    while (!ending.get()) {
      NewEvent event = NewEvent.of("Happened", Bytes.EMPTY);
      var _ = events.append(Append.to("a", ExpectedVersion.exactly(version), event)).orThrow();
      version++;
    }
    return version;
  }

  /** Waits until so many more were told, each with the next version; the last one's. */
  private static long next(BlockingQueue<RecordedEvent> told, long before, long count)
      throws InterruptedException {
    for (long version = before + 1; version <= before + count; version++) {
      assertThat(told.take().version()).isEqualTo(version);
    }
    return before + count;
  }

  private static void moveLeader(ProcessCluster cluster) {
    int leader = cluster.leader();
    try (QuorateClient led = QuorateClient.connect(cluster.endpoint(leader));
        QuorateClient other = QuorateClient.connect(cluster.endpoint((leader + 1) % 3))) {
      var _ = led.maintenance().moveLeader(other.maintenance().status().header().memberId());
    }
    assertThat(cluster.leader()).isNotEqualTo(leader);
  }
}

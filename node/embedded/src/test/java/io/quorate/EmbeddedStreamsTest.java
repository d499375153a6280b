package io.quorate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quorate.base.Bytes;
import io.quorate.base.ErrorCode;
import io.quorate.client.Delete;
import io.quorate.client.LeaseKeepAliveResponse;
import io.quorate.client.LeaseKeeper;
import io.quorate.client.LeaseListener;
import io.quorate.client.Put;
import io.quorate.client.WatchEnd;
import io.quorate.client.WatchListener;
import io.quorate.client.WatchRequest;
import io.quorate.client.WatchResponse;
import io.quorate.client.Watcher;
import io.quorate.node.Replica;
import java.nio.file.Path;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Shows streams between a client and a member in the same process. */
@Timeout(60)
@SuppressWarnings("try") // what is closed in the midst of a test is closed on purpose
class EmbeddedStreamsTest {
  @TempDir Path directory;

  private final BlockingQueue<String> told = new LinkedBlockingQueue<>();
  private EmbeddedNode node;

  @BeforeEach
  void start() {
    node = Quorate.node(MemberConfig.alone(directory.resolve("data"))).start();
  }

  @AfterEach
  void stop() {
    node.close();
  }

  @Test
  void a_watch_tells_all_that_happens_in_its_order_though_its_listener_blocks() throws Exception {
    try (var threads = Executors.newCachedThreadPool();
        Watcher watcher =
            node.client().watch().start(WatchRequest.prefix("k").from(1), listener(), threads)) {
      for (int i = 0; i < 200; i++) {
        node.client().kv().put("k" + i, Integer.toString(i));
      }
      node.client().kv().delete(Delete.key("k0"));
      for (int i = 0; i < 200; i++) {
        assertThat(told.poll(30, TimeUnit.SECONDS)).isEqualTo("PUT " + i);
      }
      assertThat(told.poll(30, TimeUnit.SECONDS)).isEqualTo("DELETE ");
      watcher.close();
    }
    node.client().kv().put("k", "nobody listens");
    assertThat(told).isEmpty();
  }

  /** More than is kept for it waits until its listener goes on; nothing is left when it closes. */
  @Test
  void a_watch_that_falls_far_behind_hears_all_and_leaves_nothing() throws Exception {
    CountDownLatch goOn = new CountDownLatch(1);
    WatchListener behind =
        new WatchListener() {
          @Override
          public void events(WatchResponse response) {
            try {
              goOn.await();
            } catch (InterruptedException e) {
              throw new IllegalStateException(e);
            }
            response.events().forEach(e -> told.add(e.kv().key().toUtf8()));
          }

          @Override
          public void ended(WatchEnd end) {
            told.add("ended " + end.code());
          }
        };
    String value = "x".repeat(10_000);
    try (var threads = Executors.newCachedThreadPool();
        Watcher _ =
            node.client().watch().start(WatchRequest.prefix("k").from(1), behind, threads)) {
      for (int i = 0; i < 200; i++) {
        node.client().kv().put("k" + i, value);
      }
      goOn.countDown();
      for (int i = 0; i < 200; i++) {
        assertThat(told.poll(30, TimeUnit.SECONDS)).isEqualTo("k" + i);
      }
    }
    Replica replica = node.member().replica();
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (onLoop(() -> replica.watches().streams()) > 0) {
      assertThat(System.nanoTime() - deadline).isNegative();
    }
  }

  private int onLoop(Supplier<Integer> question) {
    return CompletableFuture.supplyAsync(question, node.member().loop()).join();
  }

  @Test
  void a_watch_ends_with_its_member() throws Exception {
    try (Watcher _ = node.client().watch().start(WatchRequest.key("k").from(1), listener())) {
      node.client().kv().put("k", "1");
      assertThat(told.poll(30, TimeUnit.SECONDS)).isEqualTo("PUT 1");
      node.close();
    }
    assertThat(told).allMatch(line -> line.startsWith("ended"));
  }

  @Test
  void a_lease_is_kept_alive_and_lost_when_it_is_revoked() throws Exception {
    long id = node.client().lease().grant(2).id();
    Put put = new Put(Bytes.utf8("a"), Bytes.EMPTY, id, false, false, false);
    node.client().kv().put(put);
    assertThat(node.client().lease().keepAliveOnce(id).ttlSeconds()).isEqualTo(2);
    assertThat(node.client().lease().keepAliveOnce(12345).ttlSeconds()).isZero();
    LeaseListener listener =
        new LeaseListener() {
          @Override
          public void kept(LeaseKeepAliveResponse response) {
            told.add("kept");
          }

          @Override
          public void lost(ErrorCode code, String reason) {
            told.add("lost " + code);
          }
        };
    try (LeaseKeeper _ = node.client().lease().keepAlive(id, listener)) {
      for (int i = 0; i < 4; i++) {
        assertThat(told.poll(30, TimeUnit.SECONDS)).isEqualTo("kept");
      }
      node.client().lease().revoke(id);
      String next = told.poll(30, TimeUnit.SECONDS);
      while ("kept".equals(next)) {
        next = told.poll(30, TimeUnit.SECONDS);
      }
      assertThat(next).isEqualTo("lost NOT_FOUND");
    }
    assertThat(node.client().kv().get("a")).isEmpty();
  }

  @Test
  void what_is_under_way_or_begun_later_hears_that_the_node_is_closed() throws Exception {
    long id = node.client().lease().grant(60).id();
    BlockingQueue<String> lost = new LinkedBlockingQueue<>();
    LeaseListener lease = (code, reason) -> lost.add("lost " + code);
    try (Watcher watcher =
            node.client().watch().start(WatchRequest.prefix("k").from(1), listener());
        LeaseKeeper keeper = node.client().lease().keepAlive(id, lease)) {
      node.client().kv().put("k", "v");
      assertThat(told.poll(30, TimeUnit.SECONDS)).isEqualTo("PUT v");
      node.close();
      assertThat(told.poll(30, TimeUnit.SECONDS)).isEqualTo("ended STOPPED");
      assertThat(lost.poll(30, TimeUnit.SECONDS)).isEqualTo("lost STOPPED");
      watcher.close();
      keeper.close();
    }
    assertThatThrownBy(() -> node.client().kv().put("k", "v")).matches(ErrorCode.STOPPED::isOf);
  }

  private WatchListener listener() {
    return new WatchListener() {
      @Override
      public void events(WatchResponse response) {
        response.events().forEach(e -> told.add(e.kind() + " " + e.kv().value().toUtf8()));
      }

      @Override
      public void ended(WatchEnd end) {
        told.add("ended " + end.code());
      }
    };
  }
}

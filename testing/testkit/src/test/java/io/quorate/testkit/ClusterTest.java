package io.quorate.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quorate.base.Bytes;
import io.quorate.base.ErrorCode;
import io.quorate.client.Put;
import io.quorate.client.QuorateClient;
import io.quorate.client.Range;
import io.quorate.client.Session;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A cluster's beginning, its time, and its end. */
@Timeout(60)
class ClusterTest {
  private static final int TIMES = 10;

  private static List<String> threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .map(Thread::getName)
        .filter(name -> name.startsWith("quorate"))
        .toList();
  }

  private static long median(long[] nanos) {
    Arrays.sort(nanos);
    return TimeUnit.NANOSECONDS.toMillis(nanos[nanos.length / 2]);
  }

  /** Prints what docs/testing.md tells; the bounds are those that the kit promises. */
  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void a_cluster_is_there_within_a_second_and_gone_within_a_fifth(int members) {
    long[] ready = new long[TIMES];
    long[] closed = new long[TIMES];
    for (int i = -2; i < TIMES; i++) { // the first two warm the JVM up
      long begun = System.nanoTime();
      Cluster cluster = Cluster.start(members, i);
      cluster.client().kv().put("greeting", "hello");
      long put = System.nanoTime();
      cluster.close();
      if (i >= 0) {
        ready[i] = put - begun;
        closed[i] = System.nanoTime() - put;
      }
    }
    System.out.printf(
        "members=%d ready and first put answered: median %d ms; closed: median %d ms%n",
        members, median(ready), median(closed));
    assertThat(median(ready)).isLessThan(1_000);
    assertThat(median(closed)).isLessThan(200);
  }

  @Test
  void a_closed_cluster_leaves_no_thread() {
    Cluster cluster = Cluster.start(3);
    QuorateClient client = cluster.client();
    Session session = client.session(Duration.ofSeconds(10));
    CompletableFuture<?> waits = client.kv().putAsync(Put.of("a", "b"));
    Fault _ = cluster.newProcess("other").pause();
    Fault _ = cluster.leader().pause();
    CompletableFuture<?> hangs = client.kv().rangeAsync(Range.key("a"));
    Trouble _ = cluster.trouble();
    assertThat(threads()).isNotEmpty();
    cluster.close();
    cluster.close();
    assertThat(threads()).isEmpty();
    assertThat(waits).isDone();
    assertThat(hangs).isDone();
    assertThatThrownBy(() -> client.kv().put("a", "c")).matches(ErrorCode.STOPPED::isOf);
    assertThat(session.remaining()).isLessThanOrEqualTo(Duration.ofSeconds(10));
    assertThatThrownBy(cluster::leader).hasMessageContaining("closed");
  }

  /** Shows that leases, elections and the rest go on meanwhile, as they would. */
  @Test
  void a_session_lives_through_ten_minutes_that_pass_at_once() {
    try (Cluster cluster = Cluster.start(3)) {
      Session session = cluster.client().session(Duration.ofSeconds(10));
      Bytes key = Bytes.utf8("here");
      cluster.client().kv().put(Put.of(key, Bytes.EMPTY).lease(session.lease()));
      ClusterMember leader = cluster.leader();
      Instant before = cluster.process().clock().instant();
      cluster.advance(Duration.ofMinutes(10));
      Instant after = cluster.process().clock().instant();
      assertThat(Duration.between(before, after)).isGreaterThan(Duration.ofMinutes(10));
      session.requireActive();
      assertThat(cluster.client().kv().get(key)).isPresent();
      assertThat(cluster.leader()).isEqualTo(leader);
    }
  }

  @Test
  void a_lease_that_nobody_renews_ends_when_its_time_has_passed() {
    try (Cluster cluster = Cluster.start(3)) {
      QuorateClient client = cluster.client();
      long lease = client.lease().grant(60).id();
      client.kv().put(Put.of("here", "").lease(lease));
      cluster.advance(Duration.ofSeconds(50));
      assertThat(client.kv().get("here")).isPresent();
      cluster.advance(Duration.ofSeconds(15));
      assertThat(client.kv().get("here")).isEmpty();
    }
  }

  @Test
  void clusters_know_nothing_of_each_other() {
    try (Cluster one = Cluster.start(1);
        Cluster other = Cluster.start(3)) {
      one.client().kv().put("greeting", "hello");
      assertThat(other.client().kv().get("greeting")).isEmpty();
      one.advance(Duration.ofMinutes(1));
      other.client().kv().put("greeting", "hi");
      assertThat(one.client().kv().get("greeting").orElseThrow().value().toUtf8())
          .isEqualTo("hello");
    }
  }

  @Test
  void what_a_test_has_left_can_be_cleared() {
    try (Cluster cluster = Cluster.start(1)) {
      QuorateClient client = cluster.client();
      ClientProcess other = cluster.newProcess("other");
      Session session = other.client().session(Duration.ofSeconds(10));
      client.kv().put(Put.of("a", "").lease(session.lease()));
      client.kv().put("b", "");
      cluster.clear();
      assertThat(client.kv().range(Range.prefix("")).count()).isZero();
      assertThat(client.lease().leases().ids()).isEmpty();
      assertThat(other.isRunning()).isFalse();
      assertThat(cluster.process().isRunning()).isTrue();
    }
  }

  @Test
  void what_cant_be_is_refused_with_a_reason() {
    assertThatThrownBy(() -> Cluster.start(0)).hasMessageContaining("1 to 7");
    try (Cluster cluster = Cluster.start(1)) {
      assertThatThrownBy(() -> cluster.member(2)).hasMessageContaining("from 1 to 1");
      assertThatThrownBy(() -> cluster.advance(Duration.ofSeconds(-1)))
          .hasMessageContaining("doesn't go back");
      assertThatThrownBy(cluster::moveLeader).hasMessageContaining("no other member");
      assertThatThrownBy(cluster::partition).hasMessageContaining("no side");
      try (Cluster other = Cluster.start(1)) {
        assertThatThrownBy(() -> cluster.partition(other.member(1))).hasMessageContaining("m1");
        assertThatThrownBy(() -> cluster.partition(other.process())).hasMessageContaining("main");
      }
      try (Fault down = cluster.member(1).kill()) {
        assertThatThrownBy(() -> cluster.member(1).pause()).hasMessageContaining("doesn't run");
        assertThatThrownBy(cluster::leader).hasMessageContaining(down.toString());
      }
      CompletableFuture<?> chained;
      try (Fault _ = cluster.process().pause()) { // so that it is chained before an answer comes
        chained =
            cluster
                .client()
                .kv()
                .putAsync(Put.of("a", "b"))
                .thenRun(() -> cluster.advance(Duration.ofSeconds(1)));
      }
      assertThatThrownBy(chained::join).hasMessageContaining("completes calls");
    }
  }
}

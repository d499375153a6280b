package io.quorate.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quorate.base.Bytes;
import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.client.CachedPrefix;
import io.quorate.client.Compare;
import io.quorate.client.Put;
import io.quorate.client.QuorateClient;
import io.quorate.client.Range;
import io.quorate.client.Txn;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a user sees when something lies between a process and the members. */
@QuorateTest
@Timeout(60)
class ProcessFaultsTest {
  private final Cluster cluster;
  private final ClientProcess process;
  private final QuorateClient client;

  ProcessFaultsTest(Cluster cluster, ClientProcess process) {
    this.cluster = cluster;
    this.process = process;
    client = process.client();
  }

  private String value(String key) {
    return cluster.client().kv().get(key).map(kv -> kv.value().toUtf8()).orElse("none");
  }

  @Test
  void a_write_whose_answer_is_lost_is_unknown_and_has_taken_effect() {
    Fault lost = process.loseReplies(Requests.writes().first(1));
    assertThatThrownBy(() -> client.kv().put("greeting", "hello"))
        .isInstanceOf(QuorateException.Indeterminate.class);
    assertThat(lost.hits()).isEqualTo(1);
    assertThat(lost.isOver()).isTrue();
    assertThat(value("greeting")).isEqualTo("hello");
    client.kv().put("greeting", "again");
  }

  @Test
  void a_write_that_is_lost_is_unknown_and_has_not_taken_effect() {
    Fault lost = process.loseRequests(Requests.writes().mentioning("greeting"));
    client.kv().put("other", "hello");
    assertThatThrownBy(() -> client.kv().put("greeting", "hello"))
        .isInstanceOf(QuorateException.Indeterminate.class);
    assertThat(lost.hits()).isEqualTo(1);
    assertThat(value("greeting")).isEqualTo("none");
    lost.end();
    client.kv().put("greeting", "hello");
  }

  /** The worst of the three: it takes effect when its caller has long decided what to do. */
  @Test
  void a_write_that_arrives_late_takes_effect_after_all() {
    Fault _ = process.deliverLate(Requests.writes().first(1), Duration.ofMinutes(1));
    assertThatThrownBy(() -> client.kv().put("greeting", "late"))
        .isInstanceOf(QuorateException.Indeterminate.class);
    assertThat(value("greeting")).isEqualTo("none");
    client.kv().put("greeting", "in time");
    cluster.advance(Duration.ofMinutes(2));
    assertThat(value("greeting")).isEqualTo("late");
  }

  /** Shows how to write so that a late write can do no harm. */
  @Test
  void a_write_that_arrives_late_is_turned_away_by_its_comparison() {
    Fault _ = process.deliverLate(Requests.writes().first(1), Duration.ofMinutes(1));
    Txn once = Txn.when(Compare.absent(Bytes.utf8("greeting"))).then(Put.of("greeting", "late"));
    assertThatThrownBy(() -> client.kv().txn(once))
        .isInstanceOf(QuorateException.Indeterminate.class);
    client.kv().put("greeting", "in time");
    cluster.advance(Duration.ofMinutes(2));
    assertThat(value("greeting")).isEqualTo("in time");
  }

  @Test
  void a_read_whose_answer_is_lost_is_asked_again() {
    client.kv().put("greeting", "hello");
    Fault lost = process.loseReplies(Requests.reads().first(3));
    assertThat(client.kv().get("greeting")).isPresent();
    assertThat(client.kv().txn(Txn.always(Range.key("greeting"))).succeeded()).isTrue();
    assertThat(lost.hits()).isEqualTo(3);
  }

  @Test
  void an_answer_that_takes_too_long_is_a_timeout() {
    Fault slow = process.delayReplies(Requests.all(), Duration.ofMinutes(1));
    CompletableFuture<?> put = client.kv().putAsync(Put.of("greeting", "hello"));
    CompletableFuture<?> read = client.kv().rangeAsync(Range.key("greeting"));
    cluster.advance(Duration.ofSeconds(10));
    assertThatThrownBy(() -> client.await(put)).matches(ErrorCode.TIMED_OUT::isOf);
    assertThatThrownBy(() -> client.await(read)).isInstanceOf(QuorateException.Unavailable.class);
    slow.end();
    assertThat(value("greeting")).isEqualTo("hello");
  }

  @Test
  void what_is_delayed_is_only_later() {
    Fault _ = process.delayRequests(Requests.writes(), Duration.ofMillis(700));
    Fault _ = process.delayReplies(Requests.writes(), Duration.ofMillis(800));
    long before = process.clock().nanoTime();
    CompletableFuture<?> put = client.kv().putAsync(Put.of("greeting", "hello"));
    cluster.advance(Duration.ofMillis(900));
    assertThat(value("greeting")).isEqualTo("hello");
    assertThat(put).isNotDone();
    cluster.advance(Duration.ofSeconds(1));
    client.await(put);
    assertThat(process.clock().nanoTime() - before).isGreaterThan(1_500_000_000L);
  }

  /** Shows that a watch goes on where it was: nothing is lost and nothing comes twice. */
  @Test
  void a_cache_follows_through_connections_that_break() {
    try (CachedPrefix cache = client.cache(Bytes.utf8("config/"))) {
      for (int i = 0; i < 10; i++) {
        process.dropConnections();
        cluster.client().kv().put("config/a", "v" + i);
      }
      Bytes last = Bytes.utf8("v9");
      while (!cache.get(Bytes.utf8("config/a")).map(kv -> kv.value().equals(last)).orElse(false)) {
        Thread.onSpinWait();
      }
    }
  }

  @Test
  void a_paused_process_neither_sends_nor_hears() {
    CompletableFuture<?> put;
    try (Fault _ = process.pause()) {
      put = client.kv().putAsync(Put.of("greeting", "hello"));
      cluster.advance(Duration.ofMinutes(1));
      assertThat(put).isNotDone();
      assertThat(value("greeting")).isEqualTo("none");
    }
    client.await(put);
    assertThat(value("greeting")).isEqualTo("hello");
  }

  @Test
  void the_calls_of_a_killed_process_come_to_nothing() {
    Fault _ = process.delayRequests(Requests.all(), Duration.ofSeconds(1));
    CompletableFuture<?> put = client.kv().putAsync(Put.of("greeting", "hello"));
    process.kill();
    assertThatThrownBy(() -> client.await(put)).isInstanceOf(QuorateException.Indeterminate.class);
    assertThatThrownBy(() -> client.kv().get("greeting")).matches(ErrorCode.STOPPED::isOf);
    assertThat(process.isRunning()).isFalse();
    QuorateClient before = cluster.client();
    before.close();
    assertThat(cluster.client()).isNotSameAs(before);
    assertThat(cluster.client().kv().get("greeting")).isEmpty();
  }

  /** As with a client over the network, whose own thread is another one. */
  @Test
  void a_callback_may_wait_for_another_process_but_not_for_its_own() {
    CompletableFuture<String> seen;
    CompletableFuture<?> waits;
    try (Fault _ = process.pause()) { // so that both are chained before an answer comes
      CompletableFuture<?> put = client.kv().putAsync(Put.of("greeting", "hello"));
      seen = put.thenApply(_ -> value("greeting"));
      waits = put.thenApply(_ -> client.kv().get("greeting"));
    }
    assertThat(client.await(seen)).isEqualTo("hello");
    assertThatThrownBy(waits::join).hasMessageContaining("asynchronous form");
  }

  @Test
  void faults_that_say_nothing_are_refused() {
    assertThatThrownBy(() -> Requests.all().first(0)).hasMessageContaining("no request");
    assertThatThrownBy(() -> Requests.all().mentioning("")).hasMessageContaining("every request");
    assertThatThrownBy(() -> process.delayReplies(Requests.all(), Duration.ofSeconds(-1)))
        .hasMessageContaining("delay=");
  }
}

package io.quorate.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.quorate.base.QuorateException;
import io.quorate.client.Put;
import io.quorate.client.QuorateClient;
import io.quorate.client.Range;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a user sees when members fail. */
@QuorateTest(members = 3)
@Timeout(60)
class MemberFaultsTest {
  private static String value(QuorateClient client, String key) {
    return client.kv().get(key).orElseThrow().value().toUtf8();
  }

  /** What a call fails with, whose time passes at once. */
  private static Throwable failure(
      Cluster cluster, QuorateClient client, CompletableFuture<?> call) {
    cluster.advance(Duration.ofSeconds(5));
    return catchThrowable(() -> client.await(call));
  }

  private static Throwable failedRead(Cluster cluster, QuorateClient client, String key) {
    return failure(cluster, client, client.kv().rangeAsync(Range.key(key)));
  }

  private static Throwable failedPut(Cluster cluster, QuorateClient client, String key) {
    return failure(cluster, client, client.kv().putAsync(Put.of(key, "never")));
  }

  @Test
  void a_leader_that_is_cut_off_is_replaced(Cluster cluster, ClientProcess other) {
    ClusterMember former = cluster.leader();
    try (Fault _ = cluster.partition(former)) {
      ClusterMember now = cluster.leaderOtherThan(former);
      assertThat(now).isNotEqualTo(former);
      cluster.advance(Duration.ofSeconds(1)); // whoever was connected to it has noticed
      other.client().kv().put("greeting", "hello");
      assertThat(former.isLeader()).isFalse();
    }
    assertThat(value(cluster.client(), "greeting")).isEqualTo("hello");
  }

  /** Shows the one thing that must never be: an old answer taken for a new one. */
  @Test
  void on_the_side_of_a_minority_nothing_is_answered_wrongly(
      Cluster cluster, ClientProcess few, ClientProcess many) {
    few.client().kv().put("colour", "green");
    ClusterMember former = cluster.leader();
    try (Fault _ = cluster.partition(former, few)) {
      cluster.advance(Duration.ofSeconds(1)); // it has nobody else to ask than the former leader
      many.client().kv().put("colour", "blue");
      assertThat(failedRead(cluster, few.client(), "colour"))
          .isInstanceOf(QuorateException.Unavailable.class);
      assertThat(failedPut(cluster, few.client(), "colour"))
          .isInstanceOfAny(
              QuorateException.Unavailable.class, QuorateException.Indeterminate.class);
      String stale =
          few.client()
              .kv()
              .range(Range.key("colour").asSerializable())
              .first()
              .orElseThrow()
              .value()
              .toUtf8();
      assertThat(stale).as("as it asked for what that member has").isEqualTo("green");
    }
    cluster.heal();
    assertThat(value(few.client(), "colour")).isEqualTo(value(many.client(), "colour"));
  }

  /**
   * A write under way when its member is cut off may be carried out, or not: its caller is told.
   */
  @Test
  void a_write_that_is_cut_off_is_unknown(Cluster cluster, ClientProcess alone) {
    alone.client().kv().put("greeting", "hello");
    try (Fault _ = cluster.partition(alone)) {
      CompletableFuture<?> put = alone.client().kv().putAsync(Put.of("greeting", "bye"));
      CompletableFuture<?> read = alone.client().kv().rangeAsync(Range.key("greeting"));
      cluster.advance(Duration.ofSeconds(3));
      assertThatThrownBy(() -> alone.client().await(put))
          .isInstanceOf(QuorateException.Indeterminate.class);
      assertThatThrownBy(() -> alone.client().await(read))
          .isInstanceOf(QuorateException.Unavailable.class);
      assertThat(failedPut(cluster, alone.client(), "greeting"))
          .as("there is nobody that it could have reached")
          .isInstanceOf(QuorateException.Unavailable.class);
    }
    assertThat(value(alone.client(), "greeting")).isEqualTo("hello");
  }

  /** A short one is as a network that stutters: what was sent arrives. */
  @Test
  void a_partition_that_heals_soon_loses_nothing(Cluster cluster, ClientProcess process) {
    process.client().kv().put("greeting", "hello");
    CompletableFuture<?> put;
    try (Fault _ = cluster.partition(process)) {
      put = process.client().kv().putAsync(Put.of("greeting", "bye"));
      cluster.advance(Duration.ofMillis(100));
      assertThat(put).isNotDone();
    }
    process.client().await(put);
    assertThat(value(cluster.client(), "greeting")).isEqualTo("bye");
  }

  @Test
  void a_leader_that_is_killed_costs_its_clients_a_moment(Cluster cluster, QuorateClient client) {
    client.kv().put("greeting", "hello");
    try (Fault down = cluster.leader().kill()) {
      assertThat(value(client, "greeting")).isEqualTo("hello");
      client.kv().put("greeting", "still here");
      assertThat(down.isOver()).isFalse();
    }
    cluster.heal();
    assertThat(cluster.members()).allMatch(ClusterMember::isRunning);
  }

  @Test
  void what_was_acknowledged_outlives_all_members(Cluster cluster, QuorateClient client) {
    for (int i = 0; i < 100; i++) {
      client.kv().put("key/" + i, "value");
    }
    List<Fault> down = cluster.members().stream().map(ClusterMember::kill).toList();
    assertThat(cluster.members()).noneMatch(ClusterMember::isRunning);
    assertThat(failedPut(cluster, client, "key")).isInstanceOf(QuorateException.Unavailable.class);
    down.forEach(Fault::end);
    assertThat(client.kv().range(Range.prefix("key/")).count()).isEqualTo(100);
    cluster.members().forEach(ClusterMember::restart);
    assertThat(client.kv().range(Range.prefix("key/")).count()).isEqualTo(100);
  }

  @Test
  void a_leader_that_is_paused_is_replaced_and_finds_out(Cluster cluster, QuorateClient client) {
    ClusterMember former = cluster.leader();
    try (Fault _ = former.pause()) {
      assertThat(cluster.leaderOtherThan(former)).isNotEqualTo(former);
      cluster.advance(Duration.ofSeconds(1));
      client.kv().put("greeting", "hello");
      assertThat(former.isLeader()).as("it knows nothing yet").isTrue();
    }
    cluster.heal();
    assertThat(former.isLeader()).isFalse();
  }

  @Test
  void two_pauses_of_a_member_end_with_the_second(Cluster cluster) {
    ClusterMember leader = cluster.leader();
    ClusterMember member =
        cluster.members().stream().filter(each -> !each.equals(leader)).findFirst().orElseThrow();
    Fault one = member.pause();
    Fault other = member.pause();
    one.end();
    one.end();
    assertThat(other.isOver()).isFalse();
    assertThat(cluster.faults()).containsExactly(other);
    assertThatThrownBy(() -> cluster.moveLeader(member)).hasMessageContaining(member.name());
    other.end();
    cluster.moveLeader(member);
    assertThat(cluster.leader()).isEqualTo(member);
  }

  @Test
  void leadership_goes_where_it_is_told_to(Cluster cluster, QuorateClient client) {
    for (ClusterMember each : cluster.members()) {
      cluster.moveLeader(each);
      assertThat(cluster.leader()).isEqualTo(each);
      client.kv().put("leader", each.name());
    }
    ClusterMember before = cluster.leader();
    assertThat(cluster.moveLeader()).isNotEqualTo(before).isEqualTo(cluster.leader());
  }

  @Test
  void without_a_majority_nobody_leads(Cluster cluster, QuorateClient client) {
    Fault _ = cluster.member(1).kill();
    Fault _ = cluster.member(2).kill();
    assertThatThrownBy(() -> cluster.leaderOtherThan(cluster.leader()))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("m1 is killed");
    assertThat(failedRead(cluster, client, "greeting"))
        .isInstanceOf(QuorateException.Unavailable.class);
    cluster.heal();
    client.kv().put("greeting", "back again");
  }
}

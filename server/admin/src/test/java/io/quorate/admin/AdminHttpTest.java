package io.quorate.admin;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.quorate.base.Limits;
import io.quorate.kv.Alarm;
import io.quorate.kv.AlarmKind;
import io.quorate.kv.DeleteRangeResponse;
import io.quorate.kv.PutResponse;
import io.quorate.kv.TxnResponse;
import io.quorate.node.Refusal;
import io.quorate.raft.Role;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Shows what is answered over HTTP/1.1, byte by byte through a channel without a network. */
class AdminHttpTest {
  private final FakeReplica replica = new FakeReplica();
  private final MemberMetrics metrics = new MemberMetrics();
  private final EmbeddedChannel channel =
      new EmbeddedChannel(
          new AdminHttp(
                  replica,
                  new AdminSettings(0xabcL, "3.6.14", "3.6.0", "3.6.0", 10_000),
                  metrics,
                  HttpAccess.STANDARD,
                  null)
              .get());

  @AfterEach
  void close() {
    channel.finishAndReleaseAll();
  }

  /** A healthy member says so in etcd's words. */
  @Test
  void a_healthy_member_is_healthy() {
    assertThat(get("/health"))
        .startsWith("HTTP/1.1 200 OK")
        .endsWith("{\"health\":\"true\",\"reason\":\"\"}");
    assertThat(get("/livez")).startsWith("HTTP/1.1 200 OK").endsWith("\r\n\r\nok\n");
    assertThat(get("/readyz?verbose"))
        .endsWith(
            """
            [+]data_corruption ok
            [+]serializable_read ok
            [+]linearizable_read ok
            [+]non_learner ok
            ok
            """);
  }

  @Test
  void without_a_leader_a_member_says_what_holds_it_back() {
    replica.leader = 0;
    replica.heldBack = "The log here lost its end.";
    assertThat(get("/health"))
        .endsWith(
            "{\"health\":\"false\",\"reason\":\"RAFT NO LEADER: The log here lost its end.\"}");
  }

  /** Without a leader the cluster isn't healthy, but the member is alive. */
  @Test
  void without_a_leader_only_the_cluster_is_unhealthy() {
    replica.leader = 0;
    assertThat(get("/health"))
        .startsWith("HTTP/1.1 503 Service Unavailable")
        .endsWith("{\"health\":\"false\",\"reason\":\"RAFT NO LEADER\"}");
    assertThat(get("/health?serializable=true")).startsWith("HTTP/1.1 200 OK");
    assertThat(get("/livez")).startsWith("HTTP/1.1 200 OK");
    assertThat(get("/readyz"))
        .startsWith("HTTP/1.1 503")
        .contains("[-]linearizable_read failed: etcdserver: no leader\n");
    assertThat(get("/readyz?exclude=linearizable_read")).startsWith("HTTP/1.1 200 OK");
  }

  /** Each check has a page of its own, which runs it alone. */
  @Test
  void a_check_can_be_asked_for_alone() {
    assertThat(get("/readyz/serializable_read")).startsWith("HTTP/1.1 200 OK").endsWith("ok\n");
    assertThat(get("/livez/serializable_read?verbose"))
        .endsWith("\r\n\r\n[+]serializable_read ok\nok\n");
    replica.leader = 0;
    assertThat(get("/readyz/serializable_read")).startsWith("HTTP/1.1 200 OK");
    assertThat(get("/readyz/linearizable_read"))
        .startsWith("HTTP/1.1 503")
        .endsWith(
            """
            [-]linearizable_read failed: etcdserver: no leader
            readyz/linearizable_read check failed
            """);
    assertThat(get("/readyz?verbose&exclude=linearizable_read"))
        .startsWith("HTTP/1.1 200 OK")
        .contains("[+]linearizable_read excluded: ok\n");
  }

  /** What etcd tells of its insides, for tools that ask it; not how the process was started. */
  @Test
  void the_variables_of_a_member_are_told() {
    assertThat(get("/debug/vars"))
        .contains("content-type: application/json")
        .contains("\"raft.status\": {\"id\":\"7\",\"term\":3,\"commit\":10,\"applied\":9,")
        .contains("\"raftState\":\"StateLeader\"")
        .doesNotContain("cmdline");
  }

  /** Watches, leases and others have figures of their own, which are asked for at each reading. */
  @Test
  void figures_of_others_and_of_health_checks_are_on_the_page() {
    metrics.add(figures -> {
      figures.gauge("quorate_test_level", "Level.", Map.of(), 2.5);
      figures.counter("quorate_test", "Of a kind.", Map.of("kind", "a"), 1);
      figures.counter("quorate_test", "Of a kind.", Map.of("kind", "b"), 2);
      figures.histogram(
          "quorate_test_seconds", "Long.", Map.of(), new double[] {1, 2}, new long[] {3, 4, 5}, 9);
    });
    assertThat(get("/health")).contains("true");
    assertThat(get("/metrics").lines())
        .contains(
            "etcd_server_health_success 1",
            "etcd_debugging_mvcc_watch_stream_total 1",
            "etcd_debugging_mvcc_watcher_total 3",
            "etcd_debugging_mvcc_slow_watcher_total 2",
            "etcd_debugging_mvcc_events_total 9",
            "quorate_test_level 2.5",
            "quorate_test_total{kind=\"a\"} 1",
            "quorate_test_total{kind=\"b\"} 2",
            "quorate_test_seconds_bucket{le=\"1.0\"} 3",
            "quorate_test_seconds_bucket{le=\"2.0\"} 7",
            "quorate_test_seconds_bucket{le=\"+Inf\"} 12",
            "quorate_test_seconds_count 12");
  }

  /** A read that can't be had, an alarm, a stopped group: each is named. */
  @Test
  void what_is_wrong_is_named() {
    replica.refusal = Refusal.TIMED_OUT;
    assertThat(get("/health"))
        .startsWith("HTTP/1.1 503")
        .endsWith("\"reason\":\"RANGE ERROR:etcdserver: request timed out\"}");
    replica.refusal = null;
    replica.alarms = List.of(new Alarm(9, AlarmKind.NO_SPACE, true, false));
    assertThat(get("/health")).endsWith("\"reason\":\"ALARM NOSPACE\"}");
    assertThat(get("/health?exclude=NOSPACE")).startsWith("HTTP/1.1 200 OK");
    replica.failure = "the disk said \"no\"";
    assertThat(get("/health?exclude=NOSPACE&serializable=true"))
        .endsWith("\"reason\":\"RANGE ERROR:the disk said \\\"no\\\"\"}");
    assertThat(get("/livez")).startsWith("HTTP/1.1 503").contains("[-]serializable_read failed");
  }

  /**
   * Whichever member's they are; what a client excludes is left out by its whole name, as in etcd.
   */
  @Test
  void alarms_that_are_raised_are_told_unless_excluded() {
    replica.alarms = List.of(new Alarm(9, AlarmKind.CORRUPT, true, false));
    assertThat(get("/health"))
        .startsWith("HTTP/1.1 503")
        .endsWith("{\"health\":\"false\",\"reason\":\"ALARM CORRUPT\"}");
    assertThat(get("/health?serializable=true")).startsWith("HTTP/1.1 503");
    assertThat(get("/health?exclude=CORRUPT")).startsWith("HTTP/1.1 200 OK");
    assertThat(get("/livez")).startsWith("HTTP/1.1 200 OK");
    assertThat(get("/readyz"))
        .startsWith("HTTP/1.1 503")
        .contains("[-]data_corruption failed: alarm activated: CORRUPT\n");
    assertThat(get("/readyz?exclude=data_corruption")).startsWith("HTTP/1.1 200 OK");
    replica.alarms =
        List.of(
            new Alarm(8, AlarmKind.NO_SPACE, false, true),
            new Alarm(9, AlarmKind.CORRUPT, true, false));
    assertThat(get("/health?exclude=NOSPACE")).contains("ALARM CORRUPT");
    assertThat(get("/health?exclude=CORRUPT")).contains("ALARM NOSPACE");
    assertThat(get("/health?exclude=NOSPACE,CORRUPT")).startsWith("HTTP/1.1 503");
    assertThat(get("/health?exclude=NOSPACE&exclude=CORRUPT")).startsWith("HTTP/1.1 200 OK");
    replica.alarms = List.of(new Alarm(7, AlarmKind.NO_SPACE, false, true));
    assertThat(get("/readyz")).startsWith("HTTP/1.1 200 OK");
    replica.learner = true;
    assertThat(get("/readyz")).contains("[-]non_learner failed: not supported for learner\n");
  }

  /** A member that its peers don't know again takes no part, though it could be read. */
  @Test
  void a_member_that_its_peers_refuse_says_so() {
    replica.refused = "refused by member 2: its directory was wiped";
    for (String page : List.of("/health", "/health?serializable=true")) {
      assertThat(get(page))
          .startsWith("HTTP/1.1 503")
          .endsWith("\"reason\":\"MEMBER REFUSED:refused by member 2: its directory was wiped\"}");
    }
    assertThat(get("/readyz"))
        .startsWith("HTTP/1.1 503")
        .contains("[-]known_directory failed: refused by member 2");
    assertThat(get("/livez")).startsWith("HTTP/1.1 200 OK");
  }

  /** The versions that clients decide by. */
  @Test
  void the_version_is_that_of_the_api() {
    assertThat(get("/version"))
        .contains("content-type: application/json")
        .endsWith("{\"etcdserver\":\"3.6.14\",\"etcdcluster\":\"3.6.0\",\"storage\":\"3.6.0\"}");
  }

  /** Metrics carry etcd's names, with the figures of the replica and what was counted. */
  @Test
  void metrics_have_etcds_names() {
    metrics.roleChanged(1, Role.FOLLOWER, 3, 7);
    metrics.synced(TimeUnit.MILLISECONDS.toNanos(3), 2);
    metrics.refused(1);
    assertThat(get("/metrics").lines())
        .contains(
            "etcd_server_has_leader 1",
            "etcd_server_is_leader 1",
            "etcd_server_leader_changes_seen_total 1",
            "etcd_server_proposals_committed_total 10",
            "etcd_server_proposals_applied_total 9",
            "etcd_server_proposals_pending 2",
            "etcd_server_proposals_failed_total 1",
            "etcd_server_quota_backend_bytes 10000",
            "etcd_server_version{server_version=\"3.6.14\"} 1",
            "etcd_server_id{server_id=\"abc\"} 1",
            "etcd_mvcc_db_total_size_in_bytes 1000",
            "etcd_debugging_mvcc_current_revision 5",
            "etcd_disk_wal_fsync_duration_seconds_count 1",
            "quorate_raft_term 3")
        .anyMatch(line -> line.startsWith("process_resident_memory_bytes "))
        .anyMatch(line -> line.startsWith("process_cpu_seconds_total "));
  }

  /** What was applied is counted by kind, in transactions too. */
  @Test
  void operations_are_counted_under_etcds_names() {
    PutResponse put = new PutResponse(2, null);
    metrics.applied(1, put);
    metrics.applied(
        1, new TxnResponse(3, true, List.of(put, new DeleteRangeResponse(3, 1, List.of()))));
    assertThat(get("/metrics").lines())
        .contains("etcd_mvcc_put_total 2", "etcd_mvcc_delete_total 1", "etcd_mvcc_txn_total 1");
  }

  /** Anything but GET is refused with what is allowed; unknown paths say what there is. */
  @ParameterizedTest
  @CsvSource({
    "POST, /health, 405 Method Not Allowed, allow: GET",
    "DELETE, /metrics, 405 Method Not Allowed, allow: GET",
    "GET, /, 404 Not Found, /health",
    "GET, /debug/pprof, 404 Not Found, /metrics",
    "GET, /readyz/no_such_check, 404 Not Found, no such check",
    "POST, /v3/kv/range, 404 Not Found, /health"
  })
  void other_requests_are_refused(String method, String path, String status, String content) {
    assertThat(exchange(method + " " + path + " HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n"))
        .startsWith("HTTP/1.1 " + status)
        .contains(content);
  }

  /** Requests sent in one go are answered in their order, on the same connection. */
  @Test
  void pipelined_requests_are_answered_in_order() {
    String both =
        exchange("GET /version HTTP/1.1\r\nhost: x\r\n\r\nGET /livez HTTP/1.1\r\nhost: x\r\n\r\n");
    assertThat(both.indexOf("etcdserver")).isPositive().isLessThan(both.indexOf("\r\n\r\nok\n"));
    assertThat(channel.isOpen()).isTrue();
  }

  /** The connection closes when the client asks for it, and after HTTP/1.0. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "GET /livez HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n",
        "GET /livez HTTP/1.0\r\n\r\n"
      })
  void a_connection_is_not_kept_against_the_clients_will(String request) {
    assertThat(exchange(request)).endsWith("ok\n");
    assertThat(channel.isOpen()).isFalse();
  }

  /** Headers and bodies beyond the bounds, and what is no HTTP, end the connection. */
  @Test
  void oversize_and_garbage_end_the_connection() {
    assertThat(exchange("GET /livez HTTP/1.1\r\nx: " + "y".repeat(20_000) + "\r\n\r\n"))
        .startsWith("HTTP/1.1 4");
    assertThat(channel.isOpen()).isFalse();
  }

  /** A body that no page wants is not collected beyond its bound. */
  @Test
  void a_large_body_is_refused() {
    assertThat(exchange("POST /health HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000000\r\n\r\n"))
        .startsWith("HTTP/1.1 413");
  }

  /** A client that drips its request, or says nothing at all, is cut off. */
  @Test
  void a_slow_client_is_cut_off() {
    channel.freezeTime();
    send("GET /livez HT");
    channel.advanceTimeBy(Limits.HTTP_REQUEST_NANOS - 1, TimeUnit.NANOSECONDS);
    channel.runScheduledPendingTasks();
    send("TP/1.1\r\n");
    assertThat(channel.isOpen()).isTrue();
    channel.advanceTimeBy(1, TimeUnit.NANOSECONDS);
    channel.runScheduledPendingTasks();
    assertThat(channel.isOpen()).isFalse();
  }

  /** A connection without requests is kept for a while, and not longer. */
  @Test
  void an_idle_connection_is_closed() {
    assertThat(get("/livez")).endsWith("ok\n");
    channel.advanceTimeBy(Limits.HTTP_IDLE_NANOS, TimeUnit.NANOSECONDS);
    channel.runScheduledPendingTasks();
    assertThat(channel.isOpen()).isFalse();
  }

  private String get(String uri) {
    return exchange("GET " + uri + " HTTP/1.1\r\nhost: x\r\n\r\n");
  }

  private String exchange(String request) {
    send(request);
    StringBuilder answer = new StringBuilder();
    for (ByteBuf part = channel.readOutbound(); part != null; part = channel.readOutbound()) {
      answer.append(part.toString(StandardCharsets.UTF_8));
      part.release();
    }
    return answer.toString();
  }

  private void send(String text) {
    channel.writeInbound(Unpooled.copiedBuffer(text, StandardCharsets.UTF_8));
    channel.runPendingTasks();
  }
}

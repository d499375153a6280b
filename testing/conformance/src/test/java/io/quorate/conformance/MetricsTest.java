package io.quorate.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** What Prometheus reads. */
@AgainstServers
class MetricsTest extends Case {
  MetricsTest(Subject subject) {
    super(subject);
  }

  /** Shows that dashboards find the metrics that they are built of. */
  @Test
  void metrics_have_the_names_that_dashboards_use() {
    String metrics = Http.of(server).get("/metrics").body();
    for (String name :
        new String[] {
          "etcd_server_has_leader",
          "etcd_server_is_leader",
          "etcd_server_leader_changes_seen_total",
          "etcd_server_proposals_committed_total",
          "etcd_server_proposals_applied_total",
          "etcd_server_proposals_pending",
          "etcd_server_proposals_failed_total",
          "etcd_server_quota_backend_bytes",
          "etcd_disk_wal_fsync_duration_seconds_bucket",
          "etcd_disk_backend_commit_duration_seconds_bucket",
          "etcd_mvcc_db_total_size_in_bytes",
          "etcd_mvcc_db_total_size_in_use_in_bytes",
          "etcd_debugging_mvcc_keys_total",
          "etcd_debugging_mvcc_watcher_total",
          "etcd_debugging_mvcc_slow_watcher_total",
          "etcd_debugging_mvcc_watch_stream_total",
          "etcd_debugging_mvcc_events_total",
          "etcd_mvcc_put_total",
          "etcd_mvcc_delete_total",
          "etcd_mvcc_txn_total",
          "etcd_server_version",
          "grpc_server_started_total",
          "grpc_server_handled_total",
          "process_resident_memory_bytes",
        }) {
      assertThat(metrics).contains("\n" + name);
    }
  }

  /** Shows that watchers are counted while they are there. */
  @Test
  void watchers_and_their_streams_are_counted() {
    try (Server own = server.subject().start(1);
        WatchStream stream = new WatchStream(own.api())) {
      stream.created(WatchStream.on(key("a")));
      stream.created(WatchStream.on(key("b")));
      assertThat(Http.of(own).get("/metrics").body())
          .contains(
              "\netcd_debugging_mvcc_watch_stream_total 1\n",
              "\netcd_debugging_mvcc_watcher_total 2\n",
              "\netcd_debugging_mvcc_slow_watcher_total 0\n",
              "\netcd_debugging_mvcc_events_total 0\n");
    }
  }

  /** Shows that a script finds a figure by its text. */
  @Test
  void whole_numbers_are_written_without_a_fraction() {
    String metrics = Http.of(server).get("/metrics").body();
    assertThat(metrics)
        .contains("\netcd_server_has_leader 1\n", "\netcd_server_health_failures 0\n")
        .doesNotContain(".0\n");
  }
}

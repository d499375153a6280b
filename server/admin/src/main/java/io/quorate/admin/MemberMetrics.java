package io.quorate.admin;

import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.quorate.kv.DeleteRangeResponse;
import io.quorate.kv.KvResult;
import io.quorate.kv.PutResponse;
import io.quorate.kv.TxnResponse;
import io.quorate.node.NodeMetrics;
import io.quorate.raft.Role;
import io.quorate.wal.WalStatistics;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What a member counts while it runs, and what it is asked for when its metrics are read. Each
 * member has its own; nothing is global. Counting never blocks.
 */
public final class MemberMetrics implements NodeMetrics {
  private final PrometheusRegistry registry = new PrometheusRegistry();
  private final Counter leaderChanges;
  private final Histogram syncs;
  private final Histogram batches;
  private final Histogram writes;

  private final Counter puts;
  private final Counter deletes;
  private final Counter txns;
  private final Counter refused;
  private final LongAdder healthy = new LongAdder();
  private final LongAdder unhealthy = new LongAdder();
  private final List<MetricsSource> sources = new CopyOnWriteArrayList<>();

  private volatile @Nullable Supplier<WalStatistics> log;
  private long leader;

  /** Begins to count. */
  public MemberMetrics() {
    leaderChanges =
        Counter.builder()
            .name("etcd_server_leader_changes_seen_total")
            .help("The number of leader changes seen.")
            .register(registry);
    syncs =
        Histogram.builder()
            .name("etcd_disk_wal_fsync_duration_seconds")
            .help("How long syncs of the log took.")
            .classicOnly()
            .classicExponentialUpperBounds(0.000_125, 2, 17)
            .register(registry);
    batches =
        Histogram.builder()
            .name("quorate_log_turns_per_sync")
            .help("How many turns of the loop shared one sync of the log.")
            .classicOnly()
            .classicExponentialUpperBounds(1, 2, 8)
            .register(registry);
    writes =
        Histogram.builder()
            .name("etcd_disk_backend_commit_duration_seconds")
            .help("How long it took to write what a batch of entries changed in the state.")
            .classicOnly()
            .classicExponentialUpperBounds(0.000_125, 2, 17)
            .register(registry);
    puts =
        Counter.builder()
            .name("etcd_mvcc_put_total")
            .help("Puts that were applied here, those in transactions among them.")
            .register(registry);
    deletes =
        Counter.builder()
            .name("etcd_mvcc_delete_total")
            .help("Deletions of ranges that were applied here, those in transactions among them.")
            .register(registry);
    txns =
        Counter.builder()
            .name("etcd_mvcc_txn_total")
            .help("Transactions that were applied here.")
            .register(registry);
    refused =
        Counter.builder()
            .name("etcd_server_proposals_failed_total")
            .help(
                "Writes that this member took and that were refused: there was no leader, or no time.")
            .register(registry);
  }

  /** Adds figures that are asked for whenever the metrics are read. */
  public void add(MetricsSource source) {
    sources.add(source);
  }

  /** Somebody asked for the health, and was told so. */
  void health(boolean good) {
    (good ? healthy : unhealthy).increment();
  }

  long healthyAnswers() {
    return healthy.sum();
  }

  long unhealthyAnswers() {
    return unhealthy.sum();
  }

  List<MetricsSource> sources() {
    return sources;
  }

  /** Where the log's figures come from, once there is a log. */
  public void watchLog(Supplier<WalStatistics> statistics) {
    log = statistics;
  }

  @Override
  public void committed(long group, long index) {}

  @Override
  public void roleChanged(long group, Role role, long term, long newLeader) {
    if (newLeader != 0 && newLeader != leader) {
      leaderChanges.inc();
    }
    leader = newLeader;
  }

  @Override
  public void synced(long nanos, int turns) {
    syncs.observe(nanos / 1e9);
    batches.observe(turns);
  }

  @Override
  public void written(long nanos) {
    writes.observe(nanos / 1e9);
  }

  @Override
  public void applied(long group, KvResult result) {
    switch (result) {
      case PutResponse _ -> puts.inc();
      case DeleteRangeResponse _ -> deletes.inc();
      case TxnResponse txn -> {
        txns.inc();
        txn.responses().forEach(step -> applied(group, step));
      }
      default -> {}
    }
  }

  @Override
  public void refused(long group) {
    refused.inc();
  }

  PrometheusRegistry registry() {
    return registry;
  }

  @Nullable WalStatistics log() {
    Supplier<WalStatistics> statistics = log;
    return statistics == null ? null : statistics.get();
  }
}

package io.quorate.admin;

import io.netty.handler.codec.http.HttpResponseStatus;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricMetadata;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import io.quorate.base.Bytes;
import io.quorate.node.Replica;
import io.quorate.node.ReplicaStatus;
import io.quorate.node.Watches;
import io.quorate.wal.WalStatistics;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * One answer to {@code /metrics}: made on the replica's loop, where it takes the figures; written
 * on any thread.
 */
final class MetricsPage implements MetricsSource.Figures {
  private final AdminSettings settings;
  private final MemberMetrics metrics;
  private final ReplicaStatus status;
  private final SortedMap<String, Points<GaugeSnapshot.GaugeDataPointSnapshot>> gauges =
      new TreeMap<>();
  private final SortedMap<String, Points<CounterSnapshot.CounterDataPointSnapshot>> counters =
      new TreeMap<>();
  private final SortedMap<String, Points<HistogramSnapshot.HistogramDataPointSnapshot>> histograms =
      new TreeMap<>();

  MetricsPage(Replica replica, AdminSettings settings, MemberMetrics metrics) {
    this.settings = settings;
    this.metrics = metrics;
    this.status = replica.status();
    metrics.sources().forEach(source -> source.tell(this));
    ofTheWatches(replica.watches());
  }

  /** Writes all metrics in Prometheus' text format. */
  Page write() {
    ofTheServer();
    ofTheStore();
    ofTheLog();
    ofTheProcess();
    List<MetricSnapshot> snapshots = new ArrayList<>();
    metrics.registry().scrape().forEach(snapshots::add);
    gauges.forEach((name, of) ->
        snapshots.add(new GaugeSnapshot(new MetricMetadata(name, of.help()), of.points())));
    counters.forEach((name, of) ->
        snapshots.add(new CounterSnapshot(new MetricMetadata(name, of.help()), of.points())));
    histograms.forEach((name, of) ->
        snapshots.add(new HistogramSnapshot(new MetricMetadata(name, of.help()), of.points())));
    PrometheusTextFormatWriter writer = PrometheusTextFormatWriter.create();
    try {
      ByteArrayOutputStream out = new ByteArrayOutputStream(32 * 1024);
      writer.write(out, new MetricSnapshots(snapshots));
      return new Page(
          HttpResponseStatus.OK, writer.getContentType(), Bytes.wrap(out.toByteArray()));
    } catch (IOException e) {
      throw new UncheckedIOException("into memory", e);
    }
  }

  private void ofTheServer() {
    gauge("etcd_server_has_leader", "1 if there is a leader, 0 if not.", bit(status.leader() != 0));
    gauge("etcd_server_is_leader", "1 if this member leads, 0 if not.", bit(status.isLeader()));
    gauge("etcd_server_is_learner", "1 if this member is a learner.", bit(status.learner()));
    counter("etcd_server_proposals_committed", "The last committed index.", status.commitIndex());
    counter("etcd_server_proposals_applied", "The last applied index.", status.appliedIndex());
    gauge(
        "etcd_server_proposals_pending",
        "Entries in the log that are not committed yet.",
        Math.max(0, status.lastIndex() - status.commitIndex()));
    gauge(
        "etcd_server_quota_backend_bytes",
        "Size of the state at which puts are refused.",
        settings.quotaBytes());
    labelled(
        "etcd_server_version", "The version spoken.", "server_version", settings.serverVersion());
    labelled(
        "etcd_cluster_version",
        "The cluster's version.",
        "cluster_version",
        settings.clusterVersion());
    labelled("etcd_server_id", "This member.", "server_id", Long.toHexString(settings.memberId()));
    gauge("quorate_raft_term", "The Raft term.", status.term());
    gauge("quorate_raft_first_index", "The first entry in the log.", status.firstIndex());
    gauge("quorate_raft_last_index", "The last entry in the log.", status.lastIndex());
    gauge("quorate_raft_durable_index", "The last entry on this disk.", status.durableIndex());
    gauge("quorate_raft_voters", "The members that vote.", status.voters().size());
    gauge("quorate_raft_learners", "The members that don't.", status.learners().size());
    gauge(
        "quorate_stopped",
        "1 if this member's group has stopped.",
        bit(!status.failure().isEmpty()));
  }

  private void ofTheStore() {
    gauge(
        "etcd_mvcc_db_total_size_in_bytes", "What the state takes on disk.", status.bytesOnDisk());
    gauge(
        "etcd_mvcc_db_total_size_in_use_in_bytes",
        "What of it is live; an estimate.",
        status.bytesInUse());
    gauge(
        "etcd_debugging_mvcc_keys_total",
        "Keys, deleted ones among them until they are compacted; an estimate.",
        status.keysEstimate());
    gauge("etcd_debugging_mvcc_current_revision", "The store's revision.", status.revision());
    gauge(
        "etcd_debugging_mvcc_compact_revision",
        "The last compaction's revision.",
        Math.max(0, status.compactedRevision()));
  }

  private void ofTheWatches(Watches watches) {
    gauge("etcd_debugging_mvcc_watcher_total", "Watchers.", watches.watchers());
    gauge(
        "etcd_debugging_mvcc_slow_watcher_total",
        "Those with something to hear that is past already.",
        watches.laggingWatchers());
    gauge("etcd_debugging_mvcc_watch_stream_total", "Streams of watchers.", watches.streams());
    counter("etcd_debugging_mvcc_events", "Events sent to watchers.", watches.eventsSent());
  }

  private void ofTheLog() {
    WalStatistics log = metrics.log();
    if (log == null) {
      return;
    }
    counter("etcd_disk_wal_write_bytes", "Bytes written to the log.", log.bytes());
    counter("quorate_log_batches", "Batches written to the log.", log.batches());
    counter("quorate_log_entries", "Entries appended to the log.", log.entries());
    counter("quorate_log_syncs", "Syncs of the log's files.", log.syncs());
    counter(
        "quorate_log_rewritten_entries", "Entries moved to free segments.", log.rewrittenEntries());
    counter("quorate_log_recycled_segments", "Segments used again.", log.recycled());
    counter(
        "quorate_log_segments_prepared_late",
        "Segments that a write had to wait for.",
        log.preparedInline());
    gauge("quorate_log_segments", "Segments that hold the log.", log.segments());
    gauge("quorate_log_segment_bytes", "Their size on disk.", log.segmentBytes());
    gauge("quorate_log_live_bytes", "What needed entries take of it.", log.liveBytes());
    gauge("quorate_log_spare_segments", "Segments ready for use.", log.spares());
  }

  private void ofTheProcess() {
    ProcessFigures process = ProcessFigures.now();
    counter("process_cpu_seconds", "Processor time of the process.", process.cpuSeconds());
    gauge(
        "process_start_time_seconds",
        "When the process started, since 1970.",
        process.startSeconds());
    gauge("process_open_fds", "Files and sockets open.", process.openFiles());
    gauge("process_max_fds", "How many there may be.", process.openFilesMax());
    gauge("os_fd_used", "Files and sockets open.", process.openFiles());
    gauge("os_fd_limit", "How many there may be.", process.openFilesMax());
    gauge("process_resident_memory_bytes", "Memory in RAM.", process.residentBytes());
    gauge("process_virtual_memory_bytes", "Address space.", process.virtualBytes());
    gauge("quorate_jvm_heap_bytes", "Java heap in use.", process.heapBytes());
    gauge("quorate_jvm_heap_max_bytes", "What it may grow to.", process.heapBytesMax());
    gauge("quorate_jvm_direct_bytes", "Buffers outside of the heap.", process.directBytes());
    gauge("quorate_jvm_threads", "Threads of the JVM.", process.threads());
    counter("quorate_jvm_collections", "Collections of garbage.", process.collections());
    counter("quorate_jvm_collection_seconds", "What they took.", process.collectionSeconds());
  }

  private void gauge(String name, String help, long value) {
    gauge(name, help, Map.of(), (double) value);
  }

  private void gauge(String name, String help, double value) {
    gauge(name, help, Map.of(), value);
  }

  private void labelled(String name, String help, String label, String value) {
    gauge(name, help, Map.of(label, value), 1);
  }

  private void counter(String name, String help, long value) {
    counter(name, help, Map.of(), (double) value);
  }

  private void counter(String name, String help, double value) {
    counter(name, help, Map.of(), value);
  }

  @Override
  public void gauge(String name, String help, Map<String, String> labels, double value) {
    point(
        name,
        help,
        gauges,
        GaugeSnapshot.GaugeDataPointSnapshot.builder().labels(of(labels)).value(value).build());
  }

  @Override
  public void counter(String name, String help, Map<String, String> labels, double value) {
    point(
        name,
        help,
        counters,
        CounterSnapshot.CounterDataPointSnapshot.builder().labels(of(labels)).value(value).build());
  }

  @Override
  public void histogram(
      String name,
      String help,
      Map<String, String> labels,
      double[] upperBounds,
      long[] counts,
      double sum) {
    double[] bounds = Arrays.copyOf(upperBounds, upperBounds.length + 1);
    bounds[upperBounds.length] = Double.POSITIVE_INFINITY;
    point(
        name,
        help,
        histograms,
        HistogramSnapshot.HistogramDataPointSnapshot.builder()
            .labels(of(labels))
            .classicHistogramBuckets(ClassicHistogramBuckets.of(bounds, counts))
            .sum(sum)
            .build());
  }

  /** One more point of a metric; those of one name stand together on the page. */
  private <P> void point(String name, String help, SortedMap<String, Points<P>> kind, P point) {
    kind.computeIfAbsent(name, _ -> new Points<>(help, new ArrayList<>())).points().add(point);
  }

  /** The points of one metric. */
  private record Points<P>(String help, List<P> points) {}

  private static Labels of(Map<String, String> labels) {
    String[] names = labels.keySet().toArray(new String[0]);
    String[] values = labels.values().stream().map(MetricsPage::legible).toArray(String[]::new);
    return labels.isEmpty() ? Labels.EMPTY : Labels.of(names, values);
  }

  /** A label is read by a parser that wants Unicode: half characters become a question mark. */
  private static String legible(String value) {
    return new String(value.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
  }

  private static long bit(boolean on) {
    return on ? 1 : 0;
  }
}

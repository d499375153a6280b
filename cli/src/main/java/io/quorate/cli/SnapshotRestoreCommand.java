package io.quorate.cli;

import io.quorate.offline.Restore;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code snapshot restore}: a member of a new cluster, with what was saved. */
@Command(
    name = "restore",
    description = {
      "Restores a member snapshot to a data directory",
      "To be done for each member of the new cluster with the same file and the same",
      "--initial-cluster; then each is started with those flags. The file's hashes are checked,",
      "always. Keys, leases, users and roles come back; members and alarms don't."
    },
    footer = {
      "",
      "Examples:",
      "  quorate snapshot restore backup.db --data-dir default.quorate",
      "  quorate snapshot restore backup.db --name m1 --data-dir /var/lib/m1"
    })
final class SnapshotRestoreCommand implements Callable<Integer> {
  private static final String DEFAULT_PEER = "http://localhost:2380";

  private final Session session;

  @Parameters(arity = "0..*", paramLabel = "FILE", description = "the backup")
  List<String> args = new ArrayList<>();

  @Option(names = "--name", description = "the member's name; default")
  String name = "default";

  @Option(names = "--data-dir", description = "where its data goes; NAME.quorate")
  String dataDir = "";

  @Option(names = "--initial-cluster", description = "all members: NAME=URL,NAME=URL")
  String initialCluster = "";

  @Option(names = "--initial-cluster-token", description = "the cluster's token; etcd-cluster")
  String token = "etcd-cluster";

  @Option(
      names = "--initial-advertise-peer-urls",
      description = "this member's peer URLs; http://localhost:2380")
  String advertised = "";

  @Option(
      names = "--bump-revision",
      description = "how far the revision moves on; 1000000000, and 0 for not at all")
  long revisions = Restore.REVISIONS_DEFAULT;

  @Option(
      names = "--mark-compacted",
      description = "as it is whenever the revision moves on; etcdutl wants to be told")
  boolean markCompacted;

  @Option(
      names = "--skip-hash-check",
      description = "only for etcdutl's sake: there is a hash in every backup, and it is checked")
  boolean skipHashCheck;

  @Option(names = "--wal-dir", description = "not supported: the log lies in the data directory")
  String walDir = "";

  SnapshotRestoreCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    if (!walDir.isEmpty()) {
      throw new UsageError("--wal-dir: the log lies in the data directory, see --data-dir");
    }
    if (skipHashCheck) {
      throw new UsageError("--skip-hash-check: every backup has its hashes, and they are checked");
    }
    if (revisions < 0) {
      throw new UsageError("--bump-revision can't be negative: " + revisions);
    }
    if (markCompacted && revisions == 0) {
      throw new UsageError("--mark-compacted required --bump-revision");
    }
    String peers = advertised.isEmpty() && initialCluster.isEmpty() ? DEFAULT_PEER : advertised;
    String cluster = initialCluster;
    if (cluster.isEmpty()) {
      List<String> own = new ArrayList<>();
      for (String url : peers.split(",", -1)) {
        own.add(name + "=" + url);
      }
      cluster = String.join(",", own);
    }
    String directory = dataDir.isEmpty() ? name + ".quorate" : dataDir;
    Restore.Report report =
        Restore.run(
            FileNames.one("snapshot restore", args),
            FileNames.path(directory),
            Session.text(name),
            Session.text(cluster),
            Session.text(token),
            Session.text(peers),
            revisions);
    session
        .out()
        .print(
            "Restored %d keys at revision %d to %s: member %x of cluster %x\n"
                .formatted(
                    report.keys(),
                    report.revision(),
                    Session.text(directory),
                    report.member(),
                    report.cluster()));
    return ExitCodes.OK;
  }
}

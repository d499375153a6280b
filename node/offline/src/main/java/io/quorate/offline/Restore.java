package io.quorate.offline;

import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.base.RowSink;
import io.quorate.engine.RocksEngines;
import io.quorate.engine.RocksSettings;
import io.quorate.node.NodeSettings;
import io.quorate.node.RestoredMember;
import io.quorate.snapshot.BackupReader;
import io.quorate.wal.FileDisk;
import java.nio.file.Path;
import java.security.SecureRandom;

/**
 * Puts a backup into the data directory of a member of a new cluster. Every founder does it with
 * the same file and the same {@code --initial-cluster}, and is then started like any founder.
 *
 * <p>Keys, leases, users and roles are those of the backup; members and alarms are not. The
 * revision moves on by {@link #REVISIONS_DEFAULT}, and everything before counts as compacted,
 * unless that is told to be otherwise: whoever had seen revisions from after the backup would
 * otherwise take new ones for those.
 */
public final class Restore {
  /** As etcd recommends: more writes than anybody can have made since the backup. */
  public static final long REVISIONS_DEFAULT = 1_000_000_000L;

  private Restore() {}

  /**
   * What was restored, for whom.
   *
   * @param member the member's id
   * @param cluster the cluster's id
   * @param index the entry that the group's log begins behind
   * @param revision the store's revision
   * @param keys how many keys there are
   */
  public record Report(long member, long cluster, long index, long revision, long keys) {}

  /**
   * Restores.
   *
   * @param backup the file
   * @param dataDir which must not have anything in it
   * @param name the member's name
   * @param initialCluster all founders, as for the server's flag of that name
   * @param token the cluster's, as for the server's flag
   * @param advertisedPeers the member's own peer URLs; empty if they are not to be checked
   * @param revisions how far the revision moves on; 0 leaves revision and history as they were
   * @throws QuorateException if the flags contradict each other, the directory isn't empty, or the
   *     file is damaged; then there is no directory
   */
  public static Report run(
      Path backup,
      Path dataDir,
      String name,
      String initialCluster,
      String token,
      String advertisedPeers,
      long revisions) {
    Founders founders = Founders.of(name, token, initialCluster, advertisedPeers);
    NodeSettings settings =
        NodeSettings.of(founders.cluster(), founders.member(), founders.members());
    try (BackupReader reader = BackupFile.open(backup);
        NewDirectory directory = new NewDirectory(dataDir)) {
      Source source = new Source(reader, revisions);
      RestoredMember.Result result;
      try (RocksEngines engines = new RocksEngines(directory.path(), RocksSettings.small())) {
        result =
            RestoredMember.lay(
                new FileDisk(directory.path()),
                engines,
                settings,
                source,
                new SecureRandom().nextLong());
      }
      long expected = reader.header().revision() + revisions;
      if (result.revision() != expected) {
        throw QuorateException.of(
            ErrorCode.DATA_DAMAGED,
            "%s says that it is of revision %d, and its rows are of revision %d"
                .formatted(backup, reader.header().revision(), result.revision() - revisions));
      }
      directory.finish();
      return new Report(
          settings.member(), settings.clusterId(), result.index(), result.revision(), source.keys);
    }
  }

  /** The rows of a backup. */
  private static final class Source implements RestoredMember.State {
    private final BackupReader reader;
    private final long revisions;
    private long keys;

    Source(BackupReader reader, long revisions) {
      this.reader = reader;
      this.revisions = revisions;
    }

    @Override
    public boolean next(RowSink rows) {
      return reader.next(
          new RowSink() {
            @Override
            public void put(byte[] row, byte[] value) {
              keys += row[0] == 'N' ? 1 : 0;
              rows.put(row, value);
            }

            @Override
            public void delete(byte[] row) {
              rows.delete(row);
            }
          });
    }

    @Override
    public long index() {
      return reader.header().index();
    }

    @Override
    public long term() {
      return reader.header().term();
    }

    @Override
    public long revisions() {
      return revisions;
    }
  }
}

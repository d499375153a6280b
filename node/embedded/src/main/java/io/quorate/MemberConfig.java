package io.quorate;

import io.quorate.base.Checks;
import io.quorate.base.Limits;
import io.quorate.etcd.AuthSettings;
import io.quorate.etcd.AutoCompaction;
import io.quorate.node.MemberInfo;
import io.quorate.node.MembershipSettings;
import io.quorate.transport.PeerTls;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Everything that a member is started with.
 *
 * @param name what its operator calls it
 * @param dataDir where its data lives; created if it is missing
 * @param clusterId the cluster that it belongs to
 * @param memberId this member, one of {@code members}
 * @param members the members that found the cluster, or that are in it by now
 * @param founding whether the cluster is being founded by them; one that joins learns its own id
 *     and the cluster's from the others, and those given here count for nothing
 * @param listenPeers where it listens for other members; none for a member that is alone
 * @param peerTls TLS towards them; null for plaintext
 * @param heartbeatMillis pause between a leader's heartbeats
 * @param electionMillis silence of a leader before an election
 * @param requestBytesMax longest request, in bytes
 * @param txnOpsMax most operations in one list of a transaction
 * @param watchProgressMillis pause between the progress notices of a quiet watcher
 * @param leaseCheckpoints whether what is left of long leases outlives a change of leader
 * @param quotaBytes size of the state at which puts are refused; {@link Long#MAX_VALUE} for none
 * @param entriesKept applied entries that stay in the log for members that fall behind
 * @param compaction how history is given up by itself
 * @param auth how callers are recognised, once authentication is on
 * @param membership what it is told about changes of membership
 * @param dedicated whether the machine is the member's own, so that it may use more memory
 */
public record MemberConfig(
    String name,
    Path dataDir,
    long clusterId,
    long memberId,
    List<MemberInfo> members,
    boolean founding,
    List<InetSocketAddress> listenPeers,
    @Nullable PeerTls peerTls,
    int heartbeatMillis,
    int electionMillis,
    int requestBytesMax,
    int txnOpsMax,
    long watchProgressMillis,
    boolean leaseCheckpoints,
    long quotaBytes,
    long entriesKept,
    AutoCompaction.Policy compaction,
    AuthSettings auth,
    MembershipSettings membership,
    boolean dedicated) {
  private static final int HEARTBEAT_MILLIS = 100;
  private static final int ELECTION_MILLIS = 1_000;
  private static final long WATCH_PROGRESS_MILLIS = 600_000;
  private static final long ENTRIES_KEPT = 10_000;

  /** Checks that the values fit together, and copies the lists. */
  public MemberConfig {
    members = List.copyOf(members);
    listenPeers = List.copyOf(listenPeers);
    long self = memberId;
    Checks.that(members.stream().anyMatch(each -> each.id() == self), "member %d is none", self);
    Checks.that(
        heartbeatMillis > 0 && heartbeatMillis * 5L <= electionMillis,
        "heartbeatMillis=%d electionMillis=%d",
        heartbeatMillis,
        electionMillis);
  }

  /**
   * A member that is a cluster by itself, for an application's own use and for tests: it listens
   * nowhere.
   */
  public static MemberConfig alone(Path dataDir) {
    String url = "http://localhost:2380";
    long member = Identity.memberId(List.of(url), "embedded");
    return of(
        "embedded",
        dataDir,
        Identity.clusterId(List.of(member)),
        member,
        List.of(new MemberInfo(member, "embedded", List.of(url), List.of(), false)),
        List.of());
  }

  /** A founding member with etcd's defaults. */
  public static MemberConfig of(
      String name,
      Path dataDir,
      long clusterId,
      long memberId,
      List<MemberInfo> members,
      List<InetSocketAddress> listenPeers) {
    return new MemberConfig(
        name,
        dataDir,
        clusterId,
        memberId,
        members,
        true,
        listenPeers,
        null,
        HEARTBEAT_MILLIS,
        ELECTION_MILLIS,
        Limits.REQUEST_BYTES_DEFAULT,
        Limits.TXN_OPS_DEFAULT,
        WATCH_PROGRESS_MILLIS,
        false,
        Limits.QUOTA_BYTES_DEFAULT,
        ENTRIES_KEPT,
        new AutoCompaction.Policy.Off(),
        AuthSettings.standard(),
        MembershipSettings.DEFAULT,
        false);
  }

  boolean forceAlone() {
    return membership.alone();
  }

  /** The same for the member that the directory, or the cluster, says that this is. */
  MemberConfig enrolled(IdentityFile identity, List<MemberInfo> known, boolean alone) {
    return new MemberConfig(
        name,
        dataDir,
        identity.clusterId(),
        identity.memberId(),
        known,
        identity.founding(),
        listenPeers,
        peerTls,
        heartbeatMillis,
        electionMillis,
        requestBytesMax,
        txnOpsMax,
        watchProgressMillis,
        leaseCheckpoints,
        quotaBytes,
        entriesKept,
        compaction,
        auth,
        new MembershipSettings(
            membership.strict(),
            membership.learnersMax(),
            membership.promotesItself(),
            alone,
            identity.logClusterId()),
        dedicated);
  }
}

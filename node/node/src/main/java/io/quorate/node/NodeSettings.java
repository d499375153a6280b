package io.quorate.node;

import io.quorate.base.Checks;
import io.quorate.base.Limits;
import java.util.List;

/**
 * What a member is told at its start.
 *
 * @param clusterId the cluster it belongs to; a directory of another one is refused
 * @param member its identity
 * @param initial the founding members, itself among them, learners as such; who joins a running
 *     cluster lists all that are in it by then
 * @param founding whether the cluster is being founded: every founder starts with the same members.
 *     Otherwise a new directory waits to be added
 * @param groups how many groups every member has, numbered from 1; the first is the keyspace. A
 *     directory that lacks one founds it
 * @param heartbeatNanos how often a leader shows itself
 * @param electionNanos after how long without a leader a member campaigns: between this and twice
 *     it
 * @param requestTimeoutNanos after how long a call is refused at the latest; etcd: 5 s and twice
 *     the election time-out
 * @param requestBytesMax longest command, in bytes
 * @param retainedEntries entries kept in the log for members that fall behind, beyond what the
 *     state needs; etcd keeps 5,000
 * @param cachedLogBytes entries kept in memory, in bytes
 * @param logSegmentBytes size of a segment of the log
 * @param leaseCheckpoints whether a leader tells all members now and then what is left of long
 *     leases, so that a change of leader doesn't give them all their time again
 * @param appendEntriesMax entries in one message to a follower, at most {@link
 *     Limits#APPEND_ENTRIES_MAX}
 * @param membership what it is told about changes of membership
 */
public record NodeSettings(
    long clusterId,
    long member,
    List<MemberInfo> initial,
    boolean founding,
    int groups,
    long heartbeatNanos,
    long electionNanos,
    long requestTimeoutNanos,
    int requestBytesMax,
    long retainedEntries,
    long cachedLogBytes,
    int logSegmentBytes,
    boolean leaseCheckpoints,
    int appendEntriesMax,
    MembershipSettings membership) {
  /** Checks that the values fit together. */
  public NodeSettings {
    initial = List.copyOf(initial);
    Checks.that(member != 0, "a member's id is not 0");
    Checks.that(groups > 0, "groups=%d", groups);
    Checks.that(requestTimeoutNanos > 0, "requestTimeoutNanos=%d", requestTimeoutNanos);
    Checks.that(retainedEntries >= 0, "retainedEntries=%d", retainedEntries);
    Checks.that(
        appendEntriesMax > 0 && appendEntriesMax <= Limits.APPEND_ENTRIES_MAX,
        "appendEntriesMax=%d",
        appendEntriesMax);
  }

  /** Etcd's defaults. */
  public static NodeSettings of(long clusterId, long member, List<MemberInfo> initial) {
    return new NodeSettings(
        clusterId,
        member,
        initial,
        true,
        1,
        100_000_000L,
        1_000_000_000L,
        7_000_000_000L,
        Limits.REQUEST_BYTES_DEFAULT,
        5_000,
        32L << 20,
        Limits.LOG_SEGMENT_BYTES_DEFAULT,
        false,
        Limits.APPEND_ENTRIES_MAX,
        MembershipSettings.DEFAULT);
  }
}

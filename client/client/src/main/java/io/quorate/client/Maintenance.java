package io.quorate.client;

import io.quorate.base.Bytes;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/**
 * How a member is, and what its operator does: etcd's Maintenance service. Best over a channel to
 * one member, since most of it concerns the member that answers.
 */
public final class Maintenance {
  static final Rpc<StatusResponse> STATUS =
      new Rpc<>("etcdserverpb.Maintenance/Status", Decode::statusResponse);
  static final Rpc<AlarmResponse> ALARM =
      new Rpc<>("etcdserverpb.Maintenance/Alarm", Decode::alarm);
  static final Rpc<Done> DEFRAGMENT =
      new Rpc<>("etcdserverpb.Maintenance/Defragment", Decode::done);
  static final Rpc<HashResponse> HASH = new Rpc<>("etcdserverpb.Maintenance/Hash", Decode::hash);
  static final Rpc<HashResponse> HASH_KV =
      new Rpc<>("etcdserverpb.Maintenance/HashKV", Decode::hash);
  static final Rpc<Done> MOVE_LEADER =
      new Rpc<>("etcdserverpb.Maintenance/MoveLeader", Decode::done);
  static final Rpc<DowngradeResponse> DOWNGRADE =
      new Rpc<>("etcdserverpb.Maintenance/Downgrade", Decode::downgrade);

  private final Calls calls;

  Maintenance(Calls calls) {
    this.calls = calls;
  }

  /** The state of the member that the channel leads to. */
  public CompletableFuture<StatusResponse> statusAsync() {
    return calls.read(STATUS, Bytes.EMPTY);
  }

  /** The state of the member that the channel leads to; waits for it. */
  public StatusResponse status() {
    return calls.await(statusAsync());
  }

  /** All alarms that are on. */
  public CompletableFuture<AlarmResponse> alarmsAsync() {
    return calls.read(ALARM, Bytes.EMPTY);
  }

  /** All alarms that are on; waits for it. */
  public AlarmResponse alarms() {
    return calls.await(alarmsAsync());
  }

  /** Switches an alarm on. */
  public CompletableFuture<AlarmResponse> alarmActivateAsync(AlarmMember alarm) {
    return calls.write(ALARM, Encode.alarm(1, alarm));
  }

  /** Switches an alarm on; waits for it. */
  public AlarmResponse alarmActivate(AlarmMember alarm) {
    return calls.await(alarmActivateAsync(alarm));
  }

  /** Switches an alarm off; answers with it if it was on. */
  public CompletableFuture<AlarmResponse> alarmDeactivateAsync(AlarmMember alarm) {
    return calls.write(ALARM, Encode.alarm(2, alarm));
  }

  /** Switches an alarm off; answers with it if it was on; waits for it. */
  public AlarmResponse alarmDeactivate(AlarmMember alarm) {
    return calls.await(alarmDeactivateAsync(alarm));
  }

  /** Gives unused space back to the file system; an etcd serves nobody meanwhile. */
  public CompletableFuture<Done> defragmentAsync() {
    return calls.write(DEFRAGMENT, Bytes.EMPTY);
  }

  /** Gives unused space back to the file system; an etcd serves nobody meanwhile; waits for it. */
  public Done defragment() {
    return calls.await(defragmentAsync());
  }

  /** The hash of all that the member stores; equal members may differ in it. */
  public CompletableFuture<HashResponse> hashAsync() {
    return calls.read(HASH, Bytes.EMPTY);
  }

  /** The hash of all that the member stores; equal members may differ in it; waits for it. */
  public HashResponse hash() {
    return calls.await(hashAsync());
  }

  /** The hash of the keys up to a revision, 0 for the newest; equal on all members. */
  public CompletableFuture<HashResponse> hashKvAsync(long revision) {
    return calls.read(HASH_KV, Encode.id(revision));
  }

  /**
   * The hash of the keys up to a revision, 0 for the newest; equal on all members; waits for it.
   */
  public HashResponse hashKv(long revision) {
    return calls.await(hashKvAsync(revision));
  }

  /** Hands leadership to another member; only the leader takes this. */
  public CompletableFuture<Done> moveLeaderAsync(long target) {
    return calls.write(MOVE_LEADER, Encode.id(target));
  }

  /** Hands leadership to another member; only the leader takes this; waits for it. */
  public Done moveLeader(long target) {
    return calls.await(moveLeaderAsync(target));
  }

  /** Checks, begins or cancels a downgrade. */
  public CompletableFuture<DowngradeResponse> downgradeAsync(
      DowngradeAction action, String version) {
    return calls.write(DOWNGRADE, Encode.downgrade(action, version));
  }

  /** Checks, begins or cancels a downgrade; waits for it. */
  public DowngradeResponse downgrade(DowngradeAction action, String version) {
    return calls.await(downgradeAsync(action, version));
  }

  /**
   * The member's whole state, piece by piece, the checksum last.
   *
   * @param to takes the pieces in order; what it throws ends the transfer
   * @param executor runs it; it may block there
   * @return completes behind the last piece, or with why there isn't more; cancelling it ends the
   *     transfer
   */
  public CompletableFuture<Void> snapshot(Consumer<SnapshotPart> to, Executor executor) {
    return Responses.of(
        calls,
        "etcdserverpb.Maintenance/Snapshot",
        Bytes.EMPTY,
        Decode::snapshotPart,
        to,
        executor);
  }
}

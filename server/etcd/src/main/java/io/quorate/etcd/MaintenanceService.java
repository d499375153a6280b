package io.quorate.etcd;

import io.quorate.base.Bytes;
import io.quorate.base.Limits;
import io.quorate.grpc.Call;
import io.quorate.grpc.ServiceRegistry;
import io.quorate.grpc.Status;
import io.quorate.grpc.StatusCode;
import io.quorate.node.LeadershipMove;
import io.quorate.node.Refusal;
import io.quorate.node.Replica;
import io.quorate.node.ReplicaStatus;
import io.quorate.node.Reply;
import io.quorate.protocol.etcdserverpb.AlarmMember;
import io.quorate.protocol.etcdserverpb.AlarmRequest;
import io.quorate.protocol.etcdserverpb.AlarmResponse;
import io.quorate.protocol.etcdserverpb.AlarmType;
import io.quorate.protocol.etcdserverpb.DefragmentRequest;
import io.quorate.protocol.etcdserverpb.DefragmentResponse;
import io.quorate.protocol.etcdserverpb.DowngradeInfo;
import io.quorate.protocol.etcdserverpb.MoveLeaderRequest;
import io.quorate.protocol.etcdserverpb.MoveLeaderResponse;
import io.quorate.protocol.etcdserverpb.StatusRequest;
import io.quorate.protocol.etcdserverpb.StatusResponse;

/** {@code etcdserverpb.Maintenance}: how this member is. Used on the replica's loop. */
final class MaintenanceService {
  private final Replica replica;
  private final ApiSettings settings;
  private final Admission admission;
  private final SpaceQuota quota;
  private final Messages messages;

  MaintenanceService(
      Replica replica,
      ApiSettings settings,
      Admission admission,
      SpaceQuota quota,
      Messages messages) {
    this.replica = replica;
    this.settings = settings;
    this.admission = admission;
    this.quota = quota;
    this.messages = messages;
  }

  void register(ServiceRegistry registry) {
    registry
        .unary("/etcdserverpb.Maintenance/Status", this::status)
        .unary("/etcdserverpb.Maintenance/Alarm", this::alarm)
        .unary("/etcdserverpb.Maintenance/Defragment", this::defragment)
        .unary("/etcdserverpb.Maintenance/MoveLeader", this::moveLeader);
  }

  /** Answered by any member in any state, without asking another. */
  private void status(Call call, Bytes message) {
    Messages.read(StatusRequest.parser(), message);
    ReplicaStatus status = replica.status();
    StatusResponse.Builder answer =
        StatusResponse.newBuilder()
            .setHeader(messages.header())
            .setVersion(ApiVersion.SERVER)
            .setStorageVersion(ApiVersion.STORAGE)
            .setDbSize(status.bytesOnDisk())
            .setDbSizeInUse(status.bytesInUse())
            .setDbSizeQuota(
                settings.quotaBytes() == Long.MAX_VALUE
                    ? Limits.QUOTA_BYTES_DEFAULT
                    : settings.quotaBytes())
            .setLeader(status.leader())
            .setRaftTerm(status.term())
            .setRaftIndex(status.commitIndex())
            .setRaftAppliedIndex(status.appliedIndex())
            .setIsLearner(status.learner())
            .setDowngradeInfo(DowngradeInfo.getDefaultInstance());
    if (status.leader() == 0) {
      answer.addErrors("etcdserver: no leader");
    }
    if (quota.exceeded()) {
      answer.addErrors(
          "memberID:" + Long.toUnsignedString(settings.memberId()) + " alarm:NOSPACE ");
    }
    if (!status.failure().isEmpty()) {
      answer.addErrors(status.failure());
    }
    if (!status.refused().isEmpty()) {
      answer.addErrors(status.refused());
    }
    call.reply(Messages.bytes(answer.build()));
  }

  /**
   * The alarms that are: this member's own quota. Disarming what isn't raised is no error; the
   * quota's alarm ends by itself when there is room.
   */
  private void alarm(Call call, Bytes message) {
    admission.voter();
    admission.leaderIfAsked(call);
    AlarmRequest request = Messages.read(AlarmRequest.parser(), message);
    AlarmResponse.Builder answer = AlarmResponse.newBuilder().setHeader(messages.header());
    if (request.getAction() != AlarmRequest.AlarmAction.GET) {
      admission.administrator(call);
    }
    switch (request.getAction()) {
      case GET -> {
        boolean asked = request.getMemberID() == 0 || request.getMemberID() == settings.memberId();
        boolean ofSpace =
            request.getAlarm() == AlarmType.NONE || request.getAlarm() == AlarmType.NOSPACE;
        if (asked && ofSpace && quota.exceeded()) {
          answer.addAlarms(
              AlarmMember.newBuilder()
                  .setMemberID(settings.memberId())
                  .setAlarm(AlarmType.NOSPACE));
        }
      }
      case DEACTIVATE -> {}
      case ACTIVATE, UNRECOGNIZED ->
          throw Status.of(
                  StatusCode.UNIMPLEMENTED, "quorate: alarms can't be raised by clients yet")
              .asException();
    }
    call.reply(Messages.bytes(answer.build()));
  }

  private void moveLeader(Call call, Bytes message) {
    admission.voter();
    long target = Messages.read(MoveLeaderRequest.parser(), message).getTargetID();
    replica
        .membership()
        .moveLeader(
            target,
            new Reply<>() {
              @Override
              public void done(LeadershipMove outcome) {
                switch (outcome) {
                  case MOVED ->
                      call.reply(
                          Messages.bytes(
                              MoveLeaderResponse.newBuilder()
                                  .setHeader(messages.header())
                                  .build()));
                  case NOT_LEADER -> call.complete(EtcdError.NOT_LEADER.status());
                  case BAD_TARGET -> call.complete(EtcdError.BAD_LEADER_TRANSFEREE.status());
                  case NOT_TAKEN -> call.complete(EtcdError.TIMED_OUT.status());
                }
              }

              @Override
              public void refused(Refusal why) {
                call.complete(EtcdError.of(why).status());
              }
            });
  }

  /** Space comes back by itself, so there is never anything left to do. */
  private void defragment(Call call, Bytes message) {
    admission.voter();
    Messages.read(DefragmentRequest.parser(), message);
    call.reply(Messages.bytes(DefragmentResponse.getDefaultInstance()));
  }
}

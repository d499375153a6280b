package io.quorate.etcd;

import io.quorate.base.Bytes;
import io.quorate.grpc.Call;
import io.quorate.grpc.ServiceRegistry;
import io.quorate.kv.Alarm;
import io.quorate.kv.AlarmClearRequest;
import io.quorate.kv.AlarmKind;
import io.quorate.kv.AlarmRaiseRequest;
import io.quorate.kv.KvFailure;
import io.quorate.kv.KvResult;
import io.quorate.node.Barrier;
import io.quorate.node.Refusal;
import io.quorate.node.Replica;
import io.quorate.node.Reply;
import io.quorate.protocol.etcdserverpb.AlarmMember;
import io.quorate.protocol.etcdserverpb.AlarmRequest;
import io.quorate.protocol.etcdserverpb.AlarmResponse;
import io.quorate.protocol.etcdserverpb.AlarmType;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** {@code etcdserverpb.Maintenance/Alarm}: the alarms of all members. On the replica's loop. */
final class AlarmService {
  private final Replica replica;
  private final Admission admission;
  private final Messages messages;

  AlarmService(Replica replica, Admission admission, Messages messages) {
    this.replica = replica;
    this.admission = admission;
    this.messages = messages;
  }

  void register(ServiceRegistry registry) {
    registry.unary("/etcdserverpb.Maintenance/Alarm", this::alarm);
  }

  /** How etcd's status puts an alarm into words, to the blank at its end. */
  static String text(Alarm alarm) {
    return "memberID:%s alarm:%s "
        .formatted(Long.toUnsignedString(alarm.member()), type(alarm.kind()));
  }

  private void alarm(Call call, Bytes message) {
    admission.voter();
    admission.leaderIfAsked(call);
    AlarmRequest request = Messages.read(AlarmRequest.parser(), message);
    AlarmKind kind = AlarmKind.of(request.getAlarmValue());
    long member = request.getMemberID();
    switch (request.getAction()) {
      case GET -> list(call, request.getAlarmValue());
      case ACTIVATE, DEACTIVATE -> {
        if (kind == null) {
          answer(call, List.of()); // there is none that could be raised
          return;
        }
        boolean raise = request.getAction() == AlarmRequest.AlarmAction.ACTIVATE;
        admission.write(
            call,
            raise
                ? new AlarmRaiseRequest(member, kind, false)
                : new AlarmClearRequest(member, kind, false),
            new Reply<KvResult>() {
              @Override
              public void done(KvResult result) {
                switch (result) {
                  case io.quorate.kv.AlarmResponse changed -> answer(call, changed.alarms());
                  case KvFailure failure -> call.complete(EtcdError.of(failure.error()).status());
                  default -> throw new IllegalStateException("not about alarms: " + result);
                }
              }

              @Override
              public void refused(Refusal why) {
                call.complete(EtcdError.of(why).status());
              }
            });
      }
      case UNRECOGNIZED -> answer(call, List.of());
    }
  }

  /** What is raised after everything that was acknowledged before this call. */
  private void list(Call call, int type) {
    AlarmKind only = AlarmKind.of(type);
    replica.readBarrier(
        new Barrier() {
          @Override
          public void passed() {
            List<Alarm> alarms = new ArrayList<>();
            for (Alarm alarm : replica.status().alarms()) {
              if (type == AlarmType.NONE_VALUE || alarm.kind() == only) {
                alarms.add(alarm);
              }
            }
            answer(call, alarms);
          }

          @Override
          public void refused(Refusal why) {
            call.complete(EtcdError.of(why).status());
          }
        });
  }

  private void answer(Call call, Collection<Alarm> alarms) {
    AlarmResponse.Builder answer = AlarmResponse.newBuilder().setHeader(messages.header());
    for (Alarm alarm : alarms) {
      answer.addAlarms(
          AlarmMember.newBuilder().setMemberID(alarm.member()).setAlarm(type(alarm.kind())));
    }
    call.reply(Messages.bytes(answer.build()));
  }

  private static AlarmType type(AlarmKind kind) {
    return switch (kind) {
      case NO_SPACE -> AlarmType.NOSPACE;
      case CORRUPT -> AlarmType.CORRUPT;
    };
  }
}

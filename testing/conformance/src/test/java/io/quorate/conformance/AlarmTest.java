package io.quorate.conformance;

import static io.quorate.conformance.Requests.bytes;
import static io.quorate.conformance.Requests.delete;
import static io.quorate.conformance.Requests.get;
import static io.quorate.conformance.Requests.op;
import static io.quorate.conformance.Requests.put;
import static io.quorate.conformance.Requests.txn;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.quorate.protocol.etcdserverpb.AlarmMember;
import io.quorate.protocol.etcdserverpb.AlarmRequest;
import io.quorate.protocol.etcdserverpb.AlarmRequest.AlarmAction;
import io.quorate.protocol.etcdserverpb.AlarmResponse;
import io.quorate.protocol.etcdserverpb.AlarmType;
import io.quorate.protocol.etcdserverpb.PutRequest;
import io.quorate.protocol.etcdserverpb.StatusRequest;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Alarms that clients raise, and what goes on under them. */
@AgainstServers
@Execution(ExecutionMode.CONCURRENT) // its servers are its own
class AlarmTest {
  private final Server server;
  private final Api api;

  AlarmTest(Subject subject) {
    server = subject.start(1);
    api = server.api();
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private AlarmResponse alarm(AlarmAction action, AlarmType type, long member) {
    return api.call(
        Rpc.ALARM,
        AlarmRequest.newBuilder().setAction(action).setAlarm(type).setMemberID(member).build());
  }

  private long memberId() {
    return api.call(Rpc.STATUS, StatusRequest.getDefaultInstance()).getHeader().getMemberId();
  }

  @Test
  void without_space_puts_are_refused_and_everything_else_goes_on() {
    api.put(put(bytes("a"), "1"));
    api.put(put(bytes("b"), "1"));
    long member = memberId();
    AlarmMember raised =
        AlarmMember.newBuilder().setAlarm(AlarmType.NOSPACE).setMemberID(member).build();
    assertThat(alarm(AlarmAction.ACTIVATE, AlarmType.NOSPACE, member).getAlarmsList())
        .containsExactly(raised);
    assertThat(alarm(AlarmAction.GET, AlarmType.NONE, 0).getAlarmsList()).containsExactly(raised);
    assertThat(alarm(AlarmAction.GET, AlarmType.CORRUPT, 0).getAlarmsList()).isEmpty();
    assertThat(api.call(Rpc.STATUS, StatusRequest.getDefaultInstance()).getErrorsList())
        .containsExactly("memberID:" + Long.toUnsignedString(member) + " alarm:NOSPACE ");

    long before = api.range(get(bytes("a"))).getHeader().getRevision();
    assertThat(api.refusal(put(bytes("a"), "2"))).isEqualTo(Refusals.NO_SPACE);
    assertThat(api.refusal(txn().addFailure(op(put(bytes("a"), "2")))))
        .as("a put in the list that doesn't run")
        .isEqualTo(Refusals.NO_SPACE);
    assertThat(api.txn(txn(op(get(bytes("a"))), op(delete(bytes("b"))))).getSucceeded()).isTrue();
    assertThat(api.delete(delete(bytes("a"))).getDeleted()).isEqualTo(1);
    assertThat(api.compact(before).hasHeader()).isTrue();

    assertThat(alarm(AlarmAction.DEACTIVATE, AlarmType.NOSPACE, member).getAlarmsList())
        .containsExactly(raised);
    assertThat(alarm(AlarmAction.GET, AlarmType.NONE, 0).getAlarmsList()).isEmpty();
    assertThat(api.put(put(bytes("a"), "3")).getHeader().getRevision()).isEqualTo(before + 3);
  }

  @Test
  void a_corrupt_cluster_is_read_and_not_written() {
    api.put(put(bytes("a"), "1"));
    long member = memberId();
    alarm(AlarmAction.ACTIVATE, AlarmType.CORRUPT, member);
    assertThat(api.refusal(put(bytes("a"), "2"))).isEqualTo(Refusals.CORRUPT);
    assertThat(api.refusal(txn(op(put(bytes("a"), "2"))))).isEqualTo(Refusals.CORRUPT);
    assertThat(api.range(get(bytes("a"))).getCount()).isEqualTo(1);
    assertThat(api.range(get(bytes("a")).setSerializable(true)).getCount()).isEqualTo(1);
    alarm(AlarmAction.DEACTIVATE, AlarmType.CORRUPT, member);
    assertThat(api.put(put(bytes("a"), "2")).hasHeader()).isTrue();
  }

  /** Shows that a quota that is used up raises the alarm, and that etcd's stays until disarmed. */
  @Test
  void a_used_up_quota_raises_the_alarm() {
    try (Server small = server.subject().start(1, "--quota-backend-bytes=" + (8 << 20))) {
      ByteString value = ByteString.copyFrom(new byte[1 << 20]);
      String refusal = "";
      for (int i = 0; i < 40 && refusal.isEmpty(); i++) {
        PutRequest.Builder put = put(bytes("k" + i), "").setValue(value);
        String answer = small.api().refusal(put);
        refusal = answer.startsWith("answered") ? "" : answer;
      }
      assertThat(refusal).isEqualTo(Refusals.NO_SPACE);
      List<AlarmMember> raised =
          small.api().call(Rpc.ALARM, AlarmRequest.getDefaultInstance()).getAlarmsList();
      assertThat(raised).hasSize(1);
      assertThat(raised.get(0).getAlarm()).isEqualTo(AlarmType.NOSPACE);
      assertThat(small.api().delete(delete(bytes("k0"))).getDeleted()).isEqualTo(1);
    }
  }

  /**
   * Shows that a quota of a few pages has room for a little, and that what won't fit is refused.
   */
  @Test
  void what_would_exceed_a_small_quota_is_refused() {
    int quota = 16 * 4_096;
    try (Server small = server.subject().start(1, "--quota-backend-bytes=" + quota)) {
      PutRequest.Builder put = put(bytes("abc"), "").setValue(ByteString.copyFrom(new byte[512]));
      assertThat(small.api().put(put).hasHeader()).isTrue();
      put.setValue(ByteString.copyFrom(new byte[quota]));
      assertThat(small.api().refusal(put)).isEqualTo(Refusals.NO_SPACE);
      assertThat(small.api().refusal(txn(op(put)))).isEqualTo(Refusals.NO_SPACE);
    }
  }
}

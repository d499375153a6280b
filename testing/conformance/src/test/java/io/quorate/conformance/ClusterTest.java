package io.quorate.conformance;

import static io.quorate.conformance.Requests.put;
import static org.assertj.core.api.Assertions.assertThat;

import io.quorate.protocol.etcdserverpb.AlarmRequest;
import io.quorate.protocol.etcdserverpb.AlarmRequest.AlarmAction;
import io.quorate.protocol.etcdserverpb.AlarmResponse;
import io.quorate.protocol.etcdserverpb.AlarmType;
import io.quorate.protocol.etcdserverpb.DefragmentRequest;
import io.quorate.protocol.etcdserverpb.Member;
import io.quorate.protocol.etcdserverpb.MemberListRequest;
import io.quorate.protocol.etcdserverpb.MemberListResponse;
import io.quorate.protocol.etcdserverpb.StatusRequest;
import io.quorate.protocol.etcdserverpb.StatusResponse;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a member says of itself and of the cluster. */
@AgainstServers
class ClusterTest extends Case {
  ClusterTest(Subject subject) {
    super(subject);
  }

  @Test
  void members_are_listed_without_a_revision() {
    for (boolean linearizable : new boolean[] {false, true}) {
      MemberListResponse list =
          api.call(
              Rpc.MEMBER_LIST,
              MemberListRequest.newBuilder().setLinearizable(linearizable).build());
      assertThat(list.getHeader().getRevision()).isZero();
      assertThat(list.getHeader().getRaftTerm()).isPositive();
      assertThat(list.getMembersList()).hasSize(1);
      Member only = list.getMembers(0);
      assertThat(only.getID()).isEqualTo(list.getHeader().getMemberId());
      assertThat(only.getName()).isEqualTo("m0");
      assertThat(only.getClientURLsList()).containsExactly("http://" + server.endpoint());
      assertThat(only.getPeerURLsList()).hasSize(1);
      assertThat(only.getIsLearner()).isFalse();
    }
  }

  @Test
  void status_tells_what_the_member_knows_of_itself() {
    StatusResponse before = api.call(Rpc.STATUS, StatusRequest.getDefaultInstance());
    assertThat(before.getVersion()).matches("3\\.\\d+\\.\\d+.*");
    assertThat(before.getDbSize()).isPositive();
    assertThat(before.getDbSizeInUse()).isPositive();
    assertThat(before.getLeader()).isEqualTo(before.getHeader().getMemberId());
    assertThat(before.getRaftTerm()).isEqualTo(before.getHeader().getRaftTerm());
    assertThat(before.getErrorsList()).isEmpty();
    assertThat(before.getIsLearner()).isFalse();
    api.put(put(key("a"), "1"));
    StatusResponse after = api.call(Rpc.STATUS, StatusRequest.getDefaultInstance());
    assertThat(after.getRaftIndex()).isGreaterThan(before.getRaftIndex());
    assertThat(after.getRaftAppliedIndex()).isLessThanOrEqualTo(after.getRaftIndex());
    assertThat(after.getHeader().getRevision()).isEqualTo(before.getHeader().getRevision() + 1);
    if (server.subject() == Subject.QUORATE) {
      assertThat(after.getVersion()).as("Kubernetes trusts its progress").startsWith("3.6.");
    }
    if (server.has(Difference.STATUS_OF_STORAGE)) {
      assertThat(after.getStorageVersion()).isEqualTo("3.6.0");
      assertThat(after.getDbSizeQuota()).isEqualTo(2L << 30);
      assertThat(after.hasDowngradeInfo()).isTrue();
      assertThat(after.getDowngradeInfo().getEnabled()).isFalse();
    }
  }

  @Test
  void there_are_no_alarms_and_disarming_none_is_fine() {
    AlarmResponse none = api.call(Rpc.ALARM, AlarmRequest.getDefaultInstance());
    assertThat(none.getAlarmsList()).isEmpty();
    if (server.has(Difference.ALARM_HEADER)) {
      assertThat(none.getHeader().getRevision()).isEqualTo(revision());
    }
    AlarmResponse disarmed =
        api.call(
            Rpc.ALARM,
            AlarmRequest.newBuilder()
                .setAction(AlarmAction.DEACTIVATE)
                .setAlarm(AlarmType.NOSPACE)
                .setMemberID(api.call(Rpc.STATUS, StatusRequest.getDefaultInstance()).getLeader())
                .build());
    assertThat(disarmed.getAlarmsList()).isEmpty();
  }

  @Test
  void defragmenting_keeps_everything_and_has_no_header() {
    api.put(put(key("a"), "1"));
    assertThat(api.call(Rpc.DEFRAGMENT, DefragmentRequest.getDefaultInstance()).hasHeader())
        .isFalse();
    assertThat(api.range(Requests.get(key("a"))).getCount()).isEqualTo(1);
  }

  @Test
  void members_of_a_cluster_know_each_other() {
    try (Server three = server.subject().start(3)) {
      int leader = three.leader();
      long leaderId = 0;
      List<Member> members = List.of();
      for (int i = 0; i < 3; i++) {
        MemberListResponse list =
            three.api(i).call(Rpc.MEMBER_LIST, MemberListRequest.getDefaultInstance());
        assertThat(list.getMembersList())
            .hasSize(3)
            .isSortedAccordingTo((a, b) -> Long.compareUnsigned(a.getID(), b.getID()));
        assertThat(members.isEmpty() || members.equals(list.getMembersList())).isTrue();
        members = list.getMembersList();
        StatusResponse status = three.api(i).call(Rpc.STATUS, StatusRequest.getDefaultInstance());
        leaderId = i == 0 ? status.getLeader() : leaderId;
        assertThat(status.getLeader()).isEqualTo(leaderId);
        assertThat(status.getHeader().getMemberId() == leaderId).isEqualTo(i == leader);
      }
    }
  }
}

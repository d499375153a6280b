package io.quorate.conformance;

import static io.quorate.conformance.Requests.bytes;
import static io.quorate.conformance.Requests.put;
import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.MethodDescriptor;
import io.quorate.protocol.etcdserverpb.Member;
import io.quorate.protocol.etcdserverpb.MemberAddRequest;
import io.quorate.protocol.etcdserverpb.MemberAddResponse;
import io.quorate.protocol.etcdserverpb.MemberListRequest;
import io.quorate.protocol.etcdserverpb.MemberPromoteRequest;
import io.quorate.protocol.etcdserverpb.MemberRemoveRequest;
import io.quorate.protocol.etcdserverpb.MemberUpdateRequest;
import io.quorate.protocol.etcdserverpb.MemberUpdateResponse;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Members that come and go. Those that are added here never start. */
@AgainstServers
@Execution(ExecutionMode.CONCURRENT) // its servers are its own
class MembershipTest {
  private static final long UNKNOWN = 4_040_404;

  private final Server server;
  private final Api api;

  MembershipTest(Subject subject) {
    server = subject.start(1);
    api = server.api();
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private static MemberAddRequest add(boolean learner, String... urls) {
    return MemberAddRequest.newBuilder()
        .addAllPeerURLs(List.of(urls))
        .setIsLearner(learner)
        .build();
  }

  private List<Member> members() {
    return api.call(Rpc.MEMBER_LIST, MemberListRequest.getDefaultInstance()).getMembersList();
  }

  private static MemberPromoteRequest promote(long id) {
    return MemberPromoteRequest.newBuilder().setID(id).build();
  }

  private static MemberRemoveRequest remove(long id) {
    return MemberRemoveRequest.newBuilder().setID(id).build();
  }

  /**
   * Leaves no change of members behind that etcd's raft holds for unapplied. It drops the next one
   * then, whose request is never answered (its pendingConfIndex is compared with an index that
   * moves only after the change was answered). A write that was applied comes after that.
   */
  private void settle() {
    api.put(put(bytes("settled"), ""));
  }

  private <Q, A> A change(MethodDescriptor<Q, A> method, Q request) {
    settle();
    return api.call(method, request);
  }

  private <Q, A> String refusal(MethodDescriptor<Q, A> method, Q request) {
    settle();
    return api.refusal(method, request);
  }

  @Test
  void a_learner_is_added_and_removed_while_the_cluster_goes_on() {
    long before = api.put(put(bytes("a"), "1")).getHeader().getRevision();
    MemberAddResponse added = api.call(Rpc.MEMBER_ADD, add(true, "http://127.0.0.1:11999"));
    assertThat(added.getHeader().getRevision()).isZero();
    assertThat(added.getMember().getIsLearner()).isTrue();
    assertThat(added.getMember().getName()).as("it was never started").isEmpty();
    assertThat(added.getMember().getClientURLsList()).isEmpty();
    assertThat(added.getMembersList()).hasSize(2).contains(added.getMember());
    assertThat(members()).containsExactlyInAnyOrderElementsOf(added.getMembersList());
    assertThat(api.put(put(bytes("a"), "2")).getHeader().getRevision()).isEqualTo(before + 1);

    long id = added.getMember().getID();
    assertThat(refusal(Rpc.MEMBER_PROMOTE, promote(id))).isEqualTo(Refusals.LEARNER_BEHIND);
    assertThat(refusal(Rpc.MEMBER_ADD, add(true, "http://127.0.0.1:11998")))
        .isEqualTo(Refusals.TOO_MANY_LEARNERS);
    assertThat(change(Rpc.MEMBER_REMOVE, remove(id)).getMembersList()).hasSize(1);
    assertThat(members()).hasSize(1);
    assertThat(refusal(Rpc.MEMBER_REMOVE, remove(id))).isEqualTo(Refusals.NO_MEMBER);
  }

  @Test
  void what_can_not_be_is_refused() {
    long own = members().get(0).getID();
    assertThat(refusal(Rpc.MEMBER_ADD, add(false, members().get(0).getPeerURLs(0))))
        .isEqualTo(Refusals.URL_EXISTS);
    assertThat(refusal(Rpc.MEMBER_ADD, add(false))).isEqualTo(Refusals.BAD_URLS);
    assertThat(refusal(Rpc.MEMBER_ADD, add(false, "no url"))).isEqualTo(Refusals.BAD_URLS);
    assertThat(refusal(Rpc.MEMBER_ADD, add(false, "http://127.0.0.1")))
        .isEqualTo(Refusals.BAD_URLS);
    assertThat(refusal(Rpc.MEMBER_REMOVE, remove(UNKNOWN))).isEqualTo(Refusals.NO_MEMBER);
    assertThat(refusal(Rpc.MEMBER_PROMOTE, promote(UNKNOWN))).isEqualTo(Refusals.NO_MEMBER);
    assertThat(
            refusal(
                Rpc.MEMBER_UPDATE,
                MemberUpdateRequest.newBuilder()
                    .setID(UNKNOWN)
                    .addPeerURLs("http://127.0.0.1:11997")
                    .build()))
        .isEqualTo(Refusals.NO_MEMBER);
    assertThat(refusal(Rpc.MEMBER_PROMOTE, promote(own))).isEqualTo(Refusals.NOT_A_LEARNER);
    assertThat(refusal(Rpc.MEMBER_REMOVE, remove(own))).isEqualTo(Refusals.NOT_ENOUGH_STARTED);
    assertThat(members()).hasSize(1);
  }

  @Test
  void a_members_urls_can_be_changed() {
    Member own = members().get(0);
    String url = "http://127.0.0.1:11996";
    MemberUpdateResponse updated =
        change(
            Rpc.MEMBER_UPDATE,
            MemberUpdateRequest.newBuilder().setID(own.getID()).addPeerURLs(url).build());
    assertThat(updated.getHeader().getRevision()).isZero();
    assertThat(updated.getMembersList()).hasSize(1);
    assertThat(members().get(0))
        .isEqualTo(own.toBuilder().clearPeerURLs().addPeerURLs(url).build());
  }
}

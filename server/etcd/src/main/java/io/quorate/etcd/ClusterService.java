package io.quorate.etcd;

import com.google.protobuf.Message;
import io.quorate.base.Bytes;
import io.quorate.base.Limits;
import io.quorate.grpc.Call;
import io.quorate.grpc.ServiceRegistry;
import io.quorate.grpc.Status;
import io.quorate.grpc.StatusCode;
import io.quorate.node.Barrier;
import io.quorate.node.MembershipChange;
import io.quorate.node.MembershipOutcome;
import io.quorate.node.MembershipRefusal;
import io.quorate.node.Refusal;
import io.quorate.node.Replica;
import io.quorate.node.Reply;
import io.quorate.protocol.etcdserverpb.Member;
import io.quorate.protocol.etcdserverpb.MemberAddRequest;
import io.quorate.protocol.etcdserverpb.MemberAddResponse;
import io.quorate.protocol.etcdserverpb.MemberListRequest;
import io.quorate.protocol.etcdserverpb.MemberListResponse;
import io.quorate.protocol.etcdserverpb.MemberPromoteRequest;
import io.quorate.protocol.etcdserverpb.MemberPromoteResponse;
import io.quorate.protocol.etcdserverpb.MemberRemoveRequest;
import io.quorate.protocol.etcdserverpb.MemberRemoveResponse;
import io.quorate.protocol.etcdserverpb.MemberUpdateRequest;
import io.quorate.protocol.etcdserverpb.MemberUpdateResponse;
import java.util.List;
import java.util.function.LongFunction;

/** {@code etcdserverpb.Cluster}: who belongs to the cluster. Used on the replica's loop. */
final class ClusterService {
  private final Replica replica;
  private final Admission admission;
  private final Messages messages;

  ClusterService(Replica replica, Admission admission, Messages messages) {
    this.replica = replica;
    this.admission = admission;
    this.messages = messages;
  }

  void register(ServiceRegistry registry) {
    registry
        .unary("/etcdserverpb.Cluster/MemberList", this::memberList)
        .unary("/etcdserverpb.Cluster/MemberAdd", this::memberAdd)
        .unary("/etcdserverpb.Cluster/MemberRemove", this::memberRemove)
        .unary("/etcdserverpb.Cluster/MemberUpdate", this::memberUpdate)
        .unary("/etcdserverpb.Cluster/MemberPromote", this::memberPromote);
  }

  private void memberList(Call call, Bytes message) {
    admission.voter();
    admission.leaderIfAsked(call);
    if (Messages.read(MemberListRequest.parser(), message).getLinearizable()) {
      replica.readBarrier(
          new Barrier() {
            @Override
            public void passed() {
              answer(call);
            }

            @Override
            public void refused(Refusal why) {
              call.complete(EtcdError.of(why).status());
            }
          });
    } else {
      answer(call);
    }
  }

  private void memberAdd(Call call, Bytes message) {
    MemberAddRequest request = Messages.read(MemberAddRequest.parser(), message);
    MembershipChange add =
        new MembershipChange.Add(request.getPeerURLsList(), request.getIsLearner());
    change(
        call,
        add,
        added ->
            MemberAddResponse.newBuilder()
                .setHeader(messages.headerWithoutRevision())
                .setMember(
                    Member.newBuilder()
                        .setID(added)
                        .addAllPeerURLs(request.getPeerURLsList().stream().sorted().toList())
                        .setIsLearner(request.getIsLearner()))
                .addAllMembers(members())
                .build());
  }

  private void memberRemove(Call call, Bytes message) {
    long member = Messages.read(MemberRemoveRequest.parser(), message).getID();
    change(
        call,
        new MembershipChange.Remove(member),
        _ ->
            MemberRemoveResponse.newBuilder()
                .setHeader(messages.headerWithoutRevision())
                .addAllMembers(members().stream().filter(each -> each.getID() != member).toList())
                .build());
  }

  private void memberUpdate(Call call, Bytes message) {
    MemberUpdateRequest request = Messages.read(MemberUpdateRequest.parser(), message);
    change(
        call,
        new MembershipChange.Update(request.getID(), request.getPeerURLsList()),
        _ ->
            MemberUpdateResponse.newBuilder()
                .setHeader(messages.headerWithoutRevision())
                .addAllMembers(members())
                .build());
  }

  private void memberPromote(Call call, Bytes message) {
    long member = Messages.read(MemberPromoteRequest.parser(), message).getID();
    change(
        call,
        new MembershipChange.Promote(member),
        _ ->
            MemberPromoteResponse.newBuilder()
                .setHeader(messages.headerWithoutRevision())
                .addAllMembers(members())
                .build());
  }

  private void change(Call call, MembershipChange change, LongFunction<Message> answer) {
    admission.voter();
    admission.leaderIfAsked(call);
    admission.administrate(
        call,
        () ->
            replica
                .membership()
                .change(
                    change,
                    new Reply<>() {
                      @Override
                      public void done(MembershipOutcome outcome) {
                        switch (outcome) {
                          case MembershipOutcome.Done(long member) ->
                              call.reply(Messages.bytes(answer.apply(member)));
                          case MembershipOutcome.Rejected(MembershipRefusal why) ->
                              call.complete(status(why));
                        }
                      }

                      @Override
                      public void refused(Refusal why) {
                        call.complete(EtcdError.of(why).status());
                      }
                    }));
  }

  private static Status status(MembershipRefusal why) {
    return switch (why) {
      case NOT_FOUND -> EtcdError.MEMBER_NOT_FOUND.status();
      case BAD_URLS -> EtcdError.BAD_MEMBER_URLS.status();
      case URLS_EXIST -> EtcdError.PEER_URL_EXISTS.status();
      case ID_EXISTS -> EtcdError.MEMBER_EXISTS.status();
      case TOO_MANY_LEARNERS -> EtcdError.TOO_MANY_LEARNERS.status();
      case TOO_MANY_MEMBERS ->
          Status.of(
              StatusCode.RESOURCE_EXHAUSTED,
              "quorate: a cluster has at most " + Limits.MEMBERS_MAX + " members");
      case NOT_ENOUGH_STARTED -> EtcdError.NOT_ENOUGH_STARTED_MEMBERS.status();
      case UNHEALTHY -> EtcdError.UNHEALTHY.status();
      case NOT_A_LEARNER -> EtcdError.MEMBER_NOT_LEARNER.status();
      case LEARNER_NOT_READY -> EtcdError.LEARNER_NOT_READY.status();
    };
  }

  private void answer(Call call) {
    call.reply(
        Messages.bytes(
            MemberListResponse.newBuilder()
                .setHeader(messages.headerWithoutRevision())
                .addAllMembers(members())
                .build()));
  }

  private List<Member> members() {
    return replica.membership().members().stream()
        .sorted((a, b) -> Long.compareUnsigned(a.id(), b.id()))
        .map(member ->
            Member.newBuilder()
                .setID(member.id())
                .setName(member.name())
                .addAllPeerURLs(member.peerUrls())
                .addAllClientURLs(member.clientUrls())
                .setIsLearner(member.learner())
                .build())
        .toList();
  }
}

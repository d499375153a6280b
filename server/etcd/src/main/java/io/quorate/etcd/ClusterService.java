package io.quorate.etcd;

import io.quorate.base.Bytes;
import io.quorate.grpc.Call;
import io.quorate.grpc.ServiceRegistry;
import io.quorate.node.Barrier;
import io.quorate.node.MemberInfo;
import io.quorate.node.Refusal;
import io.quorate.node.Replica;
import io.quorate.protocol.etcdserverpb.Member;
import io.quorate.protocol.etcdserverpb.MemberListRequest;
import io.quorate.protocol.etcdserverpb.MemberListResponse;
import java.util.ArrayList;
import java.util.List;

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
    registry.unary("/etcdserverpb.Cluster/MemberList", this::memberList);
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

  private void answer(Call call) {
    MemberListResponse.Builder answer =
        MemberListResponse.newBuilder().setHeader(messages.headerWithoutRevision());
    List<MemberInfo> members = new ArrayList<>(replica.members());
    members.sort((a, b) -> Long.compareUnsigned(a.id(), b.id()));
    for (MemberInfo member : members) {
      answer.addMembers(
          Member.newBuilder()
              .setID(member.id())
              .setName(member.name())
              .addAllPeerURLs(member.peerUrls())
              .addAllClientURLs(member.clientUrls())
              .setIsLearner(member.learner()));
    }
    call.reply(Messages.bytes(answer.build()));
  }
}

package io.quorate.client;

import java.util.concurrent.CompletableFuture;

/** Who belongs to the cluster: what etcd's Cluster service does. */
public final class Cluster {
  private static final Rpc<MemberListResponse> MEMBER_LIST =
      new Rpc<>("etcdserverpb.Cluster/MemberList", Decode::memberListResponse);

  private final Calls calls;

  Cluster(Calls calls) {
    this.calls = calls;
  }

  /** The members, agreed with a quorum. */
  public CompletableFuture<MemberListResponse> memberListAsync() {
    return calls.read(MEMBER_LIST, Encode.memberList(true));
  }

  /** The members, agreed with a quorum; waits for them. */
  public MemberListResponse memberList() {
    return calls.await(memberListAsync());
  }
}

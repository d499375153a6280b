package io.quorate.client;

import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * Who belongs to the cluster: what etcd's Cluster service does. Changes answer with the members
 * that there are then.
 */
public final class Cluster {
  static final Rpc<MemberListResponse> MEMBER_LIST =
      new Rpc<>("etcdserverpb.Cluster/MemberList", Decode::memberListResponse);
  static final Rpc<MemberAddResponse> MEMBER_ADD =
      new Rpc<>("etcdserverpb.Cluster/MemberAdd", Decode::memberAdd);
  static final Rpc<MemberListResponse> MEMBER_REMOVE =
      new Rpc<>("etcdserverpb.Cluster/MemberRemove", Decode::memberListResponse);
  static final Rpc<MemberListResponse> MEMBER_UPDATE =
      new Rpc<>("etcdserverpb.Cluster/MemberUpdate", Decode::memberListResponse);
  static final Rpc<MemberListResponse> MEMBER_PROMOTE =
      new Rpc<>("etcdserverpb.Cluster/MemberPromote", Decode::memberListResponse);

  private final Calls calls;

  Cluster(Calls calls) {
    this.calls = calls;
  }

  /** The members, agreed with a quorum. */
  public CompletableFuture<MemberListResponse> memberListAsync() {
    return calls.read(MEMBER_LIST, Encode.memberList(true));
  }

  /** The members, agreed with a quorum; waits for it. */
  public MemberListResponse memberList() {
    return calls.await(memberListAsync());
  }

  /** Adds a member that votes, to be started afterwards. */
  public CompletableFuture<MemberAddResponse> memberAddAsync(List<String> peerUrls) {
    return calls.write(MEMBER_ADD, Encode.memberAdd(peerUrls, false));
  }

  /** Adds a member that votes, to be started afterwards; waits for it. */
  public MemberAddResponse memberAdd(List<String> peerUrls) {
    return calls.await(memberAddAsync(peerUrls));
  }

  /** Adds a member that only listens until it is promoted. */
  public CompletableFuture<MemberAddResponse> memberAddAsLearnerAsync(List<String> peerUrls) {
    return calls.write(MEMBER_ADD, Encode.memberAdd(peerUrls, true));
  }

  /** Adds a member that only listens until it is promoted; waits for it. */
  public MemberAddResponse memberAddAsLearner(List<String> peerUrls) {
    return calls.await(memberAddAsLearnerAsync(peerUrls));
  }

  /** Removes a member. */
  public CompletableFuture<MemberListResponse> memberRemoveAsync(long id) {
    return calls.write(MEMBER_REMOVE, Encode.id(id));
  }

  /** Removes a member; waits for it. */
  public MemberListResponse memberRemove(long id) {
    return calls.await(memberRemoveAsync(id));
  }

  /** Gives a member other peer URLs. */
  public CompletableFuture<MemberListResponse> memberUpdateAsync(long id, List<String> peerUrls) {
    return calls.write(MEMBER_UPDATE, Encode.memberUpdate(id, peerUrls));
  }

  /** Gives a member other peer URLs; waits for it. */
  public MemberListResponse memberUpdate(long id, List<String> peerUrls) {
    return calls.await(memberUpdateAsync(id, peerUrls));
  }

  /** Gives a learner that has caught up its vote. */
  public CompletableFuture<MemberListResponse> memberPromoteAsync(long id) {
    return calls.write(MEMBER_PROMOTE, Encode.id(id));
  }

  /** Gives a learner that has caught up its vote; waits for it. */
  public MemberListResponse memberPromote(long id) {
    return calls.await(memberPromoteAsync(id));
  }
}

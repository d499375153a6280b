package io.quorate.conformance;

import com.google.protobuf.Message;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.protobuf.ProtoUtils;
import io.quorate.protocol.etcdserverpb.AlarmRequest;
import io.quorate.protocol.etcdserverpb.AlarmResponse;
import io.quorate.protocol.etcdserverpb.AuthDisableRequest;
import io.quorate.protocol.etcdserverpb.AuthDisableResponse;
import io.quorate.protocol.etcdserverpb.AuthEnableRequest;
import io.quorate.protocol.etcdserverpb.AuthEnableResponse;
import io.quorate.protocol.etcdserverpb.AuthRoleAddRequest;
import io.quorate.protocol.etcdserverpb.AuthRoleAddResponse;
import io.quorate.protocol.etcdserverpb.AuthRoleDeleteRequest;
import io.quorate.protocol.etcdserverpb.AuthRoleDeleteResponse;
import io.quorate.protocol.etcdserverpb.AuthRoleGetRequest;
import io.quorate.protocol.etcdserverpb.AuthRoleGetResponse;
import io.quorate.protocol.etcdserverpb.AuthRoleGrantPermissionRequest;
import io.quorate.protocol.etcdserverpb.AuthRoleGrantPermissionResponse;
import io.quorate.protocol.etcdserverpb.AuthRoleListRequest;
import io.quorate.protocol.etcdserverpb.AuthRoleListResponse;
import io.quorate.protocol.etcdserverpb.AuthRoleRevokePermissionRequest;
import io.quorate.protocol.etcdserverpb.AuthRoleRevokePermissionResponse;
import io.quorate.protocol.etcdserverpb.AuthStatusRequest;
import io.quorate.protocol.etcdserverpb.AuthStatusResponse;
import io.quorate.protocol.etcdserverpb.AuthUserAddRequest;
import io.quorate.protocol.etcdserverpb.AuthUserAddResponse;
import io.quorate.protocol.etcdserverpb.AuthUserChangePasswordRequest;
import io.quorate.protocol.etcdserverpb.AuthUserChangePasswordResponse;
import io.quorate.protocol.etcdserverpb.AuthUserDeleteRequest;
import io.quorate.protocol.etcdserverpb.AuthUserDeleteResponse;
import io.quorate.protocol.etcdserverpb.AuthUserGetRequest;
import io.quorate.protocol.etcdserverpb.AuthUserGetResponse;
import io.quorate.protocol.etcdserverpb.AuthUserGrantRoleRequest;
import io.quorate.protocol.etcdserverpb.AuthUserGrantRoleResponse;
import io.quorate.protocol.etcdserverpb.AuthUserListRequest;
import io.quorate.protocol.etcdserverpb.AuthUserListResponse;
import io.quorate.protocol.etcdserverpb.AuthUserRevokeRoleRequest;
import io.quorate.protocol.etcdserverpb.AuthUserRevokeRoleResponse;
import io.quorate.protocol.etcdserverpb.AuthenticateRequest;
import io.quorate.protocol.etcdserverpb.AuthenticateResponse;
import io.quorate.protocol.etcdserverpb.CompactionRequest;
import io.quorate.protocol.etcdserverpb.CompactionResponse;
import io.quorate.protocol.etcdserverpb.DefragmentRequest;
import io.quorate.protocol.etcdserverpb.DefragmentResponse;
import io.quorate.protocol.etcdserverpb.DeleteRangeRequest;
import io.quorate.protocol.etcdserverpb.DeleteRangeResponse;
import io.quorate.protocol.etcdserverpb.DowngradeRequest;
import io.quorate.protocol.etcdserverpb.DowngradeResponse;
import io.quorate.protocol.etcdserverpb.HashKVRequest;
import io.quorate.protocol.etcdserverpb.HashKVResponse;
import io.quorate.protocol.etcdserverpb.HashRequest;
import io.quorate.protocol.etcdserverpb.HashResponse;
import io.quorate.protocol.etcdserverpb.LeaseGrantRequest;
import io.quorate.protocol.etcdserverpb.LeaseGrantResponse;
import io.quorate.protocol.etcdserverpb.LeaseKeepAliveRequest;
import io.quorate.protocol.etcdserverpb.LeaseKeepAliveResponse;
import io.quorate.protocol.etcdserverpb.LeaseLeasesRequest;
import io.quorate.protocol.etcdserverpb.LeaseLeasesResponse;
import io.quorate.protocol.etcdserverpb.LeaseRevokeRequest;
import io.quorate.protocol.etcdserverpb.LeaseRevokeResponse;
import io.quorate.protocol.etcdserverpb.LeaseTimeToLiveRequest;
import io.quorate.protocol.etcdserverpb.LeaseTimeToLiveResponse;
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
import io.quorate.protocol.etcdserverpb.MoveLeaderRequest;
import io.quorate.protocol.etcdserverpb.MoveLeaderResponse;
import io.quorate.protocol.etcdserverpb.PutRequest;
import io.quorate.protocol.etcdserverpb.PutResponse;
import io.quorate.protocol.etcdserverpb.RangeRequest;
import io.quorate.protocol.etcdserverpb.RangeResponse;
import io.quorate.protocol.etcdserverpb.SnapshotRequest;
import io.quorate.protocol.etcdserverpb.SnapshotResponse;
import io.quorate.protocol.etcdserverpb.StatusRequest;
import io.quorate.protocol.etcdserverpb.StatusResponse;
import io.quorate.protocol.etcdserverpb.TxnRequest;
import io.quorate.protocol.etcdserverpb.TxnResponse;
import io.quorate.protocol.etcdserverpb.WatchRequest;
import io.quorate.protocol.etcdserverpb.WatchResponse;
import io.quorate.protocol.v3electionpb.CampaignRequest;
import io.quorate.protocol.v3electionpb.CampaignResponse;
import io.quorate.protocol.v3electionpb.LeaderRequest;
import io.quorate.protocol.v3electionpb.LeaderResponse;
import io.quorate.protocol.v3electionpb.ProclaimRequest;
import io.quorate.protocol.v3electionpb.ProclaimResponse;
import io.quorate.protocol.v3electionpb.ResignRequest;
import io.quorate.protocol.v3electionpb.ResignResponse;
import io.quorate.protocol.v3lockpb.LockRequest;
import io.quorate.protocol.v3lockpb.LockResponse;
import io.quorate.protocol.v3lockpb.UnlockRequest;
import io.quorate.protocol.v3lockpb.UnlockResponse;

/** The methods of the API, as grpc-java calls them. */
final class Rpc {
  static final MethodDescriptor<RangeRequest, RangeResponse> RANGE =
      unary(
          "etcdserverpb.KV/Range",
          RangeRequest.getDefaultInstance(),
          RangeResponse.getDefaultInstance());
  static final MethodDescriptor<PutRequest, PutResponse> PUT =
      unary(
          "etcdserverpb.KV/Put", PutRequest.getDefaultInstance(), PutResponse.getDefaultInstance());
  static final MethodDescriptor<DeleteRangeRequest, DeleteRangeResponse> DELETE_RANGE =
      unary(
          "etcdserverpb.KV/DeleteRange",
          DeleteRangeRequest.getDefaultInstance(),
          DeleteRangeResponse.getDefaultInstance());
  static final MethodDescriptor<TxnRequest, TxnResponse> TXN =
      unary(
          "etcdserverpb.KV/Txn", TxnRequest.getDefaultInstance(), TxnResponse.getDefaultInstance());
  static final MethodDescriptor<CompactionRequest, CompactionResponse> COMPACT =
      unary(
          "etcdserverpb.KV/Compact",
          CompactionRequest.getDefaultInstance(),
          CompactionResponse.getDefaultInstance());
  static final MethodDescriptor<WatchRequest, WatchResponse> WATCH =
      duplex(
          "etcdserverpb.Watch/Watch",
          WatchRequest.getDefaultInstance(),
          WatchResponse.getDefaultInstance());
  static final MethodDescriptor<LeaseGrantRequest, LeaseGrantResponse> LEASE_GRANT =
      unary(
          "etcdserverpb.Lease/LeaseGrant",
          LeaseGrantRequest.getDefaultInstance(),
          LeaseGrantResponse.getDefaultInstance());
  static final MethodDescriptor<LeaseRevokeRequest, LeaseRevokeResponse> LEASE_REVOKE =
      unary(
          "etcdserverpb.Lease/LeaseRevoke",
          LeaseRevokeRequest.getDefaultInstance(),
          LeaseRevokeResponse.getDefaultInstance());
  static final MethodDescriptor<LeaseKeepAliveRequest, LeaseKeepAliveResponse> LEASE_KEEP_ALIVE =
      duplex(
          "etcdserverpb.Lease/LeaseKeepAlive",
          LeaseKeepAliveRequest.getDefaultInstance(),
          LeaseKeepAliveResponse.getDefaultInstance());
  static final MethodDescriptor<LeaseTimeToLiveRequest, LeaseTimeToLiveResponse>
      LEASE_TIME_TO_LIVE =
          unary(
              "etcdserverpb.Lease/LeaseTimeToLive",
              LeaseTimeToLiveRequest.getDefaultInstance(),
              LeaseTimeToLiveResponse.getDefaultInstance());
  static final MethodDescriptor<LeaseLeasesRequest, LeaseLeasesResponse> LEASE_LEASES =
      unary(
          "etcdserverpb.Lease/LeaseLeases",
          LeaseLeasesRequest.getDefaultInstance(),
          LeaseLeasesResponse.getDefaultInstance());
  static final MethodDescriptor<MemberAddRequest, MemberAddResponse> MEMBER_ADD =
      unary(
          "etcdserverpb.Cluster/MemberAdd",
          MemberAddRequest.getDefaultInstance(),
          MemberAddResponse.getDefaultInstance());
  static final MethodDescriptor<MemberRemoveRequest, MemberRemoveResponse> MEMBER_REMOVE =
      unary(
          "etcdserverpb.Cluster/MemberRemove",
          MemberRemoveRequest.getDefaultInstance(),
          MemberRemoveResponse.getDefaultInstance());
  static final MethodDescriptor<MemberUpdateRequest, MemberUpdateResponse> MEMBER_UPDATE =
      unary(
          "etcdserverpb.Cluster/MemberUpdate",
          MemberUpdateRequest.getDefaultInstance(),
          MemberUpdateResponse.getDefaultInstance());
  static final MethodDescriptor<MemberListRequest, MemberListResponse> MEMBER_LIST =
      unary(
          "etcdserverpb.Cluster/MemberList",
          MemberListRequest.getDefaultInstance(),
          MemberListResponse.getDefaultInstance());
  static final MethodDescriptor<MemberPromoteRequest, MemberPromoteResponse> MEMBER_PROMOTE =
      unary(
          "etcdserverpb.Cluster/MemberPromote",
          MemberPromoteRequest.getDefaultInstance(),
          MemberPromoteResponse.getDefaultInstance());
  static final MethodDescriptor<AlarmRequest, AlarmResponse> ALARM =
      unary(
          "etcdserverpb.Maintenance/Alarm",
          AlarmRequest.getDefaultInstance(),
          AlarmResponse.getDefaultInstance());
  static final MethodDescriptor<StatusRequest, StatusResponse> STATUS =
      unary(
          "etcdserverpb.Maintenance/Status",
          StatusRequest.getDefaultInstance(),
          StatusResponse.getDefaultInstance());
  static final MethodDescriptor<DefragmentRequest, DefragmentResponse> DEFRAGMENT =
      unary(
          "etcdserverpb.Maintenance/Defragment",
          DefragmentRequest.getDefaultInstance(),
          DefragmentResponse.getDefaultInstance());
  static final MethodDescriptor<HashRequest, HashResponse> HASH =
      unary(
          "etcdserverpb.Maintenance/Hash",
          HashRequest.getDefaultInstance(),
          HashResponse.getDefaultInstance());
  static final MethodDescriptor<HashKVRequest, HashKVResponse> HASH_KV =
      unary(
          "etcdserverpb.Maintenance/HashKV",
          HashKVRequest.getDefaultInstance(),
          HashKVResponse.getDefaultInstance());
  static final MethodDescriptor<SnapshotRequest, SnapshotResponse> SNAPSHOT =
      streamed(
          "etcdserverpb.Maintenance/Snapshot",
          SnapshotRequest.getDefaultInstance(),
          SnapshotResponse.getDefaultInstance());
  static final MethodDescriptor<MoveLeaderRequest, MoveLeaderResponse> MOVE_LEADER =
      unary(
          "etcdserverpb.Maintenance/MoveLeader",
          MoveLeaderRequest.getDefaultInstance(),
          MoveLeaderResponse.getDefaultInstance());
  static final MethodDescriptor<DowngradeRequest, DowngradeResponse> DOWNGRADE =
      unary(
          "etcdserverpb.Maintenance/Downgrade",
          DowngradeRequest.getDefaultInstance(),
          DowngradeResponse.getDefaultInstance());
  static final MethodDescriptor<AuthEnableRequest, AuthEnableResponse> AUTH_ENABLE =
      unary(
          "etcdserverpb.Auth/AuthEnable",
          AuthEnableRequest.getDefaultInstance(),
          AuthEnableResponse.getDefaultInstance());
  static final MethodDescriptor<AuthDisableRequest, AuthDisableResponse> AUTH_DISABLE =
      unary(
          "etcdserverpb.Auth/AuthDisable",
          AuthDisableRequest.getDefaultInstance(),
          AuthDisableResponse.getDefaultInstance());
  static final MethodDescriptor<AuthStatusRequest, AuthStatusResponse> AUTH_STATUS =
      unary(
          "etcdserverpb.Auth/AuthStatus",
          AuthStatusRequest.getDefaultInstance(),
          AuthStatusResponse.getDefaultInstance());
  static final MethodDescriptor<AuthenticateRequest, AuthenticateResponse> AUTHENTICATE =
      unary(
          "etcdserverpb.Auth/Authenticate",
          AuthenticateRequest.getDefaultInstance(),
          AuthenticateResponse.getDefaultInstance());
  static final MethodDescriptor<AuthUserAddRequest, AuthUserAddResponse> USER_ADD =
      unary(
          "etcdserverpb.Auth/UserAdd",
          AuthUserAddRequest.getDefaultInstance(),
          AuthUserAddResponse.getDefaultInstance());
  static final MethodDescriptor<AuthUserGetRequest, AuthUserGetResponse> USER_GET =
      unary(
          "etcdserverpb.Auth/UserGet",
          AuthUserGetRequest.getDefaultInstance(),
          AuthUserGetResponse.getDefaultInstance());
  static final MethodDescriptor<AuthUserListRequest, AuthUserListResponse> USER_LIST =
      unary(
          "etcdserverpb.Auth/UserList",
          AuthUserListRequest.getDefaultInstance(),
          AuthUserListResponse.getDefaultInstance());
  static final MethodDescriptor<AuthUserDeleteRequest, AuthUserDeleteResponse> USER_DELETE =
      unary(
          "etcdserverpb.Auth/UserDelete",
          AuthUserDeleteRequest.getDefaultInstance(),
          AuthUserDeleteResponse.getDefaultInstance());
  static final MethodDescriptor<AuthUserChangePasswordRequest, AuthUserChangePasswordResponse>
      USER_CHANGE_PASSWORD =
          unary(
              "etcdserverpb.Auth/UserChangePassword",
              AuthUserChangePasswordRequest.getDefaultInstance(),
              AuthUserChangePasswordResponse.getDefaultInstance());
  static final MethodDescriptor<AuthUserGrantRoleRequest, AuthUserGrantRoleResponse>
      USER_GRANT_ROLE =
          unary(
              "etcdserverpb.Auth/UserGrantRole",
              AuthUserGrantRoleRequest.getDefaultInstance(),
              AuthUserGrantRoleResponse.getDefaultInstance());
  static final MethodDescriptor<AuthUserRevokeRoleRequest, AuthUserRevokeRoleResponse>
      USER_REVOKE_ROLE =
          unary(
              "etcdserverpb.Auth/UserRevokeRole",
              AuthUserRevokeRoleRequest.getDefaultInstance(),
              AuthUserRevokeRoleResponse.getDefaultInstance());
  static final MethodDescriptor<AuthRoleAddRequest, AuthRoleAddResponse> ROLE_ADD =
      unary(
          "etcdserverpb.Auth/RoleAdd",
          AuthRoleAddRequest.getDefaultInstance(),
          AuthRoleAddResponse.getDefaultInstance());
  static final MethodDescriptor<AuthRoleGetRequest, AuthRoleGetResponse> ROLE_GET =
      unary(
          "etcdserverpb.Auth/RoleGet",
          AuthRoleGetRequest.getDefaultInstance(),
          AuthRoleGetResponse.getDefaultInstance());
  static final MethodDescriptor<AuthRoleListRequest, AuthRoleListResponse> ROLE_LIST =
      unary(
          "etcdserverpb.Auth/RoleList",
          AuthRoleListRequest.getDefaultInstance(),
          AuthRoleListResponse.getDefaultInstance());
  static final MethodDescriptor<AuthRoleDeleteRequest, AuthRoleDeleteResponse> ROLE_DELETE =
      unary(
          "etcdserverpb.Auth/RoleDelete",
          AuthRoleDeleteRequest.getDefaultInstance(),
          AuthRoleDeleteResponse.getDefaultInstance());
  static final MethodDescriptor<AuthRoleGrantPermissionRequest, AuthRoleGrantPermissionResponse>
      ROLE_GRANT_PERMISSION =
          unary(
              "etcdserverpb.Auth/RoleGrantPermission",
              AuthRoleGrantPermissionRequest.getDefaultInstance(),
              AuthRoleGrantPermissionResponse.getDefaultInstance());
  static final MethodDescriptor<AuthRoleRevokePermissionRequest, AuthRoleRevokePermissionResponse>
      ROLE_REVOKE_PERMISSION =
          unary(
              "etcdserverpb.Auth/RoleRevokePermission",
              AuthRoleRevokePermissionRequest.getDefaultInstance(),
              AuthRoleRevokePermissionResponse.getDefaultInstance());
  static final MethodDescriptor<LockRequest, LockResponse> LOCK =
      unary(
          "v3lockpb.Lock/Lock",
          LockRequest.getDefaultInstance(),
          LockResponse.getDefaultInstance());
  static final MethodDescriptor<UnlockRequest, UnlockResponse> UNLOCK =
      unary(
          "v3lockpb.Lock/Unlock",
          UnlockRequest.getDefaultInstance(),
          UnlockResponse.getDefaultInstance());
  static final MethodDescriptor<CampaignRequest, CampaignResponse> CAMPAIGN =
      unary(
          "v3electionpb.Election/Campaign",
          CampaignRequest.getDefaultInstance(),
          CampaignResponse.getDefaultInstance());
  static final MethodDescriptor<ProclaimRequest, ProclaimResponse> PROCLAIM =
      unary(
          "v3electionpb.Election/Proclaim",
          ProclaimRequest.getDefaultInstance(),
          ProclaimResponse.getDefaultInstance());
  static final MethodDescriptor<LeaderRequest, LeaderResponse> LEADER =
      unary(
          "v3electionpb.Election/Leader",
          LeaderRequest.getDefaultInstance(),
          LeaderResponse.getDefaultInstance());
  static final MethodDescriptor<LeaderRequest, LeaderResponse> OBSERVE =
      streamed(
          "v3electionpb.Election/Observe",
          LeaderRequest.getDefaultInstance(),
          LeaderResponse.getDefaultInstance());
  static final MethodDescriptor<ResignRequest, ResignResponse> RESIGN =
      unary(
          "v3electionpb.Election/Resign",
          ResignRequest.getDefaultInstance(),
          ResignResponse.getDefaultInstance());

  private Rpc() {}

  private static <Q extends Message, A extends Message> MethodDescriptor<Q, A> unary(
      String method, Q request, A answer) {
    return describe(MethodType.UNARY, method, request, answer);
  }

  private static <Q extends Message, A extends Message> MethodDescriptor<Q, A> streamed(
      String method, Q request, A answer) {
    return describe(MethodType.SERVER_STREAMING, method, request, answer);
  }

  private static <Q extends Message, A extends Message> MethodDescriptor<Q, A> duplex(
      String method, Q request, A answer) {
    return describe(MethodType.BIDI_STREAMING, method, request, answer);
  }

  private static <Q extends Message, A extends Message> MethodDescriptor<Q, A> describe(
      MethodType type, String method, Q request, A answer) {
    return MethodDescriptor.newBuilder(
            ProtoUtils.marshaller(request), ProtoUtils.marshaller(answer))
        .setType(type)
        .setFullMethodName(method)
        .build();
  }
}

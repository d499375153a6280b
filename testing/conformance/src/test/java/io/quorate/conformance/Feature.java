package io.quorate.conformance;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** Parts of the API that a server may lack as a whole, each with its methods. */
enum Feature {
  WATCH("etcdserverpb.Watch/Watch"),
  LEASE(
      "etcdserverpb.Lease/LeaseGrant",
      "etcdserverpb.Lease/LeaseRevoke",
      "etcdserverpb.Lease/LeaseKeepAlive",
      "etcdserverpb.Lease/LeaseTimeToLive",
      "etcdserverpb.Lease/LeaseLeases"),
  MEMBERSHIP(
      "etcdserverpb.Cluster/MemberAdd",
      "etcdserverpb.Cluster/MemberRemove",
      "etcdserverpb.Cluster/MemberUpdate",
      "etcdserverpb.Cluster/MemberPromote"),
  MOVE_LEADER("etcdserverpb.Maintenance/MoveLeader"),
  /** Alarms that clients raise: the method is served, the action is not. */
  ALARM(),
  HASH("etcdserverpb.Maintenance/Hash", "etcdserverpb.Maintenance/HashKV"),
  SNAPSHOT("etcdserverpb.Maintenance/Snapshot"),
  DOWNGRADE("etcdserverpb.Maintenance/Downgrade"),
  AUTH(
      "etcdserverpb.Auth/AuthEnable",
      "etcdserverpb.Auth/AuthDisable",
      "etcdserverpb.Auth/AuthStatus",
      "etcdserverpb.Auth/Authenticate",
      "etcdserverpb.Auth/UserAdd",
      "etcdserverpb.Auth/UserGet",
      "etcdserverpb.Auth/UserList",
      "etcdserverpb.Auth/UserDelete",
      "etcdserverpb.Auth/UserChangePassword",
      "etcdserverpb.Auth/UserGrantRole",
      "etcdserverpb.Auth/UserRevokeRole",
      "etcdserverpb.Auth/RoleAdd",
      "etcdserverpb.Auth/RoleGet",
      "etcdserverpb.Auth/RoleList",
      "etcdserverpb.Auth/RoleDelete",
      "etcdserverpb.Auth/RoleGrantPermission",
      "etcdserverpb.Auth/RoleRevokePermission"),
  LOCK("v3lockpb.Lock/Lock", "v3lockpb.Lock/Unlock"),
  ELECTION(
      "v3electionpb.Election/Campaign",
      "v3electionpb.Election/Proclaim",
      "v3electionpb.Election/Leader",
      "v3electionpb.Election/Observe",
      "v3electionpb.Election/Resign"),
  /** gRPC's standard health service. */
  HEALTH("grpc.health.v1.Health/Check"),
  /** All metrics that dashboards are built of. */
  METRICS(),
  /** JSON over HTTP/1.1. */
  GATEWAY();

  /**
   * What Quorate doesn't serve yet; cases of these are asked of etcd alone. {@link
   * NotServedYetTest} fails as soon as one of them is served.
   */
  static final Set<Feature> NOT_SERVED_BY_QUORATE = EnumSet.noneOf(Feature.class);

  @SuppressWarnings("ImmutableEnumChecker") // List.of never changes
  private final List<String> methods;

  Feature(String... methods) {
    this.methods = List.of(methods);
  }

  /** Full names of its gRPC methods. */
  List<String> methods() {
    return methods;
  }

  boolean isServedBy(Subject subject) {
    return subject == Subject.ETCD || !NOT_SERVED_BY_QUORATE.contains(this);
  }
}

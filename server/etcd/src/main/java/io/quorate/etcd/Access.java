package io.quorate.etcd;

import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Who may call a method while authentication is on.
 *
 * <p>The table has every method that there is. One that isn't in it is refused, whoever calls.
 */
enum Access {
  /** Whoever comes: it is how one is recognised. */
  ANYBODY,
  /** Whoever is recognised. */
  USER,
  /** Whoever has the role {@code root}. */
  ADMINISTRATOR,
  /**
   * Whoever is recognised, and may do what the request asks: the service asks {@link Admission}.
   */
  BY_REQUEST,
  /** As {@link #BY_REQUEST}, of a stream that goes on: it answers each message for itself. */
  BY_MESSAGE;

  private static final Map<String, Access> TABLE = new TreeMap<>();

  static {
    table(BY_REQUEST, "/etcdserverpb.KV/", "Range", "RangeStream", "Put", "DeleteRange", "Txn");
    table(ADMINISTRATOR, "/etcdserverpb.KV/", "Compact");
    table(BY_MESSAGE, "/etcdserverpb.Watch/", "Watch");
    table(USER, "/etcdserverpb.Lease/", "LeaseGrant", "LeaseKeepAlive", "LeaseLeases");
    table(BY_REQUEST, "/etcdserverpb.Lease/", "LeaseRevoke", "LeaseTimeToLive");
    table(USER, "/etcdserverpb.Cluster/", "MemberList");
    table(
        ADMINISTRATOR,
        "/etcdserverpb.Cluster/",
        "MemberAdd",
        "MemberRemove",
        "MemberUpdate",
        "MemberPromote");
    table(USER, "/etcdserverpb.Maintenance/", "Status");
    table(BY_REQUEST, "/etcdserverpb.Maintenance/", "Alarm");
    table(
        ADMINISTRATOR,
        "/etcdserverpb.Maintenance/",
        "Defragment",
        "Hash",
        "HashKV",
        "Snapshot",
        "MoveLeader",
        "Downgrade");
    table(ANYBODY, "/etcdserverpb.Auth/", "Authenticate");
    table(BY_REQUEST, "/etcdserverpb.Auth/", "UserGet", "RoleGet");
    table(
        ADMINISTRATOR,
        "/etcdserverpb.Auth/",
        "AuthEnable",
        "AuthDisable",
        "AuthStatus",
        "UserAdd",
        "UserList",
        "UserDelete",
        "UserChangePassword",
        "UserGrantRole",
        "UserRevokeRole",
        "RoleAdd",
        "RoleList",
        "RoleDelete",
        "RoleGrantPermission",
        "RoleRevokePermission");
    table(BY_REQUEST, "/v3lockpb.Lock/", "Lock", "Unlock");
    table(
        BY_REQUEST,
        "/v3electionpb.Election/",
        "Campaign",
        "Proclaim",
        "Leader",
        "Observe",
        "Resign");
    table(BY_REQUEST, "/quorate.events.v1.Streams/", "Append", "Read");
  }

  /** Who may call a method, or null for one that isn't in the table: nobody may. */
  static @Nullable Access of(String path) {
    return TABLE.get(path);
  }

  private static void table(Access access, String service, String... methods) {
    for (String method : methods) {
      TABLE.put(service + method, access);
    }
  }
}

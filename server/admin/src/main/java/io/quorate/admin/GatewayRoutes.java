package io.quorate.admin;

import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.Descriptors.MethodDescriptor;
import com.google.protobuf.Descriptors.ServiceDescriptor;
import io.quorate.protocol.etcdserverpb.Rpc;
import io.quorate.protocol.v3electionpb.V3Election;
import io.quorate.protocol.v3lockpb.V3Lock;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Which path of the JSON gateway stands for which method: etcd's table. */
final class GatewayRoutes {
  private static final String PREFIX = "/v3/";

  /** What the paths began with up to etcd 3.3; still taken. */
  private static final String OLD_PREFIX = "/v3beta/";

  private static final Map<String, MethodDescriptor> BY_PATH = new TreeMap<>();

  static {
    FileDescriptor rpc = Rpc.getDescriptor();
    ServiceDescriptor kv = rpc.findServiceByName("KV");
    add("kv/range", kv, "Range");
    add("kv/put", kv, "Put");
    add("kv/deleterange", kv, "DeleteRange");
    add("kv/txn", kv, "Txn");
    add("kv/compaction", kv, "Compact");

    add("watch", rpc.findServiceByName("Watch"), "Watch");

    ServiceDescriptor lease = rpc.findServiceByName("Lease");
    add("lease/grant", lease, "LeaseGrant");
    add("lease/revoke", lease, "LeaseRevoke");
    add("kv/lease/revoke", lease, "LeaseRevoke");
    add("lease/keepalive", lease, "LeaseKeepAlive");
    add("lease/timetolive", lease, "LeaseTimeToLive");
    add("kv/lease/timetolive", lease, "LeaseTimeToLive");
    add("lease/leases", lease, "LeaseLeases");
    add("kv/lease/leases", lease, "LeaseLeases");

    ServiceDescriptor cluster = rpc.findServiceByName("Cluster");
    add("cluster/member/add", cluster, "MemberAdd");
    add("cluster/member/remove", cluster, "MemberRemove");
    add("cluster/member/update", cluster, "MemberUpdate");
    add("cluster/member/list", cluster, "MemberList");
    add("cluster/member/promote", cluster, "MemberPromote");

    ServiceDescriptor maintenance = rpc.findServiceByName("Maintenance");
    add("maintenance/alarm", maintenance, "Alarm");
    add("maintenance/status", maintenance, "Status");
    add("maintenance/defragment", maintenance, "Defragment");
    add("maintenance/hash", maintenance, "Hash");
    add("maintenance/hashkv", maintenance, "HashKV");
    add("maintenance/snapshot", maintenance, "Snapshot");
    add("maintenance/transfer-leadership", maintenance, "MoveLeader");
    add("maintenance/downgrade", maintenance, "Downgrade");

    ServiceDescriptor auth = rpc.findServiceByName("Auth");
    add("auth/enable", auth, "AuthEnable");
    add("auth/disable", auth, "AuthDisable");
    add("auth/status", auth, "AuthStatus");
    add("auth/authenticate", auth, "Authenticate");
    add("auth/user/add", auth, "UserAdd");
    add("auth/user/get", auth, "UserGet");
    add("auth/user/list", auth, "UserList");
    add("auth/user/delete", auth, "UserDelete");
    add("auth/user/changepw", auth, "UserChangePassword");
    add("auth/user/grant", auth, "UserGrantRole");
    add("auth/user/revoke", auth, "UserRevokeRole");
    add("auth/role/add", auth, "RoleAdd");
    add("auth/role/get", auth, "RoleGet");
    add("auth/role/list", auth, "RoleList");
    add("auth/role/delete", auth, "RoleDelete");
    add("auth/role/grant", auth, "RoleGrantPermission");
    add("auth/role/revoke", auth, "RoleRevokePermission");

    ServiceDescriptor lock = V3Lock.getDescriptor().findServiceByName("Lock");
    add("lock/lock", lock, "Lock");
    add("lock/unlock", lock, "Unlock");

    ServiceDescriptor election = V3Election.getDescriptor().findServiceByName("Election");
    add("election/campaign", election, "Campaign");
    add("election/proclaim", election, "Proclaim");
    add("election/leader", election, "Leader");
    add("election/observe", election, "Observe");
    add("election/resign", election, "Resign");
  }

  private GatewayRoutes() {}

  /** Whether a path is the gateway's, known or not. */
  static boolean owns(String path) {
    return path.startsWith(PREFIX) || path.startsWith(OLD_PREFIX);
  }

  /** The method of a path, or null. */
  static @Nullable MethodDescriptor find(String path) {
    return BY_PATH.get(
        path.startsWith(OLD_PREFIX) ? PREFIX + path.substring(OLD_PREFIX.length()) : path);
  }

  /** Every path and its method. */
  static Map<String, MethodDescriptor> all() {
    return BY_PATH;
  }

  private static void add(String path, ServiceDescriptor service, String name) {
    MethodDescriptor method = service.findMethodByName(name);
    if (method == null || BY_PATH.put(PREFIX + path, method) != null) {
      throw new IllegalStateException(path + " leads to no method, or to two");
    }
  }
}

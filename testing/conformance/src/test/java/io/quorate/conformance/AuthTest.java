package io.quorate.conformance;

import static io.quorate.conformance.Requests.FROM_KEY;
import static io.quorate.conformance.Requests.delete;
import static io.quorate.conformance.Requests.get;
import static io.quorate.conformance.Requests.op;
import static io.quorate.conformance.Requests.put;
import static io.quorate.conformance.Requests.range;
import static io.quorate.conformance.Requests.txn;
import static io.quorate.conformance.Requests.version;
import static io.quorate.conformance.WatchStream.on;
import static io.quorate.protocol.etcdserverpb.Compare.CompareResult.EQUAL;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.quorate.protocol.authpb.Permission;
import io.quorate.protocol.etcdserverpb.AlarmRequest;
import io.quorate.protocol.etcdserverpb.AuthDisableRequest;
import io.quorate.protocol.etcdserverpb.AuthRoleDeleteRequest;
import io.quorate.protocol.etcdserverpb.AuthRoleGetRequest;
import io.quorate.protocol.etcdserverpb.AuthRoleListRequest;
import io.quorate.protocol.etcdserverpb.AuthStatusRequest;
import io.quorate.protocol.etcdserverpb.AuthUserChangePasswordRequest;
import io.quorate.protocol.etcdserverpb.AuthUserDeleteRequest;
import io.quorate.protocol.etcdserverpb.AuthUserGetRequest;
import io.quorate.protocol.etcdserverpb.AuthUserListRequest;
import io.quorate.protocol.etcdserverpb.AuthUserRevokeRoleRequest;
import io.quorate.protocol.etcdserverpb.AuthenticateRequest;
import io.quorate.protocol.etcdserverpb.CompactionRequest;
import io.quorate.protocol.etcdserverpb.DefragmentRequest;
import io.quorate.protocol.etcdserverpb.HashKVRequest;
import io.quorate.protocol.etcdserverpb.LeaseTimeToLiveRequest;
import io.quorate.protocol.etcdserverpb.MemberListRequest;
import io.quorate.protocol.etcdserverpb.MemberRemoveRequest;
import io.quorate.protocol.etcdserverpb.SnapshotRequest;
import io.quorate.protocol.etcdserverpb.StatusRequest;
import io.quorate.protocol.etcdserverpb.WatchResponse;
import org.junit.jupiter.api.Test;

/** Auth that is on: a user alice, who may read and write what begins with "p/". */
@AgainstServers
class AuthTest extends Case {
  private final Api root;
  private final Api alice;
  private final String aliceName = name("alice");

  AuthTest(Subject subject) {
    super(subject.guarded());
    root = new Users(api).as("root", "root");
    new Users(root).add(aliceName, Permission.Type.READWRITE, key("p/"), key("p0"));
    alice = new Users(api).as(aliceName, "pw");
  }

  @Test
  void a_user_reaches_what_its_roles_permit_and_nothing_else() {
    alice.put(put(key("p/a"), "1"));
    assertThat(alice.range(range(key("p/"), key("p0"))).getCount()).isEqualTo(1);
    assertThat(alice.refusal(range(key("p/"), key("p1")))).isEqualTo(Refusals.DENIED);
    assertThat(alice.refusal(range(key("p/"), FROM_KEY))).isEqualTo(Refusals.DENIED);
    assertThat(alice.refusal(put(key("q"), "1"))).isEqualTo(Refusals.DENIED);
    assertThat(alice.refusal(delete(key("a"), key("z")))).isEqualTo(Refusals.DENIED);
    root.put(put(key("q"), "1"));
    assertThat(root.range(range(FROM_KEY, FROM_KEY)).getCount()).isGreaterThanOrEqualTo(2);
  }

  @Test
  void who_shows_no_token_or_a_wrong_one_is_refused() {
    assertThat(api.refusal(get(key("p/a")))).isEqualTo(Refusals.NO_USER_NAME);
    assertThat(api.refusal(put(key("p/a"), "1"))).isEqualTo(Refusals.NO_USER_NAME);
    assertThat(api.refusal(txn(op(get(key("p/a")))))).isEqualTo(Refusals.NO_USER_NAME);
    assertThat(api.with("token", "wrong").refusal(get(key("p/a")))).isEqualTo(Refusals.BAD_TOKEN);
    String token = api.call(Rpc.AUTHENTICATE, Users.login(aliceName, "pw")).getToken();
    assertThat(token).matches("[A-Za-z]{16}\\.\\d+");
    assertThat(api.with("authorization", token).range(get(key("p/a"))).getCount()).isZero();
  }

  @Test
  void a_wrong_password_and_an_unknown_user_look_alike() {
    for (AuthenticateRequest login :
        new AuthenticateRequest[] {
          Users.login(aliceName, "wrong"), Users.login("nobody", "pw"), Users.login(aliceName, "")
        }) {
      assertThat(api.refusal(Rpc.AUTHENTICATE, login)).isEqualTo(Refusals.AUTH_FAILED);
    }
  }

  /** Shows that a txn needs rights for all that it could do. */
  @Test
  void a_txn_is_judged_by_its_compares_and_both_of_its_lists() {
    assertThat(alice.txn(txn(op(put(key("p/a"), "1")))).getSucceeded()).isTrue();
    assertThat(alice.refusal(txn(version(key("q"), EQUAL, 0)))).isEqualTo(Refusals.DENIED);
    assertThat(alice.refusal(txn(op(get(key("q")))))).isEqualTo(Refusals.DENIED);
    assertThat(alice.refusal(txn().addFailure(op(put(key("q"), "1"))))).isEqualTo(Refusals.DENIED);
    assertThat(alice.refusal(txn().addFailure(op(delete(key("q")))))).isEqualTo(Refusals.DENIED);
    if (server.has(Difference.NESTED_TXN_GUARDED)) {
      assertThat(alice.refusal(txn(op(txn(op(put(key("q"), "1"))))))).isEqualTo(Refusals.DENIED);
    }
  }

  @Test
  void what_was_before_is_told_to_who_may_read() {
    Users users = new Users(root);
    users.add(name("writer"), Permission.Type.WRITE, key("w"), ByteString.EMPTY);
    users.add(name("reader"), Permission.Type.READ, key("w"), ByteString.EMPTY);
    Api writer = new Users(api).as(name("writer"), "pw");
    Api reader = new Users(api).as(name("reader"), "pw");
    writer.put(put(key("w"), "1"));
    assertThat(writer.refusal(get(key("w")))).isEqualTo(Refusals.DENIED);
    assertThat(reader.range(get(key("w"))).getCount()).isEqualTo(1);
    assertThat(reader.refusal(put(key("w"), "2"))).isEqualTo(Refusals.DENIED);
    assertThat(writer.refusal(put(key("w"), "2").setPrevKv(true))).isEqualTo(Refusals.DENIED);
    assertThat(writer.refusal(delete(key("w")).setPrevKv(true))).isEqualTo(Refusals.DENIED);
    assertThat(writer.put(put(key("w"), "").setIgnoreValue(true)).hasHeader()).isTrue();
    assertThat(writer.delete(delete(key("w"))).getDeleted()).isEqualTo(1);
  }

  @Test
  void leases_need_rights_on_their_keys() {
    Leases leases = new Leases(alice);
    long id = new Leases(root).grant();
    root.put(put(key("q"), "1").setLease(id));
    assertThat(alice.refusal(put(key("p/a"), "1").setLease(id))).isEqualTo(Refusals.DENIED);
    assertThat(alice.refusal(Rpc.LEASE_REVOKE, Leases.revokeRequest(id)))
        .isEqualTo(Refusals.DENIED);
    if (server.has(Difference.LEASE_KEYS_GUARDED)) {
      assertThat(
              alice.refusal(
                  Rpc.LEASE_TIME_TO_LIVE,
                  LeaseTimeToLiveRequest.newBuilder().setID(id).setKeys(true).build()))
          .isEqualTo(Refusals.DENIED);
    }
    assertThat(
            alice
                .call(Rpc.LEASE_TIME_TO_LIVE, LeaseTimeToLiveRequest.newBuilder().setID(id).build())
                .getTTL())
        .isPositive();
    long own = leases.grant();
    alice.put(put(key("p/a"), "1").setLease(own));
    assertThat(leases.timeToLive(own).getKeysList()).containsExactly(key("p/a"));
    assertThat(leases.revoke(own).hasHeader()).isTrue();
  }

  @Test
  void a_watcher_is_judged_when_it_is_created() {
    try (WatchStream stream = new WatchStream(alice);
        WatchStream without = new WatchStream(api)) {
      stream.created(on(key("p/"), key("p0")));
      stream.create(on(key("a"), key("z")));
      WatchResponse refused = stream.next();
      assertThat(refused.getCreated() && refused.getCanceled()).isTrue();
      assertThat(refused.getWatchId()).isEqualTo(-1);
      assertThat(refused.getCancelReason())
          .isEqualTo("rpc error: code = PermissionDenied desc = etcdserver: permission denied");
      alice.put(put(key("p/a"), "1"));
      assertThat(stream.events(1)).hasSize(1);

      without.create(on(key("p/a")));
      assertThat(without.next().getCancelReason())
          .isEqualTo("rpc error: code = InvalidArgument desc = etcdserver: user name is empty");
    }
  }

  @Test
  void what_is_an_admins_is_refused_to_users() {
    boolean codes = server.has(Difference.ADMIN_CODES);
    String[] refusals = {
      alice.refusal(Rpc.USER_LIST, AuthUserListRequest.getDefaultInstance()),
      alice.refusal(Rpc.ROLE_LIST, AuthRoleListRequest.getDefaultInstance()),
      alice.refusal(Rpc.USER_ADD, Users.user(name("new"), "pw")),
      alice.refusal(Rpc.ROLE_ADD, Users.role(name("new"))),
      alice.refusal(Rpc.USER_GRANT_ROLE, Users.grant(aliceName, "root")),
      alice.refusal(
          Rpc.USER_CHANGE_PASSWORD,
          AuthUserChangePasswordRequest.newBuilder().setName(aliceName).setPassword("x").build()),
      alice.refusal(Rpc.USER_GET, AuthUserGetRequest.newBuilder().setName("root").build()),
      alice.refusal(Rpc.ROLE_GET, AuthRoleGetRequest.newBuilder().setRole("root").build()),
      alice.refusal(Rpc.AUTH_DISABLE, AuthDisableRequest.getDefaultInstance()),
    };
    for (String refusal : refusals) {
      assertThat(refusal).isEqualTo(Refusals.DENIED);
    }
    String[] maintenance = {
      alice.refusal(Rpc.DEFRAGMENT, DefragmentRequest.getDefaultInstance()),
      alice.refusal(Rpc.SNAPSHOT, SnapshotRequest.getDefaultInstance()),
      alice.refusal(Rpc.HASH_KV, HashKVRequest.getDefaultInstance()),
    };
    for (String refusal : maintenance) {
      assertThat(refusal).endsWith("permission denied");
      assertThat(refusal.startsWith("UNKNOWN auth: ")).isNotEqualTo(codes);
    }
    if (server.has(Difference.TOKEN_FOR_ALL)) {
      assertThat(
              alice.refusal(Rpc.MEMBER_REMOVE, MemberRemoveRequest.newBuilder().setID(1).build()))
          .isEqualTo(Refusals.DENIED);
      assertThat(alice.refusal(Rpc.COMPACT, CompactionRequest.newBuilder().setRevision(1).build()))
          .isEqualTo(Refusals.DENIED);
    }
  }

  @Test
  void what_is_everybodys_is_answered() {
    assertThat(alice.call(Rpc.MEMBER_LIST, MemberListRequest.getDefaultInstance()).hasHeader())
        .isTrue();
    assertThat(alice.refusal(Rpc.ALARM, AlarmRequest.getDefaultInstance())).startsWith("answered");
    assertThat(alice.call(Rpc.STATUS, StatusRequest.getDefaultInstance()).hasHeader()).isTrue();
    assertThat(
            alice
                .call(Rpc.USER_GET, AuthUserGetRequest.newBuilder().setName(aliceName).build())
                .getRolesList())
        .containsExactly(aliceName);
    assertThat(
            alice
                .call(Rpc.ROLE_GET, AuthRoleGetRequest.newBuilder().setRole(aliceName).build())
                .getPermList())
        .hasSize(1);
  }

  @Test
  void without_a_token_only_a_login_is_answered() {
    String status = api.refusal(Rpc.STATUS, StatusRequest.getDefaultInstance());
    String members = api.refusal(Rpc.MEMBER_LIST, MemberListRequest.getDefaultInstance());
    if (server.has(Difference.TOKEN_FOR_ALL)) {
      assertThat(status).isEqualTo(Refusals.NO_USER_NAME);
      assertThat(members).isEqualTo(Refusals.NO_USER_NAME);
    } else {
      assertThat(status).startsWith("answered");
      assertThat(members).startsWith("answered");
    }
  }

  @Test
  void what_keeps_root_in_charge_is_not_taken_away() {
    assertThat(
            root.refusal(
                Rpc.USER_DELETE, AuthUserDeleteRequest.newBuilder().setName("root").build()))
        .isEqualTo(Refusals.BAD_AUTH_CHANGE);
    assertThat(
            root.refusal(
                Rpc.ROLE_DELETE, AuthRoleDeleteRequest.newBuilder().setRole("root").build()))
        .isEqualTo(Refusals.BAD_AUTH_CHANGE);
    assertThat(
            root.refusal(
                Rpc.USER_REVOKE_ROLE,
                AuthUserRevokeRoleRequest.newBuilder().setName("root").setRole("root").build()))
        .isEqualTo(Refusals.BAD_AUTH_CHANGE);
  }

  @Test
  void a_change_of_roles_counts_at_once_for_tokens_that_are_out() {
    root.call(
        Rpc.ROLE_GRANT_PERMISSION,
        Users.permit(aliceName, Permission.Type.READ, key("q"), ByteString.EMPTY));
    assertThat(alice.range(get(key("q"))).getCount()).isZero();
    root.call(
        Rpc.USER_REVOKE_ROLE,
        AuthUserRevokeRoleRequest.newBuilder().setName(aliceName).setRole(aliceName).build());
    assertThat(alice.refusal(get(key("p/a")))).isEqualTo(Refusals.DENIED);
  }

  @Test
  void a_users_password_can_change_and_who_is_deleted_is_out() {
    root.call(
        Rpc.USER_CHANGE_PASSWORD,
        AuthUserChangePasswordRequest.newBuilder().setName(aliceName).setPassword("new").build());
    assertThat(api.refusal(Rpc.AUTHENTICATE, Users.login(aliceName, "pw")))
        .isEqualTo(Refusals.AUTH_FAILED);
    assertThat(new Users(api).as(aliceName, "new").range(get(key("p/a"))).getCount()).isZero();
    root.call(Rpc.USER_DELETE, AuthUserDeleteRequest.newBuilder().setName(aliceName).build());
    assertThat(api.refusal(Rpc.AUTHENTICATE, Users.login(aliceName, "new")))
        .isEqualTo(Refusals.AUTH_FAILED);
  }

  @Test
  void auth_can_be_switched_off_twice_and_moves_no_revision() {
    try (Server own = server.subject().start(1)) {
      Api anyone = own.api();
      Users users = new Users(anyone);
      users.addRoot();
      users.enable();
      users.as("root", "root").call(Rpc.AUTH_DISABLE, AuthDisableRequest.getDefaultInstance());
      anyone.call(Rpc.AUTH_DISABLE, AuthDisableRequest.getDefaultInstance());
      assertThat(anyone.range(get(key("a"))).getHeader().getRevision()).isEqualTo(1);
      if (own.has(Difference.AUTH_STATUS)) {
        var status = anyone.call(Rpc.AUTH_STATUS, AuthStatusRequest.getDefaultInstance());
        assertThat(status.getEnabled()).isFalse();
        assertThat(status.getAuthRevision()).isGreaterThan(4);
      }
    }
  }
}

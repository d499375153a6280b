package io.quorate.conformance;

import static io.quorate.conformance.Requests.FROM_KEY;
import static io.quorate.conformance.Requests.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.quorate.protocol.authpb.Permission;
import io.quorate.protocol.authpb.UserAddOptions;
import io.quorate.protocol.etcdserverpb.AuthEnableRequest;
import io.quorate.protocol.etcdserverpb.AuthRoleDeleteRequest;
import io.quorate.protocol.etcdserverpb.AuthRoleGetRequest;
import io.quorate.protocol.etcdserverpb.AuthRoleGrantPermissionRequest;
import io.quorate.protocol.etcdserverpb.AuthRoleListRequest;
import io.quorate.protocol.etcdserverpb.AuthRoleRevokePermissionRequest;
import io.quorate.protocol.etcdserverpb.AuthStatusRequest;
import io.quorate.protocol.etcdserverpb.AuthUserAddRequest;
import io.quorate.protocol.etcdserverpb.AuthUserChangePasswordRequest;
import io.quorate.protocol.etcdserverpb.AuthUserDeleteRequest;
import io.quorate.protocol.etcdserverpb.AuthUserGetRequest;
import io.quorate.protocol.etcdserverpb.AuthUserListRequest;
import io.quorate.protocol.etcdserverpb.AuthUserRevokeRoleRequest;
import org.junit.jupiter.api.Test;

/** Users and roles while auth is off, and what it takes to switch it on. */
@AgainstServers
class UsersTest extends Case {
  UsersTest(Subject subject) {
    super(subject);
  }

  private static String enable(Api api) {
    return api.refusal(Rpc.AUTH_ENABLE, AuthEnableRequest.getDefaultInstance());
  }

  @Test
  void auth_is_switched_on_by_a_root_with_the_root_role() {
    try (Server own = server.subject().start(1)) {
      Api api = own.api();
      assertThat(api.refusal(Rpc.AUTHENTICATE, Users.login("root", "root")))
          .isEqualTo(Refusals.AUTH_OFF);
      assertThat(enable(api)).isEqualTo(Refusals.NO_ROOT_USER);
      api.call(Rpc.USER_ADD, Users.user("root", "root"));
      assertThat(enable(api)).isEqualTo(Refusals.NO_ROOT_ROLE);
      api.call(Rpc.ROLE_ADD, Users.role("root"));
      api.call(Rpc.USER_GRANT_ROLE, Users.grant("root", "root"));
      assertThat(enable(api)).startsWith("answered");
      assertThat(api.refusal(Requests.get(bytes("a")))).isEqualTo(Refusals.NO_USER_NAME);
    }
  }

  @Test
  void users_are_added_listed_and_deleted() {
    api.call(Rpc.USER_ADD, Users.user(name("bob"), ""));
    api.call(Rpc.USER_ADD, Users.user(name("alice"), "pw"));
    assertThat(api.refusal(Rpc.USER_ADD, Users.user(name("bob"), "pw")))
        .isEqualTo(Refusals.USER_EXISTS);
    assertThat(api.refusal(Rpc.USER_ADD, Users.user("", "pw"))).isEqualTo(Refusals.NO_USER_NAME);
    assertThat(api.call(Rpc.USER_LIST, AuthUserListRequest.getDefaultInstance()).getUsersList())
        .containsSubsequence(name("alice"), name("bob"));
    api.call(Rpc.USER_DELETE, AuthUserDeleteRequest.newBuilder().setName(name("bob")).build());
    for (String refusal :
        new String[] {
          api.refusal(
              Rpc.USER_DELETE, AuthUserDeleteRequest.newBuilder().setName(name("bob")).build()),
          api.refusal(Rpc.USER_GET, AuthUserGetRequest.newBuilder().setName(name("bob")).build()),
          api.refusal(Rpc.USER_GRANT_ROLE, Users.grant(name("bob"), name("none"))),
          api.refusal(
              Rpc.USER_CHANGE_PASSWORD,
              AuthUserChangePasswordRequest.newBuilder().setName(name("bob")).build()),
          api.refusal(
              Rpc.USER_REVOKE_ROLE,
              AuthUserRevokeRoleRequest.newBuilder()
                  .setName(name("bob"))
                  .setRole(name("r"))
                  .build()),
        }) {
      assertThat(refusal).isEqualTo(Refusals.USER_UNKNOWN);
    }
  }

  @Test
  void roles_are_added_granted_and_deleted() {
    api.call(Rpc.USER_ADD, Users.user(name("alice"), "pw"));
    api.call(Rpc.ROLE_ADD, Users.role(name("r2")));
    api.call(Rpc.ROLE_ADD, Users.role(name("r1")));
    assertThat(api.refusal(Rpc.ROLE_ADD, Users.role(name("r1")))).isEqualTo(Refusals.ROLE_EXISTS);
    assertThat(api.refusal(Rpc.ROLE_ADD, Users.role(""))).isEqualTo(Refusals.NO_ROLE_NAME);
    assertThat(api.call(Rpc.ROLE_LIST, AuthRoleListRequest.getDefaultInstance()).getRolesList())
        .containsSubsequence(name("r1"), name("r2"));
    assertThat(api.refusal(Rpc.USER_GRANT_ROLE, Users.grant(name("alice"), name("none"))))
        .isEqualTo(Refusals.ROLE_UNKNOWN);
    api.call(Rpc.USER_GRANT_ROLE, Users.grant(name("alice"), name("r2")));
    api.call(Rpc.USER_GRANT_ROLE, Users.grant(name("alice"), name("r1")));
    api.call(Rpc.USER_GRANT_ROLE, Users.grant(name("alice"), name("r1")));
    AuthUserGetRequest alice = AuthUserGetRequest.newBuilder().setName(name("alice")).build();
    assertThat(api.call(Rpc.USER_GET, alice).getRolesList())
        .containsExactly(name("r1"), name("r2"));
    AuthUserRevokeRoleRequest revoke =
        AuthUserRevokeRoleRequest.newBuilder().setName(name("alice")).setRole(name("r1")).build();
    api.call(Rpc.USER_REVOKE_ROLE, revoke);
    assertThat(api.refusal(Rpc.USER_REVOKE_ROLE, revoke)).isEqualTo(Refusals.ROLE_NOT_GRANTED);
    AuthRoleDeleteRequest delete = AuthRoleDeleteRequest.newBuilder().setRole(name("r2")).build();
    api.call(Rpc.ROLE_DELETE, delete);
    assertThat(api.call(Rpc.USER_GET, alice).getRolesList()).as("a role that is gone").isEmpty();
    assertThat(api.refusal(Rpc.ROLE_DELETE, delete)).isEqualTo(Refusals.ROLE_UNKNOWN);
    assertThat(
            api.refusal(Rpc.ROLE_GET, AuthRoleGetRequest.newBuilder().setRole(name("r2")).build()))
        .isEqualTo(Refusals.ROLE_UNKNOWN);
  }

  @Test
  void permissions_are_granted_replaced_and_revoked() {
    api.call(Rpc.ROLE_ADD, Users.role(name("r")));
    ByteString none = ByteString.EMPTY;
    api.call(
        Rpc.ROLE_GRANT_PERMISSION, Users.permit(name("r"), Permission.Type.READ, bytes("b"), none));
    api.call(
        Rpc.ROLE_GRANT_PERMISSION,
        Users.permit(name("r"), Permission.Type.WRITE, bytes("a"), FROM_KEY));
    api.call(
        Rpc.ROLE_GRANT_PERMISSION,
        Users.permit(name("r"), Permission.Type.READWRITE, bytes("b"), none));
    AuthRoleGetRequest get = AuthRoleGetRequest.newBuilder().setRole(name("r")).build();
    assertThat(api.call(Rpc.ROLE_GET, get).getPermList())
        .containsExactlyInAnyOrder(
            Permission.newBuilder()
                .setPermType(Permission.Type.WRITE)
                .setKey(bytes("a"))
                .setRangeEnd(FROM_KEY)
                .build(),
            Permission.newBuilder()
                .setPermType(Permission.Type.READWRITE)
                .setKey(bytes("b"))
                .build());
    AuthRoleRevokePermissionRequest revoke =
        AuthRoleRevokePermissionRequest.newBuilder().setRole(name("r")).setKey(bytes("b")).build();
    api.call(Rpc.ROLE_REVOKE_PERMISSION, revoke);
    assertThat(api.refusal(Rpc.ROLE_REVOKE_PERMISSION, revoke))
        .isEqualTo(Refusals.PERMISSION_NOT_GRANTED);
    assertThat(
            api.refusal(
                Rpc.ROLE_GRANT_PERMISSION,
                Users.permit(name("none"), Permission.Type.READ, bytes("b"), none)))
        .isEqualTo(Refusals.ROLE_UNKNOWN);
  }

  @Test
  void a_permission_must_be_one() {
    api.call(Rpc.ROLE_ADD, Users.role(name("r")));
    if (server.has(Difference.PERMISSION_CHECKED)) {
      assertThat(
              api.refusal(
                  Rpc.ROLE_GRANT_PERMISSION,
                  AuthRoleGrantPermissionRequest.newBuilder().setName(name("r")).build()))
          .isEqualTo(Refusals.NO_PERMISSION_GIVEN);
    }
    if (server.has(Difference.PERMISSION_RANGE_CHECKED)) {
      assertThat(
              api.refusal(
                  Rpc.ROLE_GRANT_PERMISSION,
                  Users.permit(name("r"), Permission.Type.READ, bytes("b"), bytes("a"))))
          .isEqualTo(Refusals.BAD_AUTH_CHANGE);
    }
  }

  @Test
  void who_has_no_password_can_not_log_in_by_one() {
    try (Server own = server.subject().start(1)) {
      Api api = own.api();
      new Users(api).addRoot();
      api.call(
          Rpc.USER_ADD,
          AuthUserAddRequest.newBuilder()
              .setName("by-certificate")
              .setOptions(UserAddOptions.newBuilder().setNoPassword(true))
              .build());
      api.call(Rpc.USER_ADD, Users.user("empty", ""));
      new Users(api).enable();
      assertThat(api.refusal(Rpc.AUTHENTICATE, Users.login("by-certificate", "")))
          .isEqualTo(Refusals.NO_PASSWORD_USER);
      assertThat(api.call(Rpc.AUTHENTICATE, Users.login("empty", "")).getToken()).isNotEmpty();
    }
  }

  @Test
  void the_auth_revision_counts_changes_and_the_stores_does_not_move() {
    try (Server own = server.subject().start(1)) {
      Api api = own.api();
      if (!server.has(Difference.AUTH_STATUS)) {
        return;
      }
      AuthStatusRequest ask = AuthStatusRequest.getDefaultInstance();
      assertThat(api.call(Rpc.AUTH_STATUS, ask).getAuthRevision()).isEqualTo(1);
      api.call(Rpc.USER_ADD, Users.user("alice", "pw"));
      api.call(Rpc.ROLE_ADD, Users.role("r"));
      assertThat(api.call(Rpc.AUTH_STATUS, ask).getAuthRevision()).isEqualTo(3);
      assertThat(api.call(Rpc.AUTH_STATUS, ask).getEnabled()).isFalse();
      assertThat(api.call(Rpc.AUTH_STATUS, ask).getHeader().getRevision()).isEqualTo(1);
    }
  }
}

package io.quorate.conformance;

import com.google.protobuf.ByteString;
import io.quorate.protocol.authpb.Permission;
import io.quorate.protocol.authpb.UserAddOptions;
import io.quorate.protocol.etcdserverpb.AuthEnableRequest;
import io.quorate.protocol.etcdserverpb.AuthRoleAddRequest;
import io.quorate.protocol.etcdserverpb.AuthRoleGrantPermissionRequest;
import io.quorate.protocol.etcdserverpb.AuthUserAddRequest;
import io.quorate.protocol.etcdserverpb.AuthUserGrantRoleRequest;
import io.quorate.protocol.etcdserverpb.AuthenticateRequest;

/** The calls about users and roles, spelled short. */
record Users(Api api) {
  static AuthUserAddRequest user(String name, String password) {
    return AuthUserAddRequest.newBuilder()
        .setName(name)
        .setPassword(password)
        .setOptions(UserAddOptions.getDefaultInstance())
        .build();
  }

  static AuthRoleAddRequest role(String name) {
    return AuthRoleAddRequest.newBuilder().setName(name).build();
  }

  static AuthUserGrantRoleRequest grant(String user, String role) {
    return AuthUserGrantRoleRequest.newBuilder().setUser(user).setRole(role).build();
  }

  static AuthRoleGrantPermissionRequest permit(
      String role, Permission.Type type, ByteString from, ByteString to) {
    return AuthRoleGrantPermissionRequest.newBuilder()
        .setName(role)
        .setPerm(Permission.newBuilder().setPermType(type).setKey(from).setRangeEnd(to))
        .build();
  }

  static AuthenticateRequest login(String name, String password) {
    return AuthenticateRequest.newBuilder().setName(name).setPassword(password).build();
  }

  /** Who may do everything, with the password "root"; auth is not enabled by it. */
  void addRoot() {
    api.call(Rpc.USER_ADD, user("root", "root"));
    api.call(Rpc.ROLE_ADD, role("root"));
    api.call(Rpc.USER_GRANT_ROLE, grant("root", "root"));
  }

  /** A user with the password "pw", who may what the role of the same name may. */
  void add(String name, Permission.Type type, ByteString from, ByteString to) {
    api.call(Rpc.USER_ADD, user(name, "pw"));
    api.call(Rpc.ROLE_ADD, role(name));
    api.call(Rpc.USER_GRANT_ROLE, grant(name, name));
    api.call(Rpc.ROLE_GRANT_PERMISSION, permit(name, type, from, to));
  }

  void enable() {
    api.call(Rpc.AUTH_ENABLE, AuthEnableRequest.getDefaultInstance());
  }

  /** The same connection, as this user. */
  Api as(String name, String password) {
    return api.with("token", api.call(Rpc.AUTHENTICATE, login(name, password)).getToken());
  }
}

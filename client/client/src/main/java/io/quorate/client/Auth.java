package io.quorate.client;

import io.quorate.base.Bytes;
import java.util.concurrent.CompletableFuture;

/**
 * Users, roles and what they may do: what etcd's Auth service does. A client says who it is by
 * {@link ClientOptions#credentials}, and gets its token by itself.
 */
public final class Auth {
  static final Rpc<Done> ENABLE = new Rpc<>("etcdserverpb.Auth/AuthEnable", Decode::done);
  static final Rpc<Done> DISABLE = new Rpc<>("etcdserverpb.Auth/AuthDisable", Decode::done);
  static final Rpc<Done> USER_ADD = new Rpc<>("etcdserverpb.Auth/UserAdd", Decode::done);
  static final Rpc<Done> USER_DELETE = new Rpc<>("etcdserverpb.Auth/UserDelete", Decode::done);
  static final Rpc<Done> USER_CHANGE_PASSWORD =
      new Rpc<>("etcdserverpb.Auth/UserChangePassword", Decode::done);
  static final Rpc<Done> USER_GRANT_ROLE =
      new Rpc<>("etcdserverpb.Auth/UserGrantRole", Decode::done);
  static final Rpc<Done> USER_REVOKE_ROLE =
      new Rpc<>("etcdserverpb.Auth/UserRevokeRole", Decode::done);
  static final Rpc<Done> ROLE_ADD = new Rpc<>("etcdserverpb.Auth/RoleAdd", Decode::done);
  static final Rpc<Done> ROLE_DELETE = new Rpc<>("etcdserverpb.Auth/RoleDelete", Decode::done);
  static final Rpc<Done> ROLE_GRANT_PERMISSION =
      new Rpc<>("etcdserverpb.Auth/RoleGrantPermission", Decode::done);
  static final Rpc<Done> ROLE_REVOKE_PERMISSION =
      new Rpc<>("etcdserverpb.Auth/RoleRevokePermission", Decode::done);
  static final Rpc<AuthStatusResponse> STATUS =
      new Rpc<>("etcdserverpb.Auth/AuthStatus", Decode::authStatus);
  static final Rpc<String> AUTHENTICATE =
      new Rpc<>("etcdserverpb.Auth/Authenticate", Decode::token);
  static final Rpc<NamesResponse> USER_GET = new Rpc<>("etcdserverpb.Auth/UserGet", Decode::names);
  static final Rpc<NamesResponse> USER_LIST =
      new Rpc<>("etcdserverpb.Auth/UserList", Decode::names);
  static final Rpc<NamesResponse> ROLE_LIST =
      new Rpc<>("etcdserverpb.Auth/RoleList", Decode::names);
  static final Rpc<RoleGetResponse> ROLE_GET =
      new Rpc<>("etcdserverpb.Auth/RoleGet", Decode::roleGet);

  private final Calls calls;

  Auth(Calls calls) {
    this.calls = calls;
  }

  /** Switches authentication on; user and role {@code root} must be there. */
  public CompletableFuture<Done> enableAsync() {
    return calls.write(ENABLE, Bytes.EMPTY);
  }

  /** Switches authentication on; user and role {@code root} must be there; waits for it. */
  public Done enable() {
    return calls.await(enableAsync());
  }

  /** Switches authentication off. */
  public CompletableFuture<Done> disableAsync() {
    return calls.write(DISABLE, Bytes.EMPTY);
  }

  /** Switches authentication off; waits for it. */
  public Done disable() {
    return calls.await(disableAsync());
  }

  /** Whether authentication is on. */
  public CompletableFuture<AuthStatusResponse> statusAsync() {
    return calls.read(STATUS, Bytes.EMPTY);
  }

  /** Whether authentication is on; waits for it. */
  public AuthStatusResponse status() {
    return calls.await(statusAsync());
  }

  /** Adds a user with a password. */
  public CompletableFuture<Done> userAddAsync(String name, String password) {
    return calls.write(USER_ADD, Encode.userAdd(name, password, false));
  }

  /** Adds a user with a password; waits for it. */
  public Done userAdd(String name, String password) {
    return calls.await(userAddAsync(name, password));
  }

  /** Adds a user who can't be authenticated by a password, only by a certificate. */
  public CompletableFuture<Done> userAddWithoutPasswordAsync(String name) {
    return calls.write(USER_ADD, Encode.userAdd(name, "", true));
  }

  /** Adds a user who can't be authenticated by a password, only by a certificate; waits for it. */
  public Done userAddWithoutPassword(String name) {
    return calls.await(userAddWithoutPasswordAsync(name));
  }

  /** The roles of a user. */
  public CompletableFuture<NamesResponse> userGetAsync(String name) {
    return calls.read(USER_GET, Encode.texts(name));
  }

  /** The roles of a user; waits for it. */
  public NamesResponse userGet(String name) {
    return calls.await(userGetAsync(name));
  }

  /** All users. */
  public CompletableFuture<NamesResponse> userListAsync() {
    return calls.read(USER_LIST, Bytes.EMPTY);
  }

  /** All users; waits for it. */
  public NamesResponse userList() {
    return calls.await(userListAsync());
  }

  /** Deletes a user. */
  public CompletableFuture<Done> userDeleteAsync(String name) {
    return calls.write(USER_DELETE, Encode.texts(name));
  }

  /** Deletes a user; waits for it. */
  public Done userDelete(String name) {
    return calls.await(userDeleteAsync(name));
  }

  /** Gives a user another password. */
  public CompletableFuture<Done> userChangePasswordAsync(String name, String password) {
    return calls.write(USER_CHANGE_PASSWORD, Encode.texts(name, password));
  }

  /** Gives a user another password; waits for it. */
  public Done userChangePassword(String name, String password) {
    return calls.await(userChangePasswordAsync(name, password));
  }

  /** Gives a user a role. */
  public CompletableFuture<Done> userGrantRoleAsync(String user, String role) {
    return calls.write(USER_GRANT_ROLE, Encode.texts(user, role));
  }

  /** Gives a user a role; waits for it. */
  public Done userGrantRole(String user, String role) {
    return calls.await(userGrantRoleAsync(user, role));
  }

  /** Takes a role from a user. */
  public CompletableFuture<Done> userRevokeRoleAsync(String user, String role) {
    return calls.write(USER_REVOKE_ROLE, Encode.texts(user, role));
  }

  /** Takes a role from a user; waits for it. */
  public Done userRevokeRole(String user, String role) {
    return calls.await(userRevokeRoleAsync(user, role));
  }

  /** Adds a role that permits nothing yet. */
  public CompletableFuture<Done> roleAddAsync(String name) {
    return calls.write(ROLE_ADD, Encode.texts(name));
  }

  /** Adds a role that permits nothing yet; waits for it. */
  public Done roleAdd(String name) {
    return calls.await(roleAddAsync(name));
  }

  /** What a role permits. */
  public CompletableFuture<RoleGetResponse> roleGetAsync(String role) {
    return calls.read(ROLE_GET, Encode.texts(role));
  }

  /** What a role permits; waits for it. */
  public RoleGetResponse roleGet(String role) {
    return calls.await(roleGetAsync(role));
  }

  /** All roles. */
  public CompletableFuture<NamesResponse> roleListAsync() {
    return calls.read(ROLE_LIST, Bytes.EMPTY);
  }

  /** All roles; waits for it. */
  public NamesResponse roleList() {
    return calls.await(roleListAsync());
  }

  /** Deletes a role, and takes it from all users. */
  public CompletableFuture<Done> roleDeleteAsync(String role) {
    return calls.write(ROLE_DELETE, Encode.texts(role));
  }

  /** Deletes a role, and takes it from all users; waits for it. */
  public Done roleDelete(String role) {
    return calls.await(roleDeleteAsync(role));
  }

  /** Permits a role to read or write a range. */
  public CompletableFuture<Done> roleGrantPermissionAsync(String role, Permission permission) {
    return calls.write(ROLE_GRANT_PERMISSION, Encode.grant(role, permission));
  }

  /** Permits a role to read or write a range; waits for it. */
  public Done roleGrantPermission(String role, Permission permission) {
    return calls.await(roleGrantPermissionAsync(role, permission));
  }

  /** Takes back what was permitted for exactly this range. */
  public CompletableFuture<Done> roleRevokePermissionAsync(String role, Bytes key, Bytes rangeEnd) {
    return calls.write(ROLE_REVOKE_PERMISSION, Encode.revoke(role, key, rangeEnd));
  }

  /** Takes back what was permitted for exactly this range; waits for it. */
  public Done roleRevokePermission(String role, Bytes key, Bytes rangeEnd) {
    return calls.await(roleRevokePermissionAsync(role, key, rangeEnd));
  }
}

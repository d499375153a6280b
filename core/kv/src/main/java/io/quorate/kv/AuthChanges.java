package io.quorate.kv;

import io.quorate.base.Bytes;
import io.quorate.base.Limits;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the requests of {@link AuthRequest} do, by etcd's rules: what must be there, what must not,
 * and what can't be taken away while it is needed.
 *
 * <p>Owned by the store.
 */
final class AuthChanges {
  private static final Comparator<Permission> BY_RANGE =
      Comparator.comparing(Permission::key).thenComparing(Permission::rangeEnd);

  private final AuthState state;

  AuthChanges(AuthState state) {
    this.state = state;
  }

  /**
   * Carries out a request, or refuses it unchanged.
   *
   * @param revision the store's, for the answer
   */
  KvResult apply(AuthRequest request, long revision) {
    KvError error =
        switch (request) {
          case AuthEnableRequest _ -> enable();
          case AuthDisableRequest _ -> disable();
          case AuthenticateRequest authenticate -> authenticate(authenticate);
          case UserAddRequest add -> addUser(add);
          case UserDeleteRequest delete -> deleteUser(delete.name());
          case UserChangePasswordRequest change -> changePassword(change);
          case UserGrantRoleRequest grant -> grantRole(grant.user(), grant.role());
          case UserRevokeRoleRequest revoke -> revokeRole(revoke.user(), revoke.role());
          case RoleAddRequest add -> addRole(add.role());
          case RoleDeleteRequest delete -> deleteRole(delete.role());
          case RoleGrantPermissionRequest grant ->
              grantPermission(grant.role(), grant.permission());
          case RoleRevokePermissionRequest revoke ->
              revokePermission(revoke.role(), revoke.key(), revoke.rangeEnd());
        };
    if (error != null) {
      return new KvFailure(error);
    }
    return request instanceof AuthenticateRequest authenticate
        ? new AuthenticateResponse(
            revision,
            new Principal(authenticate.user(), state.revision()),
            authenticate.tokenDigest())
        : new AuthChangeResponse(revision);
  }

  private @Nullable KvError enable() {
    if (state.enabled()) {
      return null;
    }
    User root = state.user(AuthState.ROOT);
    if (root == null) {
      return KvError.ROOT_USER_MISSING;
    }
    if (!root.isRoot()) {
      return KvError.ROOT_ROLE_MISSING;
    }
    state.enable();
    return null;
  }

  private @Nullable KvError disable() {
    if (state.enabled()) {
      state.disable();
    }
    return null;
  }

  private @Nullable KvError authenticate(AuthenticateRequest request) {
    if (!state.enabled()) {
      return KvError.AUTH_NOT_ENABLED;
    }
    User user = state.user(request.user());
    return user == null || user.since() != request.since() ? KvError.AUTH_FAILED : null;
  }

  private @Nullable KvError addUser(UserAddRequest add) {
    if (state.user(add.name()) != null) {
      return KvError.USER_EXISTS;
    }
    if (state.users().size() >= Limits.AUTH_USERS_MAX) {
      return KvError.AUTH_FULL;
    }
    return changed(
        new User(add.name(), add.noPassword(), add.password(), List.of(), state.revision() + 1));
  }

  private @Nullable KvError deleteUser(String name) {
    if (state.enabled() && name.equals(AuthState.ROOT)) {
      return KvError.INVALID_AUTH_MANAGEMENT;
    }
    if (state.user(name) == null) {
      return KvError.USER_NOT_FOUND;
    }
    state.removeUser(name);
    state.closeRevision();
    return null;
  }

  private @Nullable KvError changePassword(UserChangePasswordRequest change) {
    User user = state.user(change.name());
    if (user == null) {
      return KvError.USER_NOT_FOUND;
    }
    PasswordHash password = user.noPassword() ? PasswordHash.NONE : change.password();
    return changed(
        new User(user.name(), user.noPassword(), password, user.roles(), state.revision() + 1));
  }

  private @Nullable KvError grantRole(String name, String role) {
    User user = state.user(name);
    if (user == null) {
      return KvError.USER_NOT_FOUND;
    }
    if (!role.equals(AuthState.ROOT) && state.role(role) == null) {
      return KvError.ROLE_NOT_FOUND;
    }
    if (user.roles().contains(role)) {
      return null;
    }
    if (user.roles().size() >= Limits.AUTH_USER_ROLES_MAX) {
      return KvError.AUTH_FULL;
    }
    List<String> roles = new ArrayList<>(user.roles());
    roles.add(role);
    roles.sort(Comparator.naturalOrder());
    return changed(user.withRoles(roles));
  }

  private @Nullable KvError revokeRole(String name, String role) {
    if (state.enabled() && name.equals(AuthState.ROOT) && role.equals(AuthState.ROOT)) {
      return KvError.INVALID_AUTH_MANAGEMENT;
    }
    User user = state.user(name);
    if (user == null) {
      return KvError.USER_NOT_FOUND;
    }
    if (!user.roles().contains(role)) {
      return KvError.ROLE_NOT_GRANTED;
    }
    return changed(without(user, role));
  }

  private @Nullable KvError addRole(String name) {
    if (state.role(name) != null) {
      return KvError.ROLE_EXISTS;
    }
    if (state.roles().size() >= Limits.AUTH_ROLES_MAX) {
      return KvError.AUTH_FULL;
    }
    return changed(new Role(name, List.of()));
  }

  private @Nullable KvError deleteRole(String name) {
    if (state.enabled() && name.equals(AuthState.ROOT)) {
      return KvError.INVALID_AUTH_MANAGEMENT;
    }
    if (state.role(name) == null) {
      return KvError.ROLE_NOT_FOUND;
    }
    state.removeRole(name);
    for (User user : List.copyOf(state.users())) {
      if (user.roles().contains(name)) {
        state.put(without(user, name));
      }
    }
    state.closeRevision();
    return null;
  }

  private @Nullable KvError grantPermission(String name, Permission permission) {
    Role role = state.role(name);
    if (role == null) {
      return KvError.ROLE_NOT_FOUND;
    }
    List<Permission> permissions = others(role, permission.key(), permission.rangeEnd());
    if (permissions.size() >= Limits.AUTH_ROLE_PERMISSIONS_MAX
        || bytesOf(permissions) + bytesOf(permission) > Limits.AUTH_ROLE_BYTES_MAX) {
      return KvError.AUTH_FULL;
    }
    permissions.add(
        new Permission(
            permission.type(), permission.key().compact(), permission.rangeEnd().compact()));
    permissions.sort(BY_RANGE);
    return changed(new Role(name, permissions));
  }

  private @Nullable KvError revokePermission(String name, Bytes key, Bytes rangeEnd) {
    Role role = state.role(name);
    if (role == null) {
      return KvError.ROLE_NOT_FOUND;
    }
    List<Permission> permissions = others(role, key, rangeEnd);
    if (permissions.size() == role.permissions().size()) {
      return KvError.PERMISSION_NOT_GRANTED;
    }
    return changed(new Role(name, permissions));
  }

  /** What a role allows, but for what it allows with exactly one range. */
  private static List<Permission> others(Role role, Bytes key, Bytes rangeEnd) {
    List<Permission> others = new ArrayList<>(role.permissions());
    others.removeIf(each -> each.isOver(key, rangeEnd));
    return others;
  }

  private static long bytesOf(List<Permission> permissions) {
    return permissions.stream().mapToLong(AuthChanges::bytesOf).sum();
  }

  private static long bytesOf(Permission permission) {
    return (long) permission.key().length() + permission.rangeEnd().length();
  }

  private static User without(User user, String role) {
    return user.withRoles(user.roles().stream().filter(each -> !each.equals(role)).toList());
  }

  private @Nullable KvError changed(User user) {
    state.put(user);
    state.closeRevision();
    return null;
  }

  private @Nullable KvError changed(Role role) {
    state.put(role);
    state.closeRevision();
    return null;
  }
}

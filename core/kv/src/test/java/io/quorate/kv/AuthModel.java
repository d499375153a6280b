package io.quorate.kv;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Users and roles as one would explain them: written without a look at the real ones. */
final class AuthModel {
  record Account(boolean noPassword, PasswordHash password, long since, TreeSet<String> roles) {}

  final Map<String, Account> accounts = new TreeMap<>();
  final Map<String, List<Permission>> roles = new TreeMap<>();
  boolean on;
  long revision = 1;

  /** The revision that turned it off last. */
  long offAt;

  /** Why a request is refused, or null; whoever asks may do everything. */
  @Nullable KvError apply(AuthRequest request) {
    boolean changed = true;
    switch (request) {
      case AuthEnableRequest _ -> {
        Account root = accounts.get("root");
        if (!on && root == null) {
          return KvError.ROOT_USER_MISSING;
        }
        if (!on && root != null && !root.roles.contains("root")) {
          return KvError.ROOT_ROLE_MISSING;
        }
        on = true;
        changed = false;
      }
      case AuthDisableRequest _ -> {
        changed = on;
        offAt = on ? revision + 1 : offAt;
        on = false;
      }
      case AuthenticateRequest authenticate -> {
        Account account = accounts.get(authenticate.user());
        if (!on) {
          return KvError.AUTH_NOT_ENABLED;
        }
        if (account == null || account.since != authenticate.since()) {
          return KvError.AUTH_FAILED;
        }
        changed = false;
      }
      case UserAddRequest add -> {
        if (accounts.containsKey(add.name())) {
          return KvError.USER_EXISTS;
        }
        accounts.put(
            add.name(),
            new Account(add.noPassword(), add.password(), revision + 1, new TreeSet<>()));
      }
      case UserDeleteRequest delete -> {
        if (on && delete.name().equals("root")) {
          return KvError.INVALID_AUTH_MANAGEMENT;
        }
        if (accounts.remove(delete.name()) == null) {
          return KvError.USER_NOT_FOUND;
        }
      }
      case UserChangePasswordRequest change -> {
        Account old = accounts.get(change.name());
        if (old == null) {
          return KvError.USER_NOT_FOUND;
        }
        PasswordHash password = old.noPassword ? PasswordHash.NONE : change.password();
        accounts.put(change.name(), new Account(old.noPassword, password, revision + 1, old.roles));
      }
      case UserGrantRoleRequest grant -> {
        Account account = accounts.get(grant.user());
        if (account == null) {
          return KvError.USER_NOT_FOUND;
        }
        if (!roles.containsKey(grant.role()) && !grant.role().equals("root")) {
          return KvError.ROLE_NOT_FOUND;
        }
        changed = account.roles.add(grant.role());
      }
      case UserRevokeRoleRequest revoke -> {
        if (on && revoke.user().equals("root") && revoke.role().equals("root")) {
          return KvError.INVALID_AUTH_MANAGEMENT;
        }
        Account account = accounts.get(revoke.user());
        if (account == null) {
          return KvError.USER_NOT_FOUND;
        }
        if (!account.roles.remove(revoke.role())) {
          return KvError.ROLE_NOT_GRANTED;
        }
      }
      case RoleAddRequest add -> {
        if (roles.putIfAbsent(add.role(), new ArrayList<>()) != null) {
          return KvError.ROLE_EXISTS;
        }
      }
      case RoleDeleteRequest delete -> {
        if (on && delete.role().equals("root")) {
          return KvError.INVALID_AUTH_MANAGEMENT;
        }
        if (roles.remove(delete.role()) == null) {
          return KvError.ROLE_NOT_FOUND;
        }
        accounts.values().forEach(account -> account.roles.remove(delete.role()));
      }
      case RoleGrantPermissionRequest grant -> {
        List<Permission> permissions = roles.get(grant.role());
        if (permissions == null) {
          return KvError.ROLE_NOT_FOUND;
        }
        Permission given = grant.permission();
        permissions.removeIf(
            each -> each.key().equals(given.key()) && each.rangeEnd().equals(given.rangeEnd()));
        permissions.add(given);
        permissions.sort(Comparator.comparing(Permission::key).thenComparing(Permission::rangeEnd));
      }
      case RoleRevokePermissionRequest revoke -> {
        List<Permission> permissions = roles.get(revoke.role());
        if (permissions == null) {
          return KvError.ROLE_NOT_FOUND;
        }
        if (!permissions.removeIf(
            each -> each.key().equals(revoke.key()) && each.rangeEnd().equals(revoke.rangeEnd()))) {
          return KvError.PERMISSION_NOT_GRANTED;
        }
      }
    }
    revision += changed ? 1 : 0;
    return null;
  }

  List<User> users() {
    List<User> users = new ArrayList<>();
    accounts.forEach((name, account) ->
        users.add(
            new User(
                name,
                account.noPassword,
                account.password,
                List.copyOf(account.roles),
                account.since)));
    return users;
  }

  List<Role> roles() {
    List<Role> all = new ArrayList<>();
    roles.forEach((name, permissions) -> all.add(new Role(name, permissions)));
    return all;
  }
}

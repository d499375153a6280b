package io.quorate.kv;

import java.util.List;

/**
 * Someone who can be recognised.
 *
 * @param name the name
 * @param noPassword whether no password is good enough: recognised by a certificate only
 * @param password the password's hash
 * @param roles the names of the roles that it has, in order
 * @param since the revision of the authentication state that gave it this password: what was
 *     recognised before doesn't count any more
 */
public record User(
    String name, boolean noPassword, PasswordHash password, List<String> roles, long since) {
  /** Copies the list. */
  public User {
    roles = List.copyOf(roles);
  }

  /** Whether it may do everything. */
  public boolean isRoot() {
    return roles.contains(AuthState.ROOT);
  }

  User withRoles(List<String> others) {
    return new User(name, noPassword, password, others, since);
  }
}

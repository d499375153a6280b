package io.quorate.kv;

import io.quorate.base.RowCursor;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Who there is, what they may do, and whether it matters: the users, the roles and the state of
 * authentication, kept in memory beside their rows.
 *
 * <p>Its revision starts at 1 and rises with each change but that of turning authentication on. It
 * has nothing to do with the store's revision.
 *
 * <p>Owned by the store; read by its thread only.
 */
public final class AuthState {
  /** The user that there must be, and the role that allows everything. */
  public static final String ROOT = "root";

  private final SideRows side;
  private final TreeMap<String, User> users = new TreeMap<>();
  private final TreeMap<String, Role> roles = new TreeMap<>();

  /** What users may do, as far as anybody has asked since the last change. */
  private final TreeMap<String, Grants> grants = new TreeMap<>();

  private boolean enabled;
  private long revision = 1;
  private long tokensFrom;

  private AuthState(SideRows side) {
    this.side = side;
  }

  /** Reads what the rows hold. */
  static AuthState open(SideRows side) {
    AuthState state = new AuthState(side);
    byte[] row = AuthRows.stateRow();
    byte[] value = side.get(row);
    if (value != null) {
      AuthRows.Head head = AuthRows.decodeHead(row, value);
      state.enabled = head.enabled();
      state.revision = head.revision();
      state.tokensFrom = head.tokensFrom();
    }
    try (RowCursor cursor = scan(side, RowFormat.USER)) {
      while (cursor.next()) {
        User user = AuthRows.decodeUser(cursor.key(), cursor.value());
        state.users.put(user.name(), user);
      }
    }
    try (RowCursor cursor = scan(side, RowFormat.ROLE)) {
      while (cursor.next()) {
        Role role = AuthRows.decodeRole(cursor.key(), cursor.value());
        state.roles.put(role.name(), role);
      }
    }
    return state;
  }

  private static RowCursor scan(SideRows side, byte family) {
    return side.scan(new byte[] {family}, RowFormat.endOf(family));
  }

  /** Whether it matters who asks. */
  public boolean enabled() {
    return enabled;
  }

  /** Rises with every change that may let somebody do something else. */
  public long revision() {
    return revision;
  }

  /** A user, or null. */
  public @Nullable User user(String name) {
    return users.get(name);
  }

  /** All users, in the order of their names; a view that changes with the next request. */
  public Collection<User> users() {
    return Collections.unmodifiableCollection(users.values());
  }

  /** A role, or null. */
  public @Nullable Role role(String name) {
    return roles.get(name);
  }

  /** All roles, in the order of their names; a view that changes with the next request. */
  public Collection<Role> roles() {
    return Collections.unmodifiableCollection(roles.values());
  }

  /**
   * Whether who was recognised then is recognised still: there is that user, with the password that
   * it had, and authentication wasn't off in between.
   */
  public boolean recognises(Principal principal) {
    User user = users.get(principal.name());
    return user != null
        && principal.revision() >= user.since()
        && principal.revision() >= tokensFrom;
  }

  /** What a user may do; nothing if there is none. */
  Grants grants(String name) {
    Grants known = grants.get(name);
    if (known == null) {
      known = new Grants(permissions(name));
      grants.put(name, known);
    }
    return known;
  }

  private List<Permission> permissions(String name) {
    List<Permission> all = new ArrayList<>();
    User user = users.get(name);
    if (user != null) {
      for (String each : user.roles()) {
        Role role = roles.get(each);
        if (role != null) {
          all.addAll(role.permissions());
        }
      }
    }
    return all;
  }

  void enable() {
    enabled = true;
    writeHead();
  }

  void disable() {
    enabled = false;
    tokensFrom = revision + 1;
    closeRevision();
  }

  void put(User user) {
    users.put(user.name(), user);
    side.put(AuthRows.userRow(user.name()), AuthRows.encode(user));
  }

  void removeUser(String name) {
    users.remove(name);
    side.delete(AuthRows.userRow(name));
  }

  void put(Role role) {
    roles.put(role.name(), role);
    side.put(AuthRows.roleRow(role.name()), AuthRows.encode(role));
  }

  void removeRole(String name) {
    roles.remove(name);
    side.delete(AuthRows.roleRow(name));
  }

  /** What was changed since the last call is a revision. */
  void closeRevision() {
    revision++;
    grants.clear();
    writeHead();
  }

  private void writeHead() {
    side.put(
        AuthRows.stateRow(), AuthRows.encode(new AuthRows.Head(enabled, revision, tokensFrom)));
  }
}

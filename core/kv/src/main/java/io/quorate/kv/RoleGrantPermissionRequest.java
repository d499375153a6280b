package io.quorate.kv;

import java.util.Objects;

/**
 * Has a role allow something with a range, instead of what it allowed with exactly that range.
 *
 * @param role the role
 * @param permission what it allows
 */
public record RoleGrantPermissionRequest(String role, Permission permission)
    implements AuthRequest {
  /** Refuses nulls. */
  public RoleGrantPermissionRequest {
    Objects.requireNonNull(role);
    Objects.requireNonNull(permission);
  }
}

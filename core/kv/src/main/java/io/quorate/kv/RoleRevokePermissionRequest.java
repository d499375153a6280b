package io.quorate.kv;

import io.quorate.base.Bytes;
import java.util.Objects;

/**
 * Takes from a role what it allows with exactly this range.
 *
 * @param role the role
 * @param key the key, or where the range begins
 * @param rangeEnd where the range ends
 */
public record RoleRevokePermissionRequest(String role, Bytes key, Bytes rangeEnd)
    implements AuthRequest {
  /** Refuses nulls. */
  public RoleRevokePermissionRequest {
    Objects.requireNonNull(role);
    Objects.requireNonNull(key);
    Objects.requireNonNull(rangeEnd);
  }
}

package io.quorate.kv;

import java.util.List;

/**
 * What can be granted to users.
 *
 * @param name the name
 * @param permissions what it allows, in the order of keys; no two over the same range
 */
public record Role(String name, List<Permission> permissions) {
  /** Copies the list. */
  public Role {
    permissions = List.copyOf(permissions);
  }
}

package io.quorate.kv;

import java.util.Objects;

/**
 * Makes a user without roles.
 *
 * @param name the name; refused with {@link KvError#USER_EXISTS} if it is taken
 * @param noPassword whether no password is good enough for it
 * @param password the hash of its password; {@link PasswordHash#NONE} if it has none
 */
public record UserAddRequest(String name, boolean noPassword, PasswordHash password)
    implements AuthRequest {
  /** Refuses nulls. */
  public UserAddRequest {
    Objects.requireNonNull(name);
    Objects.requireNonNull(password);
  }
}

package io.quorate.kv;

import java.util.Objects;

/**
 * Gives a user another password. What was recognised by the one before isn't any more.
 *
 * @param name the user
 * @param password the hash of the new password
 */
public record UserChangePasswordRequest(String name, PasswordHash password) implements AuthRequest {
  /** Refuses nulls. */
  public UserChangePasswordRequest {
    Objects.requireNonNull(name);
    Objects.requireNonNull(password);
  }
}

package io.quorate.kv;

import io.quorate.base.Bytes;
import java.util.Objects;

/**
 * A salted, slow hash of a password, in bcrypt's text form. It has no {@code toString} worth
 * reading, so that it can't get into a log or a trace by way of whatever holds it.
 *
 * @param text the hash; empty for a user that has no password
 */
public record PasswordHash(Bytes text) {
  /** Of a user that has no password. */
  public static final PasswordHash NONE = new PasswordHash(Bytes.EMPTY);

  /** Refuses null. */
  public PasswordHash {
    Objects.requireNonNull(text);
  }

  @Override
  public String toString() {
    return "(hash)";
  }
}

package io.quorate.kv;

import java.util.Objects;

/**
 * For whom a request is carried out.
 *
 * @param name the user's name; empty for nobody, and for the member itself
 * @param revision the revision of the authentication state that the user was recognised under: who
 *     has got another password since isn't that user any more
 */
public record Principal(String name, long revision) {
  /** Nobody that is known; enough as long as authentication is off. */
  public static final Principal NOBODY = new Principal("", 0);

  /** The member itself, for what it does on its own account. It may do everything. */
  public static final Principal MEMBER = new Principal("", -1);

  /** Refuses null. */
  public Principal {
    Objects.requireNonNull(name);
  }

  /** Whether it is the member itself. */
  public boolean isMember() {
    return revision < 0;
  }

  /** Whether it is nobody that is known. */
  public boolean isNobody() {
    return revision >= 0 && name.isEmpty();
  }
}

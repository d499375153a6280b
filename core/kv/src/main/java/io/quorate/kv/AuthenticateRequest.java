package io.quorate.kv;

import io.quorate.base.Bytes;
import java.util.Objects;

/**
 * Makes a token known to all members, for a user whose password was found right. The token itself
 * isn't told, so that nobody can take it from a log.
 *
 * @param user who has the token
 * @param since {@link User#since} of the password that was found right: if the user has got another
 *     one meanwhile, it is refused with {@link KvError#AUTH_FAILED}
 * @param tokenDigest the SHA-256 of the token's secret part
 */
public record AuthenticateRequest(String user, long since, Bytes tokenDigest)
    implements AuthRequest {
  /** Refuses nulls. */
  public AuthenticateRequest {
    Objects.requireNonNull(user);
    Objects.requireNonNull(tokenDigest);
  }
}

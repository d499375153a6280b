package io.quorate.etcd;

import io.quorate.base.Checks;
import org.jspecify.annotations.Nullable;

/**
 * How callers are recognised once authentication is on.
 *
 * @param bcryptCost how slow passwords are hashed: each step doubles the time
 * @param passwordLengthMin fewest characters of a new password; 0 allows any, also none
 * @param tokenTtlNanos how long a token lives that nobody uses
 * @param jwt how tokens are signed; null for tokens that the members keep
 * @param clientCertificates whether a caller without a token is who its certificate's common name
 *     says
 */
public record AuthSettings(
    int bcryptCost,
    int passwordLengthMin,
    long tokenTtlNanos,
    @Nullable JwtSettings jwt,
    boolean clientCertificates) {
  /** What etcd hashes with by default. */
  public static final int BCRYPT_COST_DEFAULT = 10;

  /** The fastest hash that bcrypt knows. */
  public static final int BCRYPT_COST_MIN = 4;

  /** The slowest hash that is allowed: some twenty seconds on today's machines. */
  public static final int BCRYPT_COST_MAX = 18;

  /** How long a token lives by default. */
  public static final long TOKEN_TTL_NANOS_DEFAULT = 300_000_000_000L;

  /** Checks the bounds. */
  public AuthSettings {
    Checks.that(
        bcryptCost >= BCRYPT_COST_MIN && bcryptCost <= BCRYPT_COST_MAX, "cost=%d", bcryptCost);
    Checks.that(tokenTtlNanos > 0, "tokenTtlNanos=%d", tokenTtlNanos);
  }

  /** The settings of a member without flags. */
  public static AuthSettings standard() {
    return new AuthSettings(BCRYPT_COST_DEFAULT, 0, TOKEN_TTL_NANOS_DEFAULT, null, false);
  }
}

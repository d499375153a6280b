package io.quorate.etcd;

import io.quorate.base.Bytes;
import io.quorate.base.Limits;
import io.quorate.grpc.Status;
import io.quorate.grpc.StatusCode;
import io.quorate.kv.AuthState;
import io.quorate.kv.Principal;
import io.quorate.kv.User;
import io.quorate.node.Replica;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.SortedMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Signed tokens: they say themselves who has them, until when, and at which revision of users and
 * roles they were made. No member keeps them, so that another service may make them too. After any
 * change of users and roles they are too old, and clients get others.
 *
 * <p>Signing and verifying take long, so they happen on the replica's readers; what was found right
 * is remembered by its hash. What wasn't is forgotten at once: strangers can't push out anything.
 * Used on the replica's loop.
 */
final class JwtTokens implements Tokens {
  private static final Base64.Encoder ENCODER = Base64.getUrlEncoder().withoutPadding();

  private final Replica replica;
  private final JwtSettings settings;
  private final LongSupplier epochSeconds;

  /** What was verified, by hash, the longest unused first. */
  private final LinkedHashMap<Bytes, Claims> verified = new LinkedHashMap<>();

  /**
   * What a token says.
   *
   * @param fromSeconds when it begins to be good
   * @param endSeconds when it isn't good any more
   */
  private record Claims(Principal holder, double fromSeconds, double endSeconds) {}

  JwtTokens(Replica replica, JwtSettings settings, LongSupplier epochSeconds) {
    this.replica = replica;
    this.settings = settings;
    this.epochSeconds = epochSeconds;
  }

  @Override
  public boolean prepare(String token, Runnable then) {
    Bytes hash = hash(token);
    if (verified.containsKey(hash)) {
      return true;
    }
    try {
      replica
          .readers()
          .execute(() -> {
            Claims claims = read(token);
            replica
                .loop()
                .execute(() -> {
                  if (claims != null) {
                    remember(hash, claims);
                  }
                  then.run();
                });
          });
      return false;
    } catch (RejectedExecutionException e) {
      throw EtcdError.TOO_MANY_REQUESTS.asException();
    }
  }

  @Override
  public @Nullable Principal holder(String token) {
    Bytes hash = hash(token);
    Claims claims = verified.remove(hash);
    if (claims == null) {
      return null;
    }
    verified.put(hash, claims);
    Principal holder = claims.holder();
    long now = epochSeconds.getAsLong();
    if (now < claims.fromSeconds() || now >= claims.endSeconds()) {
      return null;
    }
    if (holder.revision() < replica.authorizer().state().revision()) {
      throw EtcdError.AUTH_OLD_REVISION.asException();
    }
    return holder;
  }

  @Override
  public void issue(User user, Receiver receiver) {
    AuthState state = replica.authorizer().state();
    User present = state.user(user.name());
    if (present == null || present.since() != user.since()) {
      // While the password was checked it became another: this token would count as the new one's.
      receiver.refused(EtcdError.AUTH_FAILED.status());
      return;
    }
    long revision = state.revision();
    try {
      replica
          .readers()
          .execute(() -> {
            String token = sign(user.name(), revision);
            replica
                .loop()
                .execute(() -> {
                  if (token != null) {
                    receiver.issued(token);
                  } else {
                    receiver.refused(
                        Status.of(
                            StatusCode.UNKNOWN,
                            "auth: token signing attempted with verify-only key"));
                  }
                });
          });
    } catch (RejectedExecutionException e) {
      receiver.refused(EtcdError.TOO_MANY_REQUESTS.status());
    }
  }

  private void remember(Bytes hash, Claims claims) {
    if (verified.size() >= Limits.AUTH_TOKENS_MAX) {
      verified.pollFirstEntry();
    }
    verified.put(hash, claims);
  }

  private @Nullable String sign(String user, long revision) {
    String head = "{\"alg\":\"" + settings.method() + "\",\"typ\":\"JWT\"}";
    String claims =
        "{\"exp\":"
            + (epochSeconds.getAsLong() + settings.ttlSeconds())
            + ",\"revision\":"
            + revision
            + ",\"username\":"
            + FlatJson.quoted(user)
            + "}";
    String content = encoded(head) + "." + encoded(claims);
    try {
      byte[] signature =
          settings.method().sign(settings, content.getBytes(StandardCharsets.US_ASCII));
      return signature == null ? null : content + "." + ENCODER.encodeToString(signature);
    } catch (GeneralSecurityException e) {
      return null;
    }
  }

  /**
   * What a token says; null if its signature isn't right, or it doesn't say all that is needed.
   * Nothing of it is ever told in an error.
   */
  private @Nullable Claims read(String token) {
    int first = token.indexOf('.');
    int second = token.indexOf('.', first + 1);
    if (first < 0 || second < 0 || token.indexOf('.', second + 1) >= 0) {
      return null;
    }
    try {
      SortedMap<String, Object> head = FlatJson.read(decoded(token.substring(0, first)));
      byte[] content = token.substring(0, second).getBytes(StandardCharsets.US_ASCII);
      byte[] signature = Base64.getUrlDecoder().decode(token.substring(second + 1));
      if (!settings.method().name().equals(head.get("alg"))
          || !settings.method().verify(settings, content, signature)) {
        return null;
      }
      SortedMap<String, Object> claims = FlatJson.read(decoded(token.substring(first + 1, second)));
      if (!(claims.get("username") instanceof String user)
          || !(claims.get("revision") instanceof Double revision)
          || !(claims.get("exp") instanceof Double end)
          || !(claims.getOrDefault("nbf", 0.0) instanceof Double from)
          || user.isEmpty()
          || revision < 0) {
        return null;
      }
      return new Claims(new Principal(user, revision.longValue()), from, end);
    } catch (GeneralSecurityException | RuntimeException e) {
      return null;
    }
  }

  private static String encoded(String json) {
    return ENCODER.encodeToString(json.getBytes(StandardCharsets.UTF_8));
  }

  private static String decoded(String part) {
    return new String(Base64.getUrlDecoder().decode(part), StandardCharsets.UTF_8);
  }

  private static Bytes hash(String token) {
    try {
      return Bytes.wrap(
          MessageDigest.getInstance("SHA-256").digest(token.getBytes(StandardCharsets.UTF_8)));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}

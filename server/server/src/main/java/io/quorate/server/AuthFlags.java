package io.quorate.server;

import io.quorate.etcd.AuthSettings;
import io.quorate.etcd.JwtSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** What the flags say of how callers are recognised. */
final class AuthFlags {
  private static final String JWT = "jwt";
  private static final Set<String> JWT_OPTIONS =
      Set.of("sign-method", "pub-key", "priv-key", "ttl");
  private static final Duration JWT_TTL_DEFAULT = Duration.ofMinutes(5);
  private static final int PASSWORD_LENGTH_CEILING = 72;

  private AuthFlags() {}

  /**
   * Reads them, and the files of keys that they name.
   *
   * @throws UsageException if they say what can't be; the message names the flag
   */
  static AuthSettings read(Settings settings) throws UsageException {
    return new AuthSettings(
        (int)
            ServerConfig.bounded(
                settings,
                "bcrypt-cost",
                AuthSettings.BCRYPT_COST_MIN,
                AuthSettings.BCRYPT_COST_MAX),
        (int) ServerConfig.bounded(settings, "password-length-min", 0, PASSWORD_LENGTH_CEILING),
        TimeUnit.SECONDS.toNanos(
            ServerConfig.bounded(settings, "auth-token-ttl", 1, Integer.MAX_VALUE)),
        jwt(settings.text("auth-token")),
        settings.on("client-cert-auth"));
  }

  private static @Nullable JwtSettings jwt(String value) throws UsageException {
    if (value.equals("simple") || value.isEmpty()) {
      return null;
    }
    String[] parts = value.split(",", -1);
    if (!parts[0].equals(JWT)) {
      throw new UsageException("--auth-token is simple or jwt,..., not \"" + parts[0] + "\"");
    }
    SortedMap<String, String> options = new TreeMap<>();
    for (int i = 1; i < parts.length; i++) {
      int equals = parts[i].indexOf('=');
      String name = equals < 0 ? parts[i] : parts[i].substring(0, equals);
      if (equals < 0 || !JWT_OPTIONS.contains(name)) {
        throw new UsageException(
            "--auth-token jwt takes sign-method=, pub-key=, priv-key= and ttl=, not \""
                + name
                + "\"");
      }
      if (options.put(name, parts[i].substring(equals + 1)) != null) {
        throw new UsageException("--auth-token jwt: " + name + " is given twice");
      }
    }
    Duration ttl =
        options.containsKey("ttl") ? GoDuration.parse(options.get("ttl")) : JWT_TTL_DEFAULT;
    if (ttl.toSeconds() < 1) {
      throw new UsageException("--auth-token jwt: ttl is at least 1s");
    }
    try {
      return JwtSettings.of(
          options.getOrDefault("sign-method", ""),
          file(options.get("pub-key")),
          file(options.get("priv-key")),
          ttl.toSeconds());
    } catch (IllegalArgumentException e) {
      throw new UsageException("--auth-token jwt: " + e.getMessage());
    }
  }

  private static byte @Nullable [] file(@Nullable String name) throws UsageException {
    if (name == null) {
      return null;
    }
    try {
      return Files.readAllBytes(Path.of(name));
    } catch (IOException e) {
      throw new UsageException("--auth-token jwt: " + name + " can't be read: " + e);
    }
  }
}

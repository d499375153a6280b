package io.quorate.server;

import io.quorate.etcd.ApiVersion;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;

/** What this program is. */
final class Version {
  private Version() {}

  /** Quorate's own version. */
  static String own() {
    Properties properties = new Properties();
    try (InputStream in = Version.class.getResourceAsStream("version.properties")) {
      if (in != null) {
        properties.load(in);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("reading from the own jar", e);
    }
    return properties.getProperty("version", "unknown");
  }

  /** The lines of {@code --version}; the first is what tools look for. */
  static String lines() {
    return """
    etcd Version: %s
    Quorate Version: %s
    Java Version: %s
    OS/Arch: %s/%s
    """
        .formatted(
            ApiVersion.SERVER,
            own(),
            System.getProperty("java.version"),
            System.getProperty("os.name"),
            System.getProperty("os.arch"));
  }
}

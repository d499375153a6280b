package io.quorate.client.http;

import java.nio.charset.StandardCharsets;

/** A gRPC method's full name, prepared for the wire. Make one for each method and keep it. */
public final class MethodName {
  private final byte[] path;

  private MethodName(byte[] path) {
    this.path = path;
  }

  /**
   * Of a full name without the leading slash.
   *
   * @throws IllegalArgumentException if it isn't {@code service/method}
   */
  public static MethodName of(String fullName) {
    int slash = fullName.indexOf('/');
    if (slash <= 0 || slash != fullName.lastIndexOf('/') || slash == fullName.length() - 1) {
      throw new IllegalArgumentException("not service/method: " + fullName);
    }
    return new MethodName(("/" + fullName).getBytes(StandardCharsets.US_ASCII));
  }

  byte[] path() {
    return path;
  }

  @Override
  public String toString() {
    return new String(path, 1, path.length - 1, StandardCharsets.US_ASCII);
  }
}

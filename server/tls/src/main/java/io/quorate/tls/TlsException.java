package io.quorate.tls;

import org.jspecify.annotations.Nullable;

/** Settings or files that TLS can't be had from; the message names which, and why. */
public final class TlsException extends Exception {
  private static final long serialVersionUID = 1L;

  TlsException(String message) {
    this(message, null);
  }

  TlsException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}

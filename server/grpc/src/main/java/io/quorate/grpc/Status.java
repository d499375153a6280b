package io.quorate.grpc;

/**
 * How a call ended.
 *
 * @param code what went wrong, if anything
 * @param message what the caller reads; may hold any text, empty when there is nothing to say
 */
public record Status(StatusCode code, String message) {
  /** It went well. */
  public static final Status OK = new Status(StatusCode.OK, "");

  /** A status with a message. */
  public static Status of(StatusCode code, String message) {
    return new Status(code, message);
  }

  /** Whether it went well. */
  public boolean isOk() {
    return code == StatusCode.OK;
  }

  /** This status, to be thrown. */
  public StatusException asException() {
    return new StatusException(this);
  }
}

package io.quorate.grpc;

/**
 * Ends the call whose handler throws it with its status. It is an answer and not a defect, so it
 * carries no stack trace.
 */
public final class StatusException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  @SuppressWarnings("serial")
  private final Status status;

  /** An exception that ends its call with {@code status}. */
  public StatusException(Status status) {
    super(status.code() + ": " + status.message(), null, false, false);
    this.status = status;
  }

  /** How the call ends. */
  public Status status() {
    return status;
  }
}

package io.quorate.client.channel;

/** How a call ended, in gRPC's words and numbers. */
public enum StatusCode {
  /** It was answered. */
  OK(0),
  /** It was given up, mostly by the caller. */
  CANCELLED(1),
  /** It failed for a reason that has no code. */
  UNKNOWN(2),
  /** The request can't succeed, whatever the state. */
  INVALID_ARGUMENT(3),
  /** Time ran out. */
  DEADLINE_EXCEEDED(4),
  /** What it names is not there. */
  NOT_FOUND(5),
  /** What it would create is there. */
  ALREADY_EXISTS(6),
  /** The caller is known, and may not. */
  PERMISSION_DENIED(7),
  /** A quota or a queue is full. */
  RESOURCE_EXHAUSTED(8),
  /** The state forbids it. */
  FAILED_PRECONDITION(9),
  /** It was ended by a concurrent one. */
  ABORTED(10),
  /** It asks for what lies outside of what is there. */
  OUT_OF_RANGE(11),
  /** The server doesn't have this method. */
  UNIMPLEMENTED(12),
  /** A rule of the protocol was broken. */
  INTERNAL(13),
  /** No one there to answer at the moment. */
  UNAVAILABLE(14),
  /** Data was lost or damaged. */
  DATA_LOSS(15),
  /** The caller is not known. */
  UNAUTHENTICATED(16);

  private static final StatusCode[] BY_NUMBER = values(); // in the order of their numbers

  private final int number;

  StatusCode(int number) {
    this.number = number;
  }

  /** The code's number on the wire. */
  public int number() {
    return number;
  }

  /** The code with this number; {@link #UNKNOWN} for a number that gRPC doesn't define. */
  public static StatusCode ofNumber(int number) {
    return number >= 0 && number < BY_NUMBER.length ? BY_NUMBER[number] : UNKNOWN;
  }
}

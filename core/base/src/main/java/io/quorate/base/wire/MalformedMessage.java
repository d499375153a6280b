package io.quorate.base.wire;

/** Bytes that are not the message they should be. */
public final class MalformedMessage extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** With what is wrong about them. */
  public MalformedMessage(String message) {
    super(message);
  }
}

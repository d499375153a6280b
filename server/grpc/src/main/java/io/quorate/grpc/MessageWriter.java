package io.quorate.grpc;

/**
 * A message that can write itself: it saves the array and the copy between an answer and the buffer
 * that leaves. Both methods are called before {@link Call#send} returns, once each and in this
 * order, so a service can use one writer again and again.
 */
public interface MessageWriter {
  /** Exact length in bytes of what {@link #writeTo} writes. */
  int size();

  /** Writes exactly {@link #size} bytes into {@code target} from {@code offset} on. */
  void writeTo(byte[] target, int offset);
}

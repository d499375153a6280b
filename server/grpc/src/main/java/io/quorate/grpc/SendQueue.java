package io.quorate.grpc;

import java.util.ArrayDeque;

/** Framed messages of one call that wait for room, and how far the first of them has left. */
final class SendQueue {
  private final ArrayDeque<byte[]> messages = new ArrayDeque<>();
  private int sentOfFirst;
  private long size;

  /** Bytes that wait. */
  long size() {
    return size;
  }

  boolean isEmpty() {
    return messages.isEmpty();
  }

  /** Whether the first message has left in part. */
  boolean isTorn() {
    return sentOfFirst > 0;
  }

  void add(byte[] framed) {
    messages.add(framed);
    size += framed.length;
  }

  /**
   * Writes one DATA frame of at most {@code room} bytes, across messages.
   *
   * @return how many bytes of the windows it takes
   */
  int writeFrame(OutBuffer out, int streamId, int room) {
    int length = (int) Math.min(size, Math.min(room, GrpcLimits.FRAME_BYTES_MAX));
    out.frameHeader(length, OutBuffer.DATA, 0, streamId);
    int left = length;
    while (left > 0) {
      byte[] first = messages.element();
      int part = Math.min(left, first.length - sentOfFirst);
      out.put(first, sentOfFirst, part);
      sentOfFirst += part;
      left -= part;
      if (sentOfFirst == first.length) {
        messages.remove();
        sentOfFirst = 0;
      }
    }
    size -= length;
    return length;
  }
}

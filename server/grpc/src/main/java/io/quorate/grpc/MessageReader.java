package io.quorate.grpc;

import io.netty.buffer.ByteBuf;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Puts together the messages of one call from the pieces they come in: a byte that says whether it
 * is compressed, four of length, then the message. Room is taken as the bytes come, not as a length
 * promises them. Owned by the connection's loop.
 */
final class MessageReader {
  static final int PREFIX_BYTES = 5;

  private final GrpcCall call;
  private final byte[] prefix = new byte[PREFIX_BYTES];
  private int prefixFilled;
  private byte @Nullable [] body;
  private int bodyFilled;
  private int length;
  private long heldBytes;
  private long begunAtNanos;

  MessageReader(GrpcCall call) {
    this.call = call;
  }

  /** Whether a message has begun and not ended. */
  boolean inMessage() {
    return prefixFilled > 0;
  }

  /** When the message that has begun did so. */
  long begunAtNanos() {
    return begunAtNanos;
  }

  /** Lets go of what is held. */
  void close() {
    body = null;
    call.connection().letGo(heldBytes);
    heldBytes = 0;
  }

  /** Takes {@code count} bytes and hands over every message that they complete. */
  void feed(ByteBuf data, int count) {
    int left = count;
    while (left > 0 && call.receives()) {
      if (prefixFilled < PREFIX_BYTES) {
        if (prefixFilled == 0) {
          begunAtNanos = call.connection().loop().now();
        }
        int part = Math.min(left, PREFIX_BYTES - prefixFilled);
        data.readBytes(prefix, prefixFilled, part);
        prefixFilled += part;
        left -= part;
        if (prefixFilled < PREFIX_BYTES) {
          return;
        }
        length =
            (prefix[1] & 0xff) << 24
                | (prefix[2] & 0xff) << 16
                | (prefix[3] & 0xff) << 8
                | (prefix[4] & 0xff);
        if (!call.admits(prefix[0], length)) {
          return;
        }
      }
      int part = Math.min(left, length - bodyFilled);
      byte[] target = room(bodyFilled + part, left >= length - bodyFilled);
      if (target == null) {
        call.fail(
            Status.of(StatusCode.RESOURCE_EXHAUSTED, "server holds too many incomplete messages"));
        return;
      }
      data.readBytes(target, bodyFilled, part);
      bodyFilled += part;
      left -= part;
      if (bodyFilled == length) {
        boolean compressed = prefix[0] == 1;
        body = null;
        bodyFilled = 0;
        prefixFilled = 0;
        call.connection().letGo(heldBytes);
        heldBytes = 0;
        call.deliver(target, compressed);
      }
    }
  }

  /**
   * The array with room for {@code size} bytes; exactly as long as the message once that is known
   * to be all here. Null if too much is held already.
   */
  private byte @Nullable [] room(int size, boolean completes) {
    byte[] present = body;
    if (present != null && present.length == length) {
      return present;
    }
    if (completes && present == null) {
      return new byte[length];
    }
    if (present != null && size <= present.length && !completes) {
      return present;
    }
    int doubled = Math.max(GrpcLimits.PARTIAL_MESSAGE_BYTES_FIRST, 2 * size);
    int capacity = completes ? length : Math.min(length, doubled);
    long more = capacity - heldBytes;
    if (!call.connection().hold(more)) {
      return null;
    }
    heldBytes += more;
    byte[] grown = present == null ? new byte[capacity] : Arrays.copyOf(present, capacity);
    body = grown;
    return grown;
  }
}

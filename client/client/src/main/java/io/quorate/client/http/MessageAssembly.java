package io.quorate.client.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import org.jspecify.annotations.Nullable;

/** gRPC's messages out of the pieces in which they arrive: a flag, a length, as many bytes. */
final class MessageAssembly {
  static final int PREFIX_BYTES = 5;

  /** What is set aside for a message before more of it has come than the announcement. */
  private static final int FIRST_BYTES_MAX = 64 * 1024;

  private final byte[] prefix = new byte[PREFIX_BYTES];
  private int prefixRead;
  private int messageLength;
  private @Nullable ByteBuf gathered;
  private @Nullable String wrong;

  /** A byte of the prefix of a message of this length, uncompressed. */
  static int prefixByte(int index, int length) {
    return index == 0 ? 0 : (length >>> (8 * (PREFIX_BYTES - 1 - index))) & 0xff;
  }

  void clear() {
    prefixRead = 0;
    messageLength = 0;
    gathered = null;
    wrong = null;
  }

  /** What is wrong with what came; nothing can be read behind it. */
  @Nullable String wrong() {
    return wrong;
  }

  boolean inMidMessage() {
    return prefixRead != 0;
  }

  /** The next message that is whole, valid until more is read; null if there is none. */
  @Nullable ByteBuf next(ByteBuf data, int bytesMax) {
    while (prefixRead < PREFIX_BYTES) {
      if (!data.isReadable() || wrong != null) {
        return null;
      }
      prefix[prefixRead++] = data.readByte();
    }
    if (gathered == null) {
      messageLength =
          ((prefix[1] & 0xff) << 24)
              | ((prefix[2] & 0xff) << 16)
              | ((prefix[3] & 0xff) << 8)
              | (prefix[4] & 0xff);
      if (prefix[0] != 0) {
        wrong = "a compressed message, though no compression was offered";
        return null;
      }
      if (messageLength < 0 || messageLength > bytesMax) {
        wrong =
            "a response of "
                + Integer.toUnsignedString(messageLength)
                + " bytes; at most "
                + bytesMax
                + " bytes are accepted";
        return null;
      }
      if (data.readableBytes() >= messageLength) {
        prefixRead = 0;
        return data.readSlice(messageLength);
      }
      // Grows with what arrives, not with what the peer announces.
      gathered = Unpooled.buffer(Math.min(messageLength, FIRST_BYTES_MAX), messageLength);
    }
    ByteBuf message = gathered;
    message.writeBytes(
        data, Math.min(messageLength - message.readableBytes(), data.readableBytes()));
    if (message.readableBytes() < messageLength) {
      return null;
    }
    clear();
    return message;
  }
}

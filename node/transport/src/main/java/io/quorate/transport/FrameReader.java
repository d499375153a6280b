package io.quorate.transport;

import io.netty.buffer.ByteBuf;
import io.quorate.base.Bytes;
import io.quorate.base.Limits;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Puts frames together from whatever pieces they arrive in. A frame is its length (four bytes), the
 * CRC32C of its content (four bytes), and the content, which is copied once, to where it stays. A
 * frame without content only says that its sender is alive.
 *
 * <p>Used on the loop only.
 */
final class FrameReader {
  /** What precedes a frame's content, in bytes. */
  static final int HEADER_BYTES = 8;

  private final CRC32C crc = new CRC32C();
  private final byte[] header = new byte[HEADER_BYTES];
  private int headerFilled;

  private byte @Nullable [] content;
  private int contentFilled;

  /** The stream doesn't consist of frames any more; the connection is of no further use. */
  static final class BrokenStream extends Exception {
    private static final long serialVersionUID = 1L;

    BrokenStream(String message) {
      super(message, null, false, false);
    }
  }

  /**
   * Takes from {@code in} what belongs to the present frame, and gives the frame when it is whole;
   * null if {@code in} ended before it.
   *
   * @throws BrokenStream if a length is out of bounds or a checksum is wrong
   */
  @Nullable Bytes next(ByteBuf in) throws BrokenStream {
    byte[] bytes = content;
    if (bytes == null) {
      int missing = Math.min(HEADER_BYTES - headerFilled, in.readableBytes());
      in.readBytes(header, headerFilled, missing);
      headerFilled += missing;
      if (headerFilled < HEADER_BYTES) {
        return null;
      }
      int length = intAt(0);
      if (length < 0 || length > Limits.FRAME_BYTES_MAX) {
        throw new BrokenStream("a frame claims a length of " + (length & 0xFFFFFFFFL) + " bytes");
      }
      bytes = new byte[length];
      content = bytes;
      contentFilled = 0;
    }
    int missing = Math.min(bytes.length - contentFilled, in.readableBytes());
    in.readBytes(bytes, contentFilled, missing);
    contentFilled += missing;
    if (contentFilled < bytes.length) {
      return null;
    }
    crc.reset();
    crc.update(bytes, 0, bytes.length);
    if ((int) crc.getValue() != intAt(4)) {
      throw new BrokenStream("a frame of " + bytes.length + " bytes has a wrong checksum");
    }
    content = null;
    headerFilled = 0;
    return Bytes.wrap(bytes);
  }

  private int intAt(int at) {
    return (header[at] & 0xFF) << 24
        | (header[at + 1] & 0xFF) << 16
        | (header[at + 2] & 0xFF) << 8
        | (header[at + 3] & 0xFF);
  }
}

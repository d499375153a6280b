package io.quorate.grpc;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import org.jspecify.annotations.Nullable;

/**
 * Turns header blocks into {@link RequestHead}s. Netty's HPACK decoder does the decoding; what is
 * ours is to remember. A block made of table references only means the same as long as the table
 * doesn't change, and leaves the table as it is: most clients send such a block with nearly every
 * call, so it is looked up by its bytes and not decoded again. Owned by the connection's loop.
 */
final class RequestHeadDecoder {
  private static final int SINGLE_BYTE_INDEX_FIRST = 0x81;
  private static final int SINGLE_BYTE_INDEX_LAST = 0xfe;

  private final ServiceRegistry registry;
  private final DefaultHttp2HeadersDecoder hpack;
  private final byte[][] blocks = new byte[GrpcLimits.HEADS_REMEMBERED][];
  private final @Nullable RequestHead[] heads = new RequestHead[GrpcLimits.HEADS_REMEMBERED];
  private int remembered;

  RequestHeadDecoder(ServiceRegistry registry, int headerListBytesMax) {
    this.registry = registry;
    this.hpack = new DefaultHttp2HeadersDecoder(true, headerListBytesMax);
  }

  /**
   * Decodes the block that begins a call.
   *
   * @throws Http2Error if the block is malformed: the connection's end if it is not known any more
   *     what the table holds, else the stream's
   * @throws HeadersTooLong if the list is too long; the table is good all the same
   */
  RequestHead decode(int streamId, ByteBuf in, int length) throws Http2Error, HeadersTooLong {
    int at = in.readerIndex();
    boolean pure = isPure(in, at, length);
    if (pure) {
      int slot = slot(in, at, length);
      RequestHead head = heads[slot];
      if (head != null && matches(blocks[slot], in, at, length)) {
        in.skipBytes(length);
        return head;
      }
    } else {
      forget();
    }
    byte[] block = pure ? copy(in, at, length) : null;
    Http2Headers headers = decodeHeaders(streamId, in, length);
    if (headers.path() == null || headers.method() == null || headers.status() != null) {
      throw Http2Error.stream(
          streamId, Http2Error.PROTOCOL_ERROR, "request without :method or :path");
    }
    RequestHead head = new RequestHead(headers, registry);
    if (block != null) {
      remember(block, head);
    }
    return head;
  }

  /** Decodes a block whose content is of no interest, to keep the table right. */
  void skip(int streamId, ByteBuf in, int length) throws Http2Error, HeadersTooLong {
    if (!isPure(in, in.readerIndex(), length)) {
      forget();
    }
    decodeHeaders(streamId, in, length);
  }

  /** The list of headers is longer than the setting; the stream's end and not the connection's. */
  static final class HeadersTooLong extends Exception {
    private static final long serialVersionUID = 1L;

    HeadersTooLong() {
      super("header list too long", null, false, false);
    }
  }

  private Http2Headers decodeHeaders(int streamId, ByteBuf in, int length)
      throws Http2Error, HeadersTooLong {
    ByteBuf block = in.readSlice(length);
    try {
      return hpack.decodeHeaders(streamId, block);
    } catch (Http2Exception.HeaderListSizeException e) {
      throw new HeadersTooLong();
    } catch (Http2Exception e) {
      String message = String.valueOf(e.getMessage());
      throw Http2Exception.isStreamError(e)
          ? Http2Error.stream(streamId, (int) e.error().code(), message)
          : Http2Error.connection((int) e.error().code(), message);
    }
  }

  /** Whether each byte of a block is the number of a table entry of its own. */
  private static boolean isPure(ByteBuf in, int at, int length) {
    if (length > GrpcLimits.HEAD_REMEMBERED_BYTES_MAX) {
      return false;
    }
    for (int i = at; i < at + length; i++) {
      int b = in.getByte(i) & 0xff;
      if (b < SINGLE_BYTE_INDEX_FIRST || b > SINGLE_BYTE_INDEX_LAST) {
        return false;
      }
    }
    return true;
  }

  private static int slot(ByteBuf in, int at, int length) {
    int hash = length;
    for (int i = at; i < at + length; i++) {
      hash = 31 * hash + in.getByte(i);
    }
    return (hash ^ (hash >>> 7)) & (GrpcLimits.HEADS_REMEMBERED - 1);
  }

  private static boolean matches(byte[] block, ByteBuf in, int at, int length) {
    if (block.length != length) {
      return false;
    }
    for (int i = 0; i < length; i++) {
      if (block[i] != in.getByte(at + i)) {
        return false;
      }
    }
    return true;
  }

  private static byte[] copy(ByteBuf in, int at, int length) {
    byte[] block = new byte[length];
    in.getBytes(at, block);
    return block;
  }

  private void remember(byte[] block, RequestHead head) {
    int hash = block.length;
    for (byte b : block) {
      hash = 31 * hash + b;
    }
    int slot = (hash ^ (hash >>> 7)) & (GrpcLimits.HEADS_REMEMBERED - 1);
    blocks[slot] = block;
    heads[slot] = head;
    remembered++;
  }

  private void forget() {
    if (remembered > 0) {
      java.util.Arrays.fill(heads, null);
      remembered = 0;
    }
  }
}

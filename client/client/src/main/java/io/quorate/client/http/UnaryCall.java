package io.quorate.client.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.quorate.client.channel.Answer.Fate;
import io.quorate.client.channel.Metadata;
import io.quorate.client.channel.StatusCode;
import org.jspecify.annotations.Nullable;

/**
 * One call on a connection: what is sent, and what becomes of it. Made for being extended, and used
 * again: once {@link #ended} was called, the same object can be started anew, so a load generator
 * makes none while it runs. Everything here happens on the connection's event loop.
 */
public abstract class UnaryCall {
  static final int PREFIX_BYTES = 5;

  // The connection's, from start to end.
  int streamId;
  long deadlineNanos;
  int sent;
  int sendWindow;
  int unacknowledged;
  int httpStatus;
  boolean gotMessage;
  int prefixRead;
  int messageLength;
  private final byte[] prefix = new byte[PREFIX_BYTES];
  private @Nullable ByteBuf assembly;

  /** Which method is called. */
  protected abstract MethodName method();

  /** The array that holds the encoded request; must not change until the call has ended. */
  protected abstract byte[] requestArray();

  /** Where in the array the request begins. */
  protected abstract int requestOffset();

  /** How long the request is. */
  protected abstract int requestLength();

  /** How long the call may take from its start on, in nanoseconds; 0 for no limit. */
  protected abstract long timeoutNanos();

  /** What goes beside the request. */
  protected Metadata metadata() {
    return Metadata.EMPTY;
  }

  /** The response, before it is known how the call ends. The buffer is valid only meanwhile. */
  protected abstract void message(ByteBuf response);

  /**
   * The call is over. It may be started again from here.
   *
   * @param detail the peer's words or the connection's; empty if it ended well
   */
  protected abstract void ended(StatusCode status, String detail, Fate fate);

  final int bytesToSend() {
    return PREFIX_BYTES + requestLength();
  }

  final boolean isSent() {
    return sent == bytesToSend();
  }

  final void begin(int id, int window) {
    streamId = id;
    sendWindow = window;
    sent = 0;
    unacknowledged = 0;
    httpStatus = 0;
    gotMessage = false;
    prefixRead = 0;
    messageLength = 0;
    assembly = null;
  }

  /** Appends the next {@code count} bytes of prefix and request. */
  final void writeTo(ByteBuf out, int count) {
    int left = count;
    while (left > 0 && sent < PREFIX_BYTES) {
      int length = requestLength();
      out.writeByte(sent == 0 ? 0 : length >>> (8 * (PREFIX_BYTES - 1 - sent)));
      sent++;
      left--;
    }
    if (left > 0) {
      out.writeBytes(requestArray(), requestOffset() + sent - PREFIX_BYTES, left);
      sent += left;
    }
  }

  /**
   * Takes in a piece of the response.
   *
   * @return what is wrong with it, or null
   */
  final @Nullable String received(ByteBuf data, int responseBytesMax) {
    while (prefixRead < PREFIX_BYTES && data.isReadable()) {
      prefix[prefixRead++] = data.readByte();
      if (prefixRead == PREFIX_BYTES) {
        if (gotMessage) {
          return "a second message in answer to a unary call";
        }
        if (prefix[0] != 0) {
          return "a compressed message, though no compression was offered";
        }
        messageLength =
            ((prefix[1] & 0xff) << 24)
                | ((prefix[2] & 0xff) << 16)
                | ((prefix[3] & 0xff) << 8)
                | (prefix[4] & 0xff);
        if (messageLength < 0 || messageLength > responseBytesMax) {
          return "a response of "
              + Integer.toUnsignedString(messageLength)
              + " bytes; at most "
              + responseBytesMax
              + " are accepted";
        }
      }
    }
    if (prefixRead < PREFIX_BYTES) {
      return null;
    }
    ByteBuf gathered = assembly;
    if (gathered == null && data.readableBytes() >= messageLength) {
      deliver(data.readSlice(messageLength));
    } else {
      if (gathered == null) {
        // Grows with what arrives, not with what the peer announces.
        gathered = assembly = Unpooled.buffer(Math.min(messageLength, 64 * 1024), messageLength);
      }
      int more = Math.min(messageLength - gathered.readableBytes(), data.readableBytes());
      gathered.writeBytes(data, more);
      if (gathered.readableBytes() == messageLength) {
        assembly = null;
        deliver(gathered);
      }
    }
    // What is left over would be another message.
    return data.isReadable() ? received(data, responseBytesMax) : null;
  }

  private void deliver(ByteBuf response) {
    gotMessage = true;
    prefixRead = 0;
    message(response);
  }

  final boolean inMidMessage() {
    return prefixRead != 0;
  }
}

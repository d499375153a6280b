package io.quorate.client.http;

import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * One call on a connection: what is sent, and what becomes of it. Made for being extended, and used
 * again: once {@link Exchange#ended} was called, the same object can be started anew, so a load
 * generator makes none while it runs. Everything here happens on the connection's event loop.
 */
public abstract class UnaryCall extends Exchange {
  private final MessageAssembly assembly = new MessageAssembly();
  private int sent;
  private boolean gotMessage;

  /** The array that holds the encoded request; must not change until the call has ended. */
  protected abstract byte[] requestArray();

  /** Where in the array the request begins. */
  protected abstract int requestOffset();

  /** How long the request is. */
  protected abstract int requestLength();

  /** The response, before it is known how the call ends. The buffer is valid only meanwhile. */
  protected abstract void message(ByteBuf response);

  private int bytesToSend() {
    return MessageAssembly.PREFIX_BYTES + requestLength();
  }

  @Override
  final boolean isSent() {
    return sent == bytesToSend();
  }

  /** A request whose last byte was never written can't have been acted on. */
  @Override
  final boolean mayBeProcessed() {
    return isSent();
  }

  @Override
  final int unsentBytes() {
    return bytesToSend() - sent;
  }

  @Override
  final boolean endsWithThese() {
    return true;
  }

  @Override
  final void begin(int id, int window) {
    super.begin(id, window);
    sent = 0;
    gotMessage = false;
    assembly.clear();
  }

  @Override
  final void writeTo(ByteBuf out, int count) {
    int left = count;
    while (left > 0 && sent < MessageAssembly.PREFIX_BYTES) {
      out.writeByte(MessageAssembly.prefixByte(sent, requestLength()));
      sent++;
      left--;
    }
    if (left > 0) {
      int from = requestOffset() + sent - MessageAssembly.PREFIX_BYTES;
      out.writeBytes(requestArray(), from, left);
      sent += left;
    }
  }

  @Override
  final @Nullable String received(ByteBuf data, int responseBytesMax) {
    ByteBuf response = assembly.next(data, responseBytesMax);
    while (response != null) {
      if (gotMessage) {
        return "a second message in answer to a unary call";
      }
      gotMessage = true;
      message(response);
      response = assembly.next(data, responseBytesMax);
    }
    return assembly.wrong();
  }

  @Override
  final int heldBytes() {
    return 0;
  }

  @Override
  final boolean lacksMessage() {
    return !gotMessage || assembly.inMidMessage();
  }
}

package io.quorate.transport;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.quorate.base.Bytes;
import io.quorate.base.Checks;
import io.quorate.base.Limits;
import java.util.ArrayDeque;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * The way out of one connection: frames of a turn are laid one behind the other into buffers that
 * go to the network together, at its end at the latest, and what the network hasn't taken yet is
 * counted.
 *
 * <p>Used on the loop only.
 */
final class FrameWriter {
  /** Usual size of a buffer; a larger frame gets one of its own size. */
  private static final int BUFFER_BYTES = 32 << 10;

  private final Channel channel;
  private final long queueBytesMax;
  private final Runnable roomAgain;

  private final CRC32C crc = new CRC32C();
  private final Runnable flushLater = this::flushLater;
  private final ChannelFutureListener written = this::written;

  /** Sizes of the buffers given to the channel and not yet written, oldest first. */
  private final ArrayDeque<Integer> underWay = new ArrayDeque<>();

  private @Nullable ByteBuf filling;
  private long queuedBytes;
  private boolean unflushed;
  private boolean flushComing;
  private boolean refused;
  private boolean closed;

  /**
   * @param queueBytesMax from how many queued bytes on frames are refused
   * @param roomAgain called, on the loop, when half of that is free after a refusal
   */
  FrameWriter(Channel channel, long queueBytesMax, Runnable roomAgain) {
    this.channel = channel;
    this.queueBytesMax = queueBytesMax;
    this.roomAgain = roomAgain;
  }

  /** Bytes accepted and not yet taken by the network. */
  long queuedBytes() {
    return queuedBytes;
  }

  /** Queues a frame; false if there is no room for it, or the connection is over. */
  boolean write(Bytes head, Bytes body) {
    int length = head.length() + body.length();
    Checks.that(
        length <= Limits.FRAME_BYTES_MAX,
        "frame of %d bytes, at most %d",
        length,
        Limits.FRAME_BYTES_MAX);
    if (closed) {
      return false;
    }
    int size = FrameReader.HEADER_BYTES + length;
    if (queuedBytes > 0 && queuedBytes + size > queueBytesMax) {
      refused = true;
      return false;
    }
    crc.reset();
    crc.update(head.array(), head.arrayOffset(), head.length());
    crc.update(body.array(), body.arrayOffset(), body.length());
    ByteBuf buffer = bufferFor(size);
    buffer.writeInt(length).writeInt((int) crc.getValue());
    buffer.writeBytes(head.array(), head.arrayOffset(), head.length());
    buffer.writeBytes(body.array(), body.arrayOffset(), body.length());
    queuedBytes += size;
    unflushed = true;
    if (!flushComing) {
      flushComing = true;
      channel.eventLoop().execute(flushLater);
    }
    return true;
  }

  /** Drops what is still here; what the channel already has is the channel's to drop. */
  void close() {
    closed = true;
    if (filling != null) {
      filling.release();
      filling = null;
    }
  }

  private ByteBuf bufferFor(int size) {
    ByteBuf buffer = filling;
    if (buffer != null && buffer.writableBytes() < size) {
      handOver(buffer);
      buffer = null;
    }
    if (buffer == null) {
      int capacity = Math.max(BUFFER_BYTES, size);
      buffer = channel.alloc().directBuffer(capacity, capacity);
      filling = buffer;
    }
    return buffer;
  }

  private void flushLater() {
    flushComing = false;
    flush();
  }

  /** Gives the network what was written. */
  void flush() {
    if (closed || !unflushed) {
      return;
    }
    unflushed = false;
    if (filling != null) {
      handOver(filling);
    }
    channel.flush();
  }

  private void handOver(ByteBuf buffer) {
    filling = null;
    underWay.add(buffer.readableBytes());
    channel.write(buffer).addListener(written);
  }

  private void written(ChannelFuture future) {
    queuedBytes -= underWay.remove();
    if (refused && !closed && future.isSuccess() && queuedBytes <= queueBytesMax / 2) {
      refused = false;
      channel.eventLoop().execute(this::sayRoom); // never from within a flush
    }
  }

  private void sayRoom() {
    if (!closed) {
      roomAgain.run();
    }
  }
}

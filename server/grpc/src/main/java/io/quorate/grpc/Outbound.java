package io.quorate.grpc;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import java.util.ArrayDeque;

/**
 * The sending side of a connection: the one buffer that all frames of a turn are written into, the
 * connection's window, and the calls that wait for room.
 *
 * <p>A call writes straight into the buffer while there is room in both windows and in the channel.
 * Otherwise what it sends waits in the call, and the calls take turns, a frame each, when room
 * comes. So a peer that does not read, or gives no window, holds up its own calls only, and what
 * waits for it is counted against its bounds. Owned by the connection's loop.
 */
final class Outbound {
  static final int WINDOW_BYTES_DEFAULT = 65_535;

  private static final int ENDED_IN_QUEUES_MAX = 64;

  private final ChannelHandlerContext ctx;
  private final LoopTurn turn;
  private final OutBuffer out = new OutBuffer();
  private final HeaderBlockWriter blocks = new HeaderBlockWriter();
  private final Runnable flush = this::flush;

  /** Calls that can write now, as far as their own window goes. */
  private final ArrayDeque<CallSender> waiting = new ArrayDeque<>();

  /** Calls that have data and find no room in the connection's window. */
  private final ArrayDeque<CallSender> parked = new ArrayDeque<>();

  private int window = WINDOW_BYTES_DEFAULT;
  private int endedInQueues;
  private int controlBytes;
  private boolean dirty;
  private boolean unflushed;
  private boolean sentSincePing;

  Outbound(ChannelHandlerContext ctx, LoopTurn turn) {
    this.ctx = ctx;
    this.turn = turn;
  }

  /** The buffer, for a frame that is to leave in this turn. */
  OutBuffer out() {
    markDirty();
    return out;
  }

  HeaderBlockWriter blocks() {
    return blocks;
  }

  /** Whether the channel takes more, or the peer has to read first. */
  boolean hasRoom() {
    return ctx.channel().isWritable();
  }

  /** What the peer lets us send on the connection, in bytes. */
  int window() {
    return window;
  }

  /** Whether headers or data have left since this was last asked. */
  boolean takeSentSincePing() {
    boolean sent = sentSincePing;
    sentSincePing = false;
    return sent;
  }

  /** Frames of a call were written that take nothing from the window. */
  void wroteHeaders() {
    sentSincePing = true;
  }

  /** A DATA frame of a call was written. */
  void wroteData(int bytes) {
    window -= bytes;
    sentSincePing = true;
    if (out.size() >= GrpcLimits.OUT_BUFFER_BYTES) {
      spill();
    }
  }

  /**
   * An answer to a control frame is about to be written. A peer that causes many and reads none
   * would have us hold them.
   */
  OutBuffer control(int bytes) throws Http2Error {
    if (hasRoom()) {
      controlBytes = 0;
    } else {
      controlBytes += bytes;
      if (controlBytes > GrpcLimits.CONTROL_BYTES_MAX) {
        throw Http2Error.connection(
            Http2Error.ENHANCE_YOUR_CALM, "control frames caused and their answers not read");
      }
    }
    OutBuffer buffer = out();
    if (buffer.size() >= GrpcLimits.OUT_BUFFER_BYTES) {
      spill();
    }
    return buffer;
  }

  /** The call has something to send and waits for its turn. */
  void enqueue(CallSender call) {
    if (!call.queued()) {
      call.queued(true);
      waiting.add(call);
    }
    markDirty();
  }

  /**
   * A call that waits here has ended. It is dropped with many others, once half of all that wait
   * are such: a peer that gives no window and opens and resets streams must not fill this.
   */
  void forgetQueued() {
    endedInQueues++;
    if (endedInQueues > ENDED_IN_QUEUES_MAX && 2 * endedInQueues > waiting.size() + parked.size()) {
      waiting.removeIf(CallSender::isOver);
      parked.removeIf(CallSender::isOver);
      endedInQueues = 0;
    }
  }

  /** The peer widens the connection's window. */
  void widen(int increment) throws Http2Error {
    if (increment > Integer.MAX_VALUE - window) {
      throw Http2Error.connection(
          Http2Error.FLOW_CONTROL_ERROR, "connection's window beyond 2^31-1");
    }
    window += increment;
    if (!parked.isEmpty()) {
      waiting.addAll(parked);
      parked.clear();
      markDirty();
    }
  }

  /** The channel takes more again. */
  void roomAgain() {
    if (!waiting.isEmpty()) {
      markDirty();
    }
  }

  void markDirty() {
    if (!dirty) {
      dirty = true;
      turn.flushAtEnd(flush);
    }
  }

  /** Sends what was written in this turn and what waiting calls can write now. */
  void flush() {
    dirty = false;
    pump();
    spill();
    if (unflushed) {
      unflushed = false;
      ctx.flush();
    }
  }

  private void pump() {
    while (!waiting.isEmpty() && hasRoom()) {
      CallSender call = waiting.remove();
      call.queued(false);
      switch (call.writeSome()) {
        case AGAIN -> {
          if (!call.queued()) {
            call.queued(true);
            waiting.add(call);
          }
        }
        case CONNECTION_WINDOW -> {
          call.queued(true);
          parked.add(call);
        }
        case CALL_WINDOW, NOTHING_LEFT -> {}
      }
    }
  }

  private void spill() {
    int size = out.size();
    if (size > 0) {
      ByteBuf buffer = ctx.alloc().ioBuffer(size, size);
      buffer.writeBytes(out.array(), 0, size);
      out.clear();
      unflushed = true;
      var _ = ctx.write(buffer, ctx.voidPromise());
    }
  }
}

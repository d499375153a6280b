package io.quorate.grpc;

import io.quorate.base.Bytes;
import org.jspecify.annotations.Nullable;

/**
 * The sending half of a call, and how a call ends: headers, messages and trailers, written straight
 * into the connection's buffer while there is room, or waiting in a {@link SendQueue}. The other
 * half is {@link GrpcCall}; the two are one object, since there is one for each call. Owned by the
 * connection's loop.
 */
abstract class CallSender extends DeadlineWheel.Entry implements Call {
  /** How far {@link #writeSome} came. */
  enum Progress {
    AGAIN,
    CALL_WINDOW,
    CONNECTION_WINDOW,
    NOTHING_LEFT
  }

  private final GrpcConnection connection;
  private final Outbound outbound;
  private final int streamId;
  private final RequestHead head;

  private int sendWindow;
  private @Nullable SendQueue queue;
  private @Nullable Status finalStatus;
  private Metadata trailers = Metadata.EMPTY;
  private boolean headersSent;
  private boolean gzipAnnounced;
  private boolean compressing;
  private boolean queued;
  private boolean wantsRoom;

  private @Nullable CallListener listener;
  private boolean over;

  CallSender(GrpcConnection connection, int streamId, RequestHead head, int sendWindow) {
    this.connection = connection;
    this.outbound = connection.outbound();
    this.streamId = streamId;
    this.head = head;
    this.sendWindow = sendWindow;
  }

  /** Lets go of what was received and not taken. */
  abstract void dropReceived();

  /** The call is over: the peer has its status, or is gone. */
  abstract void ended(StatusCode code);

  /** Whether the client has ended its side of the stream. */
  abstract boolean isHalfClosed();

  /** What the request's headers said. */
  final RequestHead head() {
    return head;
  }

  /** Whether someone listens to this call. */
  final boolean hasListener() {
    return listener != null;
  }

  /** Whether nothing more is written for this stream. */
  final boolean isOver() {
    return over;
  }

  /** Whether the service has answered, or been answered for. */
  final boolean isAnswered() {
    return finalStatus != null;
  }

  int streamId() {
    return streamId;
  }

  GrpcConnection connection() {
    return connection;
  }

  /** Whether more of the client's messages have a taker. */
  boolean receives() {
    return !over && finalStatus == null;
  }

  /** The peer ended the stream, or the connection is gone. */
  void cancelled() {
    if (over) {
      return;
    }
    boolean tell = finalStatus == null;
    end();
    if (tell) {
      tellCancelled();
    }
  }

  /** Ends the call from here, for a fault that is not the service's: it hears of it. */
  void fail(Status status) {
    if (receives()) {
      complete(status);
      tellCancelled();
    }
  }

  /** The peer widens this stream's window. */
  void widen(int increment) throws Http2Error {
    if ((long) sendWindow + increment > Integer.MAX_VALUE) {
      throw Http2Error.stream(
          streamId, Http2Error.FLOW_CONTROL_ERROR, "stream's window beyond 2^31-1");
    }
    sendWindow += increment;
    if (queue != null && sendWindow > 0 && !queued) {
      outbound.enqueue(this);
    }
  }

  /** The peer's initial window changed by this much; it may make a window negative. */
  void shiftWindow(int delta) throws Http2Error {
    if ((long) sendWindow + delta > Integer.MAX_VALUE) {
      throw Http2Error.connection(Http2Error.FLOW_CONTROL_ERROR, "stream's window beyond 2^31-1");
    }
    sendWindow += delta;
    if (queue != null && sendWindow > 0 && !queued) {
      outbound.enqueue(this);
    }
  }

  boolean queued() {
    return queued;
  }

  void queued(boolean now) {
    queued = now;
  }

  /** Writes at most one frame of what waits, and the trailers after the last. */
  Progress writeSome() {
    if (over) {
      return Progress.NOTHING_LEFT;
    }
    SendQueue unsent = queue;
    if (unsent != null) {
      int room = Math.min(sendWindow, outbound.window());
      if (room <= 0) {
        return sendWindow <= 0 ? Progress.CALL_WINDOW : Progress.CONNECTION_WINDOW;
      }
      writeHeaders(Metadata.EMPTY);
      int written = unsent.writeFrame(outbound.out(), streamId, room);
      sendWindow -= written;
      outbound.wroteData(written);
      connection.letGo(written);
      if (unsent.isEmpty()) {
        queue = null;
      }
      tellRoom();
      if (queue != null) {
        return Progress.AGAIN;
      }
    }
    if (!over && finalStatus != null) {
      writeTrailers(finalStatus);
    }
    return Progress.NOTHING_LEFT;
  }

  @Override
  public boolean isOpen() {
    return !over && finalStatus == null;
  }

  @Override
  public void listen(CallListener newListener) {
    this.listener = newListener;
  }

  @Override
  public void sendHeaders(Metadata headers) {
    if (!isOpen()) {
      return;
    }
    if (headersSent) {
      throw new IllegalStateException("headers have left already");
    }
    writeHeaders(headers);
  }

  @Override
  public void send(Bytes message) {
    int length = message.length();
    if (!isOpen()) {
      return;
    }
    countSent(length);
    if (compressing) {
      sendCompressed(message.array(), message.arrayOffset(), length);
    } else if (fits(length)) {
      int at = beginMessage(length);
      message.copyTo(outbound.out().array(), at);
    } else {
      byte[] framed = new byte[MessageReader.PREFIX_BYTES + length];
      message.copyTo(framed, MessageReader.PREFIX_BYTES);
      enqueue(framed, false);
    }
  }

  @Override
  public void send(MessageWriter message) {
    if (!isOpen()) {
      return;
    }
    int length = message.size();
    countSent(length);
    if (compressing) {
      byte[] plain = new byte[length];
      message.writeTo(plain, 0);
      sendCompressed(plain, 0, length);
    } else if (fits(length)) {
      int at = beginMessage(length);
      message.writeTo(outbound.out().array(), at);
    } else {
      byte[] framed = new byte[MessageReader.PREFIX_BYTES + length];
      message.writeTo(framed, MessageReader.PREFIX_BYTES);
      enqueue(framed, false);
    }
  }

  @Override
  public boolean isReady() {
    boolean ready = isOpen() && pendingBytes() < GrpcLimits.CALL_READY_BYTES;
    wantsRoom |= !ready;
    return ready;
  }

  @Override
  public long pendingBytes() {
    return queue == null ? 0 : queue.size();
  }

  @Override
  public void reply(Bytes message) {
    send(message);
    complete(Status.OK);
  }

  @Override
  public void reply(MessageWriter message) {
    send(message);
    complete(Status.OK);
  }

  @Override
  public void complete(Status status) {
    complete(status, Metadata.EMPTY);
  }

  @Override
  public void complete(Status status, Metadata trailingMetadata) {
    if (!isOpen()) {
      return;
    }
    finalStatus = status;
    trailers = trailingMetadata;
    dropReceived();
    if (queue == null && outbound.hasRoom()) {
      writeTrailers(status);
    } else {
      outbound.enqueue(this);
    }
  }

  @Override
  public void compress(boolean on) {
    if (!head.gzipAccepted) {
      return;
    }
    if (on && headersSent && !gzipAnnounced) {
      throw new IllegalStateException("headers have left without grpc-encoding");
    }
    gzipAnnounced |= on;
    compressing = on;
  }

  private void countSent(int length) {
    ServiceRegistry.Method method = head.method;
    if (method != null) {
      method.statistics().send(length);
    }
  }

  /** Whether a message of this length can leave at once, in one frame. */
  private boolean fits(int length) {
    int framed = MessageReader.PREFIX_BYTES + length;
    return queue == null
        && length <= GrpcLimits.FRAME_BYTES_MAX - MessageReader.PREFIX_BYTES
        && framed <= sendWindow
        && framed <= outbound.window()
        && outbound.hasRoom();
  }

  /** Writes all that precedes a message which {@link #fits}; returns where it is to be put. */
  private int beginMessage(int length) {
    writeHeaders(Metadata.EMPTY);
    int framed = MessageReader.PREFIX_BYTES + length;
    sendWindow -= framed;
    outbound.wroteData(framed);
    OutBuffer out = outbound.out();
    out.frameHeader(framed, OutBuffer.DATA, 0, streamId);
    out.put(0);
    out.putInt(length);
    return out.reserve(length);
  }

  private void sendCompressed(byte[] message, int offset, int length) {
    byte[] gzip = Gzip.compress(message, offset, length);
    byte[] framed = new byte[MessageReader.PREFIX_BYTES + gzip.length];
    System.arraycopy(gzip, 0, framed, MessageReader.PREFIX_BYTES, gzip.length);
    enqueue(framed, true);
  }

  /** Queues a message that has room for its prefix before it. */
  private void enqueue(byte[] framed, boolean compressed) {
    int length = framed.length - MessageReader.PREFIX_BYTES;
    framed[0] = (byte) (compressed ? 1 : 0);
    framed[1] = (byte) (length >>> 24);
    framed[2] = (byte) (length >>> 16);
    framed[3] = (byte) (length >>> 8);
    framed[4] = (byte) length;
    SendQueue unsent = queue;
    if (unsent == null) {
      unsent = new SendQueue();
      queue = unsent;
    } else if (unsent.size() + framed.length > connection.settings().pendingBytesPerCallMax()) {
      dropUnsent();
      complete(
          Status.of(
              StatusCode.RESOURCE_EXHAUSTED, "client is too slow for what it asked to be sent"));
      loop().execute(this::tellCancelled); // never from within the service
      return;
    }
    unsent.add(framed);
    connection.holdAnyway(framed.length);
    outbound.enqueue(this);
  }

  private void writeHeaders(Metadata metadata) {
    if (!headersSent) {
      headersSent = true;
      OutBuffer out = outbound.out();
      int at = out.beginHeaders(streamId, false);
      outbound.blocks().responseHeaders(out, gzipAnnounced);
      outbound.blocks().metadata(out, metadata);
      out.endHeaders(at, streamId);
      outbound.wroteHeaders();
    }
  }

  private void writeTrailers(Status status) {
    OutBuffer out = outbound.out();
    HeaderBlockWriter blocks = outbound.blocks();
    int at = out.beginHeaders(streamId, true);
    if (headersSent) {
      if (status.isOk() && trailers.isEmpty()) {
        blocks.trailersOk(out);
      } else {
        blocks.trailers(out, status, trailers, true);
      }
    } else {
      if (head.isHttpOk()) {
        blocks.responseHeaders(out, false);
      } else {
        blocks.errorHeaders(out, head.httpStatus);
      }
      if (head.unknownEncoding) {
        blocks.acceptEncoding(out);
      }
      blocks.trailers(out, status, trailers, false);
    }
    out.endHeaders(at, streamId);
    outbound.wroteHeaders();
    if (!isHalfClosed()) {
      // The client may stop sending: the answer is complete without the rest of its request.
      out.rstStream(streamId, Http2Error.NO_ERROR);
    }
    end();
  }

  final void dropUnsent() {
    SendQueue unsent = queue;
    if (unsent != null) {
      connection.letGo(unsent.size());
      // A message that has left in part can't be ended properly: the stream is reset instead.
      boolean torn = unsent.isTorn();
      queue = null;
      if (torn && !over) {
        boolean tell = finalStatus == null;
        connection.reset(this, Http2Error.CANCEL);
        if (tell) {
          tellCancelled();
        }
      }
    }
  }

  private void tellRoom() {
    if (wantsRoom && isOpen() && pendingBytes() < GrpcLimits.CALL_READY_BYTES) {
      wantsRoom = false;
      CallListener told = listener;
      if (told != null) {
        try {
          told.onReady();
        } catch (Throwable e) {
          failed(e);
        }
      }
    }
  }

  final void tellCancelled() {
    CallListener told = listener;
    listener = null;
    if (told != null) {
      try {
        told.onCancel();
      } catch (Throwable e) {
        connection.report(e);
      }
    }
  }

  /** A handler threw. */
  final void failed(Throwable e) {
    if (e instanceof StatusException known) {
      fail(known.status());
    } else {
      connection.report(e);
      fail(Status.of(StatusCode.INTERNAL, "internal error"));
    }
  }

  /** Lets go of everything; nothing more is written for this stream. */
  void end() {
    if (!over) {
      over = true;
      ended(finalStatus == null ? StatusCode.CANCELLED : finalStatus.code());
      dropReceived();
      SendQueue unsent = queue;
      if (unsent != null) {
        connection.letGo(unsent.size());
        queue = null;
      }
      connection.loop().removeDeadline(this);
      if (queued) {
        outbound.forgetQueued();
      }
      connection.forget(this);
    }
  }
}

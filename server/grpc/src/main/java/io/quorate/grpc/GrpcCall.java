package io.quorate.grpc;

import io.netty.buffer.ByteBuf;
import io.quorate.base.Bytes;
import java.io.IOException;
import java.net.SocketAddress;
import java.security.cert.X509Certificate;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * A call and its HTTP/2 stream, which live and end together.
 *
 * <p>The common call takes the short way: one DATA frame is its request, the answer is written
 * straight into the connection's buffer, and this is the only object made for it beside the
 * request's bytes. Pieces of a longer message are put together by a {@link MessageReader}, and what
 * finds no room waits in a {@link SendQueue}; both are made when needed. Owned by the connection's
 * loop.
 */
final class GrpcCall extends DeadlineWheel.Entry implements Call {
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
  private final long openedAtNanos;
  private final long deadlineNanos;

  // Receiving.
  private int receiveWindow = GrpcLimits.STREAM_WINDOW_BYTES;
  private int unacknowledged;
  private @Nullable MessageReader reader;
  private @Nullable Bytes request;
  private @Nullable StreamListener stream;
  private @Nullable ArrayDeque<Received> paused;
  private boolean isPaused;
  private boolean resuming;
  private boolean halfClosed;
  private boolean halfCloseDelivered;
  private boolean receivedCompressed;

  // Sending.
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
  private @Nullable Object attachment;
  private boolean over;

  /** A message that waits while the service has paused its stream. */
  private record Received(Bytes message, boolean compressed) {}

  GrpcCall(GrpcConnection connection, int streamId, RequestHead head, int sendWindow, long now) {
    this.connection = connection;
    this.outbound = connection.outbound();
    this.streamId = streamId;
    this.head = head;
    this.sendWindow = sendWindow;
    this.openedAtNanos = now;
    this.deadlineNanos =
        head.timeoutNanos == RequestHead.NO_TIMEOUT
            ? NO_DEADLINE
            : now + Math.min(head.timeoutNanos, Long.MAX_VALUE / 4);
  }

  int streamId() {
    return streamId;
  }

  GrpcConnection connection() {
    return connection;
  }

  // ------------------------------------------------------------------ from the connection

  /** Begins: refuses what can't be served, else opens the stream of a streaming method. */
  void begin(boolean endStream) {
    Status refusal = head.refusal;
    if (refusal == null && connection.isOverloaded()) {
      refusal = Status.of(StatusCode.RESOURCE_EXHAUSTED, "too much waits for this client to read");
    }
    if (refusal != null) {
      halfClosed = endStream;
      complete(refusal);
      return;
    }
    if (deadlineNanos != NO_DEADLINE) {
      connection.loop().addDeadline(this, deadlineNanos);
    }
    if (head.method instanceof ServiceRegistry.Method.Streaming streaming) {
      try {
        StreamListener opened = streaming.handler().open(this);
        stream = opened;
        if (listener == null) {
          listener = opened;
        }
      } catch (Throwable e) {
        failed(e);
      }
    }
  }

  /** Takes a DATA frame's content; {@code flowLength} counts its padding too. */
  void onData(ByteBuf data, int length, int flowLength, boolean endStream) throws Http2Error {
    if (halfClosed) {
      throw Http2Error.stream(streamId, Http2Error.STREAM_CLOSED, "data after the stream's end");
    }
    receiveWindow -= flowLength;
    if (receiveWindow < 0) {
      throw Http2Error.stream(
          streamId, Http2Error.FLOW_CONTROL_ERROR, "data beyond the stream's window");
    }
    if (finalStatus == null) {
      int start = data.readerIndex();
      if (reader == null
          && length >= MessageReader.PREFIX_BYTES
          && data.getInt(start + 1) == length - MessageReader.PREFIX_BYTES) {
        byte flag = data.getByte(start);
        if (admits(flag, length - MessageReader.PREFIX_BYTES)) {
          byte[] message = new byte[length - MessageReader.PREFIX_BYTES];
          data.getBytes(start + MessageReader.PREFIX_BYTES, message);
          deliver(message, flag == 1);
        }
      } else if (length > 0) {
        MessageReader pieces = reader;
        if (pieces == null) {
          pieces = new MessageReader(this);
          reader = pieces;
        }
        pieces.feed(data, length);
        if (over || finalStatus != null) {
          pieces.close();
        } else if (!pieces.inMessage()) {
          reader = null;
        }
      }
    }
    if (endStream) {
      onHalfClose();
    } else if (!over) {
      unacknowledged += flowLength;
      grantWindow();
    }
  }

  /** The client sends no more. */
  void onHalfClose() throws Http2Error {
    if (halfClosed) {
      throw Http2Error.stream(streamId, Http2Error.STREAM_CLOSED, "second end of the stream");
    }
    halfClosed = true;
    if (over || finalStatus != null) {
      return;
    }
    if (reader != null) {
      fail(Status.of(StatusCode.INTERNAL, "unexpected EOF"));
    } else if (head.method instanceof ServiceRegistry.Method.Unary unary) {
      Bytes complete = request;
      request = null;
      if (complete == null) {
        fail(Status.of(StatusCode.INTERNAL, "no request message"));
        return;
      }
      try {
        unary.handler().handle(this, complete);
      } catch (Throwable e) {
        failed(e);
      }
    } else if (!isPaused && !resuming) {
      deliverHalfClose();
    }
  }

  /** Whether more of the client's messages have a taker. */
  boolean receives() {
    return !over && finalStatus == null;
  }

  /** Whether a message of this length and flag may come; if not, the call has been ended. */
  boolean admits(byte flag, int length) {
    int max = connection.settings().receivedMessageBytesMax();
    if (length < 0 || length > max) {
      fail(
          Status.of(
              StatusCode.RESOURCE_EXHAUSTED,
              "grpc: received message larger than max (%d vs. %d)"
                  .formatted(Integer.toUnsignedLong(length), max)));
      return false;
    }
    if (flag != 0 && flag != 1) {
      fail(
          Status.of(
              StatusCode.INTERNAL,
              "grpc: received unexpected payload format %d".formatted(flag & 0xff)));
      return false;
    }
    if (flag == 1 && !head.gzipRequests) {
      fail(
          Status.of(
              StatusCode.INTERNAL, "grpc: compressed flag set with identity or empty encoding"));
      return false;
    }
    return true;
  }

  /** Hands a whole message over, or lets it wait if the service has paused. */
  void deliver(byte[] message, boolean compressed) {
    if (isPaused || resuming) {
      ArrayDeque<Received> waiting = paused;
      if (waiting == null) {
        waiting = new ArrayDeque<>();
        paused = waiting;
      }
      waiting.add(new Received(Bytes.wrap(message), compressed));
      connection.holdAnyway(message.length);
      return;
    }
    hand(message, compressed);
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

  @Override
  void expired() {
    if (over) {
      return;
    }
    if (finalStatus != null) {
      // The answer is made, but the peer hasn't taken it in time.
      connection.reset(this, Http2Error.CANCEL);
    } else {
      dropUnsent();
      fail(Status.of(StatusCode.DEADLINE_EXCEEDED, "context deadline exceeded"));
    }
  }

  /** Whether the call's one request, or a message that has begun, has been coming for too long. */
  boolean isOverdue(long nowNanos) {
    MessageReader pieces = reader;
    long since;
    if (head.method instanceof ServiceRegistry.Method.Unary && !halfClosed) {
      since = openedAtNanos;
    } else if (pieces != null) {
      since = pieces.begunAtNanos();
    } else {
      return false;
    }
    return nowNanos - since > connection.settings().requestNanosMax() && receives() && !isPaused;
  }

  /** Ends the call if it {@link #isOverdue}. */
  void lookAfter(long nowNanos) {
    if (isOverdue(nowNanos)) {
      fail(Status.of(StatusCode.DEADLINE_EXCEEDED, "request took too long to arrive"));
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

  // ------------------------------------------------------------------ what the service sees

  @Override
  public String method() {
    return head.path;
  }

  @Override
  public Metadata metadata() {
    return head.metadata();
  }

  @Override
  public String authority() {
    return head.authority;
  }

  @Override
  public SocketAddress remoteAddress() {
    return connection.remoteAddress();
  }

  @Override
  public List<X509Certificate> peerCertificates() {
    return connection.peerCertificates();
  }

  @Override
  public long deadlineNanos() {
    return deadlineNanos;
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
  public void pause() {
    isPaused = true;
  }

  @Override
  public void resume() {
    if (isPaused && isOpen()) {
      isPaused = false;
      if (!resuming) {
        resuming = true;
        loop().execute(this::deliverPaused);
      }
    }
  }

  @Override
  public boolean receivedCompressed() {
    return receivedCompressed;
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

  @Override
  public Executor loop() {
    return connection.loop().loop();
  }

  @Override
  public void attach(Object newAttachment) {
    this.attachment = newAttachment;
  }

  @Override
  public Object attachment() {
    Object attached = attachment;
    if (attached == null) {
      throw new IllegalStateException("nothing is attached");
    }
    return attached;
  }

  // ------------------------------------------------------------------ receiving

  private void hand(byte[] raw, boolean compressed) {
    byte[] message = raw;
    if (compressed) {
      int max = connection.settings().receivedMessageBytesMax();
      byte[] inflated;
      try {
        inflated = Gzip.decompress(raw, 0, raw.length, max);
      } catch (IOException e) {
        fail(
            Status.of(
                StatusCode.INTERNAL,
                "grpc: failed to decompress the received message: " + e.getMessage()));
        return;
      }
      if (inflated == null) {
        fail(
            Status.of(
                StatusCode.RESOURCE_EXHAUSTED,
                "grpc: received message after decompression larger than max %d".formatted(max)));
        return;
      }
      message = inflated;
    }
    receivedCompressed = compressed;
    StreamListener receiver = stream;
    if (receiver != null) {
      try {
        receiver.onMessage(Bytes.wrap(message));
      } catch (Throwable e) {
        failed(e);
      }
    } else if (request == null) {
      request = Bytes.wrap(message);
    } else {
      fail(Status.of(StatusCode.INTERNAL, "more than one request message"));
    }
  }

  private void deliverPaused() {
    resuming = false;
    ArrayDeque<Received> waiting = paused;
    while (waiting != null && !waiting.isEmpty() && !isPaused && receives()) {
      Received received = waiting.remove();
      connection.letGo(received.message.length());
      hand(received.message.array(), received.compressed);
    }
    if (receives() && !isPaused) {
      if (halfClosed) {
        deliverHalfClose();
      } else {
        grantWindow();
      }
    }
  }

  private void deliverHalfClose() {
    StreamListener receiver = stream;
    if (receiver != null && !halfCloseDelivered) {
      halfCloseDelivered = true;
      try {
        receiver.onHalfClose();
      } catch (Throwable e) {
        failed(e);
      }
    }
  }

  /** Lets the client send on, in steps of half a window, as long as the service takes it. */
  private void grantWindow() {
    if (unacknowledged >= GrpcLimits.STREAM_WINDOW_BYTES / 2 && !isPaused && receives()) {
      outbound.out().windowUpdate(streamId, unacknowledged);
      receiveWindow += unacknowledged;
      unacknowledged = 0;
    }
  }

  private void dropReceived() {
    request = null;
    if (reader != null) {
      reader.close();
      reader = null;
    }
    ArrayDeque<Received> waiting = paused;
    if (waiting != null) {
      for (Received received : waiting) {
        connection.letGo(received.message.length());
      }
      paused = null;
    }
  }

  // ------------------------------------------------------------------ sending

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
      fail(
          Status.of(
              StatusCode.RESOURCE_EXHAUSTED, "client is too slow for what it asked to be sent"));
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
    if (!halfClosed) {
      // The client may stop sending: the answer is complete without the rest of its request.
      out.rstStream(streamId, Http2Error.NO_ERROR);
    }
    end();
  }

  private void dropUnsent() {
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

  // ------------------------------------------------------------------ the end

  private void tellCancelled() {
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
  private void failed(Throwable e) {
    if (e instanceof StatusException known) {
      complete(known.status());
    } else {
      connection.report(e);
      complete(Status.of(StatusCode.INTERNAL, "internal error"));
    }
  }

  /** Lets go of everything; nothing more is written for this stream. */
  void end() {
    if (!over) {
      over = true;
      dropReceived();
      SendQueue unsent = queue;
      if (unsent != null) {
        connection.letGo(unsent.size());
        queue = null;
      }
      if (deadlineNanos != NO_DEADLINE) {
        connection.loop().removeDeadline(this);
      }
      connection.forget(this);
    }
  }
}

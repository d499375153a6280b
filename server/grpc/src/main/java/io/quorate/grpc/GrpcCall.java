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
 * finds no room waits in a {@link SendQueue}; both are made when needed. What is here is receiving
 * and time; sending and the end are in {@link CallSender}. Owned by the connection's loop.
 */
final class GrpcCall extends CallSender {
  private final long openedAtNanos;
  private final long deadlineNanos;

  private int receiveWindow = GrpcLimits.STREAM_WINDOW_BYTES;
  private int unacknowledged;
  private @Nullable MessageReader reader;
  private @Nullable Bytes request;

  /** Whether {@link #request} is counted as held, since the call goes on after it. */
  private boolean requestHeld;

  private @Nullable StreamListener stream;
  private @Nullable ArrayDeque<Received> paused;
  private boolean isPaused;
  private boolean resuming;
  private boolean halfClosed;
  private boolean halfCloseDelivered;
  private boolean receivedCompressed;
  private @Nullable Object attachment;

  GrpcCall(GrpcConnection connection, int streamId, RequestHead head, int sendWindow, long now) {
    super(connection, streamId, head, sendWindow);
    this.openedAtNanos = now;
    this.deadlineNanos =
        head.timeoutNanos == RequestHead.NO_TIMEOUT
            ? NO_DEADLINE
            : now + Math.min(head.timeoutNanos, Long.MAX_VALUE / 4);
    ServiceRegistry.Method method = head.method;
    if (method != null) {
      method.statistics().start();
    }
  }

  @Override
  void ended(StatusCode code) {
    ServiceRegistry.Method method = head().method;
    if (method != null) {
      method.statistics().end(code);
      if (connection().settings().registry().measuresTimes()) {
        long now = connection().settings().nanoClock().getAsLong();
        method.statistics().took(now - openedAtNanos);
      }
    }
  }

  @Override
  boolean isHalfClosed() {
    return halfClosed;
  }

  /** A message that waits while the service has paused its stream. */
  private record Received(Bytes message, boolean compressed) {
    /** What it holds, about. */
    long bytes() {
      return GrpcLimits.WAITING_MESSAGE_BYTES + message.length();
    }
  }

  /** Begins: refuses what can't be served, else opens the stream of a streaming method. */
  void begin(boolean endStream) {
    Status refusal = head().refusal;
    if (refusal == null && connection().isOverloaded()) {
      refusal = Status.of(StatusCode.RESOURCE_EXHAUSTED, "too much waits for this client to read");
    }
    if (refusal != null) {
      halfClosed = endStream;
      complete(refusal);
      return;
    }
    if (deadlineNanos != NO_DEADLINE) {
      connection().loop().addDeadline(this, deadlineNanos);
    }
    if (head().method instanceof ServiceRegistry.Method.Streaming streaming) {
      try {
        StreamListener opened = streaming.handler().open(this);
        stream = opened;
        if (!hasListener()) {
          listen(opened);
        }
      } catch (Throwable e) {
        failed(e);
      }
    }
  }

  /** Takes a DATA frame's content; {@code flowLength} counts its padding too. */
  void onData(ByteBuf data, int length, int flowLength, boolean endStream) throws Http2Error {
    if (halfClosed) {
      throw Http2Error.stream(streamId(), Http2Error.STREAM_CLOSED, "data after the stream's end");
    }
    receiveWindow -= flowLength;
    if (receiveWindow < 0) {
      throw Http2Error.stream(
          streamId(), Http2Error.FLOW_CONTROL_ERROR, "data beyond the stream's window");
    }
    if (!isAnswered()) {
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
        if (isOver() || isAnswered()) {
          pieces.close();
        } else if (!pieces.inMessage()) {
          reader = null;
        }
      }
    }
    if (endStream) {
      onHalfClose();
    } else if (!isOver()) {
      holdRequest();
      unacknowledged += flowLength;
      grantWindow();
    }
  }

  /** The client sends no more. */
  void onHalfClose() throws Http2Error {
    if (halfClosed) {
      throw Http2Error.stream(streamId(), Http2Error.STREAM_CLOSED, "second end of the stream");
    }
    halfClosed = true;
    if (isOver() || isAnswered()) {
      return;
    }
    if (reader != null) {
      fail(Status.of(StatusCode.INTERNAL, "unexpected EOF"));
    } else if (head().method instanceof ServiceRegistry.Method.Unary unary) {
      Bytes complete = request;
      letGoOfRequest();
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

  /** Whether a message of this length and flag may come; if not, the call has been ended. */
  boolean admits(byte flag, int length) {
    int max = connection().settings().receivedMessageBytesMax();
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
    if (flag == 1 && !head().gzipRequests) {
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
      Received received = new Received(Bytes.wrap(message), compressed);
      if (connection().hold(received.bytes())) {
        waiting.add(received);
      } else {
        fail(
            Status.of(
                StatusCode.RESOURCE_EXHAUSTED,
                "server holds too many messages that wait for their turn"));
      }
      return;
    }
    hand(message, compressed);
  }

  @Override
  void expired() {
    if (isOver()) {
      return;
    }
    if (isAnswered()) {
      // The answer is made, but the peer hasn't taken it in time.
      connection().reset(this, Http2Error.CANCEL);
    } else {
      dropUnsent();
      fail(Status.of(StatusCode.DEADLINE_EXCEEDED, "context deadline exceeded"));
    }
  }

  /** Whether the call's one request, or a message that has begun, has been coming for too long. */
  boolean isOverdue(long nowNanos) {
    MessageReader pieces = reader;
    long since;
    if (head().method instanceof ServiceRegistry.Method.Unary && !halfClosed) {
      since = openedAtNanos;
    } else if (pieces != null) {
      since = pieces.begunAtNanos();
    } else {
      return false;
    }
    return nowNanos - since > connection().settings().requestNanosMax() && receives() && !isPaused;
  }

  /** Ends the call if it {@link #isOverdue}. */
  void lookAfter(long nowNanos) {
    if (isOverdue(nowNanos)) {
      fail(Status.of(StatusCode.DEADLINE_EXCEEDED, "request took too long to arrive"));
    }
  }

  @Override
  public String method() {
    return head().path;
  }

  @Override
  public Metadata metadata() {
    return head().metadata();
  }

  @Override
  public String authority() {
    return head().authority;
  }

  @Override
  public SocketAddress remoteAddress() {
    return connection().remoteAddress();
  }

  @Override
  public List<X509Certificate> peerCertificates() {
    return connection().peerCertificates();
  }

  @Override
  public long deadlineNanos() {
    return deadlineNanos;
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
  public Executor loop() {
    return connection().loop().loop();
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

  private void hand(byte[] raw, boolean compressed) {
    byte[] message = raw;
    ServiceRegistry.Method method = head().method;
    if (method != null) {
      method.statistics().receive(raw.length);
    }
    if (compressed) {
      int max = connection().settings().receivedMessageBytesMax();
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
      connection().letGo(received.bytes());
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

  /** The client has said all and doesn't end its side yet: what waits for that is counted. */
  private void holdRequest() {
    Bytes complete = request;
    if (complete != null && !requestHeld) {
      requestHeld = connection().hold(complete.length());
      if (!requestHeld) {
        fail(Status.of(StatusCode.RESOURCE_EXHAUSTED, "server holds too many incomplete requests"));
      }
    }
  }

  private void letGoOfRequest() {
    if (requestHeld && request != null) {
      connection().letGo(request.length());
    }
    requestHeld = false;
    request = null;
  }

  /** Lets the client send on, in steps of half a window, as long as the service takes it. */
  private void grantWindow() {
    if (unacknowledged >= GrpcLimits.STREAM_WINDOW_BYTES / 2 && !isPaused && receives()) {
      connection().outbound().out().windowUpdate(streamId(), unacknowledged);
      receiveWindow += unacknowledged;
      unacknowledged = 0;
    }
  }

  @Override
  void dropReceived() {
    letGoOfRequest();
    if (reader != null) {
      reader.close();
      reader = null;
    }
    ArrayDeque<Received> waiting = paused;
    if (waiting != null) {
      for (Received received : waiting) {
        connection().letGo(received.bytes());
      }
      paused = null;
    }
  }
}

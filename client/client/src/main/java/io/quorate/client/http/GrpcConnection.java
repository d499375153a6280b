package io.quorate.client.http;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.codec.http2.DefaultHttp2FrameReader;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.collection.IntObjectHashMap;
import io.quorate.client.channel.Answer.Fate;
import io.quorate.client.channel.StatusCode;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One HTTP/2 connection that carries gRPC calls, as the client.
 *
 * <p>The life of a call: it waits if the peer allows no further stream; it opens a stream and sends
 * headers and request as far as both windows let it; then the answer, a reset, a GOAWAY below it,
 * its deadline, a cancellation or the connection's end ends it. Frames of one turn of the loop
 * leave in one write: whoever starts calls outside of a call's end must {@link #flush} afterwards.
 *
 * <p>Owned by its event loop: no method may be called elsewhere.
 */
public final class GrpcConnection {
  private static final byte[] PREFACE =
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(java.nio.charset.StandardCharsets.US_ASCII);
  private static final int HEADER_LIST_BYTES_MAX = 64 * 1024;
  private static final long SWEEP_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

  /** While all calls under way may last forever, only signs of life are looked for. */
  private static final long QUIET_SWEEP_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** Members close connections that ask more often than each five seconds; one is for the way. */
  public static final Duration PING_SPACING = Duration.ofSeconds(6);

  private static final int STREAM_ID_MAX = Integer.MAX_VALUE - 2;

  /** Who is told of a connection's beginning and end; on its event loop. */
  public interface Listener {
    /** The peer speaks HTTP/2: calls may be started. */
    void ready(GrpcConnection connection);

    /** No further call can be started. Told once, also if it never became ready. */
    void over(GrpcConnection connection, String why);
  }

  private enum State {
    CONNECTING,
    READY,
    /** Calls under way may end, none may begin. */
    DRAINING,
    CLOSED
  }

  private final EventLoop loop;
  private final HttpSettings settings;
  private final Listener listener;
  private final Inbound inbound;
  private final FrameWriter frames;
  private final @Nullable SslHandler tls;
  private final IntObjectHashMap<Exchange> streams = new IntObjectHashMap<>();
  private final ArrayDeque<Exchange> waiting = new ArrayDeque<>();
  private final ArrayDeque<Exchange> blocked = new ArrayDeque<>();

  private State state = State.CONNECTING;
  private @Nullable ChannelHandlerContext context;
  private int nextStreamId = 1;
  private long peerStreamsMax = Long.MAX_VALUE;
  private int peerInitialWindow = 65_535;
  private int sendWindow = 65_535;
  private int unacknowledged;
  private @Nullable Future<?> nextSweep;
  private boolean sweepsOften;
  private long lastReadNanos;
  private long sweepDueNanos;
  private boolean pinged;
  private boolean awaitsPing;
  private long pingSentNanos;
  private long pingDueNanos;

  private GrpcConnection(
      EventLoop loop,
      String authority,
      HttpSettings settings,
      @Nullable SslHandler tls,
      Listener listener) {
    this.loop = loop;
    this.settings = settings;
    this.tls = tls;
    this.listener = listener;
    frames = new FrameWriter(new HeaderWriter(authority, tls != null));
    inbound = new Inbound(this);
  }

  /**
   * Begins to connect, in plaintext; the listener hears of the outcome.
   *
   * @param authority what the {@code :authority} header says
   */
  public static GrpcConnection connect(
      EventLoop loop,
      InetSocketAddress address,
      String authority,
      HttpSettings settings,
      Listener listener) {
    return connect(loop, address, authority, settings, null, listener);
  }

  /** As above, inside TLS if there is a handler for it, new and for this connection alone. */
  static GrpcConnection connect(
      EventLoop loop,
      InetSocketAddress address,
      String authority,
      HttpSettings settings,
      @Nullable SslHandler tls,
      Listener listener) {
    GrpcConnection connection = new GrpcConnection(loop, authority, settings, tls, listener);
    ChannelFuture connecting =
        new Bootstrap()
            .group(loop)
            .channel(NioSocketChannel.class)
            .option(ChannelOption.TCP_NODELAY, true)
            .option(
                ChannelOption.CONNECT_TIMEOUT_MILLIS, (int) settings.connectTimeout().toMillis())
            .handler(connection.new Pipe())
            .connect(address);
    var unused =
        connecting.addListener(done -> {
          if (!done.isSuccess()) {
            connection.shut(String.valueOf(done.cause().getMessage()));
          } else {
            connection.awaitPeer();
          }
        });
    return connection;
  }

  private void awaitPeer() {
    var unused =
        loop.schedule(
            () -> {
              if (state == State.CONNECTING) {
                shut("the peer says nothing in HTTP/2");
              }
            },
            settings.connectTimeout().toNanos(),
            TimeUnit.NANOSECONDS);
  }

  /** Whether calls may be started. */
  public boolean isReady() {
    return state == State.READY;
  }

  /** How many calls are under way or wait for a stream. */
  public int calls() {
    return streams.size() + waiting.size();
  }

  /**
   * Starts a call.
   *
   * @return whether it was taken; if not, nothing was sent and its end is not told
   */
  public boolean start(Exchange call) {
    if (state != State.READY) {
      return false;
    }
    long now = System.nanoTime();
    long timeout = call.timeoutNanos();
    call.deadlineNanos = timeout == 0 ? 0 : now + timeout;
    call.streamId = 0;
    if (streams.size() >= peerStreamsMax || !waiting.isEmpty()) {
      waiting.add(call);
    } else {
      open(call, now);
    }
    sweepLater(call.deadlineNanos != 0);
    return true;
  }

  /** Gives a call up. It ends at once; the peer is told if it has heard of it. */
  public void cancel(Exchange call) {
    giveUp(call, StatusCode.CANCELLED, "the call was cancelled");
  }

  void giveUp(Exchange call, StatusCode status, String why) {
    if (isOpen(call)) {
      abandon(call, status, why);
      flush();
    } else if (waiting.remove(call)) {
      call.ended(status, why, Fate.NOT_PROCESSED);
    }
  }

  /** A call that is under way has more to send. */
  void more(Exchange call) {
    if (isOpen(call)) {
      send(call);
    }
  }

  @SuppressWarnings("ReferenceEquality") // A call is itself, and no other.
  private boolean isOpen(Exchange call) {
    return call.streamId != 0 && streams.get(call.streamId) == call;
  }

  /** Sends what has gathered. */
  public void flush() {
    ChannelHandlerContext ctx = context;
    if (ctx != null && frames.isPending()) {
      var unused = ctx.writeAndFlush(frames.take(), ctx.voidPromise());
    }
  }

  /** Takes no further call, lets those under way end, then closes. */
  public void drain() {
    over("the connection is no longer wanted");
    closeIfIdle();
  }

  /** Ends every call under way, and the connection. */
  public void close(String why) {
    shut(why);
  }

  // What the peer says. Called by Inbound.

  void settings(
      @Nullable Long headerTableSize,
      @Nullable Long streamsMax,
      @Nullable Integer initialWindow,
      @Nullable Integer frameSizeMax) {
    if (headerTableSize != null) {
      frames.headers().tableSize(headerTableSize);
    }
    if (streamsMax != null) {
      peerStreamsMax = streamsMax;
    }
    if (frameSizeMax != null) {
      frames.frameSizeMax(frameSizeMax);
    }
    if (initialWindow != null) {
      int change = initialWindow - peerInitialWindow;
      peerInitialWindow = initialWindow;
      for (Exchange call : streams.values()) {
        call.sendWindow += change;
      }
    }
    frames.settingsAck(room());
    if (state == State.CONNECTING) {
      state = State.READY;
      listener.ready(this);
    }
    resume();
  }

  void ping(long payload) {
    frames.ping(room(), true, payload);
  }

  void windowUpdate(int streamId, int bytes) throws Http2Exception {
    if (streamId == 0) {
      if (sendWindow > Integer.MAX_VALUE - bytes) {
        throw Http2Exception.connectionError(
            Http2Error.FLOW_CONTROL_ERROR, "the connection's window passes 2^31-1");
      }
      sendWindow += bytes;
    } else {
      Exchange call = streams.get(streamId);
      if (call == null) {
        return;
      }
      if (call.sendWindow > Integer.MAX_VALUE - bytes) {
        abandon(call, StatusCode.INTERNAL, "the stream's window passes 2^31-1");
        return;
      }
      call.sendWindow += bytes;
    }
    resume();
  }

  void goAway(int lastStreamId, long errorCode, String debug) {
    over("the member sent GOAWAY " + errorCode + (debug.isEmpty() ? "" : ": " + debug));
    for (Exchange call : snapshot()) {
      if (call.streamId > lastStreamId && isOpen(call)) {
        finish(call, StatusCode.UNAVAILABLE, "the member is going away", Fate.NOT_PROCESSED);
      }
    }
    closeIfIdle();
  }

  void reset(int streamId, long errorCode) {
    Exchange call = streams.get(streamId);
    if (call == null) {
      return;
    }
    boolean refused = errorCode == Http2Error.REFUSED_STREAM.code();
    StatusCode status =
        refused
            ? StatusCode.UNAVAILABLE
            : errorCode == Http2Error.CANCEL.code()
                ? StatusCode.CANCELLED
                : errorCode == Http2Error.ENHANCE_YOUR_CALM.code()
                    ? StatusCode.RESOURCE_EXHAUSTED
                    : StatusCode.INTERNAL;
    finish(
        call,
        status,
        "the member reset the stream, error " + errorCode,
        refused ? Fate.NOT_PROCESSED : Fate.UNKNOWN);
  }

  @Nullable Exchange call(int streamId) throws Http2Exception {
    if (streamId >= nextStreamId || (streamId & 1) == 0) {
      throw Http2Exception.connectionError(
          Http2Error.PROTOCOL_ERROR, "stream %d was never opened", streamId);
    }
    return streams.get(streamId);
  }

  /** Gives received bytes back to the connection's window, in portions. */
  void consumed(int bytes) throws Http2Exception {
    unacknowledged += bytes;
    if (unacknowledged > settings.connectionWindowBytes()) {
      throw Http2Exception.connectionError(
          Http2Error.FLOW_CONTROL_ERROR, "more data than the window allows");
    }
    if (unacknowledged >= settings.connectionWindowBytes() / 2) {
      frames.windowUpdate(room(), 0, unacknowledged);
      unacknowledged = 0;
    }
  }

  /** Gives received bytes back to a stream's window, in portions. */
  void consumed(Exchange call, int bytes) {
    if (!isOpen(call)) {
      return; // its reader gave it up
    }
    call.unacknowledged += bytes;
    if (call.unacknowledged >= settings.streamWindowBytes() / 2) {
      frames.windowUpdate(room(), call.streamId, call.unacknowledged);
      call.unacknowledged = 0;
    }
  }

  int responseBytesMax() {
    return settings.responseBytesMax();
  }

  /** Ends a call that the peer has ended. What is left of its request is not sent any more. */
  void finish(Exchange call, StatusCode status, String detail, Fate fate) {
    streams.remove(call.streamId);
    if (!call.isSent()) {
      blocked.remove(call);
      if (state != State.CLOSED) {
        frames.reset(room(), call.streamId, Http2Error.CANCEL.code());
      }
    }
    call.ended(status, detail, fate);
    openWaiting();
    closeIfIdle();
  }

  /** Ends a call from this side. */
  void abandon(Exchange call, StatusCode status, String detail) {
    streams.remove(call.streamId);
    blocked.remove(call);
    frames.reset(room(), call.streamId, Http2Error.CANCEL.code());
    call.ended(status, detail, call.mayBeProcessed() ? Fate.UNKNOWN : Fate.NOT_PROCESSED);
    openWaiting();
    closeIfIdle();
  }

  // Sending.

  private void open(Exchange call, long now) {
    if (nextStreamId > STREAM_ID_MAX) {
      over("the connection has used up its streams");
      call.ended(StatusCode.UNAVAILABLE, "the connection is used up", Fate.NOT_PROCESSED);
      return;
    }
    call.begin(nextStreamId, peerInitialWindow);
    nextStreamId += 2;
    streams.put(call.streamId, call);
    long timeout = call.deadlineNanos == 0 ? 0 : Math.max(1, call.deadlineNanos - now);
    frames.headers(room(), call.streamId, call.method(), timeout, call.metadata());
    send(call);
  }

  /** Sends as much as the windows allow; what is left waits for them. */
  private void send(Exchange call) {
    ByteBuf out = room();
    while (!call.isSent()) {
      int left = call.unsentBytes();
      if (left == 0 && !call.endsWithThese()) {
        return; // the caller has said nothing more yet
      }
      int count =
          Math.min(Math.min(left, frames.frameSizeMax()), Math.min(sendWindow, call.sendWindow));
      if (count <= 0 && left > 0) {
        if (!call.blocked) {
          call.blocked = true;
          blocked.addLast(call);
        }
        return;
      }
      int bytes = Math.max(count, 0); // none, where only the end is left to tell
      sendWindow -= bytes;
      call.sendWindow -= bytes;
      frames.dataHeader(out, call.streamId, bytes, bytes == left && call.endsWithThese());
      call.writeTo(out, bytes);
    }
  }

  private void resume() {
    for (int i = blocked.size(); i > 0 && sendWindow > 0; i--) {
      Exchange call = blocked.removeFirst();
      call.blocked = false;
      send(call);
    }
    openWaiting();
  }

  private void openWaiting() {
    while (state == State.READY && !waiting.isEmpty() && streams.size() < peerStreamsMax) {
      open(waiting.removeFirst(), System.nanoTime());
    }
  }

  private ByteBuf room() {
    ChannelHandlerContext ctx = context;
    if (ctx == null) {
      throw new IllegalStateException("not connected");
    }
    return frames.buffer(ctx.alloc());
  }

  // Time.

  private void sweepLater(boolean deadlines) {
    Future<?> next = nextSweep;
    if (next != null && deadlines && !sweepsOften) {
      next.cancel(false);
      next = null;
    }
    if (next == null) {
      sweepsOften = deadlines;
      long nanos = deadlines ? SWEEP_NANOS : QUIET_SWEEP_NANOS;
      sweepDueNanos = System.nanoTime() + nanos;
      nextSweep = loop.schedule(this::sweep, nanos, TimeUnit.NANOSECONDS);
    }
  }

  /** Ends calls whose time is up, and asks a silent peer for a sign of life. */
  private void sweep() {
    nextSweep = null;
    if (state == State.CLOSED) {
      return;
    }
    long now = System.nanoTime();
    boolean deadlines = !waiting.isEmpty();
    for (Exchange call : snapshot()) {
      if (isLate(call, now) && isOpen(call)) {
        abandon(call, StatusCode.DEADLINE_EXCEEDED, "no answer in time");
      } else {
        deadlines |= call.deadlineNanos != 0;
      }
    }
    List<Exchange> late = new ArrayList<>();
    waiting.removeIf(call -> isLate(call, now) && late.add(call)); // one before may wait for ever
    for (Exchange call : late) {
      call.ended(
          StatusCode.DEADLINE_EXCEEDED, "the member allowed no stream in time", Fate.NOT_PROCESSED);
    }
    boolean goesOn = state != State.CLOSED && lookAfterPeer(now);
    flush();
    if (goesOn) {
      sweepLater(deadlines);
    }
  }

  private static boolean isLate(Exchange call, long now) {
    return call.deadlineNanos != 0 && call.deadlineNanos - now <= 0;
  }

  /**
   * Asks a peer that is silent, with calls under way, for a sign of life. An answer that is due is
   * waited for even when the calls are over: else calls that are short would never find out.
   *
   * @return whether there is anything to wait for
   */
  private boolean lookAfterPeer(long now) {
    long silence = now - lastReadNanos;
    if (awaitsPing) {
      awaitsPing = lastReadNanos - pingSentNanos < 0;
      pingDueNanos += Math.max(0, now - sweepDueNanos); // this loop slept: its peer is not to blame
      if (awaitsPing && now - pingDueNanos > 0) {
        shut("no sign of life for " + silence / 1_000_000 + " ms");
        return false;
      }
    }
    if (!awaitsPing
        && calls() > 0
        && silence > settings.keepAliveTime().toNanos()
        && (!pinged || now - pingSentNanos > PING_SPACING.toNanos())) {
      pinged = true;
      awaitsPing = true;
      pingSentNanos = now;
      pingDueNanos = now + settings.keepAliveTimeout().toNanos();
      frames.ping(room(), false, now);
    }
    return calls() > 0 || awaitsPing;
  }

  // The end.

  private void over(String why) {
    if (state == State.CONNECTING || state == State.READY) {
      state = State.DRAINING;
      List<Exchange> unsent = new ArrayList<>(waiting);
      waiting.clear();
      listener.over(this, why);
      for (Exchange call : unsent) {
        call.ended(StatusCode.UNAVAILABLE, why, Fate.NOT_PROCESSED);
      }
    }
  }

  private void closeIfIdle() {
    if (state == State.DRAINING && streams.isEmpty()) {
      flush();
      shut("the connection is drained");
    }
  }

  private void shut(String why) {
    if (state == State.CLOSED) {
      return;
    }
    over(why);
    state = State.CLOSED;
    for (Exchange call : snapshot()) {
      if (isOpen(call)) {
        streams.remove(call.streamId);
        call.ended(
            StatusCode.UNAVAILABLE,
            "the connection ended: " + why,
            call.mayBeProcessed() ? Fate.UNKNOWN : Fate.NOT_PROCESSED);
      }
    }
    blocked.clear();
    frames.release();
    ChannelHandlerContext ctx = context;
    if (ctx != null) {
      var unused = ctx.close();
    }
  }

  /** The calls with a stream; ending one may start or end another: never walk the live map. */
  private List<Exchange> snapshot() {
    return new ArrayList<>(streams.values());
  }

  /** The connection's place in Netty's pipeline. */
  private final class Pipe extends ByteToMessageDecoder {
    private final DefaultHttp2FrameReader reader =
        new DefaultHttp2FrameReader(new DefaultHttp2HeadersDecoder(false, HEADER_LIST_BYTES_MAX));

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
      context = ctx;
      ((SocketChannel) ctx.channel()).config().setKeepAlive(true);
      if (tls != null) {
        tls.setHandshakeTimeoutMillis(settings.connectTimeout().toMillis());
        ctx.pipeline().addFirst(tls);
      }
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
      lastReadNanos = System.nanoTime();
      ByteBuf out = room();
      out.writeBytes(PREFACE);
      frames.settings(out, settings.streamWindowBytes(), HEADER_LIST_BYTES_MAX);
      int more = settings.connectionWindowBytes() - 65_535;
      if (more > 0) { // an update by nothing would be an error
        frames.windowUpdate(out, 0, more);
      }
      flush();
    }

    @Override
    protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out)
        throws Http2Exception {
      if (state == State.CLOSED) {
        in.skipBytes(in.readableBytes());
        return;
      }
      lastReadNanos = System.nanoTime();
      try {
        reader.readFrame(ctx, in, inbound);
      } catch (Http2Exception.StreamException e) {
        Exchange call = streams.get(e.streamId());
        if (call != null) {
          abandon(call, StatusCode.INTERNAL, String.valueOf(e.getMessage()));
        }
      }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) throws Exception {
      super.channelReadComplete(ctx);
      flush();
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) throws Exception {
      super.channelInactive(ctx);
      shut("the peer closed it");
    }

    @Override
    protected void handlerRemoved0(ChannelHandlerContext ctx) {
      reader.close();
    }

    @Override
    @SuppressWarnings("deprecation") // Netty's way to be told of failures in the pipeline.
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      Throwable failure =
          cause instanceof io.netty.handler.codec.DecoderException && cause.getCause() != null
              ? cause.getCause()
              : cause;
      if (failure instanceof Http2Exception broken && state != State.CLOSED) {
        frames.goAway(room(), broken.error().code());
        flush();
      }
      shut(failure.getClass().getSimpleName() + ": " + failure.getMessage());
    }
  }
}

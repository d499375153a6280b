package io.quorate.grpc;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.ssl.SslHandler;
import java.io.IOException;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.jspecify.annotations.Nullable;

/**
 * One HTTP/2 connection that carries gRPC calls, from behind the client's preface to its end.
 *
 * <p><b>In.</b> Bytes go through a {@link FrameReader}; header blocks through a {@link
 * RequestHeadDecoder}; data to the {@link GrpcCall} of its stream, which answers through its
 * service in the same turn or later. The connection's own window is given back as data is taken in:
 * what is held of it then is counted and bounded ({@link #hold}), since a window alone would let
 * incomplete messages block each other for good.
 *
 * <p><b>Out.</b> Everything goes through {@link Outbound}, and leaves at the end of the turn.
 *
 * <p><b>Abuse.</b> A peer can do nothing for free without end. Each kind of frame that costs us
 * more than it costs the peer has a {@link Budget}: streams that are opened and reset by the peer,
 * or that the peer makes us reset (CVE-2023-44487, CVE-2025-55163), SETTINGS, and frames without
 * meaning. A budget that is used up ends the connection with ENHANCE_YOUR_CALM.
 *
 * <p><b>The end.</b> An error of the connection, or the end of a drain, sends GOAWAY and lets go of
 * all calls. The socket stays open for a moment, and what still comes is thrown away, so that the
 * GOAWAY isn't lost to a TCP reset. Owned by its event loop.
 */
final class GrpcConnection extends ChannelInboundHandlerAdapter implements FrameReader.Sink {
  private static final long LINGER_NANOS = 1_000_000_000L;
  private static final long DRAIN_PING_NANOS = 1_000_000_000L;
  private static final long DRAIN_PING = 0x447261696e696e67L;
  private static final byte[] NOTHING = new byte[0];

  private enum State {
    OPEN,
    /** Told to go away; the peer may not have heard it yet, so new calls are still served. */
    DRAINING,
    /** The last stream that is served has been named. */
    LAST_CALLS,
    /** GOAWAY is on its way, nothing is read or served any more. */
    LINGERING,
    CLOSED
  }

  private final ServerLoop loop;
  private final ServerSettings settings;
  private final RequestHeadDecoder heads;
  private final FrameReader reader;
  private final StreamTable streams = new StreamTable();
  private final Budget resets;
  private final Budget settingsFrames;
  private final Budget idleFrames;

  private @Nullable ChannelHandlerContext ctx;
  private @Nullable Outbound outbound;
  private @Nullable KeepAlive keepAlive;
  private @Nullable List<X509Certificate> peerCertificates;
  private @Nullable ByteBuf leftover;

  private State state = State.OPEN;
  private int lastStreamId;
  private int lastServedStreamId = Integer.MAX_VALUE;
  private int initialSendWindow = Outbound.WINDOW_BYTES_DEFAULT;
  private int receiveWindow = GrpcLimits.CONNECTION_WINDOW_BYTES;
  private int unacknowledged;
  private int emptyDataFrames;
  private long heldBytes;
  private long openedAtNanos;
  private long frameBegunAtNanos;
  private long drainingAtNanos;
  private long lingeringAtNanos;
  private long idleSinceNanos;

  GrpcConnection(ServerLoop loop) {
    this.loop = loop;
    this.settings = loop.settings();
    long now = loop.now();
    this.heads = new RequestHeadDecoder(settings.registry(), settings.headerListBytesMax());
    this.reader = new FrameReader(this, settings.headerListBytesMax());
    this.resets =
        new Budget(
            GrpcLimits.RESET_BURST_SECONDS * settings.resetsPerSecondMax(),
            settings.resetsPerSecondMax(),
            now);
    this.settingsFrames =
        new Budget(GrpcLimits.SETTINGS_BURST, GrpcLimits.SETTINGS_PER_SECOND, now);
    this.idleFrames =
        new Budget(GrpcLimits.IDLE_FRAMES_BURST, GrpcLimits.IDLE_FRAMES_PER_SECOND, now);
    this.openedAtNanos = now;
    this.idleSinceNanos = now;
  }

  // ------------------------------------------------------------------ for calls

  ServerLoop loop() {
    return loop;
  }

  ServerSettings settings() {
    return settings;
  }

  Outbound outbound() {
    return present(outbound);
  }

  SocketAddress remoteAddress() {
    return present(ctx).channel().remoteAddress();
  }

  List<X509Certificate> peerCertificates() {
    List<X509Certificate> known = peerCertificates;
    if (known == null) {
      known = readPeerCertificates();
      peerCertificates = known;
    }
    return known;
  }

  /** Counts bytes that are held for the peer; false, and not counted, if there are too many. */
  boolean hold(long bytes) {
    if (heldBytes + bytes > settings.heldBytesPerConnectionMax() || !loop.hold(bytes)) {
      return false;
    }
    heldBytes += bytes;
    return true;
  }

  /** Counts bytes that are held whether or not there is room for them. */
  void holdAnyway(long bytes) {
    heldBytes += bytes;
    loop.holdAnyway(bytes);
  }

  /** Bytes that were held are no longer. */
  void letGo(long bytes) {
    heldBytes -= bytes;
    loop.holdAnyway(-bytes);
  }

  /** Whether so much waits for this peer that it gets no new calls. */
  boolean isOverloaded() {
    return heldBytes > settings.heldBytesPerConnectionMax();
  }

  /** The call is over. */
  void forget(CallSender call) {
    streams.remove(call.streamId());
    if (streams.size() == 0) {
      idleSinceNanos = loop.now();
      if (state == State.LAST_CALLS) {
        outbound().markDirty();
        loop.turn().atEnd(this::closeIfDrained);
      }
    }
  }

  /** Resets the call's stream. */
  void reset(CallSender call, int code) {
    outbound().out().rstStream(call.streamId(), code);
    call.end();
  }

  /** A service threw what it shouldn't. */
  void report(Throwable failure) {
    settings.failures().accept(failure);
  }

  // ------------------------------------------------------------------ from the channel

  @Override
  public void handlerAdded(ChannelHandlerContext context) {
    ctx = context;
    Outbound created = new Outbound(context, loop.turn());
    outbound = created;
    keepAlive = new KeepAlive(created, settings, loop.now());
    loop.add(this);
    OutBuffer out = created.out();
    out.settings(
        OutBuffer.SETTINGS_MAX_CONCURRENT_STREAMS, settings.concurrentStreamsMax(),
        OutBuffer.SETTINGS_INITIAL_WINDOW_SIZE, GrpcLimits.STREAM_WINDOW_BYTES,
        OutBuffer.SETTINGS_MAX_HEADER_LIST_SIZE, settings.headerListBytesMax());
    out.windowUpdate(0, GrpcLimits.CONNECTION_WINDOW_BYTES - Outbound.WINDOW_BYTES_DEFAULT);
  }

  @Override
  public void handlerRemoved(ChannelHandlerContext context) {
    closed();
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    closed();
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    ByteBuf in = (ByteBuf) message;
    if (state == State.LINGERING || state == State.CLOSED) {
      in.release();
      return;
    }
    long now = loop.now();
    present(keepAlive).heard(now);
    ByteBuf rest = leftover;
    if (rest != null) {
      leftover = null;
      rest.writeBytes(in);
      in.release();
      in = rest;
    } else if (!reader.inHeaderBlock()) {
      frameBegunAtNanos = now;
    }
    int before = in.readableBytes();
    try {
      readFrames(context, in);
      if (state != State.LINGERING && state != State.CLOSED && in.isReadable()) {
        if (in.readableBytes() < before && !reader.inHeaderBlock()) {
          frameBegunAtNanos = now;
        }
        // At most a frame is left: it moves to where the rest of a read fits behind it.
        ByteBuf kept = context.alloc().buffer(in.readableBytes() + GrpcLimits.FRAME_BYTES_MAX);
        leftover = kept.writeBytes(in);
      }
    } finally {
      in.release();
    }
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext context) {
    if (context.channel().isWritable()) {
      outbound().roomAgain();
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    // A reset or broken TLS is the peer's affair; anything else would be a defect of ours.
    if (!(cause instanceof IOException || cause instanceof DecoderException)) {
      report(cause);
    }
    var _ = context.close();
  }

  private void readFrames(ChannelHandlerContext context, ByteBuf in) {
    try {
      boolean more = true;
      while (more && state != State.LINGERING && state != State.CLOSED) {
        try {
          more = reader.read(in, context.alloc());
        } catch (Http2Error e) {
          if (e.streamId() == 0) {
            throw e;
          }
          streamError(e);
        }
      }
    } catch (Http2Error e) {
      connectionError(e.code(), String.valueOf(e.getMessage()));
    } catch (RuntimeException e) {
      report(e);
      connectionError(Http2Error.INTERNAL_ERROR, "internal error");
    }
  }

  // ------------------------------------------------------------------ frames

  @Override
  public void onHeaders(int streamId, ByteBuf block, int length, boolean endStream)
      throws Http2Error {
    if ((streamId & 1) == 0) {
      throw Http2Error.connection(Http2Error.PROTOCOL_ERROR, "even stream from a client");
    }
    if (streamId <= lastStreamId) {
      onTrailers(streamId, block, length, endStream);
      return;
    }
    lastStreamId = streamId;
    RequestHead head;
    try {
      if (streamId > lastServedStreamId) {
        heads.skip(streamId, block, length);
        return;
      }
      head = heads.decode(streamId, block, length);
    } catch (RequestHeadDecoder.HeadersTooLong e) {
      refuseHeaders(streamId, endStream);
      return;
    }
    if (streams.size() >= settings.concurrentStreamsMax()) {
      throw Http2Error.stream(streamId, Http2Error.REFUSED_STREAM, "too many streams");
    }
    GrpcCall call = new GrpcCall(this, streamId, head, initialSendWindow, loop.now());
    streams.add(call);
    call.begin(endStream);
    if (endStream && call.receives()) {
      call.onHalfClose();
    }
  }

  @Override
  public void onData(int streamId, ByteBuf data, int length, int flowLength, boolean endStream)
      throws Http2Error {
    receiveWindow -= flowLength;
    if (receiveWindow < 0) {
      throw Http2Error.connection(
          Http2Error.FLOW_CONTROL_ERROR, "data beyond the connection's window");
    }
    unacknowledged += flowLength;
    if (unacknowledged >= GrpcLimits.CONNECTION_WINDOW_BYTES / 2) {
      outbound().out().windowUpdate(0, unacknowledged);
      receiveWindow += unacknowledged;
      unacknowledged = 0;
    }
    if (length > 0 || endStream) {
      emptyDataFrames = 0;
    } else if (++emptyDataFrames > GrpcLimits.EMPTY_DATA_FRAMES_MAX) {
      throw Http2Error.connection(Http2Error.ENHANCE_YOUR_CALM, "too many empty DATA frames");
    }
    GrpcCall call = streams.get(streamId);
    if (call == null) {
      notIdle(streamId);
      onIdleFrame();
      return;
    }
    call.onData(data, length, flowLength, endStream);
  }

  @Override
  public void onReset(int streamId, int code) throws Http2Error {
    notIdle(streamId);
    spend(resets, "too many streams reset");
    GrpcCall call = streams.get(streamId);
    if (call != null) {
      call.cancelled();
    }
  }

  @Override
  public void onSetting(int id, long value) throws Http2Error {
    switch (id) {
      case OutBuffer.SETTINGS_HEADER_TABLE_SIZE -> outbound().blocks().peerTableBytes(value);
      case OutBuffer.SETTINGS_ENABLE_PUSH -> {
        if (value > 1) {
          throw Http2Error.connection(Http2Error.PROTOCOL_ERROR, "ENABLE_PUSH is no boolean");
        }
      }
      case OutBuffer.SETTINGS_INITIAL_WINDOW_SIZE -> {
        if (value > Integer.MAX_VALUE) {
          throw Http2Error.connection(
              Http2Error.FLOW_CONTROL_ERROR, "initial window beyond 2^31-1");
        }
        int delta = (int) value - initialSendWindow;
        initialSendWindow = (int) value;
        if (delta != 0 && streams.size() > 0) {
          for (GrpcCall call : streams.snapshot()) {
            call.shiftWindow(delta);
          }
        }
      }
      case OutBuffer.SETTINGS_MAX_FRAME_SIZE -> {
        if (value < GrpcLimits.FRAME_BYTES_MAX || value > 0xffffff) {
          throw Http2Error.connection(Http2Error.PROTOCOL_ERROR, "MAX_FRAME_SIZE out of bounds");
        }
      }
      default -> {
        // A setting that we don't know, or that asks nothing of us.
      }
    }
  }

  @Override
  public void onSettingsEnd() throws Http2Error {
    spend(settingsFrames, "too many SETTINGS");
    outbound().control(OutBuffer.FRAME_HEADER_BYTES).settingsAck();
  }

  @Override
  public void onSettingsAck() throws Http2Error {
    spend(settingsFrames, "too many SETTINGS acknowledged");
  }

  @Override
  public void onPing(long payload) throws Http2Error {
    present(keepAlive).pinged(payload, loop.now());
  }

  @Override
  public void onPingAck(long payload) throws Http2Error {
    if (payload == DRAIN_PING && state == State.DRAINING) {
      lastCalls();
    } else {
      onIdleFrame();
    }
  }

  @Override
  public void onWindowUpdate(int streamId, int increment) throws Http2Error {
    if (streamId == 0) {
      outbound().widen(increment);
      return;
    }
    GrpcCall call = streams.get(streamId);
    if (call != null) {
      call.widen(increment);
    } else {
      notIdle(streamId);
    }
  }

  @Override
  public void onIdleFrame() throws Http2Error {
    spend(idleFrames, "too many frames without meaning");
  }

  /** A second header block on a stream: trailers, which gRPC's clients don't send. */
  private void onTrailers(int streamId, ByteBuf block, int length, boolean endStream)
      throws Http2Error {
    try {
      heads.skip(streamId, block, length);
    } catch (RequestHeadDecoder.HeadersTooLong e) {
      throw Http2Error.stream(streamId, Http2Error.PROTOCOL_ERROR, "trailers too long");
    }
    GrpcCall call = streams.get(streamId);
    if (call == null) {
      onIdleFrame();
    } else if (!endStream) {
      throw Http2Error.stream(
          streamId, Http2Error.PROTOCOL_ERROR, "second headers that are no trailers");
    } else {
      call.onHalfClose();
    }
  }

  /** Says why, in gRPC's words, though the request could not be read. */
  private void refuseHeaders(int streamId, boolean endStream) throws Http2Error {
    spend(resets, "too many header lists beyond the limit");
    OutBuffer out = outbound().control(GrpcLimits.OUT_BUFFER_BYTES / 256);
    HeaderBlockWriter blocks = outbound().blocks();
    int at = out.beginHeaders(streamId, true);
    blocks.errorHeaders(out, 431);
    blocks.trailers(
        out,
        Status.of(
            StatusCode.RESOURCE_EXHAUSTED,
            "request headers larger than max (%d)".formatted(settings.headerListBytesMax())),
        Metadata.EMPTY,
        false);
    out.endHeaders(at, streamId);
    if (!endStream) {
      out.rstStream(streamId, Http2Error.NO_ERROR);
    }
  }

  private void notIdle(int streamId) throws Http2Error {
    if (streamId > lastStreamId || (streamId & 1) == 0) {
      throw Http2Error.connection(Http2Error.PROTOCOL_ERROR, "frame of a stream never opened");
    }
  }

  private void spend(Budget budget, String message) throws Http2Error {
    if (!budget.take(settings.nanoClock())) {
      throw Http2Error.connection(Http2Error.ENHANCE_YOUR_CALM, message);
    }
  }

  private void streamError(Http2Error e) throws Http2Error {
    notIdle(e.streamId());
    spend(resets, "too many streams that had to be reset");
    GrpcCall call = streams.get(e.streamId());
    outbound().control(OutBuffer.FRAME_HEADER_BYTES + 4).rstStream(e.streamId(), e.code());
    if (call != null) {
      call.cancelled();
    }
  }

  // ------------------------------------------------------------------ time and the end

  /** Looks after deadlines that are not of calls; called a few times a second. */
  void lookAfter(long now) {
    switch (state) {
      case LINGERING -> {
        if (now - lingeringAtNanos >= LINGER_NANOS) {
          close();
        }
        return;
      }
      case CLOSED -> {
        return;
      }
      case DRAINING -> {
        if (now - drainingAtNanos >= DRAIN_PING_NANOS) {
          lastCalls();
        }
      }
      case OPEN, LAST_CALLS -> {}
    }
    if (!reader.sawSettings() && now - openedAtNanos >= settings.handshakeNanosMax()) {
      connectionError(Http2Error.SETTINGS_TIMEOUT, "no SETTINGS in time");
    } else if ((leftover != null || reader.inHeaderBlock())
        && now - frameBegunAtNanos >= settings.handshakeNanosMax()) {
      connectionError(Http2Error.ENHANCE_YOUR_CALM, "frame not finished in time");
    } else if (!present(keepAlive).lookAfter(now)) {
      close();
    } else if (streams.size() == 0 && now - idleSinceNanos >= settings.idleNanosMax()) {
      drain();
    } else if (streams.anyOverdue(now)) {
      for (GrpcCall call : streams.snapshot()) {
        call.lookAfter(now);
      }
    }
  }

  /**
   * Asks the peer to go elsewhere. Calls that it sends before it hears of this are still served:
   * the last served stream is named once a ping has come back.
   */
  void drain() {
    if (state == State.OPEN) {
      state = State.DRAINING;
      drainingAtNanos = loop.now();
      OutBuffer out = outbound().out();
      out.goAway(Integer.MAX_VALUE, Http2Error.NO_ERROR, NOTHING);
      out.ping(false, DRAIN_PING);
    }
  }

  /** Ends the connection now; calls in flight are cancelled. */
  void close() {
    ChannelHandlerContext context = ctx;
    if (context != null && state != State.CLOSED) {
      outbound().flush();
      var _ = context.close();
      closed();
    }
  }

  private void lastCalls() {
    state = State.LAST_CALLS;
    lastServedStreamId = lastStreamId;
    outbound().out().goAway(lastStreamId, Http2Error.NO_ERROR, NOTHING);
    closeIfDrained();
  }

  private void closeIfDrained() {
    if (state == State.LAST_CALLS && streams.size() == 0) {
      linger();
    }
  }

  private void connectionError(int code, String message) {
    if (state == State.LINGERING || state == State.CLOSED) {
      return;
    }
    outbound().out().goAway(lastStreamId, code, message.getBytes(StandardCharsets.US_ASCII));
    linger();
  }

  /** Flushes, stops serving, and waits a moment for the peer to close. */
  private void linger() {
    Outbound sending = outbound();
    state = State.LINGERING;
    lingeringAtNanos = loop.now();
    sending.flush();
    letGoOfAll();
    ChannelHandlerContext context = present(ctx);
    if (context.pipeline().get(SslHandler.class) == null
        && context.channel() instanceof io.netty.channel.socket.DuplexChannel duplex) {
      var _ = duplex.shutdownOutput().addListener(ChannelFutureListener.CLOSE_ON_FAILURE);
    }
  }

  private void closed() {
    if (state != State.CLOSED) {
      state = State.CLOSED;
      letGoOfAll();
      loop.remove(this);
    }
  }

  private void letGoOfAll() {
    reader.close();
    ByteBuf rest = leftover;
    leftover = null;
    if (rest != null) {
      rest.release();
    }
    for (GrpcCall call : streams.snapshot()) {
      call.cancelled();
    }
  }

  private List<X509Certificate> readPeerCertificates() {
    SslHandler ssl = present(ctx).pipeline().get(SslHandler.class);
    if (ssl == null) {
      return List.of();
    }
    try {
      List<X509Certificate> certificates = new ArrayList<>();
      for (Certificate certificate : ssl.engine().getSession().getPeerCertificates()) {
        if (certificate instanceof X509Certificate x509) {
          certificates.add(x509);
        }
      }
      return List.copyOf(certificates);
    } catch (SSLPeerUnverifiedException e) {
      return List.of();
    }
  }

  private static <T> T present(@Nullable T value) {
    if (value == null) {
      throw new IllegalStateException("connection is not in a pipeline");
    }
    return value;
  }
}

package io.quorate.grpc;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.IoEventLoopGroup;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Serves a {@link ServiceRegistry} on one or more addresses, on event loops that the caller owns. A
 * port takes gRPC over HTTP/2 and HTTP/1.1 alike: the first bytes of a connection decide, and an
 * HTTP/1.1 connection goes to the handler that was given for it.
 *
 * <p>Listening, draining and closing may be done from any thread but a loop's own.
 */
public final class GrpcServer implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(GrpcServer.class.getName());
  private static final int BACKLOG = 1_024;
  private static final int READ_BYTES_MIN = 2 * 1024;
  private static final int READ_BYTES_FIRST = 16 * 1024;
  private static final int READ_BYTES_MAX = 64 * 1024;

  private final IoEventLoopGroup loops;
  private final ServerSettings settings;
  private final AtomicLong heldBytes = new AtomicLong();
  private final AtomicInteger open = new AtomicInteger();
  private final AtomicBoolean draining = new AtomicBoolean();
  private final ChannelGroup listening = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
  private final ChannelGroup channels = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE, true);
  private final ConcurrentHashMap<EventLoop, ServerLoop> byLoop = new ConcurrentHashMap<>();

  private GrpcServer(Builder builder) {
    this.loops = builder.loops;
    this.settings = builder.settings();
  }

  /** Starts to describe a server that runs on {@code loops} and serves {@code registry}. */
  public static Builder builder(IoEventLoopGroup loops, ServiceRegistry registry) {
    return new Builder(loops, registry);
  }

  /**
   * Listens on one more address, in plaintext.
   *
   * @return the address it listens on, with the port that the system chose if it was 0
   * @throws IOException if it can't
   */
  public InetSocketAddress bind(InetSocketAddress address) throws IOException {
    return bind(address, null);
  }

  /**
   * Listens on one more address, inside TLS if there is a context for it. It is asked for at each
   * new connection, so certificates and revocation lists can change while the server runs. By ALPN
   * it must offer {@code h2}, and {@code http/1.1} if that is served too; what a connection really
   * speaks is seen by its first bytes, also without ALPN.
   *
   * @return the address it listens on, with the port that the system chose if it was 0
   * @throws IOException if it can't
   */
  public InetSocketAddress bind(InetSocketAddress address, @Nullable Supplier<SslContext> tls)
      throws IOException {
    ServerBootstrap bootstrap =
        new ServerBootstrap()
            .group(loops)
            .channel(EventLoops.serverChannel(loops))
            .option(ChannelOption.SO_BACKLOG, BACKLOG)
            .option(ChannelOption.SO_REUSEADDR, true)
            .childOption(ChannelOption.TCP_NODELAY, true)
            .childOption(ChannelOption.SO_KEEPALIVE, true)
            .childOption(ChannelOption.ALLOCATOR, PooledByteBufAllocator.DEFAULT)
            .childOption(
                ChannelOption.RECVBUF_ALLOCATOR,
                new AdaptiveRecvByteBufAllocator(READ_BYTES_MIN, READ_BYTES_FIRST, READ_BYTES_MAX))
            .childOption(
                ChannelOption.WRITE_BUFFER_WATER_MARK,
                new WriteBufferWaterMark(
                    GrpcLimits.CHANNEL_LOW_BYTES, GrpcLimits.CHANNEL_HIGH_BYTES))
            .childHandler(new Accepted(tls));
    ChannelFuture bound = bootstrap.bind(address).awaitUninterruptibly();
    Throwable failure = bound.cause();
    if (failure != null) {
      throw new IOException("can't listen on " + address + ": " + failure.getMessage(), failure);
    }
    Channel channel = bound.channel();
    listening.add(channel);
    if (channel.localAddress() instanceof InetSocketAddress local) {
      return local;
    }
    return address;
  }

  /** Connections that are open, of either protocol. */
  public int connections() {
    return open.get();
  }

  /** Bytes held for all peers: incomplete messages from them, and answers that wait for them. */
  public long heldBytes() {
    return heldBytes.get();
  }

  /**
   * Stops accepting connections, asks the clients to go elsewhere, lets the calls in flight finish,
   * and closes what is left when {@code grace} has passed. The future completes when all
   * connections are closed. HTTP/1.1 connections are closed with the last of gRPC's.
   */
  public CompletableFuture<Void> drain(Duration grace) {
    CompletableFuture<Void> done = new CompletableFuture<>();
    draining.set(true);
    listening.close().awaitUninterruptibly();
    for (ServerLoop loop : byLoop.values()) {
      loop.loop().execute(() -> loop.connections().forEach(GrpcConnection::drain));
    }
    long until = System.nanoTime() + ServerSettings.nanos(grace);
    awaitDrained(done, until);
    return done;
  }

  /** Closes all connections at once and returns when they are closed. */
  @Override
  public void close() {
    draining.set(true);
    listening.close().awaitUninterruptibly();
    channels.close().awaitUninterruptibly();
  }

  private void awaitDrained(CompletableFuture<Void> done, long untilNanos) {
    boolean grpcLeft = byLoop.values().stream().anyMatch(ServerLoop::isBusy);
    if (!grpcLeft || System.nanoTime() - untilNanos >= 0) {
      channels.close().addListener(_ -> done.complete(null));
    } else {
      var _ =
          loops.next().schedule(() -> awaitDrained(done, untilNanos), 10, TimeUnit.MILLISECONDS);
    }
  }

  private ServerLoop serverLoop(EventLoop loop) {
    return byLoop.computeIfAbsent(loop, l -> new ServerLoop(l, settings, heldBytes));
  }

  /** Sets up each connection that is accepted. */
  @ChannelHandler.Sharable
  private final class Accepted extends ChannelInitializer<Channel> {
    private final @Nullable Supplier<SslContext> tls;

    Accepted(@Nullable Supplier<SslContext> tls) {
      this.tls = tls;
    }

    @Override
    protected void initChannel(Channel channel) {
      if (open.incrementAndGet() > settings.connectionsMax() || draining.get()) {
        open.decrementAndGet();
        var _ = channel.close();
        return;
      }
      channels.add(channel);
      channel.closeFuture().addListener(_ -> open.decrementAndGet());
      if (tls != null) {
        SslHandler handler = tls.get().newHandler(channel.alloc(), settings.handshakes());
        handler.setHandshakeTimeoutMillis(
            TimeUnit.NANOSECONDS.toMillis(settings.handshakeNanosMax()));
        channel.pipeline().addLast(handler);
      }
      channel.pipeline().addLast(new PortSniffer(serverLoop(channel.eventLoop())));
    }
  }

  /**
   * The settings of a server. Each has a default under which the server is safe against a hostile
   * peer.
   */
  public static final class Builder {
    private final IoEventLoopGroup loops;
    private final ServiceRegistry registry;
    private @Nullable Supplier<ChannelHandler> http1;
    private Executor handshakes =
        task -> Thread.ofPlatform().daemon().name("quorate-handshake").start(task);
    private LongSupplier nanoClock = System::nanoTime;
    private Consumer<Throwable> failures =
        failure -> LOG.log(System.Logger.Level.ERROR, "a service failed", failure);
    private int receivedMessageBytesMax = 2_097_152;
    private int headerListBytesMax = 32 * 1024;
    private int concurrentStreamsMax = 16_384;
    private int connectionsMax = 16_384;
    private int resetsPerSecondMax = 500;
    private long pendingBytesPerCallMax = 64L << 20;
    private long heldBytesPerConnectionMax = 128L << 20;
    private long heldBytesMax = Math.max(64L << 20, Runtime.getRuntime().maxMemory() / 4);
    private Duration handshakeMax = Duration.ofSeconds(10);
    private Duration requestMax = Duration.ofSeconds(60);
    private Duration pingMin = Duration.ofSeconds(5);
    private Duration keepAliveIdle = Duration.ofHours(2);
    private Duration keepAliveTimeout = Duration.ofSeconds(20);
    private Duration idleMax = Duration.ofSeconds(Long.MAX_VALUE);

    private Builder(IoEventLoopGroup loops, ServiceRegistry registry) {
      this.loops = loops;
      this.registry = registry;
    }

    /**
     * Who takes HTTP/1.1 connections: a handler (or initializer) for each of them, put at the end
     * of a pipeline that decrypts only, before its first byte is read. Its deadlines are its own.
     * Without one such connections are closed.
     */
    public Builder http1(Supplier<ChannelHandler> handler) {
      this.http1 = handler;
      return this;
    }

    /**
     * Who computes TLS handshakes, each of which takes a millisecond or more: too long for a loop
     * that others wait for. A thread for each task unless told.
     */
    public Builder handshakes(Executor threads) {
      this.handshakes = threads;
      return this;
    }

    /** The monotonic clock; {@link System#nanoTime} unless told. */
    public Builder nanoClock(LongSupplier clock) {
      this.nanoClock = clock;
      return this;
    }

    /**
     * Who hears of what a handler or listener throws, other than a {@link StatusException}; on the
     * call's loop. The call itself ends with INTERNAL. Logged unless told.
     */
    public Builder failures(Consumer<Throwable> listener) {
      this.failures = listener;
      return this;
    }

    /** Longest message taken, in bytes, as it comes and after decompression. */
    public Builder receivedMessageBytesMax(int bytes) {
      this.receivedMessageBytesMax = bytes;
      return this;
    }

    /** Longest list of request headers taken, counted as HTTP/2 does, in bytes. */
    public Builder headerListBytesMax(int bytes) {
      this.headerListBytesMax = bytes;
      return this;
    }

    /** Calls that a connection may have open at once. */
    public Builder concurrentStreamsMax(int streams) {
      this.concurrentStreamsMax = streams;
      return this;
    }

    /** Connections that may be open at once, of either protocol; more are closed at once. */
    public Builder connectionsMax(int connections) {
      this.connectionsMax = connections;
      return this;
    }

    /**
     * Streams a second that a connection may have reset, by itself or by a fault that makes us do
     * it; a few times as many at once. Past it the connection ends.
     */
    public Builder resetsPerSecondMax(int resets) {
      this.resetsPerSecondMax = resets;
      return this;
    }

    /** Bytes of one call that may wait for its client, beyond a single message. */
    public Builder pendingBytesPerCallMax(long bytes) {
      this.pendingBytesPerCallMax = bytes;
      return this;
    }

    /**
     * Bytes held for one connection, past which it gets no new calls and no room for incomplete
     * messages.
     */
    public Builder heldBytesPerConnectionMax(long bytes) {
      this.heldBytesPerConnectionMax = bytes;
      return this;
    }

    /** Bytes held for all connections, past which there is no room for incomplete messages. */
    public Builder heldBytesMax(long bytes) {
      this.heldBytesMax = bytes;
      return this;
    }

    /** Time for TLS, preface and first SETTINGS, and for each frame that has begun. */
    public Builder handshakeMax(Duration duration) {
      this.handshakeMax = duration;
      return this;
    }

    /** Time for the one request of a call to arrive, and for any message that has begun. */
    public Builder requestMax(Duration duration) {
      this.requestMax = duration;
      return this;
    }

    /** How often a client may ping without anything being sent to it; etcd's 5 s unless told. */
    public Builder pingMin(Duration duration) {
      this.pingMin = duration;
      return this;
    }

    /** After how much silence the server pings, and how long it then waits. */
    public Builder keepAlive(Duration idle, Duration timeout) {
      this.keepAliveIdle = idle;
      this.keepAliveTimeout = timeout;
      return this;
    }

    /** After how long without a call a connection is asked to leave; never, unless told. */
    public Builder idleMax(Duration duration) {
      this.idleMax = duration;
      return this;
    }

    /** A server with these settings, which listens nowhere yet. */
    public GrpcServer build() {
      return new GrpcServer(this);
    }

    private ServerSettings settings() {
      return new ServerSettings(
          registry,
          http1,
          handshakes,
          nanoClock,
          failures,
          receivedMessageBytesMax,
          headerListBytesMax,
          concurrentStreamsMax,
          connectionsMax,
          resetsPerSecondMax,
          pendingBytesPerCallMax,
          heldBytesPerConnectionMax,
          heldBytesMax,
          ServerSettings.nanos(handshakeMax),
          ServerSettings.nanos(requestMax),
          ServerSettings.nanos(pingMin),
          ServerSettings.nanos(keepAliveIdle),
          ServerSettings.nanos(keepAliveTimeout),
          ServerSettings.nanos(idleMax));
    }
  }
}

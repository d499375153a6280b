package io.quorate.grpc;

import io.netty.channel.ChannelHandler;
import io.netty.channel.IoEventLoopGroup;
import io.netty.handler.ssl.SslContext;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Serves a {@link ServiceRegistry} on one or more addresses, on event loops that the caller owns. A
 * port takes gRPC over HTTP/2 and HTTP/1.1 alike: the first bytes of a connection decide, and an
 * HTTP/1.1 connection goes to the handler that was given for it.
 *
 * <p>Starting, draining and closing may be done from any thread but a loop's own.
 */
@SuppressWarnings("DoNotCallSuggester")
public final class GrpcServer implements AutoCloseable {
  private final Builder settings;

  private GrpcServer(Builder settings) {
    this.settings = settings;
  }

  /** Starts to describe a server that runs on {@code loops} and serves {@code registry}. */
  public static Builder builder(IoEventLoopGroup loops, ServiceRegistry registry) {
    return new Builder(loops, registry);
  }

  /**
   * Listens on one more address.
   *
   * @return the address it listens on, with the port that the system chose if it was 0
   * @throws java.io.IOException if it can't
   */
  public InetSocketAddress bind(InetSocketAddress address) throws java.io.IOException {
    throw new UnsupportedOperationException(settings.registry.services().toString());
  }

  /** Connections that are open, of either protocol. */
  public int connections() {
    throw new UnsupportedOperationException();
  }

  /**
   * Stops accepting connections and calls, lets the calls in flight finish, and closes what is left
   * when {@code grace} has passed. The future completes when all connections are closed.
   */
  public CompletableFuture<Void> drain(Duration grace) {
    throw new UnsupportedOperationException();
  }

  /** Closes all connections at once and returns when they are closed. */
  @Override
  public void close() {
    throw new UnsupportedOperationException();
  }

  /**
   * The settings of a server. Each has a default under which the server is safe against a hostile
   * peer.
   */
  public static final class Builder {
    final IoEventLoopGroup loops;
    final ServiceRegistry registry;
    @Nullable Supplier<SslContext> tls;
    @Nullable Supplier<ChannelHandler> http1;
    LongSupplier nanoClock = System::nanoTime;
    int receivedMessageBytesMax = 2_097_152;
    int headerListBytesMax = 32 * 1024;
    int concurrentStreamsMax = 16_384;
    int connectionsMax = 16_384;

    private Builder(IoEventLoopGroup loops, ServiceRegistry registry) {
      this.loops = loops;
      this.registry = registry;
    }

    /**
     * Encrypts every connection. The supplier is asked at each new connection, so certificates and
     * revocation lists can change while the server runs.
     */
    public Builder tls(Supplier<SslContext> context) {
      this.tls = context;
      return this;
    }

    /**
     * Who takes HTTP/1.1 connections: a handler (or initializer) for each of them, put at the end
     * of a pipeline that decrypts only, before its first byte is read. Without it such connections
     * are closed.
     */
    public Builder http1(Supplier<ChannelHandler> handler) {
      this.http1 = handler;
      return this;
    }

    /** The monotonic clock; {@link System#nanoTime} unless told. */
    public Builder nanoClock(LongSupplier clock) {
      this.nanoClock = clock;
      return this;
    }

    /** Longest message taken, in bytes, after decompression. */
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

    /** Connections that may be open at once, of either protocol. */
    public Builder connectionsMax(int connections) {
      this.connectionsMax = connections;
      return this;
    }

    /** A server with these settings, which listens nowhere yet. */
    public GrpcServer build() {
      return new GrpcServer(this);
    }
  }
}

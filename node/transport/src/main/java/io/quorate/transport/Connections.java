package io.quorate.transport;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ServerChannel;
import io.netty.handler.ssl.SslHandler;
import io.quorate.base.ErrorCode;
import io.quorate.base.Limits;
import io.quorate.base.QuorateException;
import io.quorate.node.SparseLog;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;

/**
 * How connections come to be, dialled or answered: sockets, TLS, deadlines, and the bound on those
 * that haven't introduced themselves. What they are good for is their {@link Link.Owner}'s to say.
 *
 * <p>Used on the loop only.
 */
final class Connections {
  /** Rest after the system refused to accept a connection, for want of descriptors. */
  private static final long ACCEPT_REST_NANOS = 1_000_000_000;

  private final NettyLoop loop;
  private final TransportSettings settings;
  private final SparseLog strangers;
  private final Link.Owner owner;

  private final List<ServerChannel> listening = new ArrayList<>();

  /** Every connection, greeted or not. */
  private final List<Channel> channels = new ArrayList<>();

  private int pendingHandshakes;
  private boolean closed;

  Connections(NettyLoop loop, TransportSettings settings, SparseLog strangers, Link.Owner owner) {
    this.loop = loop;
    this.settings = settings;
    this.strangers = strangers;
    this.owner = owner;
  }

  /**
   * Answers at an address from now on.
   *
   * @throws QuorateException if it can't be bound
   */
  void listen(InetSocketAddress address) {
    ServerChannel channel = Sockets.listening(loop.eventLoop());
    channel.pipeline().addLast(new Acceptor());
    // On the loop's own thread both are done when they return.
    var _ = loop.eventLoop().register(channel);
    ChannelFuture bound = channel.bind(address);
    Throwable cause = bound.cause();
    if (cause != null) {
      var _ = channel.close();
      close();
      throw QuorateException.of(
          ErrorCode.INVALID_REQUEST,
          "can't listen for peers on " + address + ": " + cause.getMessage(),
          cause);
    }
    listening.add(channel);
  }

  /** Where it answers, with the ports that port 0 became. */
  List<InetSocketAddress> listening() {
    return listening.stream().map(it -> (InetSocketAddress) it.localAddress()).toList();
  }

  /**
   * Opens a connection that begins with {@code hello}. Its failure is told like the end of any
   * other.
   *
   * @param host whom it is meant to lead to: what a certificate must name
   * @param round which of a name's addresses to try, if it has several
   */
  void dial(Greeting.Hello hello, InetSocketAddress address, String host, int round) {
    Channel channel =
        Sockets.dialling(loop.eventLoop(), (int) settings.connectDeadline().toMillis());
    Link link = new Link(owner, channel, hello);
    PeerTls tls = settings.tls();
    if (tls != null) {
      addTls(
          channel,
          tls.dialling()
              .get()
              .newHandler(channel.alloc(), host, address.getPort(), tls.handshakes()));
    }
    begin(link);
    if (address.isUnresolved()) {
      // The system's resolver blocks, so it is asked elsewhere.
      Thread.ofPlatform()
          .daemon()
          .name("resolve " + address.getHostString())
          .start(() -> resolveAndConnect(link, address, round));
    } else {
      connect(link, address);
    }
  }

  /** A connection has introduced itself to our content. */
  void opened(Link link) {
    if (!link.dialled()) {
      pendingHandshakes--;
    }
  }

  /** A connection is over. */
  void closed(Link link, boolean opened) {
    channels.remove(link.channel());
    if (!link.dialled() && !opened) {
      pendingHandshakes--;
    }
  }

  /** Answers nobody any more and ends every connection. */
  void close() {
    closed = true;
    for (ServerChannel channel : listening) {
      var _ = channel.close();
    }
    for (Channel channel : List.copyOf(channels)) {
      var _ = channel.close();
    }
  }

  private void resolveAndConnect(Link link, InetSocketAddress address, int round) {
    try {
      InetSocketAddress resolved = Sockets.resolve(address, round);
      loop.execute(() -> connect(link, resolved));
    } catch (UnknownHostException e) {
      loop.execute(() -> link.close("unknown host " + address.getHostString()));
    }
  }

  private static void connect(Link link, InetSocketAddress address) {
    link.channel()
        .connect(address)
        .addListener(done -> {
          if (!done.isSuccess()) {
            link.close(String.valueOf(done.cause().getMessage()));
          }
        });
  }

  private void addTls(Channel channel, SslHandler tls) {
    tls.setHandshakeTimeoutMillis(settings.handshakeDeadline().toMillis());
    channel.pipeline().addLast(tls);
  }

  /** Registers a connection with the loop and sets its deadline. */
  private void begin(Link link) {
    channels.add(link.channel());
    if (!link.dialled()) {
      pendingHandshakes++;
    }
    link.setDeadline(
        loop.schedule(
            settings.handshakeDeadline().toNanos(),
            () -> link.close("no handshake within " + settings.handshakeDeadline())));
    link.channel().pipeline().addLast(link);
    var _ = loop.eventLoop().register(link.channel());
  }

  private final class Acceptor extends ChannelInboundHandlerAdapter {
    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
      Channel channel = (Channel) message;
      if (closed || pendingHandshakes >= Limits.PENDING_HANDSHAKES_MAX) {
        strangers.log(
            loop.now(),
            "peer_refused reason=\"too many handshakes at once\" from=" + channel.remoteAddress());
        // Not registered yet, so it can only be closed the hard way.
        channel.unsafe().closeForcibly();
        return;
      }
      Sockets.configure(channel);
      Link link = new Link(owner, channel, null);
      PeerTls tls = settings.tls();
      if (tls != null) {
        addTls(channel, tls.answering().get().newHandler(channel.alloc(), tls.handshakes()));
      }
      begin(link);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      strangers.log(loop.now(), "accept_failed cause=\"" + cause.getMessage() + "\"");
      context.channel().config().setAutoRead(false);
      loop.schedule(ACCEPT_REST_NANOS, () -> context.channel().config().setAutoRead(true));
    }
  }
}

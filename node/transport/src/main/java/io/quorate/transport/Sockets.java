package io.quorate.transport;

import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.IoEventLoop;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;

/** Sockets that fit a loop, epoll's or NIO's, with the options that peers want. */
final class Sockets {
  private Sockets() {}

  /** A channel to dial with; not registered yet. */
  static Channel dialling(EventLoop loop, int connectMillisMax) {
    Channel channel = isEpoll(loop) ? new EpollSocketChannel() : new NioSocketChannel();
    channel.config().setOption(ChannelOption.CONNECT_TIMEOUT_MILLIS, connectMillisMax);
    configure(channel);
    return channel;
  }

  /** A channel to listen with; not registered yet. */
  static ServerChannel listening(EventLoop loop) {
    ServerChannel channel =
        isEpoll(loop) ? new EpollServerSocketChannel() : new NioServerSocketChannel();
    channel.config().setOption(ChannelOption.SO_REUSEADDR, true);
    channel.config().setOption(ChannelOption.SO_BACKLOG, 1_024);
    return channel;
  }

  /** Options of a connection, whoever opened it. */
  static void configure(Channel channel) {
    channel.config().setOption(ChannelOption.TCP_NODELAY, true);
    channel.config().setOption(ChannelOption.SO_KEEPALIVE, true);
  }

  /**
   * Asks the system's resolver, which may block for long; never called on a loop. A name with
   * several addresses, say one of each IP version, leads to another one at each attempt.
   */
  static InetSocketAddress resolve(InetSocketAddress address, int attempt)
      throws UnknownHostException {
    InetAddress[] all = InetAddress.getAllByName(address.getHostString());
    return new InetSocketAddress(all[Math.floorMod(attempt, all.length)], address.getPort());
  }

  private static boolean isEpoll(EventLoop loop) {
    return loop instanceof IoEventLoop it && it.isIoType(EpollIoHandler.class);
  }
}

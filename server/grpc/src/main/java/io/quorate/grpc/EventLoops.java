package io.quorate.grpc;

import io.netty.channel.IoEventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;

/** Event loops for a member: epoll where the system has it, else NIO. */
public final class EventLoops {
  private static final String EPOLL_LIBRARY = "META-INF/native/libnetty_transport_native_epoll_";

  private EventLoops() {}

  /**
   * Starts a group of loops, which the caller shuts down.
   *
   * @param threads how many loops, each with a thread
   * @param name what their threads are called
   */
  public static IoEventLoopGroup start(int threads, String name) {
    IoHandlerFactory handler = hasEpoll() ? EpollIoHandler.newFactory() : NioIoHandler.newFactory();
    return new MultiThreadIoEventLoopGroup(threads, new DefaultThreadFactory(name), handler);
  }

  /** The listening channel that fits the loops of {@code group}. */
  static Class<? extends ServerChannel> serverChannel(IoEventLoopGroup group) {
    return group.isIoType(EpollIoHandler.class)
        ? EpollServerSocketChannel.class
        : NioServerSocketChannel.class;
  }

  /**
   * Whether Netty's native library is there and works. It is looked for first, since the mere try
   * to load one that is absent makes the JVM print warnings.
   */
  private static boolean hasEpoll() {
    ClassLoader loader = EventLoops.class.getClassLoader();
    return loader != null
        && (loader.getResource(EPOLL_LIBRARY + "x86_64.so") != null
            || loader.getResource(EPOLL_LIBRARY + "aarch_64.so") != null)
        && Epoll.isAvailable();
  }
}

package io.quorate.client;

import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.client.channel.Channel;
import io.quorate.client.channel.Timer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What a client shares with its namespaces: the ways to the members, and how calls go over them.
 * Sessions are kept alive over a way of their own, where there is one. Thread-safe.
 */
final class Link implements AutoCloseable {
  /** A channel, and the clocks that go with it. */
  record Way(Channel channel, Timer timer) {}

  /** What sessions are kept alive with. */
  record Keeping(Channel channel, Calls calls, Lease leases) {}

  private final Channel channel;
  private final ClientOptions options;
  private final Observers observers;
  private final Calls calls;
  private final Supplier<Way> apart;

  // Guarded by this.
  private @Nullable Keeping keeping;
  private boolean closed;

  /**
   * @param apart opens another way to the same members; or gives the same one
   */
  Link(Way way, ClientOptions options, Supplier<Way> apart) {
    this.channel = way.channel();
    this.options = options;
    this.apart = apart;
    observers = Observers.of(options.observers());
    calls = calls(way);
  }

  private Calls calls(Way way) {
    if (!observers.isEmpty()) {
      way.channel().observe(observers);
    }
    return new Calls(way.channel(), way.timer(), options, this::mustNotBlock, observers);
  }

  Calls calls() {
    return calls;
  }

  ClientOptions options() {
    return options;
  }

  /**
   * What sessions are kept alive with: once for all of them.
   *
   * @throws QuorateException.Unavailable with {@link ErrorCode#STOPPED} if the client is closed
   */
  synchronized Keeping keeping() {
    if (closed) {
      throw QuorateException.of(ErrorCode.STOPPED, "the client is closed");
    }
    Keeping present = keeping;
    if (present == null) {
      Way way = apart.get();
      Calls own = calls(way);
      present = new Keeping(way.channel(), own, new Lease(own));
      keeping = present;
    }
    return present;
  }

  synchronized boolean isClosed() {
    return closed;
  }

  /** Whether the calling thread completes calls of any way. */
  boolean mustNotBlock() {
    Keeping other;
    synchronized (this) {
      other = keeping;
    }
    return channel.mustNotBlock() || (other != null && other.channel().mustNotBlock());
  }

  @Override
  public void close() {
    Keeping other;
    synchronized (this) {
      closed = true;
      other = keeping;
    }
    if (other != null) {
      other.channel().close();
    }
    channel.close();
  }
}

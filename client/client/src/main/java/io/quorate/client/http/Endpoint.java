package io.quorate.client.http;

import io.netty.channel.EventLoop;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.NetUtil;
import io.quorate.client.channel.Answer.Fate;
import io.quorate.client.channel.StatusCode;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One member that a channel can talk to: at most one connection, the calls that wait for it, and
 * after a failure a pause before the next attempt. Owned by the channel's event loop.
 */
final class Endpoint implements GrpcConnection.Listener {
  private static final long PAUSE_NANOS_MIN = TimeUnit.MILLISECONDS.toNanos(20);
  private static final long PAUSE_NANOS_MAX = TimeUnit.SECONDS.toNanos(1);

  private final HttpChannel channel;
  private final EventLoop loop;
  private final HttpSettings settings;
  private final String name;
  private final String host;
  private final int port;
  private final @Nullable ClientTls tls;
  private final Resolver resolver;
  private final ArrayDeque<Exchange> waiting = new ArrayDeque<>();

  private @Nullable GrpcConnection connection;
  private boolean connecting;
  private boolean resolving;
  private boolean awaitsName;
  private int namesAwaited;
  private InetAddress[] untried = new InetAddress[0];
  private int nextUntried;
  private int failures;
  private long pausedUntilNanos;
  private String lastFailure = "";

  /** Who knows the addresses behind a name. Asking may take however long. */
  interface Resolver {
    InetAddress[] resolve(String host) throws UnknownHostException;
  }

  private Endpoint(
      HttpChannel channel,
      EventLoop loop,
      HttpSettings settings,
      String name,
      String host,
      int port,
      @Nullable ClientTls tls,
      Resolver resolver) {
    this.resolver = resolver;
    this.channel = channel;
    this.loop = loop;
    this.settings = settings;
    this.name = name;
    this.host = host;
    this.port = port;
    this.tls = tls;
  }

  /**
   * Of {@code host:port}, {@code [v6]:port} or either behind {@code http://} or {@code https://}.
   * The scheme says whether it is inside TLS; without one it is if {@code tls} is given.
   *
   * @throws IllegalArgumentException if it is none of these
   */
  static Endpoint parse(
      HttpChannel channel,
      EventLoop loop,
      HttpSettings settings,
      @Nullable ClientTls tls,
      Resolver resolver,
      String endpoint) {
    String rest = endpoint.trim();
    ClientTls used = tls;
    if (rest.startsWith("https://")) {
      rest = rest.substring("https://".length());
      used = tls == null ? ClientTls.platform() : tls;
    } else if (rest.startsWith("http://")) {
      rest = rest.substring("http://".length());
      used = null;
    }
    if (rest.endsWith("/")) {
      rest = rest.substring(0, rest.length() - 1);
    }
    int colon = rest.lastIndexOf(':');
    String host = colon <= 0 ? "" : rest.substring(0, colon);
    if (host.startsWith("[") && host.endsWith("]")) {
      host = host.substring(1, host.length() - 1);
    } else if (host.indexOf(':') >= 0) {
      host = "";
    }
    int port;
    try {
      port = Integer.parseInt(rest.substring(colon + 1));
    } catch (NumberFormatException e) {
      port = -1;
    }
    if (host.isEmpty() || port < 1 || port > 65_535) {
      throw new IllegalArgumentException(
          "not host:port, http://host:port or https://host:port: " + endpoint);
    }
    return new Endpoint(channel, loop, settings, endpoint, host, port, used, resolver);
  }

  /** As the user wrote it. */
  String name() {
    return name;
  }

  /** Why the last connection could not be made or ended. */
  String lastFailure() {
    return lastFailure;
  }

  /** Whether a call may be handed here now: connected, connecting, or not in a pause. */
  boolean isOpen(long nowNanos) {
    return connection != null || connecting || failures == 0 || pausedUntilNanos - nowNanos <= 0;
  }

  /** Whether it has been reached, and not been lost since. */
  boolean isConnected() {
    return connection != null;
  }

  /** Sends a call, or keeps it until the connection is made. */
  void take(Exchange call) {
    call.endpoint = name;
    GrpcConnection ready = connection;
    if (ready != null && ready.start(call)) {
      call.connection = ready;
      return;
    }
    waiting.add(call);
    long timeout = call.timeoutNanos();
    if (timeout != 0) {
      var unused =
          loop.schedule(
              () -> {
                if (waiting.remove(call)) {
                  String before = lastFailure.isEmpty() ? "" : "; before that: " + lastFailure;
                  call.ended(
                      StatusCode.DEADLINE_EXCEEDED,
                      "no connection to " + name + " in time" + before,
                      Fate.NOT_PROCESSED);
                }
              },
              timeout,
              TimeUnit.NANOSECONDS);
    }
    if (!connecting) {
      connecting = true;
      resolve();
    }
  }

  /** Removes a call that waits; whether it did. */
  boolean remove(Exchange call) {
    return waiting.remove(call);
  }

  void flush() {
    if (connection != null) {
      connection.flush();
    }
  }

  void close() {
    GrpcConnection present = connection;
    connection = null;
    connecting = false;
    awaitsName = false;
    if (present != null) {
      present.close("the client is closed");
      channel.connections().disconnected(name, "the client is closed");
    }
    for (Exchange call : takeWaiting()) {
      call.ended(StatusCode.CANCELLED, "the client is closed", Fate.NOT_PROCESSED);
    }
  }

  /**
   * A numeric address at once; a name on a thread of its own, since asking for it blocks, for the
   * time that connecting may take. A thread that is asking still then is asked along by the next
   * attempt: there is one at most.
   */
  private void resolve() {
    byte[] numeric = NetUtil.createByteArrayFromIpAddressString(host);
    if (numeric != null) {
      try {
        connectTo(new InetAddress[] {InetAddress.getByAddress(host, numeric)});
      } catch (UnknownHostException e) {
        failed("not an address: " + host);
      }
      return;
    }
    awaitsName = true;
    int number = ++namesAwaited;
    var unused =
        loop.schedule(
            () -> {
              if (number == namesAwaited) {
                named(() -> failed("no address of " + host + " was found in time"));
              }
            },
            settings.connectTimeout().toNanos(),
            TimeUnit.NANOSECONDS);
    if (resolving) {
      return;
    }
    resolving = true;
    try {
      Thread asking = new Thread(this::askForName, "quorate-client-resolver");
      asking.setDaemon(true);
      asking.start();
    } catch (OutOfMemoryError e) { // no thread can be had
      resolving = false;
      named(() -> failed("no address of " + host + " was asked for: " + e.getMessage()));
    }
  }

  private void askForName() {
    Runnable outcome;
    try {
      InetAddress[] found = resolver.resolve(host);
      outcome = () -> connectTo(found);
    } catch (UnknownHostException e) {
      outcome = () -> failed("no such host: " + host);
    } catch (Throwable e) {
      outcome = () -> failed("no address of " + host + " was found: " + e);
    }
    Runnable then = outcome;
    channel.onLoop(() -> {
      resolving = false;
      named(then);
    });
  }

  /** What becomes of the attempt that waits for a name, unless something has already. */
  private void named(Runnable outcome) {
    if (awaitsName) {
      awaitsName = false;
      outcome.run();
    }
  }

  private void connectTo(InetAddress[] addresses) {
    untried = addresses;
    nextUntried = 0;
    connectToNext();
  }

  private void connectToNext() {
    if (!connecting) {
      return; // closed meanwhile
    }
    connection = null;
    try {
      InetSocketAddress address = new InetSocketAddress(untried[nextUntried++], port);
      String authority = (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
      SslHandler handler = tls == null ? null : tls.handler(host, port);
      var unused = GrpcConnection.connect(loop, address, authority, settings, handler, this);
    } catch (Throwable e) { // calls would wait for it, those without a deadline for ever
      failed("no connection can be made: " + e);
    }
  }

  @Override
  public void ready(GrpcConnection made) {
    if (!connecting) {
      made.close("the client is closed");
      return;
    }
    connecting = false;
    failures = 0;
    connection = made;
    channel.connections().connected(name);
    for (Exchange call : takeWaiting()) {
      take(call);
    }
    made.flush();
  }

  @Override
  public void over(GrpcConnection gone, String why) {
    if (gone == connection) {
      connection = null;
      lastFailure = why;
      channel.connections().disconnected(name, why);
    } else if (connecting) {
      if (nextUntried < untried.length) {
        connectToNext();
      } else {
        failed(why);
      }
    }
  }

  private void failed(String why) {
    connecting = false;
    lastFailure = why;
    long pause = Math.min(PAUSE_NANOS_MAX, PAUSE_NANOS_MIN << Math.min(failures, 20));
    failures++;
    pausedUntilNanos = System.nanoTime() + pause;
    channel.connections().unreachable(name, why);
    for (Exchange call : takeWaiting()) {
      channel.route(call);
    }
    channel.flush();
  }

  private List<Exchange> takeWaiting() {
    List<Exchange> taken = new ArrayList<>(waiting);
    waiting.clear();
    return taken;
  }
}

package io.quorate.client.http;

import io.netty.channel.EventLoop;
import io.netty.channel.SingleThreadIoEventLoop;
import io.netty.channel.nio.NioIoHandler;
import io.netty.util.concurrent.FastThreadLocalThread;
import io.quorate.base.Bytes;
import io.quorate.client.channel.Answer;
import io.quorate.client.channel.Answer.Fate;
import io.quorate.client.channel.CallOptions;
import io.quorate.client.channel.Channel;
import io.quorate.client.channel.ConnectionListener;
import io.quorate.client.channel.Metadata;
import io.quorate.client.channel.StatusCode;
import io.quorate.client.channel.StreamCall;
import io.quorate.client.channel.StreamListener;
import io.quorate.client.channel.Timer;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The channel over the network: gRPC over HTTP/2, in plaintext or inside TLS, to any of several
 * members.
 *
 * <p>Which member a call goes to, {@link EndpointChoice} says. One thread, a daemon, does all;
 * calls of one turn leave in one write.
 */
public final class HttpChannel implements Channel {
  private static final System.Logger LOG = System.getLogger(HttpChannel.class.getName());
  private static final long CLOSE_SECONDS_MAX = 5;

  private final HttpSettings settings;
  private final EventLoop loop;
  private final List<Endpoint> endpoints = new ArrayList<>();
  private final Map<String, MethodName> methods = new ConcurrentHashMap<>();
  private final ConcurrentLinkedQueue<Exchange> arrived = new ConcurrentLinkedQueue<>();
  private final AtomicBoolean turnComing = new AtomicBoolean();
  private final AtomicLong outstandingBytes = new AtomicLong();
  private final LoopTimer timer = new LoopTimer();
  private volatile boolean closed;
  private volatile @Nullable Thread thread;
  private volatile ConnectionListener connections = new ConnectionListener() {};

  // The event loop's.
  private final EndpointChoice choice;

  private HttpChannel(
      List<String> names,
      HttpSettings settings,
      @Nullable ClientTls tls,
      Endpoint.Resolver resolver) {
    this.settings = settings;
    // A loop without a group: a group's end would wake Netty's global executor, whose thread lasts.
    loop =
        new SingleThreadIoEventLoop(
            null,
            task -> {
              Thread made = new FastThreadLocalThread(task, "quorate-client");
              made.setDaemon(true);
              thread = made;
              return made;
            },
            NioIoHandler.newFactory());
    try {
      for (String name : names) {
        endpoints.add(Endpoint.parse(this, loop, settings, tls, resolver, name));
      }
    } catch (IllegalArgumentException e) {
      var unused = loop.shutdownGracefully(0, 0, TimeUnit.SECONDS);
      throw e;
    }
    choice = new EndpointChoice(endpoints, settings.stayTime().toNanos());
  }

  /** To these members, with the usual bounds; connects with the first call. */
  public static HttpChannel open(List<String> endpoints) {
    return open(endpoints, HttpSettings.DEFAULT);
  }

  /**
   * To these members; connects with the first call.
   *
   * @throws IllegalArgumentException if there is none, or one is not {@code host:port}, {@code
   *     http://host:port} or {@code https://host:port}
   */
  public static HttpChannel open(List<String> endpoints, HttpSettings settings) {
    return open(endpoints, settings, null);
  }

  /**
   * To these members; connects with the first call.
   *
   * @param tls for the members that are named without {@code http://}; if it is null, those named
   *     with {@code https://} are believed if the Java platform believes them
   * @throws IllegalArgumentException if there is none, or one is not {@code host:port}, {@code
   *     http://host:port} or {@code https://host:port}
   */
  public static HttpChannel open(
      List<String> endpoints, HttpSettings settings, @Nullable ClientTls tls) {
    return open(endpoints, settings, tls, InetAddress::getAllByName);
  }

  static HttpChannel open(
      List<String> endpoints,
      HttpSettings settings,
      @Nullable ClientTls tls,
      Endpoint.Resolver resolver) {
    if (endpoints.isEmpty()) {
      throw new IllegalArgumentException("no endpoint");
    }
    return new HttpChannel(endpoints, settings, tls, resolver);
  }

  /** A timer on this channel's thread; what waits in it when the channel closes runs at once. */
  public Timer timer() {
    return timer;
  }

  @Override
  public CompletableFuture<Answer> unary(String method, Bytes request, CallOptions options) {
    HttpCall call =
        new HttpCall(this, methods.computeIfAbsent(method, MethodName::of), request, options);
    boolean room = reserve(request.length());
    if (closed) {
      call.ended(StatusCode.CANCELLED, "the client is closed", Fate.NOT_PROCESSED);
    } else if (!room) {
      call.ended(
          StatusCode.RESOURCE_EXHAUSTED,
          "more than " + settings.outstandingBytesMax() + " bytes of requests under way",
          Fate.NOT_PROCESSED);
    } else {
      arrive(call);
    }
    return call.result();
  }

  @Override
  public StreamCall stream(
      String method, Metadata metadata, String avoid, StreamListener listener) {
    HttpStream stream =
        new HttpStream(
            this, methods.computeIfAbsent(method, MethodName::of), metadata, avoid, listener);
    arrive(stream);
    return stream;
  }

  private void arrive(Exchange call) {
    arrived.add(call);
    if (turnComing.compareAndSet(false, true)) {
      onLoop(this::turn);
    }
  }

  @Override
  public List<String> endpoints() {
    return endpoints.stream().map(Endpoint::name).toList();
  }

  @Override
  public void observe(ConnectionListener listener) {
    connections = listener;
  }

  /** Who is told of connections. */
  ConnectionListener connections() {
    return connections;
  }

  @Override
  public boolean mustNotBlock() {
    return loop.inEventLoop();
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      onLoop(() -> {
        turn();
        endpoints.forEach(Endpoint::close);
        timer.runAll();
      });
      var unused = loop.shutdownGracefully(0, CLOSE_SECONDS_MAX, TimeUnit.SECONDS);
    }
    if (!loop.inEventLoop()) {
      awaitLoopEnd();
      turn(); // what came in between the last turn and the end
    }
  }

  private void awaitLoopEnd() {
    try {
      boolean ended = loop.awaitTermination(CLOSE_SECONDS_MAX, TimeUnit.SECONDS);
      Thread last = thread;
      if (ended && last != null) {
        last.join(TimeUnit.SECONDS.toMillis(CLOSE_SECONDS_MAX)); // it is past its last task
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  // The event loop's side.

  /** Runs a task on the loop; if that has ended, on another thread that is not the caller's. */
  void onLoop(Runnable task) {
    try {
      loop.execute(task);
    } catch (RejectedExecutionException e) {
      ForkJoinPool.commonPool().execute(task);
    }
  }

  private void turn() {
    turnComing.set(false);
    Exchange call = arrived.poll();
    while (call != null) {
      try {
        route(call);
      } catch (Throwable e) { // those behind it have to be sent all the same
        LOG.log(System.Logger.Level.WARNING, "a call could not be sent", e);
        failed(call, "the client failed: " + e);
      }
      call = arrived.poll();
    }
    flush();
  }

  /** Ends a call on which something was thrown, wherever it had come to. */
  private void failed(Exchange call, String why) {
    if (call.connection != null) {
      giveUp(call, StatusCode.INTERNAL, why);
    } else {
      call.ended(StatusCode.INTERNAL, why, Fate.UNKNOWN);
    }
  }

  void flush() {
    for (Endpoint endpoint : endpoints) {
      endpoint.flush();
    }
  }

  /** Hands a call to the next member that it hasn't tried, or ends it if there is none. */
  void route(Exchange call) {
    if (closed) {
      call.ended(StatusCode.CANCELLED, "the client is closed", Fate.NOT_PROCESSED);
      return;
    }
    if (call.isCancelled()) {
      call.ended(StatusCode.CANCELLED, "the call was cancelled", Fate.NOT_PROCESSED);
      return;
    }
    Endpoint next = choice.next(call, System.nanoTime());
    if (next != null) {
      call.endpointsTried++;
      next.take(call);
      return;
    }
    StringBuilder why = new StringBuilder("no member can be reached");
    for (Endpoint endpoint : endpoints) {
      why.append("; ").append(endpoint.name()).append(": ").append(endpoint.lastFailure());
    }
    call.ended(StatusCode.UNAVAILABLE, why.toString(), Fate.NOT_PROCESSED);
  }

  /** Ends a call wherever it is. */
  void giveUp(Exchange call, StatusCode status, String why) {
    GrpcConnection connection = call.connection;
    if (connection != null) {
      connection.giveUp(call, status, why);
      return;
    }
    for (Endpoint endpoint : endpoints) {
      if (endpoint.remove(call)) {
        call.ended(status, why, Fate.NOT_PROCESSED);
      }
    }
  }

  /** Takes bytes of requests into account; whether there is room for them. */
  boolean reserve(int bytes) {
    return outstandingBytes.addAndGet(bytes) <= settings.outstandingBytesMax();
  }

  void release(int bytes) {
    outstandingBytes.addAndGet(-bytes);
  }

  boolean isClosed() {
    return closed;
  }

  int streamWindowBytes() {
    return settings.streamWindowBytes();
  }

  /** Time on the event loop. */
  private final class LoopTimer implements Timer {
    private final Set<Runnable> pending = new LinkedHashSet<>();

    @Override
    public long nanoTime() {
      return System.nanoTime();
    }

    @Override
    public void after(long delayNanos, Runnable task) {
      onLoop(() -> {
        if (closed) {
          task.run();
          return;
        }
        Runnable once =
            new Runnable() {
              @Override
              public void run() {
                if (pending.remove(this)) {
                  task.run();
                }
              }
            };
        pending.add(once);
        var unused = loop.schedule(once, delayNanos, TimeUnit.NANOSECONDS);
      });
    }

    void runAll() {
      for (Runnable task : List.copyOf(pending)) {
        try {
          task.run();
        } catch (Throwable e) { // the others' calls have to end, too
          LOG.log(System.Logger.Level.WARNING, "a task failed while the client closed", e);
        }
      }
    }
  }
}

package io.quorate.bench;

import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import io.netty.channel.SingleThreadIoEventLoop;
import io.netty.channel.nio.NioIoHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.quorate.client.channel.Answer.Fate;
import io.quorate.client.channel.StatusCode;
import io.quorate.client.http.GrpcConnection;
import io.quorate.client.http.HttpSettings;
import io.quorate.client.http.MethodName;
import io.quorate.client.http.UnaryCall;
import java.lang.management.ManagementFactory;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * A load generator: keeps a number of calls outstanding, or starts them at a fixed rate, and counts
 * what comes back.
 *
 * <p>As many call objects as there are clients go round and round; a call that ends starts the next
 * one from the callback of its end, and everything that one read of a socket caused leaves in one
 * write. At a fixed rate, a call that is due while all clients are busy is late, and its latency
 * counts from when it was due: a server that stalls can't hide it by slowing the load down.
 *
 * <p>All state belongs to the one event loop, but for the progress counters that {@link #counted}
 * reads.
 */
public final class Load {
  /** Latencies above are counted as this. */
  private static final long LATENCY_NANOS_MAX = TimeUnit.SECONDS.toNanos(60);

  private static final long CALL_TIMEOUT_NANOS = TimeUnit.SECONDS.toNanos(15);
  private static final long TICK_NANOS = TimeUnit.MICROSECONDS.toNanos(500);
  private static final int ERROR_KINDS_MAX = 50;

  private final LoadSettings settings;
  private final Phases phases;
  private final EventLoop loop;
  private final CompletableFuture<LoadResult> done = new CompletableFuture<>();
  private final List<Line> lines = new ArrayList<>();
  private final SplittableRandom random;
  private final Histogram latency = new Histogram(LATENCY_NANOS_MAX, 3);
  private final Map<String, Long> errors = new TreeMap<>();
  private final ArrayDeque<LoadCall> idle = new ArrayDeque<>();

  private boolean started;
  private boolean counting;
  private boolean stopping;
  private int underWay;
  private int nextKey;
  private long begun;
  private long countingSince;
  private long countingUntil;
  private long cpuAtStart;
  private long answeredBytes;
  private long dueNanos;
  private volatile long counted;

  /** Is told when counting begins and ends; on the load's thread. */
  public interface Phases {
    /** For whom doesn't care. */
    Phases NONE =
        new Phases() {
          @Override
          public void counting() {}

          @Override
          public void counted() {}
        };

    /** The warm-up is over. */
    void counting();

    /** The last call was counted. */
    void counted();
  }

  private Load(LoadSettings settings, Phases phases) {
    this.settings = settings;
    this.phases = phases;
    random = new SplittableRandom(settings.seed());
    loop =
        new SingleThreadIoEventLoop(
            null, new DefaultThreadFactory("bench-load", true), NioIoHandler.newFactory());
  }

  /** Starts a load. */
  public static Load start(LoadSettings settings, Phases phases) {
    Load load = new Load(settings, phases);
    load.loop.execute(load::connect);
    return load;
  }

  /**
   * Waits for the end.
   *
   * @throws IllegalStateException if no connection could be made at all
   */
  public LoadResult await() {
    try {
      return done.join();
    } catch (java.util.concurrent.CompletionException e) {
      throw new IllegalStateException(String.valueOf(e.getCause()), e);
    } finally {
      loop.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(2, TimeUnit.SECONDS);
    }
  }

  /** Ends the counting now, and the load with it; from any thread. */
  public void stop() {
    loop.execute(() -> {
      if (counting) {
        endCounting();
      }
    });
  }

  /** How many calls have succeeded since counting began; from any thread. */
  public long counted() {
    return counted;
  }

  /** Whether the load has ended; from any thread. */
  public boolean isDone() {
    return done.isDone();
  }

  private void connect() {
    for (int i = 0; i < settings.connections(); i++) {
      lines.add(new Line(settings.endpoints().get(i % settings.endpoints().size())));
    }
    for (int i = 0; i < settings.clients(); i++) {
      idle.add(new LoadCall(lines.get(i % lines.size())));
    }
    for (Line line : lines) {
      line.connect();
    }
  }

  /** Begins once every connection is there, so that all clients take part from the start. */
  private void ready() {
    if (started) {
      return;
    }
    for (Line line : lines) {
      if (!line.isReady()) {
        return;
      }
    }
    started = true;
    begun = System.nanoTime();
    dueNanos = begun;
    counting = settings.warmUp().isZero();
    if (counting) {
      beginCounting(begun);
    }
    pump();
    flush();
    var _ = loop.schedule(this::tick, TICK_NANOS, TimeUnit.NANOSECONDS);
  }

  /** Moves between the phases, and starts what has become due. */
  private void tick() {
    if (done.isDone()) {
      return;
    }
    long now = System.nanoTime();
    if (!counting && !stopping && now - begun >= settings.warmUp().toNanos()) {
      beginCounting(now);
    }
    if (counting && settings.total() == 0 && now - countingUntil >= 0) {
      endCounting();
    }
    if (stopping && underWay == 0) {
      finish();
      return;
    }
    pump();
    flush();
    var _ = loop.schedule(this::tick, TICK_NANOS, TimeUnit.NANOSECONDS);
  }

  private void beginCounting(long now) {
    counting = true;
    countingSince = now;
    countingUntil = now + settings.duration().toNanos();
    phases.counting();
    cpuAtStart = cpuNanos();
  }

  private void endCounting() {
    counting = false;
    stopping = true;
    countingUntil = System.nanoTime();
    cpuAtStart = cpuNanos() - cpuAtStart;
    phases.counted();
  }

  private void finish() {
    for (Line line : lines) {
      line.close();
    }
    done.complete(
        new LoadResult(
            settings,
            latency,
            errors,
            (countingUntil - countingSince) / 1e9,
            cpuAtStart,
            answeredBytes));
  }

  /** Starts what may be started: all idle calls, or those that are due. */
  private void pump() {
    if (stopping || !started) {
      return;
    }
    if (settings.rate() == 0) {
      for (int i = idle.size(); i > 0; i--) {
        start(idle.removeFirst(), System.nanoTime());
      }
      return;
    }
    long gap = (long) (1e9 / settings.rate());
    long now = System.nanoTime();
    for (int i = idle.size(); i > 0 && dueNanos - now <= 0; i--) {
      if (start(idle.removeFirst(), dueNanos)) {
        dueNanos += gap;
      }
    }
  }

  private boolean start(LoadCall call, long due) {
    if (!call.line.isReady()) {
      idle.addLast(call);
      return false;
    }
    call.prepare(due);
    underWay++;
    if (!call.line.start(call)) {
      underWay--;
      idle.addLast(call);
      return false;
    }
    return true;
  }

  private int nextKey() {
    if (!settings.sequentialKeys()) {
      return random.nextInt(settings.keySpace());
    }
    int key = nextKey;
    nextKey = key + 1 == settings.keySpace() ? 0 : key + 1;
    return key;
  }

  private void ended(LoadCall call, StatusCode status, String detail, Fate fate) {
    underWay--;
    if (counting) {
      if (status == StatusCode.OK) {
        latency.recordValue(Math.min(LATENCY_NANOS_MAX, System.nanoTime() - call.dueNanos));
        counted = latency.getTotalCount();
        answeredBytes += call.answerBytes;
      } else {
        count(status, detail, fate);
      }
      if (settings.total() > 0 && latency.getTotalCount() + sum(errors) >= settings.total()) {
        endCounting();
      }
    }
    if (!stopping && settings.rate() == 0 && status == StatusCode.OK) {
      start(call, System.nanoTime());
    } else {
      idle.addLast(call); // after a failure the next tick starts it, so that failures don't spin
      if (settings.rate() != 0) {
        pump();
      }
    }
  }

  private void count(StatusCode status, String detail, Fate fate) {
    String kind = status + (fate == Fate.ANSWERED ? "" : " (" + fate + ")");
    String named = kind + (detail.isEmpty() ? "" : ": " + detail);
    errors.merge(
        errors.size() < ERROR_KINDS_MAX || errors.containsKey(named) ? named : kind, 1L, Long::sum);
  }

  private static long sum(Map<String, Long> counts) {
    if (counts.isEmpty()) {
      return 0;
    }
    long sum = 0;
    for (long count : counts.values()) {
      sum += count;
    }
    return sum;
  }

  private void flush() {
    for (Line line : lines) {
      line.flush();
    }
  }

  private static long cpuNanos() {
    return ManagementFactory.getPlatformMXBean(com.sun.management.OperatingSystemMXBean.class)
        .getProcessCpuTime();
  }

  /** One connection, made again whenever it ends before the load does. */
  private final class Line implements GrpcConnection.Listener {
    private static final long AGAIN_MILLIS = 100;

    private final InetSocketAddress address;
    private @Nullable GrpcConnection connection;

    Line(InetSocketAddress address) {
      this.address = address;
    }

    void connect() {
      String authority = address.getHostString() + ":" + address.getPort();
      connection = GrpcConnection.connect(loop, address, authority, HttpSettings.DEFAULT, this);
    }

    boolean isReady() {
      return connection != null && connection.isReady();
    }

    boolean start(LoadCall call) {
      return connection != null && connection.start(call);
    }

    void flush() {
      if (connection != null) {
        connection.flush();
      }
    }

    void close() {
      if (connection != null) {
        connection.drain();
      }
    }

    @Override
    public void ready(GrpcConnection made) {
      connection = made;
      Load.this.ready();
    }

    @Override
    public void over(GrpcConnection gone, String why) {
      if (!started) {
        done.completeExceptionally(
            new IllegalStateException("no connection to " + address + ": " + why));
      } else if (!stopping) {
        var _ = loop.schedule(this::connect, AGAIN_MILLIS, TimeUnit.MILLISECONDS);
      }
    }
  }

  /** One client: a call that is made again and again. */
  private final class LoadCall extends UnaryCall {
    private final Line line;
    private final Requests write;
    private final Requests read;
    private Requests request;
    private long dueNanos;
    private int answerBytes;

    LoadCall(Line line) {
      this.line = line;
      write =
          settings.kind() == LoadSettings.Kind.TXN
              ? Requests.txn(settings)
              : Requests.put(settings);
      read = Requests.range(settings);
      request = write;
    }

    void prepare(long due) {
      dueNanos = due;
      answerBytes = 0;
      request =
          switch (settings.kind()) {
            case PUT, TXN -> write;
            case RANGE -> read;
            case MIXED -> random.nextDouble() < settings.readShare() ? read : write;
          };
      request.key(nextKey());
      request.stamp(due);
    }

    @Override
    protected MethodName method() {
      return request.method();
    }

    @Override
    protected byte[] requestArray() {
      return request.array();
    }

    @Override
    protected int requestOffset() {
      return 0;
    }

    @Override
    protected int requestLength() {
      return request.array().length;
    }

    @Override
    protected long timeoutNanos() {
      return CALL_TIMEOUT_NANOS;
    }

    @Override
    protected void message(ByteBuf response) {
      answerBytes = response.readableBytes();
    }

    @Override
    protected void ended(StatusCode status, String detail, Fate fate) {
      Load.this.ended(this, status, detail, fate);
    }
  }
}

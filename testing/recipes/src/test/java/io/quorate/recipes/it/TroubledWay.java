package io.quorate.recipes.it;

import io.quorate.base.Bytes;
import io.quorate.base.wire.ProtoReader;
import io.quorate.base.wire.ProtoWriter;
import io.quorate.client.ClientOptions;
import io.quorate.client.QuorateClient;
import io.quorate.client.channel.Answer;
import io.quorate.client.channel.CallOptions;
import io.quorate.client.channel.Channel;
import io.quorate.client.channel.Metadata;
import io.quorate.client.channel.StatusCode;
import io.quorate.client.channel.StreamCall;
import io.quorate.client.channel.StreamListener;
import io.quorate.client.channel.Timer;
import io.quorate.client.http.HttpChannel;
import io.quorate.system.Store;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One process's way to a real store, with a hand on it: calls are counted, lost or late, streams
 * say something else or break; and the process itself can be stopped, or its machine suspended.
 */
final class TroubledWay implements Channel, Timer {
  /** A request that is answered once. */
  record Call(String method, Bytes request) {
    /** Whether it is a transaction that names a key, or a part of one. */
    boolean isTxnOn(String part) {
      return method.endsWith("/Txn") && request.toUtf8().contains(part);
    }

    /** Whether it is an append of this to a stream, by whichever means. */
    boolean isAppendOf(String part) {
      return isTxnOn(part)
          || (method.endsWith("Streams/Append") && request.toUtf8().contains(part));
    }
  }

  /** What becomes of a call. */
  interface Fate {
    /**
     * @param sends sends it, and brings the store's answer
     */
    CompletableFuture<Answer> of(Supplier<CompletableFuture<Answer>> sends);
  }

  /** The store does it, and nobody hears of that. */
  static final Fate ANSWER_LOST = sends -> sends.get().thenApply(answer -> broken());

  /** It doesn't arrive, and nobody knows that. */
  static final Fate CALL_LOST = sends -> CompletableFuture.completedFuture(broken());

  /** A call that is under way for long: its caller hears that the connection broke. */
  static final class Late implements Fate {
    private final CompletableFuture<Supplier<CompletableFuture<Answer>>> sent =
        new CompletableFuture<>();

    @Override
    public CompletableFuture<Answer> of(Supplier<CompletableFuture<Answer>> sends) {
      sent.complete(sends);
      return CompletableFuture.completedFuture(broken());
    }

    /** Waits until it was sent. */
    void awaitSent() {
      var _ = await(sent);
    }

    /** It arrives. */
    Answer arrive() {
      return await(await(sent).get());
    }

    /** Ends with the test's time, unlike {@code join}. */
    private static <T> T await(CompletableFuture<T> future) {
      try {
        return future.get();
      } catch (InterruptedException | ExecutionException e) {
        throw new AssertionError("it was never sent, or not answered", e);
      }
    }
  }

  private record Planned(Predicate<Call> which, Fate fate) {}

  private static final long POLL_NANOS = 2_000_000;
  private static final int HEADER_FIELD = 1;
  private static final int EVENTS_FIELD = 11;
  private static final int TYPE_FIELD = 1;
  private static final int KV_FIELD = 2;

  private final HttpChannel channel;
  private final Timer timer;

  // Guarded by this.
  private final List<Call> calls = new ArrayList<>();
  private final List<Answer> answers = new ArrayList<>();
  private final List<Planned> planned = new ArrayList<>();
  private final Map<String, Function<Bytes, @Nullable Bytes>> telling = new HashMap<>();
  private final Set<Stream> streams = new LinkedHashSet<>();
  private final List<Runnable> late = new ArrayList<>();
  private int messages;
  private boolean stopped;
  private boolean suspended;
  private long standsAtNanos;
  private long behindNanos;
  private long wallAheadMillis;

  TroubledWay(Store store) {
    this(List.of(store.endpoint()));
  }

  /** To several members. */
  TroubledWay(List<String> endpoints) {
    channel = HttpChannel.open(endpoints);
    timer = channel.timer();
  }

  /** A client that goes this way, whose calls take so long at most. */
  QuorateClient client(Duration timeout) {
    return QuorateClient.over(this, this, ClientOptions.DEFAULT.timeout(timeout));
  }

  private static Answer broken() {
    return Answer.lost(StatusCode.UNAVAILABLE, "the connection broke", "");
  }

  // ---- what is seen ----------------------------------------------------------------------------

  /** Calls since this was asked last. */
  synchronized List<Call> takeCalls() {
    List<Call> taken = List.copyOf(calls);
    calls.clear();
    return taken;
  }

  /** What the store has answered, in the order of the answers. */
  synchronized List<Answer> answers() {
    return List.copyOf(answers);
  }

  /** How many calls that are to come to something haven't been made. */
  synchronized int plans() {
    return planned.size();
  }

  /** Messages on streams of any kind since this was asked last. */
  synchronized int takeMessages() {
    int taken = messages;
    messages = 0;
    return taken;
  }

  /** Waits until so many streams of a service are open and have heard something. */
  void awaitStreams(String service, int count) {
    while (streams(service).stream().filter(each -> each.heard).count() < count) {
      LockSupport.parkNanos(POLL_NANOS);
      if (Thread.interrupted()) {
        throw new AssertionError("not so many streams of " + service + ": " + count);
      }
    }
  }

  private synchronized List<Stream> streams(String service) {
    return streams.stream().filter(each -> each.method.endsWith(service)).toList();
  }

  // ---- what comes between ----------------------------------------------------------------------

  /** The next call that fits comes to this. */
  synchronized void next(Predicate<Call> which, Fate fate) {
    planned.add(new Planned(which, fate));
  }

  /** What was to come to calls that were not made comes to none. */
  synchronized void forgetPlans() {
    planned.clear();
  }

  /** What is told on streams of a service is changed to this; null is not told. */
  synchronized void tells(String service, Function<Bytes, @Nullable Bytes> as) {
    telling.put(service, as);
  }

  /** Answers to renewals say that a lease lives, whether it does or not. */
  void tellsOfRenewals(long lease, Duration ttl) {
    Bytes renewed = new ProtoWriter(32).number(2, lease).number(3, ttl.toSeconds()).toBytes();
    tells("LeaseKeepAlive", answer -> renewed);
  }

  /** Watches don't tell of the deletion of keys that have this in them, and of all else they do. */
  void tellsOfNoDeletion(String part) {
    tells("Watch", response -> withoutDeletions(response, part));
  }

  private static @Nullable Bytes withoutDeletions(Bytes message, String part) {
    ProtoReader response = new ProtoReader(message);
    ProtoWriter told = new ProtoWriter(message.length());
    boolean changed = false;
    boolean tells = false;
    while (response.next()) {
      switch (response.field()) {
        case HEADER_FIELD -> told.bytes(HEADER_FIELD, response.bytes());
        case EVENTS_FIELD -> {
          if (isDeletion(response.message(), part)) {
            changed = true;
          } else {
            told.bytes(EVENTS_FIELD, response.bytes());
            tells = true;
          }
        }
        default -> told.number(response.field(), response.number());
      }
    }
    if (!changed) {
      return message;
    }
    return tells ? told.toBytes() : null;
  }

  private static boolean isDeletion(ProtoReader event, String part) {
    boolean deletes = false;
    boolean names = false;
    while (event.next()) {
      deletes |= event.field() == TYPE_FIELD && event.number() == 1;
      names |= event.field() == KV_FIELD && event.bytes().toUtf8().contains(part);
    }
    return deletes && names;
  }

  /** The streams of a service end, as when a connection breaks. */
  void breakStreams(String service) {
    timer.after(0, () -> streams(service).forEach(Stream::breaks));
  }

  /** The process is stopped: nothing arrives, and nothing that is due happens. */
  synchronized void stop() {
    stopped = true;
  }

  /** Its machine is suspended: it stops, and so does the monotonic clock. */
  synchronized void suspend() {
    standsAtNanos = timer.nanoTime();
    suspended = true;
    stopped = true;
  }

  /** It goes on; what has come meanwhile happens now. */
  void goOn() {
    synchronized (this) {
      if (suspended) {
        behindNanos += timer.nanoTime() - standsAtNanos;
        suspended = false;
      }
    }
    timer.after(
        0,
        () -> {
          List<Runnable> due;
          synchronized (this) {
            stopped = false;
            due = List.copyOf(late);
            late.clear();
          }
          due.forEach(Runnable::run);
        });
  }

  private void happen(Runnable event) {
    synchronized (this) {
      if (stopped) {
        late.add(event);
        return;
      }
    }
    event.run();
  }

  // ---- calls -----------------------------------------------------------------------------------

  @Override
  public CompletableFuture<Answer> unary(String method, Bytes request, CallOptions options) {
    Call call = new Call(method, request);
    Fate fate = fate(call);
    CompletableFuture<Answer> answer = new CompletableFuture<>();
    CompletableFuture<Answer> sent =
        fate.of(() -> channel.unary(method, request, options).thenApply(this::answered));
    var _ = sent.whenComplete((came, failure) -> happen(() -> answer.complete(came)));
    var _ =
        answer.whenComplete((came, failure) -> {
          if (answer.isCancelled()) {
            sent.cancel(false);
          }
        });
    return answer;
  }

  private synchronized Answer answered(Answer answer) {
    answers.add(answer);
    return answer;
  }

  private synchronized Fate fate(Call call) {
    calls.add(call);
    for (Planned each : planned) {
      if (each.which.test(call)) {
        planned.remove(each);
        return each.fate;
      }
    }
    return Supplier::get;
  }

  // ---- streams ---------------------------------------------------------------------------------

  @Override
  public StreamCall stream(
      String method, Metadata metadata, String avoid, StreamListener listener) {
    Stream stream = new Stream(method, listener);
    synchronized (this) {
      streams.add(stream);
    }
    stream.open(metadata, avoid);
    return stream;
  }

  private @Nullable Bytes told(String method, Bytes message) {
    Function<Bytes, @Nullable Bytes> as;
    synchronized (this) {
      messages++;
      as = telling.get(method.substring(method.lastIndexOf('/') + 1));
    }
    return as == null ? message : as.apply(message);
  }

  private synchronized void forget(Stream stream) {
    streams.remove(stream);
  }

  /** A stream; its listener is called on the channel's thread. */
  private final class Stream implements StreamCall, StreamListener {
    private final String method;
    private final StreamListener listener;
    private final CompletableFuture<StreamCall> there = new CompletableFuture<>();
    private volatile boolean heard;
    private boolean over;

    Stream(String method, StreamListener listener) {
      this.method = method;
      this.listener = listener;
    }

    void open(Metadata metadata, String avoid) {
      there.complete(channel.stream(method, metadata, avoid, this));
    }

    @Override
    public void message(Bytes message) {
      Bytes told = told(method, message);
      if (told == null) {
        request(1); // whoever asked for one still waits for it
      } else {
        happen(() -> {
          if (!over) {
            heard = true;
            listener.message(told);
          }
        });
      }
    }

    @Override
    public void ended(Answer end) {
      forget(this);
      happen(() -> {
        if (!over) {
          over = true;
          listener.ended(end);
        }
      });
    }

    void breaks() {
      ended(broken());
      there.join().cancel();
    }

    @Override
    public void send(Bytes message) {
      there.join().send(message);
    }

    @Override
    public void halfClose() {
      there.join().halfClose();
    }

    @Override
    public void request(int count) {
      there.join().request(count);
    }

    @Override
    public void cancel() {
      there.join().cancel();
    }
  }

  // ---- clocks ----------------------------------------------------------------------------------

  @Override
  public synchronized long nanoTime() {
    return (suspended ? standsAtNanos : timer.nanoTime()) - behindNanos;
  }

  /** Both clocks say that so much has passed. */
  synchronized void pass(Duration time) {
    behindNanos -= time.toNanos();
    wallAheadMillis += time.toMillis();
  }

  /** The wall's clock is set ahead. */
  synchronized void setWall(Duration ahead) {
    wallAheadMillis += ahead.toMillis();
  }

  @Override
  public synchronized long wallMillis() {
    return timer.wallMillis() + wallAheadMillis;
  }

  @Override
  public void after(long delayNanos, Runnable task) {
    timer.after(delayNanos, () -> happen(task));
  }

  @Override
  public boolean mustNotBlock() {
    return channel.mustNotBlock();
  }

  @Override
  public void close() {
    goOn();
    channel.close();
  }
}

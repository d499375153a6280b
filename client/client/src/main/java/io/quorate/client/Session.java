package io.quorate.client;

import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.client.LeaseTimes.Life;
import io.quorate.client.LeaseTimes.Moment;
import io.quorate.client.channel.Timer;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A lease that is kept alive, and what is known of it at any moment: what locks, elections and
 * registrations are held under.
 *
 * <pre>{@code
 * try (Session session = client.session(Duration.ofSeconds(10))) {
 *   session.onChange(state -> …);
 *   client.kv().put(new Put(key, value, session.lease(), …)); // it goes when the session does
 * }
 * }</pre>
 *
 * <p><b>What it knows.</b> A renewal that was answered says that the lease lives for its TTL from
 * the moment on at which the renewal was <em>sent</em>, by this process's clocks; from when it was
 * answered nothing can be told. So a session is {@link SessionState.Active} until an eighth of the
 * TTL is left of that; then {@link SessionState.Suspect}, since clocks don't run alike; and at its
 * end, without another renewal, {@link SessionState.Lost}, as it is at once when a member says so.
 * The monotonic clock counts, and the wall's if that has come further, since the former may have
 * stood still while the machine was suspended. {@link #remaining} and {@link #requireActive} ask
 * the clocks at that moment: after a pause they tell the truth before any listener was told.
 *
 * <p>Renewals are sent three times in a TTL, on a connection and a thread of their own where the
 * client has one: what a user's callback does on the client's thread can't hold them up.
 *
 * <p>What can't be known here: a pause between asking and acting. Where that matters, let the store
 * or the resource check the fencing token.
 *
 * <p>Safe for use by many threads.
 */
public final class Session implements AutoCloseable {
  /** An eighth of the TTL is kept back for clocks that don't run alike. */
  private static final int MARGIN = 8;

  private final QuorateClient client;
  private final Calls calls;
  private final Lease leases;
  private final long id;
  private final Duration ttl;
  private final LeaseKeeper keeper;

  private final Listeners<SessionState> listeners =
      new Listeners<>(this::known, (now, last) -> !now.getClass().equals(last.getClass()));

  // Guarded by this.
  private final Map<Object, Object> companions = new LinkedHashMap<>();
  private SessionState state = new SessionState.Active();
  private long looks;

  Session(QuorateClient client, Calls calls, Lease leases, LeaseGrantResponse granted) {
    this.client = client;
    this.calls = calls;
    this.leases = leases;
    id = granted.id();
    ttl = Duration.ofSeconds(granted.ttlSeconds());
    keeper =
        new LeaseKeeper(
            calls,
            leases.times(),
            id,
            new LeaseListener() {
              @Override
              public void kept(LeaseKeepAliveResponse response) {
                look();
                lookLater();
              }

              @Override
              public void lost(ErrorCode code, String reason) {
                become(new SessionState.Lost(code, reason));
              }
            },
            Runnable::run);
  }

  void begin() {
    calls.observers().tell(ClientObserver::sessionBegan);
    keeper.begin();
    lookLater();
  }

  /** The lease's id: what is put under it is deleted when the session ends. */
  public long lease() {
    return id;
  }

  /** How long the lease lives without a renewal: no shorter than asked for, in whole seconds. */
  public Duration ttl() {
    return ttl;
  }

  /** The client that it is a session of. */
  public QuorateClient client() {
    return client;
  }

  /** How it stands at this moment. */
  public SessionState state() {
    look();
    return known();
  }

  private synchronized SessionState known() {
    return state;
  }

  /** How long it surely lives still, whatever happens; zero if it isn't active. */
  public Duration remaining() {
    boolean active = state() instanceof SessionState.Active;
    return Duration.ofNanos(active ? Math.max(0, remainingNanos()) : 0);
  }

  /**
   * Fails unless it is active at this moment.
   *
   * @throws QuorateException.Conflict with {@link ErrorCode#SESSION_LOST} if it is over, or may be
   */
  public void requireActive() {
    String reason =
        state()
            .match(
                active -> "",
                suspect -> "the session may be over: " + suspect.reason(),
                lost -> "the session is over: " + lost.reason());
    if (!reason.isEmpty()) {
      throw QuorateException.of(ErrorCode.SESSION_LOST, reason);
    }
  }

  /** Why it is over; empty as long as it isn't. */
  public Optional<QuorateException> loss() {
    return state()
        .match(
            active -> Optional.empty(),
            suspect -> Optional.empty(),
            lost ->
                Optional.of(
                    QuorateException.of(
                        ErrorCode.SESSION_LOST, "the session is over: " + lost.reason())));
  }

  /**
   * Runs a task when it is over; at once if it is. The task runs on the thread that finds out, and
   * must not block.
   */
  public Listening whenLost(Consumer<? super QuorateException> task) {
    AtomicBoolean told = new AtomicBoolean();
    Runnable look =
        () ->
            loss()
                .ifPresent(why -> {
                  if (told.compareAndSet(false, true)) {
                    task.accept(why);
                  }
                });
    Listening listening = onChange(state -> look.run(), Runnable::run);
    look.run();
    return listening;
  }

  /** Tells changes from now on, on the common pool. */
  public Listening onChange(Consumer<? super SessionState> listener) {
    return onChange(listener, ForkJoinPool.commonPool());
  }

  /**
   * Tells changes from now on. What changed and changed back before the listener was free is left
   * out. What it throws is logged.
   *
   * @param executor runs the listener, which may block there
   */
  public Listening onChange(Consumer<? super SessionState> listener, Executor executor) {
    return listeners.add(listener, executor);
  }

  /**
   * Something that there is once in a session, under a key of its maker's: made by who asks first.
   * So two locks of one name in one session know of each other. It stays until it is {@linkplain
   * #dismiss dismissed}.
   *
   * @param maker runs without a lock held, and may ask the session. Where two ask at once, what one
   *     of them made is thrown away; so making it must not begin anything
   */
  public <T> T companion(Object key, Class<T> type, Supplier<? extends T> maker) {
    Object known = companion(key);
    if (known == null) {
      T made = maker.get(); // which may make others
      synchronized (this) {
        Object first = companions.putIfAbsent(key, made);
        known = first == null ? made : first;
      }
    }
    return type.cast(known);
  }

  private synchronized @Nullable Object companion(Object key) {
    return companions.get(key);
  }

  /** What was made under a key is there no more; whoever asks next makes another. */
  public void dismiss(Object key, Object companion) {
    synchronized (this) {
      companions.remove(key, companion);
    }
  }

  private Moment now() {
    return Moment.now(calls.timer());
  }

  private long remainingNanos() {
    Life life = keeper.life();
    return life.remainingNanos(now()) - life.ttlNanos() / MARGIN;
  }

  /** Finds out by the clocks how it stands. */
  private void look() {
    Life life = keeper.life();
    Moment now = now();
    long left = life.remainingNanos(now) - life.ttlNanos() / MARGIN;
    if (left > 0) {
      become(new SessionState.Active());
      return;
    }
    long silent = now.nanos() - life.asked().nanos();
    boolean stoodStill = life.ttlNanos() - silent > life.ttlNanos() / MARGIN;
    become(
        new SessionState.Suspect(
            stoodStill
                ? "the wall's clock is ahead of what this process has lived: it or its machine stood"
                    + " still, or the clock was set"
                : "no renewal was answered that was sent within the last "
                    + TimeUnit.NANOSECONDS.toMillis(silent)
                    + " ms"));
  }

  /** Comes back when it will be suspect, unless a renewal is answered. */
  private void lookLater() {
    long number;
    synchronized (this) {
      number = ++looks;
    }
    Timer timer = calls.timer();
    timer.after(
        Math.max(1, remainingNanos()),
        () -> {
          synchronized (this) {
            if (number != looks) {
              return;
            }
          }
          look();
        });
  }

  private void become(SessionState next) {
    SessionState before;
    synchronized (this) {
      if (state instanceof SessionState.Lost || state.getClass().equals(next.getClass())) {
        return;
      }
      before = state;
      state = next;
    }
    calls.observers().tell(each -> each.sessionChanged(before, next));
    listeners.tell();
    if (next instanceof SessionState.Suspect) {
      keeper.renewNow();
    }
  }

  /**
   * Ends the session, and its lease with all that goes with it. If no member can be asked, that
   * ends by itself within the TTL.
   */
  public CompletableFuture<Void> closeAsync() {
    keeper.close();
    become(new SessionState.Lost(ErrorCode.STOPPED, "it was closed"));
    return leases.revokeAsync(id).handle((done, failure) -> null);
  }

  /**
   * Ends the session as {@link #closeAsync} does, and waits for it, for as long as a call takes.
   */
  @Override
  public void close() {
    CompletableFuture<Void> closed = closeAsync();
    if (!client.mustNotBlock()) {
      calls.await(closed);
    }
  }
}

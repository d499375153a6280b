package io.quorate.micrometer;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.quorate.base.ErrorCode;
import io.quorate.client.CallEnd;
import io.quorate.client.CallObserver;
import io.quorate.client.SessionState;
import io.quorate.recipes.Ownership;
import io.quorate.recipes.OwnershipObserver;
import io.quorate.recipes.ids.IdObserver;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Meters of what a client does, and of the locks, elections and ids that are built on it.
 *
 * <pre>{@code
 * ClientOptions options = ClientOptions.DEFAULT.observer(new QuorateMetrics(registry));
 * QuorateClient client = QuorateClient.connect(options, null, List.of("127.0.0.1:2379"));
 * }</pre>
 *
 * <p>One instance may be given to several clients, at once or one after the other: its meters count
 * what all of them do. Two instances that share a registry need tags that tell them apart, or their
 * gauges show the first of them only, even when its client is closed: meters stay in the registry.
 *
 * <p>Safe for use by many threads.
 */
public final class QuorateMetrics implements OwnershipObserver, IdObserver {
  private final MeterRegistry registry;
  private final Tags tags;

  private final Map<String, Method> methods = new ConcurrentHashMap<>();
  private final Map<String, AtomicInteger> connections = new ConcurrentHashMap<>();
  private final Map<Ownership, AtomicInteger> held = new EnumMap<>(Ownership.class);
  private final AtomicInteger callsActive;
  private final AtomicInteger sessionsActive;
  private final AtomicInteger sessionsSuspect;
  private final Counter watchesOpened;
  private final Counter watchesResumed;
  private final Counter watchGaps;
  private final Counter watchEvents;
  private final Timer leaseRenewals;
  private final Timer idWaits;

  /** In this registry. */
  public QuorateMetrics(MeterRegistry registry) {
    this(registry, Tags.empty());
  }

  /**
   * In this registry.
   *
   * @param tags which all meters have, as which client it is
   */
  public QuorateMetrics(MeterRegistry registry, Tags tags) {
    this.registry = registry;
    this.tags = tags;
    callsActive = gauge("quorate.client.calls.active", Tags.empty());
    sessionsActive = gauge("quorate.client.sessions", Tags.of("state", "active"));
    sessionsSuspect = gauge("quorate.client.sessions", Tags.of("state", "suspect"));
    for (Ownership what : Ownership.values()) { // one that isn't held is a figure, too
      held.put(what, gauge("quorate.ownership.held", Tags.of("what", word(what))));
    }
    watchesOpened = counter("quorate.client.watches.opened");
    watchesResumed = counter("quorate.client.watches.resumed");
    watchGaps = counter("quorate.client.watches.gaps");
    watchEvents = counter("quorate.client.watches.events");
    leaseRenewals = timer("quorate.client.leases.renewals");
    idWaits = timer("quorate.ids.wait");
  }

  private Counter counter(String name, String... own) {
    return registry.counter(name, tags.and(own));
  }

  private Timer timer(String name, String... own) {
    return registry.timer(name, tags.and(own));
  }

  private AtomicInteger gauge(String name, Tags own) {
    AtomicInteger value = new AtomicInteger();
    Gauge.builder(name, value, AtomicInteger::get).tags(tags.and(own)).register(registry);
    return value;
  }

  // ---- calls -----------------------------------------------------------------------------------

  @Override
  public CallObserver call(String method) {
    Method meters = methods.computeIfAbsent(method, Method::new);
    callsActive.incrementAndGet();
    return meters;
  }

  /** The meters of a method, which all its calls share. */
  private final class Method implements CallObserver {
    private final String name;
    private final Counter retries;
    private final Map<String, Timer> byOutcome = new ConcurrentHashMap<>();

    Method(String name) {
      this.name = name;
      retries = counter("quorate.client.retries", "method", name);
    }

    @Override
    public void ended(CallEnd end) {
      callsActive.decrementAndGet();
      if (end.attempts() > 1) {
        retries.increment(end.attempts() - 1);
      }
      byOutcome.computeIfAbsent(end.outcome(), this::timer).record(end.duration());
    }

    private Timer timer(String outcome) {
      return QuorateMetrics.this.timer("quorate.client.calls", "method", name, "outcome", outcome);
    }
  }

  // ---- connections -----------------------------------------------------------------------------

  private AtomicInteger connections(String member) {
    return connections.computeIfAbsent(
        member, of -> gauge("quorate.client.connections", Tags.of("member", of)));
  }

  @Override
  public void connected(String member) {
    connections(member).incrementAndGet();
    counter("quorate.client.connects", "member", member, "outcome", "connected").increment();
  }

  @Override
  public void disconnected(String member, String why) {
    connections(member).decrementAndGet();
    counter("quorate.client.disconnects", "member", member).increment();
  }

  @Override
  public void unreachable(String member, String why) {
    counter("quorate.client.connects", "member", member, "outcome", "unreachable").increment();
  }

  // ---- watches ---------------------------------------------------------------------------------

  @Override
  public void watchOpened() {
    watchesOpened.increment();
  }

  @Override
  public void watchInterrupted(ErrorCode why) {
    counter("quorate.client.watches.interrupted", "code", why.name()).increment();
  }

  @Override
  public void watchResumed() {
    watchesResumed.increment();
  }

  @Override
  public void watchDelivered(int events) {
    watchEvents.increment(events);
  }

  @Override
  public void watchGap() {
    watchGaps.increment();
  }

  @Override
  public void watchEnded(ErrorCode why) {
    counter("quorate.client.watches.ended", "code", why.name()).increment();
  }

  // ---- leases and sessions ---------------------------------------------------------------------

  @Override
  public void leaseRenewed(Duration duration) {
    leaseRenewals.record(duration);
  }

  @Override
  public void leaseLost(ErrorCode why) {
    counter("quorate.client.leases.lost", "code", why.name()).increment();
  }

  @Override
  public void sessionBegan() {
    sessionsActive.incrementAndGet();
  }

  @Override
  public void sessionChanged(SessionState before, SessionState now) {
    count(before, -1);
    count(now, 1);
    if (now instanceof SessionState.Lost lost) {
      counter("quorate.client.sessions.ended", "code", lost.code().name()).increment();
    }
  }

  private void count(SessionState state, int change) {
    if (state instanceof SessionState.Active) {
      sessionsActive.addAndGet(change);
    } else if (state instanceof SessionState.Suspect) {
      sessionsSuspect.addAndGet(change);
    }
  }

  // ---- locks, elections and ids ----------------------------------------------------------------

  @Override
  public void acquired(Ownership what, String name, Duration waited) {
    ownership("quorate.ownership.wait", what, "acquired").record(waited);
    count(what, 1);
  }

  @Override
  public void notAcquired(Ownership what, String name, Duration waited) {
    ownership("quorate.ownership.wait", what, "not_acquired").record(waited);
  }

  @Override
  public void released(Ownership what, String name, Duration time) {
    ownership("quorate.ownership.hold", what, "released").record(time);
    count(what, -1);
  }

  @Override
  public void lost(Ownership what, String name, Duration time) {
    ownership("quorate.ownership.hold", what, "lost").record(time);
    count(what, -1);
  }

  private void count(Ownership what, int change) {
    Objects.requireNonNull(held.get(what)).addAndGet(change);
  }

  private Timer ownership(String name, Ownership what, String outcome) {
    return timer(name, "what", word(what), "outcome", outcome);
  }

  private static String word(Ownership what) {
    return what.name().toLowerCase(Locale.ROOT);
  }

  @Override
  public void idAwaited(String name, Duration waited) {
    idWaits.record(waited);
  }
}

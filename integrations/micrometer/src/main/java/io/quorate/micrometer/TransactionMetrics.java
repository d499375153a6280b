package io.quorate.micrometer;

import io.micrometer.core.instrument.Clock;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.TimeGauge;
import io.quorate.txn.Decision;
import io.quorate.xa.Outcome;
import io.quorate.xa.TransactionObserver;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Meters of transactions over databases: give it to the client whose store keeps the decisions,
 * beside {@link QuorateMetrics} or without it.
 *
 * <pre>{@code
 * ClientOptions options = ClientOptions.DEFAULT.observer(new TransactionMetrics(registry));
 * QuorateClient client = QuorateClient.connect(options, null, List.of("127.0.0.1:2379"));
 * Transactions transactions = Transactions.builder(client, "shop").resource(orders).open();
 * }</pre>
 *
 * <p>What is in doubt at a resource is as recovery has found it when it last could look; each
 * process that has the resource tells the same, so the greatest of their figures is the figure.
 * Instances that share a registry need tags that tell them apart, as those of {@link
 * QuorateMetrics} do.
 *
 * <p>A class of its own, as it needs {@code quorate-xa}, which whoever has no such transactions
 * does without. Safe for use by many threads.
 */
public final class TransactionMetrics implements TransactionObserver {
  private final MeterRegistry registry;
  private final Tags tags;
  private final Clock clock;

  private final Map<String, AtResource> resources = new ConcurrentHashMap<>();
  private final AtomicInteger active = new AtomicInteger();
  private final Counter begun;
  private final Counter coordinatorsLost;

  /** In this registry. */
  public TransactionMetrics(MeterRegistry registry) {
    this(registry, Tags.empty());
  }

  /**
   * In this registry.
   *
   * @param tags which all meters have, as which client it is
   */
  public TransactionMetrics(MeterRegistry registry, Tags tags) {
    this.registry = registry;
    this.tags = tags;
    clock = registry.config().clock();
    begun = registry.counter("quorate.transactions.begun", tags);
    coordinatorsLost = registry.counter("quorate.transactions.coordinators.lost", tags);
    Gauge.builder("quorate.transactions.active", active, AtomicInteger::get)
        .tags(tags)
        .register(registry);
  }

  // ---- transactions ----------------------------------------------------------------------------

  @Override
  public void transactionBegan() {
    begun.increment();
    active.incrementAndGet();
  }

  @Override
  public void transactionEnded(Outcome outcome, Duration duration) {
    active.decrementAndGet();
    registry
        .timer("quorate.transactions.end", tags.and("outcome", word(outcome.kind())))
        .record(duration);
  }

  @Override
  public void coordinatorLost() {
    coordinatorsLost.increment();
  }

  // ---- resources -------------------------------------------------------------------------------

  /** What recovery knows of a resource. */
  private final class AtResource {
    private final AtomicInteger inDoubt = new AtomicInteger();
    private final AtomicInteger asks = new AtomicInteger();

    /** By the registry's clock. While nothing is in doubt it doesn't matter. */
    private volatile long oldestSinceNanos;

    AtResource(String name) {
      Tags own = tags.and("resource", name);
      Gauge.builder("quorate.transactions.indoubt", inDoubt, AtomicInteger::get)
          .tags(own)
          .register(registry);
      Gauge.builder("quorate.transactions.asks", asks, AtomicInteger::get)
          .tags(own)
          .register(registry);
      TimeGauge.builder(
              "quorate.transactions.indoubt.age",
              this,
              TimeUnit.NANOSECONDS,
              AtResource::oldestNanos)
          .tags(own)
          .register(registry);
    }

    /** Goes on between two looks, and while none succeeds. */
    private double oldestNanos() {
      return inDoubt.get() == 0 ? 0 : clock.monotonicTime() - oldestSinceNanos;
    }

    void lookedThrough(int branches, int asked, Duration oldest) {
      oldestSinceNanos = clock.monotonicTime() - oldest.toNanos();
      inDoubt.set(branches);
      asks.set(asked);
    }
  }

  @Override
  public void lookedThrough(String resource, int inDoubt, int ask, Duration oldest) {
    resources.computeIfAbsent(resource, AtResource::new).lookedThrough(inDoubt, ask, oldest);
  }

  @Override
  public void lookFailed(String resource) {
    counter("quorate.transactions.looks.failed", resource).increment();
  }

  @Override
  public void branchRecovered(String resource, Decision decision) {
    counter("quorate.transactions.recovered", resource, "decision", word(decision)).increment();
  }

  @Override
  public void heuristicOutcome(String resource) {
    counter("quorate.transactions.heuristics", resource).increment();
  }

  private Counter counter(String name, String resource, String... own) {
    return registry.counter(name, tags.and("resource", resource).and(own));
  }

  private static String word(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }
}

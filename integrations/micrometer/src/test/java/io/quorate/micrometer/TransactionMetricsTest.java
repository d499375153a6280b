package io.quorate.micrometer;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MockClock;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.simple.SimpleConfig;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.quorate.EmbeddedNode;
import io.quorate.MemberConfig;
import io.quorate.Quorate;
import io.quorate.client.ClientOptions;
import io.quorate.client.KeyValue;
import io.quorate.client.QuorateClient;
import io.quorate.client.Range;
import io.quorate.xa.Outcome;
import io.quorate.xa.Transaction;
import io.quorate.xa.Transactions;
import io.quorate.xa.branch.Branch;
import io.quorate.xa.branch.BranchId;
import io.quorate.xa.branch.Finish;
import io.quorate.xa.branch.Resource;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Shows the figures of transactions, and of what recovery finds at a resource. */
@Timeout(60)
class TransactionMetricsTest {
  @TempDir private Path directory;

  private final MockClock clock = new MockClock();
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry(SimpleConfig.DEFAULT, clock);
  private final Shelf shelf = new Shelf();
  private EmbeddedNode node;
  private QuorateClient client;
  private Transactions transactions;

  @BeforeEach
  void start() {
    node =
        Quorate.node(MemberConfig.alone(directory.resolve("data")))
            .client(ClientOptions.DEFAULT.observer(new TransactionMetrics(registry)))
            .start();
    client = node.client();
    transactions =
        Transactions.builder(client, "shop")
            .resource(shelf)
            .recoveryPeriod(Duration.ofMillis(20))
            .open();
  }

  @AfterEach
  void stop() {
    transactions.close();
    node.close();
  }

  private static void await(BooleanSupplier condition) {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime() - deadline).isNegative();
      Thread.onSpinWait();
    }
  }

  private double counted(String name, String... tags) {
    var counter = registry.find(name).tags(tags).counter();
    return counter == null ? 0 : counter.count();
  }

  private double gauged(String name, String... tags) {
    var gauge = registry.find(name).tags(tags).gauge();
    return gauge == null ? -1 : gauge.value();
  }

  private long ended(String outcome) {
    var timer = registry.find("quorate.transactions.end").tags("outcome", outcome).timer();
    return timer == null ? 0 : timer.count();
  }

  @Test
  void transactions_are_gauged_while_they_last_and_timed_by_their_outcome() {
    transactions.run(transaction -> transaction.put("a", "b"));
    Transaction second = transactions.begin();
    assertThat(gauged("quorate.transactions.active")).isEqualTo(1);
    second.rollBack();
    assertThat(gauged("quorate.transactions.active")).isZero();
    assertThat(counted("quorate.transactions.begun")).isEqualTo(2);
    assertThat(ended("committed")).isEqualTo(1);
    assertThat(ended("aborted")).isEqualTo(1);
    assertThat(ended("unknown")).isZero();
  }

  @Test
  void a_coordinator_that_is_lost_is_counted() {
    lose();
    transactions.run(transaction -> transaction.put("a", "b")); // as the next
    assertThat(counted("quorate.transactions.coordinators.lost")).isEqualTo(1);
  }

  private void lose() {
    for (KeyValue each : client.kv().range(Range.prefix("quorate/xa/shop/inc/")).kvs()) {
      var unused = client.lease().revoke(each.lease());
    }
    await(() -> counted("quorate.transactions.coordinators.lost") > 0);
  }

  @Test
  void what_nobody_knows_of_is_in_doubt_and_grows_old_until_it_has_gone() {
    await(() -> gauged("quorate.transactions.indoubt", "resource", "shelf") == 0);
    await(() -> gauged("quorate.transactions.indoubt.age", "resource", "shelf") == 0);
    shelf.leave(1, 1);
    await(() -> gauged("quorate.transactions.asks", "resource", "shelf") == 1);
    assertThat(gauged("quorate.transactions.indoubt", "resource", "shelf")).isEqualTo(1);
    shelf.failing = true;
    await(() -> counted("quorate.transactions.looks.failed", "resource", "shelf") > 1);
    clock.add(Duration.ofMinutes(5));
    assertThat(gauged("quorate.transactions.indoubt.age", "resource", "shelf"))
        .as("in seconds, although nobody can look")
        .isGreaterThanOrEqualTo(300);
    shelf.failing = false;
    shelf.left = List.of();
    await(() -> gauged("quorate.transactions.indoubt", "resource", "shelf") == 0);
    assertThat(gauged("quorate.transactions.asks", "resource", "shelf")).isZero();
    assertThat(gauged("quorate.transactions.indoubt.age", "resource", "shelf")).isZero();
  }

  @Test
  void what_recovery_does_is_counted_by_resource_and_decision() {
    recover(Finish.DONE);
    assertThat(counted("quorate.transactions.heuristics", "resource", "shelf")).isZero();
    recover(Finish.OTHERWISE);
    assertThat(counted("quorate.transactions.heuristics", "resource", "shelf")).isEqualTo(1);
  }

  /** A branch is found of a transaction that was never committed. */
  private void recover(Finish answer) {
    shelf.answer = answer;
    Transaction transaction = transactions.begin();
    String[] id = transaction.id().split("/", -1);
    transaction.rollBack();
    double before = counted("quorate.transactions.recovered", "decision", "abort");
    shelf.leave(Long.parseUnsignedLong(id[0], 16), Long.parseUnsignedLong(id[1], 16));
    await(() -> counted("quorate.transactions.recovered", "decision", "abort") > before);
  }

  @Test
  void an_outcome_that_is_not_known_is_one_of_the_outcomes() {
    TransactionMetrics metrics = new TransactionMetrics(registry, Tags.of("client", "other"));
    metrics.transactionBegan();
    metrics.transactionEnded(
        new Outcome(Outcome.Kind.UNKNOWN, null, 1, List.of()), Duration.ofSeconds(7));
    var timer = registry.get("quorate.transactions.end").tags("client", "other").timer();
    assertThat(timer.getId().getTag("outcome")).isEqualTo("unknown");
    assertThat(timer.totalTime(TimeUnit.SECONDS)).isEqualTo(7);
    assertThat(gauged("quorate.transactions.active", "client", "other")).isZero();
  }

  @Test
  void the_meters_are_those_of_the_documented_table() throws Exception {
    transactions.run(transaction -> transaction.put("a", "b"));
    recover(Finish.OTHERWISE);
    shelf.failing = true;
    await(() -> counted("quorate.transactions.looks.failed", "resource", "shelf") > 0);
    Set<String> present = new TreeSet<>();
    Set<String> tags = new TreeSet<>();
    for (Meter meter : registry.getMeters()) {
      present.add(meter.getId().getName());
      meter.getId().getTags().stream().map(Tag::getKey).forEach(tags::add);
    }
    assertThat(present)
        .isEqualTo(DocumentedMeters.where(name -> name.startsWith("quorate.transactions.")));
    assertThat(tags).containsExactly("decision", "outcome", "resource");
  }

  /** Where branches are found that nobody drives. */
  private static final class Shelf implements Resource<Branch> {
    volatile boolean failing;
    volatile Finish answer = Finish.DONE;
    volatile List<long[]> left = List.of();

    void leave(long incarnation, long sequence) {
      left = List.of(new long[] {incarnation, sequence});
    }

    @Override
    public String name() {
      return "shelf";
    }

    @Override
    public CompletableFuture<String> check() {
      return CompletableFuture.completedFuture("the shelf");
    }

    @Override
    public Branch begin(BranchId id) {
      throw new UnsupportedOperationException();
    }

    @Override
    public CompletableFuture<List<BranchId>> prepared(long domain) {
      return failing
          ? CompletableFuture.failedFuture(new IllegalStateException("not now"))
          : CompletableFuture.completedFuture(
              left.stream()
                  .map(each -> new BranchId(domain, each[0], each[1], BranchId.hash(name()), 0, 0))
                  .toList());
    }

    @Override
    public CompletableFuture<Finish> commit(BranchId id, String evidence) {
      return abort(id);
    }

    @Override
    public CompletableFuture<Finish> abort(BranchId id) {
      left = List.of();
      return CompletableFuture.completedFuture(answer);
    }
  }
}

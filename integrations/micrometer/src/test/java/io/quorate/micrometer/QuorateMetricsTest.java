package io.quorate.micrometer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.quorate.EmbeddedNode;
import io.quorate.MemberConfig;
import io.quorate.Quorate;
import io.quorate.base.QuorateException;
import io.quorate.client.ClientOptions;
import io.quorate.client.Put;
import io.quorate.client.QuorateClient;
import io.quorate.client.Session;
import io.quorate.client.WatchEnd;
import io.quorate.client.WatchListener;
import io.quorate.client.WatchRequest;
import io.quorate.client.WatchResponse;
import io.quorate.client.http.HttpChannel;
import io.quorate.grpc.GrpcServer;
import io.quorate.recipes.LockHandle;
import io.quorate.recipes.Mutex;
import io.quorate.recipes.ids.SegmentIds;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Shows the figures of a client that calls a member over the network. */
@Timeout(60)
class QuorateMetricsTest {
  @TempDir private Path directory;

  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private EmbeddedNode node;
  private GrpcServer server;
  private GrpcServer other;
  private String member;
  private QuorateClient client;

  @BeforeEach
  void start() throws IOException {
    node = Quorate.node(MemberConfig.alone(directory.resolve("data"))).start();
    server = server();
    other = server();
    member = listen(server);
    HttpChannel channel = HttpChannel.open(List.of(member, listen(other))); // in this order
    ClientOptions options = ClientOptions.DEFAULT.observer(new QuorateMetrics(registry));
    client = QuorateClient.over(channel, channel.timer(), options);
  }

  @AfterEach
  void stop() {
    client.close();
    server.close();
    other.close();
    node.close();
  }

  private GrpcServer server() {
    return GrpcServer.builder(node.member().loops(), node.member().services()).build();
  }

  /** Takes calls from the network. */
  private static String listen(GrpcServer server) throws IOException {
    InetSocketAddress any = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    return "127.0.0.1:" + server.bind(any).getPort();
  }

  private static void await(BooleanSupplier condition) {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime() - deadline).isNegative();
    }
  }

  private double counted(String name, String... tags) {
    return registry.get(name).tags(tags).counter().count();
  }

  private double gauged(String name, String... tags) {
    return registry.get(name).tags(tags).gauge().value();
  }

  private Timer timer(String name, String... tags) {
    return registry.get(name).tags(tags).timer();
  }

  @Test
  void calls_are_timed_by_method_and_outcome_before_their_caller_goes_on() {
    client.kv().put("a", "b");
    client.kv().put("a", "c");
    assertThatThrownBy(() -> client.kv().put(Put.of("a", "d").lease(12_345)))
        .isInstanceOf(QuorateException.Rejected.class);
    String put = "etcdserverpb.KV/Put";
    Timer good = timer("quorate.client.calls", "method", put, "outcome", "OK");
    assertThat(good.count()).isEqualTo(2);
    assertThat(good.totalTime(TimeUnit.NANOSECONDS)).isPositive();
    assertThat(timer("quorate.client.calls", "method", put, "outcome", "NOT_FOUND").count())
        .isEqualTo(1);
    assertThat(gauged("quorate.client.calls.active")).isZero();
    assertThat(counted("quorate.client.retries", "method", put)).isZero();
  }

  @Test
  void connections_and_the_retries_that_their_loss_costs_are_counted() {
    ClientOptions options =
        ClientOptions.DEFAULT
            .reachTimeout(Duration.ofMillis(200))
            .observer(new QuorateMetrics(registry, Tags.of("client", "hasty")));
    try (QuorateClient hasty = QuorateClient.connect(options, null, List.of(member))) {
      hasty.kv().put("a", "b");
      assertThat(gauged("quorate.client.connections", "client", "hasty")).isEqualTo(1);
      server.close();
      await(() -> gauged("quorate.client.connections", "client", "hasty") == 0);
      assertThatThrownBy(() -> hasty.kv().get("a"))
          .isInstanceOf(QuorateException.Unavailable.class);
    }
    assertThat(counted("quorate.client.retries", "method", "etcdserverpb.KV/Range")).isPositive();
    assertThat(counted("quorate.client.disconnects", "member", member)).isEqualTo(1);
    assertThat(counted("quorate.client.connects", "member", member, "outcome", "connected"))
        .isEqualTo(1);
    assertThat(counted("quorate.client.connects", "member", member, "outcome", "unreachable"))
        .isPositive();
  }

  @Test
  void watches_are_counted_through_interruptions_and_gaps() throws Exception {
    watch();
    assertThat(counted("quorate.client.watches.opened")).isEqualTo(2);
    assertThat(counted("quorate.client.watches.resumed")).isEqualTo(1);
    assertThat(counted("quorate.client.watches.events")).isEqualTo(2);
    assertThat(
            registry.get("quorate.client.watches.interrupted").counters().stream()
                .mapToDouble(Counter::count)
                .sum())
        .isPositive();
    assertThat(counted("quorate.client.watches.gaps")).isEqualTo(1);
    assertThat(counted("quorate.client.watches.ended", "code", "REVISION_COMPACTED")).isEqualTo(1);
  }

  /** One watch that is interrupted and resumed, and one that has a gap. */
  private void watch() throws Exception {
    BlockingQueue<String> told = new LinkedBlockingQueue<>();
    WatchListener listener =
        new WatchListener() {
          @Override
          public void events(WatchResponse response) {
            response.events().forEach(event -> told.add(event.kv().value().toUtf8()));
          }

          @Override
          public void ended(WatchEnd end) {
            told.add("ended " + end.code());
          }
        };
    long first = client.kv().put("a", "1").header().revision();
    var watcher = client.watch().start(WatchRequest.key("a").from(first), listener);
    assertThat(told.poll(30, TimeUnit.SECONDS)).isEqualTo("1");
    server.close(); // and the other goes on
    node.client().kv().put("a", "2");
    assertThat(told.poll(30, TimeUnit.SECONDS)).isEqualTo("2");
    watcher.close();

    long last = client.kv().put("a", "3").header().revision();
    client.kv().compact(last, true);
    var behind = client.watch().start(WatchRequest.key("a").from(first), listener);
    assertThat(told.poll(30, TimeUnit.SECONDS)).isEqualTo("ended REVISION_COMPACTED");
    behind.close();
  }

  @Test
  void sessions_are_gauged_by_their_state_and_renewals_timed() {
    Session session = client.session(Duration.ofSeconds(5));
    assertThat(gauged("quorate.client.sessions", "state", "active")).isEqualTo(1);
    await(() -> timer("quorate.client.leases.renewals").count() > 0);
    session.close();
    assertThat(gauged("quorate.client.sessions", "state", "active")).isZero();
    assertThat(gauged("quorate.client.sessions", "state", "suspect")).isZero();
    assertThat(counted("quorate.client.sessions.ended", "code", "STOPPED")).isEqualTo(1);

    loseSession();
    assertThat(gauged("quorate.client.sessions", "state", "active")).isZero();
  }

  private void loseSession() {
    Session another = client.session(Duration.ofSeconds(3));
    node.client().lease().revoke(another.lease());
    await(() ->
        registry.find("quorate.client.sessions.ended").tags("code", "NOT_FOUND").counter() != null);
  }

  @Test
  void what_is_owned_is_gauged_and_timed_by_its_kind() {
    own();
    assertThat(timer("quorate.ownership.wait", "what", "lock", "outcome", "acquired").count())
        .isEqualTo(1);
    assertThat(timer("quorate.ownership.wait", "what", "lock", "outcome", "not_acquired").count())
        .isEqualTo(1);
    assertThat(timer("quorate.ownership.hold", "what", "lock", "outcome", "released").count())
        .isEqualTo(1);
  }

  private void own() {
    try (Session session = client.session(Duration.ofSeconds(5))) {
      Mutex mutex = Mutex.of(session, "locks/orders/42");
      LockHandle held = mutex.acquire();
      await(() -> gauged("quorate.ownership.held", "what", "lock") == 1);
      assertThat(mutex.tryAcquire(Duration.ofMillis(1))).isEmpty();
      held.close();
      await(() -> gauged("quorate.ownership.held", "what", "lock") == 0);
    }
  }

  @Test
  void tags_of_its_own_tell_two_clients_of_one_registry_apart() {
    try (QuorateClient first = named("first")) {
      first.kv().put("a", "b");
      try (QuorateClient second = named("second")) {
        second.kv().put("a", "b");
        assertThat(gauged("quorate.client.connections", "client", "second")).isEqualTo(1);
      }
      assertThat(gauged("quorate.client.connections", "client", "second")).isZero();
      assertThat(gauged("quorate.client.connections", "client", "first")).isEqualTo(1);
    }
  }

  private QuorateClient named(String name) {
    QuorateMetrics metrics = new QuorateMetrics(registry, Tags.of("client", name));
    return QuorateClient.connect(ClientOptions.DEFAULT.observer(metrics), null, List.of(member));
  }

  /** Figures that are tagged with keys, names or leases would cost their reader a fortune. */
  @Test
  void the_meters_are_those_of_the_documented_table_and_no_tag_has_more_than_few_values()
      throws Exception {
    everyMeter();
    Set<String> documented =
        DocumentedMeters.where(name -> !name.startsWith("quorate.transactions."));
    Set<String> present = new TreeSet<>();
    Set<String> tags = new TreeSet<>();
    for (Meter meter : registry.getMeters()) {
      present.add(meter.getId().getName());
      meter.getId().getTags().stream().map(Tag::getKey).forEach(tags::add);
      assertThat(meter.getId().getTags())
          .extracting(Tag::getValue)
          .noneMatch(value -> value.contains("orders"));
    }
    assertThat(present).isEqualTo(documented);
    assertThat(tags).containsExactly("code", "member", "method", "outcome", "state", "what");
  }

  private void everyMeter() throws Exception {
    watch();
    loseSession();
    own();
    SegmentIds.of(client, "orders", 10).nextId();
  }
}

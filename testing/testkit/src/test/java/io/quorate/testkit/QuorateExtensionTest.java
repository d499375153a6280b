package io.quorate.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quorate.client.Put;
import io.quorate.client.QuorateClient;
import io.quorate.client.Session;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.launcher.Launcher;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/** The annotation, in classes that are run by hand. */
@Timeout(60)
class QuorateExtensionTest {
  /** What the classes below have been given. */
  private static final List<Object> GIVEN = new CopyOnWriteArrayList<>();

  /** Runs a class, and tells the failures of its tests. */
  private static List<Throwable> run(Class<?> type) {
    return run(type, Map.of());
  }

  private static List<Throwable> run(Class<?> type, Map<String, String> settings) {
    List<Throwable> failures = new CopyOnWriteArrayList<>();
    LauncherDiscoveryRequest request =
        LauncherDiscoveryRequestBuilder.request()
            .selectors(DiscoverySelectors.selectClass(type))
            .configurationParameters(settings)
            .build();
    Launcher launcher = LauncherFactory.create();
    launcher.execute(
        request,
        new TestExecutionListener() {
          @Override
          public void executionFinished(TestIdentifier test, TestExecutionResult result) {
            result.getThrowable().ifPresent(failures::add);
          }
        });
    return failures;
  }

  @BeforeEach
  void begin() {
    GIVEN.clear();
  }

  @QuorateTest(members = 3, seed = 5)
  @TestMethodOrder(MethodOrderer.OrderAnnotation.class)
  static class Shared {
    @Test
    @Order(1)
    void leaves_much_behind(Cluster cluster, QuorateClient client, ClientProcess other) {
      assertThat(cluster.members()).hasSize(3);
      assertThat(cluster.seed()).isEqualTo(5);
      assertThat(client).isSameAs(cluster.client());
      assertThat(other).isNotEqualTo(cluster.process());
      Session session = other.client().session(Duration.ofSeconds(10));
      client.kv().put(Put.of("a", "b").lease(session.lease()));
      client.kv().put("b", "c");
      Fault _ = cluster.member(1).kill();
      Fault _ = cluster.member(2).pause();
      Fault _ = other.pause();
      GIVEN.add(cluster);
    }

    @Test
    @Order(2)
    void finds_nothing_of_it(Cluster cluster, QuorateClient client) {
      GIVEN.add(cluster);
      assertThat(client.kv().get("a")).isEmpty();
      assertThat(client.kv().get("b")).isEmpty();
      assertThat(cluster.faults()).isEmpty();
      assertThat(cluster.members()).allMatch(ClusterMember::isRunning);
    }

    @Nested
    class Within {
      @Test
      void has_the_same(Cluster cluster) {
        GIVEN.add(cluster);
      }
    }
  }

  @Test
  void a_class_has_one_cluster_whose_traces_are_taken_away() {
    assertThat(run(Shared.class)).isEmpty();
    assertThat(GIVEN).hasSize(3);
    assertThat(Set.copyOf(GIVEN)).hasSize(1);
    assertThatThrownBy(((Cluster) GIVEN.getFirst())::leader).hasMessageContaining("closed");
  }

  @QuorateTest(perMethod = true)
  static class Apart {
    private final Set<Cluster> seen = new LinkedHashSet<>();

    @BeforeEach
    void look(Cluster cluster) {
      seen.add(cluster);
    }

    @Test
    void one(Cluster cluster) {
      seen.add(cluster);
      assertThat(seen).hasSize(1);
      GIVEN.add(cluster);
    }

    @Test
    void other(Cluster cluster) {
      GIVEN.add(cluster);
    }

    @QuorateTest(members = 3)
    @Test
    void larger(Cluster cluster) {
      assertThat(cluster.members()).hasSize(3);
      GIVEN.add(cluster);
    }
  }

  @Test
  void tests_have_clusters_of_their_own_where_that_is_asked_for() {
    assertThat(run(Apart.class)).isEmpty();
    assertThat(Set.copyOf(GIVEN)).hasSize(3);
    for (Object each : GIVEN) {
      assertThatThrownBy(((Cluster) each)::leader).hasMessageContaining("closed");
    }
  }

  @QuorateTest(members = 3)
  @Retention(RetentionPolicy.RUNTIME)
  @interface ThreeMembers {}

  @ThreeMembers
  static class Composed {
    @Test
    void has_what_its_annotation_has(Cluster cluster) {
      assertThat(cluster.members()).hasSize(3);
    }
  }

  @Test
  void an_annotation_can_be_part_of_another() {
    assertThat(run(Composed.class)).isEmpty();
  }

  /** The one that may run goes on until the other was refused. */
  @ExtendWith(Refused.class) // before the other, and so it ends after that one
  @QuorateTest
  static class AtOnce {
    private static final CountDownLatch REFUSED = new CountDownLatch(1);

    @Test
    void one(QuorateClient client) throws InterruptedException {
      keepsItsKey(client);
    }

    @Test
    void other(QuorateClient client) throws InterruptedException {
      keepsItsKey(client);
    }

    private static void keepsItsKey(QuorateClient client) throws InterruptedException {
      client.kv().put("a", "b");
      REFUSED.await();
      assertThat(client.kv().get("a")).isPresent();
      GIVEN.add("kept");
    }
  }

  /** Tells the test that goes on that the other is refused. */
  static final class Refused implements AfterEachCallback {
    @Override
    public void afterEach(ExtensionContext context) {
      if (context.getExecutionException().isPresent()) {
        AtOnce.REFUSED.countDown();
      }
    }
  }

  @Test
  void tests_that_share_a_cluster_at_the_same_time_are_refused_and_take_nothing_away() {
    List<Throwable> failures =
        run(
            AtOnce.class,
            Map.of(
                "junit.jupiter.execution.parallel.enabled", "true",
                "junit.jupiter.execution.parallel.mode.default", "concurrent",
                "junit.jupiter.execution.parallel.config.strategy", "fixed",
                "junit.jupiter.execution.parallel.config.fixed.parallelism", "2"));
    assertThat(failures).singleElement().asString().contains("share a cluster", "SAME_THREAD");
    assertThat(GIVEN).containsExactly("kept");
  }

  static class OnlyMethod {
    @QuorateTest(seed = 9)
    @Test
    void has_one(Cluster cluster) {
      assertThat(cluster.seed()).isEqualTo(9);
      GIVEN.add(cluster);
    }

    @Test
    void has_none() {}
  }

  @Test
  void a_method_can_be_annotated_alone() {
    assertThat(run(OnlyMethod.class)).isEmpty();
    assertThat(GIVEN).hasSize(1);
  }

  @QuorateTest(seed = 4711)
  static class Failing {
    @Test
    void fails(Cluster cluster) {
      try (Trouble _ = cluster.trouble(12)) {
        cluster.advance(Duration.ofSeconds(2));
      }
      assertThat("this").isEqualTo("that");
    }
  }

  @Test
  void a_failing_test_says_how_to_run_it_again() {
    List<Throwable> failures = run(Failing.class);
    assertThat(failures).hasSize(1);
    StringWriter text = new StringWriter();
    failures.getFirst().printStackTrace(new PrintWriter(text));
    assertThat(text.toString())
        .contains("-Dquorate.testkit.seed=4711")
        .contains("trouble of seed 12:")
        .containsPattern("\\d+ ms: ");
  }

  @QuorateTest(seed = 4711)
  static class Repeated {
    @Test
    void runs(Cluster cluster) {
      GIVEN.add(cluster.seed());
    }
  }

  @Test
  void a_seed_that_is_given_counts() {
    System.setProperty("quorate.testkit.seed", "12");
    try {
      assertThat(run(Repeated.class)).isEmpty();
      assertThat(GIVEN).containsExactly(12L);
      System.setProperty("quorate.testkit.seed", "a dozen");
      assertThat(run(Repeated.class)).singleElement().asString().contains("a dozen");
    } finally {
      System.clearProperty("quorate.testkit.seed");
    }
  }

  @QuorateTest(perMethod = true)
  static class TooEarly {
    TooEarly(Cluster cluster) {
      GIVEN.add(cluster);
    }

    @Test
    void never_runs() {}
  }

  @Test
  void a_cluster_that_is_not_there_yet_is_refused_with_a_reason() {
    assertThat(run(TooEarly.class)).singleElement().asString().contains("perMethod");
    assertThat(GIVEN).isEmpty();
  }

  @QuorateTest
  @TestMethodOrder(MethodOrderer.OrderAnnotation.class)
  static class Stubborn {
    @Test
    @Order(1)
    void leaves_what_cant_be_taken_away(Cluster cluster, QuorateClient client) {
      client.auth().userAdd("root", "secret");
      client.auth().roleAdd("root");
      client.auth().userGrantRole("root", "root");
      client.auth().enable();
      GIVEN.add(cluster);
    }

    @Test
    @Order(2)
    void has_another_one(Cluster cluster, QuorateClient client) {
      GIVEN.add(cluster);
      client.kv().put("a", "b");
    }
  }

  @Test
  void what_cant_be_taken_away_fails_its_test_and_not_the_next() {
    assertThat(run(Stubborn.class)).singleElement().asString().contains("perMethod = true");
    assertThat(Set.copyOf(GIVEN)).hasSize(2);
  }
}

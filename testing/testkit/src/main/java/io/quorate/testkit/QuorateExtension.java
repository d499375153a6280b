package io.quorate.testkit;

import io.quorate.client.QuorateClient;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolutionException;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.platform.commons.support.AnnotationSupport;

/**
 * What {@link QuorateTest} does. Clusters are closed by the callbacks, since older versions of
 * JUnit close nothing by themselves.
 */
final class QuorateExtension
    implements BeforeAllCallback,
        AfterAllCallback,
        BeforeEachCallback,
        AfterEachCallback,
        ParameterResolver {
  private static final ExtensionContext.Namespace NAMESPACE =
      ExtensionContext.Namespace.create(QuorateExtension.class);

  private static final String SEED = "quorate.testkit.seed";

  /** Public for JUnit, which makes it. */
  QuorateExtension() {}

  /** What tests of a class, or a test, run on. */
  private static final class Lent {
    private final QuorateTest settings;
    private final AtomicInteger tests = new AtomicInteger();
    private Cluster cluster;

    Lent(QuorateTest settings) {
      this.settings = settings;
      cluster = start(settings);
    }

    Cluster cluster() {
      return cluster;
    }

    /**
     * A test begins that shares it.
     *
     * @throws IllegalStateException if another one does so at this moment
     */
    void begin() {
      if (tests.incrementAndGet() > 1) {
        throw new IllegalStateException(
            "tests that run at the same time share a cluster, and would take each other's keys away:"
                + " annotate their class with @Execution(ExecutionMode.SAME_THREAD), or give each"
                + " a cluster of its own, with perMethod = true");
      }
    }

    /** Whether no other test shares it now, so that its traces may be taken away. */
    boolean end() {
      return tests.decrementAndGet() == 0;
    }

    /** Takes the traces of a test away; where they can't be, the next gets another cluster. */
    void clean() {
      try {
        cluster.heal();
        cluster.clear();
      } catch (RuntimeException e) {
        cluster.close();
        cluster = start(settings);
        throw new IllegalStateException(
            "what this test has left in its cluster can't be taken away, so the next test gets"
                + " another one. If it is meant to leave that, give it a cluster of its own, with"
                + " perMethod = true",
            e);
      }
    }
  }

  /** Carries a text into the report of a failure. */
  private static final class HowToRepeat extends Exception {
    private static final long serialVersionUID = 1L;

    HowToRepeat(String text) {
      super(text, null, false, false);
    }
  }

  private static Cluster start(QuorateTest settings) {
    String given = System.getProperty(SEED);
    if (given == null) {
      return settings.seed() == 0
          ? Cluster.start(settings.members())
          : Cluster.start(settings.members(), settings.seed());
    }
    try {
      return Cluster.start(settings.members(), Long.parseLong(given));
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "the property " + SEED + " is no number: \"" + given + "\"", e);
    }
  }

  private static ExtensionContext.Store store(ExtensionContext context) {
    return context.getStore(NAMESPACE);
  }

  private static @Nullable Lent lent(ExtensionContext context) {
    return store(context).get(Lent.class, Lent.class);
  }

  // ---- around tests ----------------------------------------------------------------------------

  @Override
  public void beforeAll(ExtensionContext context) {
    QuorateTest settings =
        AnnotationSupport.findAnnotation(context.getRequiredTestClass(), QuorateTest.class)
            .orElse(null);
    if (settings == null) {
      return; // a nested class, which has what the class around it has
    }
    store(context).put(QuorateTest.class, settings);
    if (!settings.perMethod()) {
      store(context).put(Lent.class, new Lent(settings));
    }
  }

  @Override
  public void afterAll(ExtensionContext context) {
    Lent own = store(context).remove(Lent.class, Lent.class);
    if (own != null) {
      own.cluster().close();
    }
  }

  @Override
  public void beforeEach(ExtensionContext context) {
    QuorateTest own =
        AnnotationSupport.findAnnotation(context.getRequiredTestMethod(), QuorateTest.class)
            .orElse(null);
    QuorateTest all = store(context).get(QuorateTest.class, QuorateTest.class);
    if (own != null) {
      store(context).put(Lent.class, new Lent(own));
    } else if (all != null && all.perMethod()) {
      store(context).put(Lent.class, new Lent(all));
    } else {
      Lent shared = lent(context);
      if (shared != null) {
        shared.begin();
      }
    }
  }

  @Override
  public void afterEach(ExtensionContext context) {
    Lent own = store(context).remove(Lent.class, Lent.class);
    Lent used = own == null ? lent(context) : own;
    if (used == null) {
      return;
    }
    Optional<Throwable> failure = context.getExecutionException();
    failure.ifPresent(why -> why.addSuppressed(howToRepeat(context, used.cluster())));
    if (own != null) {
      own.cluster().close();
    } else if (used.end()) {
      used.clean();
    }
  }

  private static HowToRepeat howToRepeat(ExtensionContext context, Cluster cluster) {
    List<Trouble> troubles = cluster.troubles();
    String what =
        troubles.stream()
            .map(each ->
                each.events().stream()
                    .map(event -> "\n    " + event)
                    .collect(Collectors.joining("", "\n  " + each + ":", "")))
            .collect(Collectors.joining());
    String again =
        "%s ran with the seed %d; to run it with that again: -D%s=%d"
            .formatted(context.getDisplayName(), cluster.seed(), SEED, cluster.seed());
    context.publishReportEntry(SEED, Long.toString(cluster.seed()));
    return new HowToRepeat(again + what);
  }

  // ---- parameters ------------------------------------------------------------------------------

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    Class<?> type = parameter.getParameter().getType();
    return type.equals(Cluster.class)
        || type.equals(QuorateClient.class)
        || type.equals(ClientProcess.class);
  }

  @Override
  public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
    Lent used = lent(context);
    if (used == null) {
      throw new ParameterResolutionException(
          "there is no cluster yet: with perMethod = true it is there for the parameters of test"
              + " methods and of @BeforeEach and @AfterEach methods only");
    }
    Class<?> type = parameter.getParameter().getType();
    if (type.equals(Cluster.class)) {
      return used.cluster();
    }
    return type.equals(QuorateClient.class)
        ? used.cluster().client()
        : used.cluster().newProcess(parameter.getParameter().getName());
  }
}

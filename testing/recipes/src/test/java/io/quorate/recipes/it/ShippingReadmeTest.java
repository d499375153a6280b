package io.quorate.recipes.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.quorate.client.Delete;
import io.quorate.events.EventStore;
import io.quorate.system.Snippets;
import io.quorate.system.Store;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;

/** What the example's page shows runs as it stands, but for where the store is. */
@ParameterizedClass(name = "{0}")
@EnumSource(Store.class)
@Timeout(60)
class ShippingReadmeTest extends RecipeCase {
  private static final String PAGE = "examples/shipping/README.md";
  private static final Pattern CLASS = Pattern.compile("(?m)^(?:public )?(?:class|record) (\\w+)");
  private static final Pattern ARTIFACT =
      Pattern.compile(
          "<groupId>(.*)</groupId>\\s*<artifactId>(.*)</artifactId>\\s*<version>(.*)</version>");

  private final Store store;

  @TempDir private Path folder;

  ShippingReadmeTest(Store store) {
    super(store, "shipping-readme");
    this.store = store;
  }

  /** Its keys are under no name of the case's, since they are the page's. */
  @AfterEach
  void leaveNothing() {
    client.kv().delete(Delete.prefix("shop/"));
  }

  @Test
  void what_is_shown_compiles_and_runs_and_the_test_passes() throws Exception {
    Map<String, String> sources = new HashMap<>();
    for (String snippet : Snippets.of(PAGE, "java")) {
      Matcher name = CLASS.matcher(snippet);
      assertThat(name.find()).as(snippet).isTrue();
      sources.put(name.group(1), snippet.replace("127.0.0.1:2379", store.endpoint()));
    }
    assertThat(sources).containsOnlyKeys("RunShop", "Stock", "StockTest");
    ClassLoader shown = Snippets.compile(sources, folder);
    EventStore events = EventStore.of(client, "shop/events/");

    run(shown.loadClass("RunShop"));
    run(shown.loadClass("RunShop")); // does nothing more
    assertThat(events.version("orders/42")).isEqualTo(2);
    assertThat(events.version("shipments/42")).isEqualTo(1);
    List<String> lines = Snippets.of(PAGE, "sh");
    assertThat(lines).hasSize(1);
    assertThat(new Shell(store, folder).run(lines.get(0)))
        .containsPattern(
            " orders/42, 1, [^,]+Z, Placed, \n\\{\"article\":\"tea\",\"pieces\":3\\}\n")
        .containsPattern(" shipments/42, 1, [^,]+Z, Shipped, \n3 tea\n")
        .contains("open-orders, 0, ", "shipping, 7, ");

    run(shown.loadClass("Stock"));
    assertThat(events.version("stock/tea")).isEqualTo(2);
    SummaryGeneratingListener results = new SummaryGeneratingListener();
    LauncherFactory.create()
        .execute(
            LauncherDiscoveryRequestBuilder.request()
                .selectors(DiscoverySelectors.selectClass(shown.loadClass("StockTest")))
                .build(),
            results);
    assertThat(results.getSummary().getFailures())
        .extracting(failure -> failure.getTestIdentifier().getDisplayName(), failure -> failure)
        .isEmpty();
    assertThat(results.getSummary().getTestsSucceededCount()).isEqualTo(3);
  }

  private static void run(Class<?> shown) throws Exception {
    shown.getMethod("main", String[].class).invoke(null, (Object) new String[0]);
  }

  /** What the page has a project of one's own use is what this is built of. */
  @Test
  void versions_are_those_that_are_used_here() throws Exception {
    String ours = Snippets.text("pom.xml");
    List<String> shown = Snippets.of(PAGE, "xml");
    assertThat(shown).hasSize(2);
    List<MatchResult> artifacts =
        ARTIFACT
            .matcher(String.join("\n", shown))
            .results()
            .filter(each -> !isReaders(each))
            .toList();
    assertThat(artifacts).hasSize(7);
    for (MatchResult each : artifacts) {
      assertThat(ours)
          .contains("<groupId>" + each.group(1) + "</groupId>", ">" + each.group(3) + "</");
    }
    assertThat(artifacts)
        .filteredOn(each -> each.group(1).equals("io.quorate"))
        .allSatisfy(
            each -> assertThat(ours).contains("<artifactId>" + each.group(2) + "</artifactId>"));
  }

  private static boolean isReaders(MatchResult artifact) {
    return artifact.group(1).equals("com.example");
  }
}

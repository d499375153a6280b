package io.quorate.recipes.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.quorate.system.Snippets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;

/** Each test that the guide to testing shows compiles and passes as it stands. */
@Timeout(120)
class TestingGuideTest {
  private static final Pattern CLASS = Pattern.compile("\\bclass (\\w+)");

  private static final String IMPORTS =
      """
      import static org.junit.jupiter.api.Assertions.*;
      import io.quorate.base.*;
      import io.quorate.client.*;
      import io.quorate.client.codec.*;
      import io.quorate.events.*;
      import io.quorate.events.aggregate.*;
      import io.quorate.events.codec.*;
      import io.quorate.recipes.*;
      import io.quorate.recipes.ids.*;
      import io.quorate.testkit.*;
      import io.quorate.testkit.Cluster;
      import io.quorate.testkit.events.*;
      import java.time.Duration;
      import java.util.*;
      import java.util.concurrent.CompletableFuture;
      import org.junit.jupiter.api.Test;
      """;

  @TempDir private Path folder;

  @Test
  void snippets_compile_and_pass() throws Exception {
    List<Class<?>> shown = new ArrayList<>();
    for (String snippet : Snippets.of("docs/testing.md", "java")) {
      Matcher name = CLASS.matcher(snippet);
      assertThat(name.find()).as(snippet).isTrue();
      shown.add(Snippets.compile(name.group(1), IMPORTS + snippet, folder));
    }
    assertThat(shown).hasSizeGreaterThan(6);
    Class<?> byHand = shown.removeLast();
    var main = byHand.getDeclaredMethod("main", String[].class);
    main.setAccessible(true); // its class is no public one
    main.invoke(null, (Object) new String[0]);
    SummaryGeneratingListener results = new SummaryGeneratingListener();
    LauncherFactory.create()
        .execute(
            LauncherDiscoveryRequestBuilder.request()
                .selectors(shown.stream().map(DiscoverySelectors::selectClass).toList())
                .build(),
            results);
    assertThat(results.getSummary().getFailures())
        .extracting(failure -> failure.getTestIdentifier().getDisplayName(), failure -> failure)
        .isEmpty();
    assertThat(results.getSummary().getTestsSucceededCount()).isGreaterThan(shown.size());
  }
}

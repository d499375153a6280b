package io.quorate.recipes.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.quorate.client.QuorateClient;
import io.quorate.events.EventStore;
import io.quorate.events.StreamRead;
import io.quorate.system.Snippets;
import io.quorate.system.Store;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** Each snippet of the guide to events compiles and runs as it stands. */
@ParameterizedClass(name = "{0}")
@EnumSource(Store.class)
@Timeout(60)
class EventsGuideTest extends RecipeCase {
  @TempDir private Path folder;

  EventsGuideTest(Store store) {
    super(store, "events-guide");
  }

  @Test
  void snippets_compile_and_run() throws Exception {
    List<String> snippets = Snippets.of("docs/events.md", "java");
    assertThat(snippets).hasSizeGreaterThan(7);
    List<String> methods = new ArrayList<>();
    for (String snippet : snippets.subList(1, snippets.size())) {
      methods.add(
          "public void snippet%d() throws Exception {\n%s}".formatted(methods.size(), snippet));
    }
    String source =
        """
        import io.quorate.base.*;
        import io.quorate.client.*;
        import io.quorate.client.codec.*;
        import io.quorate.events.*;
        import io.quorate.events.aggregate.*;
        import io.quorate.events.codec.*;
        import io.quorate.events.group.*;
        import java.util.*;
        import java.util.concurrent.*;
        public class EventsGuide {
          %s
          private final QuorateClient client;
          private final Executor executor;
          public EventsGuide(QuorateClient client, Executor executor) {
            this.client = client;
            this.executor = executor;
          }
          %s
        }
        """
            .formatted(snippets.get(0), String.join("\n", methods));
    Class<?> guide = Snippets.compile("EventsGuide", source, folder);
    QuorateClient mine = client.namespace(name + "/");
    try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
      Object shown =
          guide.getConstructor(QuorateClient.class, Executor.class).newInstance(mine, executor);
      for (int i = 0; i < methods.size(); i++) {
        guide.getMethod("snippet" + i).invoke(shown);
      }
    }
    assertThat(EventStore.of(mine, "bank/").version("accounts/7")).isEqualTo(2);
    assertThat(EventStore.of(mine, "bank/").version("accounts/8")).isEqualTo(2);
    assertThat(EventStore.of(mine, "users/").read(StreamRead.of("users/7")).events()).hasSize(1);
    assertThat(mine.kv().get("shop-view/orders/42")).isPresent();
  }
}

package io.quorate.recipes.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.quorate.client.QuorateClient;
import io.quorate.client.Session;
import io.quorate.system.Snippets;
import io.quorate.system.Store;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** Each snippet of the guide compiles and runs as it stands, but for where the store is. */
@ParameterizedClass(name = "{0}")
@EnumSource(Store.class)
@Timeout(60)
class GuideTest extends RecipeCase {
  private final Store store;

  @TempDir private Path folder;

  GuideTest(Store store) {
    super(store, "guide");
    this.store = store;
  }

  @Test
  void snippets_compile_and_run() throws Exception {
    List<String> methods = new ArrayList<>();
    for (String snippet : Snippets.of("docs/java.md", "java")) {
      methods.add(
          "public void snippet%d() throws Exception {\n%s}".formatted(methods.size(), snippet));
    }
    assertThat(methods).hasSizeGreaterThan(6);
    String source =
        """
        import io.quorate.base.*;
        import io.quorate.client.*;
        import io.quorate.client.codec.*;
        import io.quorate.recipes.*;
        import io.quorate.recipes.ids.*;
        import java.time.*;
        import java.util.List;
        public class Guide {
          private final QuorateClient client;
          private final Session session;
          public Guide(QuorateClient client, Session session) {
            this.client = client;
            this.session = session;
          }
          %s
        }
        """
            .formatted(String.join("\n", methods))
            .replace("127.0.0.1:2379", store.endpoint());
    Class<?> guide = Snippets.compile("Guide", source, folder);
    QuorateClient mine = client.namespace(name + "/");
    try (Session session = mine.session(Duration.ofSeconds(5))) {
      Object shown =
          guide.getConstructor(QuorateClient.class, Session.class).newInstance(mine, session);
      for (int i = 0; i < 2 * methods.size(); i++) { // what they leave is in nobody's way
        guide.getMethod("snippet" + i % methods.size()).invoke(shown);
      }
    }
    assertThat(mine.kv().get("config/colour").orElseThrow().value().toUtf8()).isEqualTo("blue");
    assertThat(mine.kv().get("orders/42/state").orElseThrow().value().toUtf8()).isEqualTo("paid");
    assertThat(mine.kv().get("scheduler/plan")).isPresent();
    assertThat(mine.kv().get("team-a/greeting")).isPresent();
  }
}

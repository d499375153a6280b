package io.quorate.recipes.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.opentelemetry.api.OpenTelemetry;
import io.quorate.system.Snippets;
import io.quorate.system.Store;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** Each snippet of the page on metrics and traces runs as it stands, but for where the store is. */
@ParameterizedClass(name = "{0}")
@EnumSource(Store.class)
@Timeout(60)
class ObservabilityGuideTest {
  private final Store store;

  @TempDir private Path folder;

  ObservabilityGuideTest(Store store) {
    this.store = store;
  }

  /** Each snippet makes a client, which is used and closed. */
  @Test
  void snippets_compile_and_run() throws Exception {
    List<String> clients = List.of("measured", "coordinating", "traced", "client");
    List<String> snippets = Snippets.of("docs/observability.md", "java");
    assertThat(snippets).hasSameSizeAs(clients);
    List<String> blocks = new ArrayList<>();
    for (int i = 0; i < clients.size(); i++) {
      String use = "%1$s.kv().put(\"observed\", \"1\"); %1$s.close();";
      if (clients.get(i).equals("coordinating")) {
        use = "transactions.run(tx -> tx.put(\"moved\", \"1\")); transactions.close();" + use;
      }
      blocks.add("{ " + snippets.get(i) + use.formatted(clients.get(i)) + " }");
    }
    String source =
        """
        import io.micrometer.core.instrument.*;
        import io.opentelemetry.api.*;
        import io.quorate.client.*;
        import io.quorate.micrometer.*;
        import io.quorate.opentelemetry.*;
        import io.quorate.xa.*;
        import java.util.List;
        public class Guide {
          public static void run(MeterRegistry registry, OpenTelemetry openTelemetry) {
            %s
          }
        }
        """
            .formatted(String.join("\n", blocks))
            .replace("127.0.0.1:2379", store.endpoint());
    MeterRegistry registry = new SimpleMeterRegistry();
    Snippets.compile("Guide", source, folder)
        .getMethod("run", MeterRegistry.class, OpenTelemetry.class)
        .invoke(null, registry, OpenTelemetry.noop());
    assertThat(registry.get("quorate.client.calls").tag("outcome", "OK").timer().count())
        .isEqualTo(1);
    assertThat(registry.get("quorate.transactions.begun").counter().count()).isEqualTo(1);
  }
}

package io.quorate.recipes.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.quorate.base.Bytes;
import io.quorate.client.Delete;
import io.quorate.client.KeyValue;
import io.quorate.client.Range;
import io.quorate.events.EventStore;
import io.quorate.events.ExpectedVersion;
import io.quorate.events.NewEvent;
import io.quorate.events.Query;
import io.quorate.events.group.Consumer;
import io.quorate.events.group.ConsumerGroup;
import io.quorate.events.group.GroupOptions;
import io.quorate.system.Snippets;
import io.quorate.system.Store;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** What the pages on locks and on events show for the shell does what it says there. */
@ParameterizedClass(name = "{0}")
@EnumSource(Store.class)
@Timeout(60)
class ShellGuideTest extends RecipeCase {
  private final Store store;

  @TempDir private Path folder;

  ShellGuideTest(Store store) {
    super(store, "shell");
    this.store = store;
  }

  @Test
  void the_shells_snippets_run() throws Exception {
    List<String> snippets = Snippets.of("docs/locks.md", "sh");
    assertThat(snippets).hasSize(4);
    Shell shell = new Shell(store, folder);
    shell.program("nightly.sh", "echo runs with $QUORATE_LOCK_TOKEN");
    String out = shell.run(String.join("\n", snippets));
    String token = "[0-9a-f]{16}\\.[0-9a-f]{16}\\.0{16}\n";
    assertThat(out).containsPattern("^runs with " + token + "SUCCESS\n\nOK\nruns with " + token);
    assertThat(client.kv().range(Range.prefix("jobs/")).kvs())
        .extracting(KeyValue::key, KeyValue::value)
        .extracting(Object::toString)
        .containsExactly("(jobs/last, done)");
  }

  /** The group that the lines name is there, and can't bill the order until it is asked again. */
  @Test
  void the_lines_about_events_run() throws Exception {
    List<String> snippets = Snippets.of("docs/events.md", "sh");
    assertThat(snippets).hasSize(1);
    Shell shell = new Shell(store, folder);
    EventStore events = EventStore.of(client, "events/"); // unless --store says another
    GroupOptions options = GroupOptions.DEFAULT.attempts(1, Duration.ZERO);
    ConsumerGroup billing = ConsumerGroup.of(events, "billing", Query.category("orders/"), options);
    AtomicBoolean refuses = new AtomicBoolean(true);
    StringBuilder out = new StringBuilder();
    try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();
        Consumer consumer =
            billing.atLeastOnce(
                event -> {
                  if (refuses.get() && event.type().equals("OrderPlaced")) {
                    throw new IllegalStateException("not now");
                  }
                },
                executor)) {
      for (String line : snippets.get(0).lines().toList()) {
        if (line.startsWith("quorate events tail ")) {
          out.append(firstOf(shell.start(line), events));
          continue;
        }
        if (line.contains("--retry")) {
          refuses.set(false);
        }
        out.append(shell.run(line));
        await(() -> !refuses.get() || !billing.parked().isEmpty());
      }
      await(() -> billing.parked().isEmpty());
      assertThat(out.toString())
          .containsPattern("^orders/42, 1, [0-9a-f.]{25}, appended\n")
          .containsPattern(
              "\n[0-9a-f.]{25}, orders/42, 1, [^,]+Z, OrderPlaced, \n\\{\"item\":\"tea\"}\n")
          .containsPattern("\n[0-9a-f.]{25}, orders/42, \\d+, [^,]+Z, OrderPaid, \n")
          .contains("\norders/42\n", "\nbilling, 0, " + consumer.name() + ", ")
          .containsPattern("\nbilling, [0-9a-f.]{25}, orders/42#1, 1, .*: not now\n");
    } finally {
      client.kv().delete(Delete.prefix("events/"));
    }
  }

  /** The first line that comes of a tail, which begins behind what is there when it has started. */
  private static String firstOf(Process tail, EventStore events) throws Exception {
    try (BufferedReader told =
        new BufferedReader(new InputStreamReader(tail.getInputStream(), StandardCharsets.UTF_8))) {
      await(() -> {
        events.append(
            "orders/42", ExpectedVersion.exists(), NewEvent.of("OrderPaid", Bytes.utf8("900")));
        return isReady(told) || !tail.isAlive();
      });
      return told.readLine() + "\n";
    } finally {
      tail.destroy();
      assertThat(tail.waitFor()).isEqualTo(143);
    }
  }

  private static boolean isReady(BufferedReader told) {
    try {
      return told.ready();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void await(BooleanSupplier condition) {
    while (!condition.getAsBoolean()) {
      LockSupport.parkNanos(1_000_000);
    }
  }
}

package io.quorate.recipes.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.quorate.client.KeyValue;
import io.quorate.client.Range;
import io.quorate.system.RunningCommand;
import io.quorate.system.Snippets;
import io.quorate.system.Store;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** What the page on locks shows for the shell does what it says there. */
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
    program("nightly.sh", "echo runs with $QUORATE_LOCK_TOKEN");
    program("quorate", quoted(RunningCommand.ours()) + " \"$@\"");
    ProcessBuilder bash =
        new ProcessBuilder("bash", "-ec", String.join("\n", snippets))
            .directory(folder.toFile())
            .redirectErrorStream(true);
    bash.environment().put("PATH", folder + ":" + System.getenv("PATH"));
    bash.environment().put("QUORATE_ENDPOINTS", store.endpoint());
    Process process = bash.start();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(out).isZero();
    String token = "[0-9a-f]{16}\\.[0-9a-f]{16}\\.0{16}\n";
    assertThat(out).containsPattern("^runs with " + token + "SUCCESS\n\nOK\nruns with " + token);
    assertThat(client.kv().range(Range.prefix("jobs/")).kvs())
        .extracting(KeyValue::key, KeyValue::value)
        .extracting(Object::toString)
        .containsExactly("(jobs/last, done)");
  }

  private void program(String called, String line) throws Exception {
    Path file = Files.writeString(folder.resolve(called), "#!/bin/sh\nexec " + line + "\n");
    assertThat(file.toFile().setExecutable(true)).isTrue();
  }

  private static String quoted(List<String> command) {
    return command.stream().map(word -> "'" + word + "'").collect(Collectors.joining(" "));
  }
}

package io.quorate.recipes.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.quorate.system.Snippets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the README shows is what happens. */
class ReadmeTest {
  @TempDir private Path folder;

  /** Compiles each Java snippet as it stands, but for where it keeps its data, and runs it. */
  @Test
  void snippets_compile_and_run() throws Exception {
    List<String> snippets = Snippets.of("README.md", "java");
    assertThat(snippets).isNotEmpty();
    for (int i = 0; i < snippets.size(); i++) {
      String name = "Snippet" + i;
      String data = folder.resolve("data" + i).toString();
      String snippet =
          snippets
              .get(i)
              .replace("\"data\"", "\"" + data + "\"")
              .replaceAll("System\\.out\\.println\\((.*)\\);", "printed = $1;");
      String source =
          """
          import io.quorate.*;
          import io.quorate.client.*;
          import java.nio.file.Path;
          public class %s implements java.util.concurrent.Callable<String> {
            public String call() throws Exception {
              String printed = "";
              %s
              return printed;
            }
          }
          """
              .formatted(name, snippet);
      Object shown = Snippets.compile(name, source, folder).getDeclaredConstructor().newInstance();
      assertThat(((Callable<?>) shown).call()).isEqualTo("hello");
    }
  }
}

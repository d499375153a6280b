package io.quorate.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What documents link to is there. */
class ReadmeTest {
  /** Shows that every file that a document links to is there. */
  @Test
  void links_inside_the_repository_lead_somewhere() throws IOException {
    List<Path> documents = documents();
    assertThat(documents)
        .extracting(file -> Repository.root().relativize(file).toString())
        .contains("README.md", "docs/decisions/README.md", "examples/shipping/README.md");
    for (Path file : documents) {
      assertThat(
              Pattern.compile("]\\((?!http)([^)#]+)")
                  .matcher(Repository.read(file))
                  .results()
                  .map(match -> match.group(1)))
          .as(file.toString())
          .allMatch(target -> Files.exists(file.resolveSibling(target)));
    }
  }

  private static List<Path> documents() throws IOException {
    List<Path> all = new ArrayList<>();
    for (String each : List.of(".", "docs", "examples")) {
      Path folder = Repository.root().resolve(each).normalize();
      try (Stream<Path> files = Files.walk(folder, each.equals(".") ? 1 : Integer.MAX_VALUE)) {
        files
            .filter(file -> file.toString().endsWith(".md"))
            .filter(file -> !file.toString().contains("/target/"))
            .forEach(all::add);
      }
    }
    return all;
  }
}

package io.quorate.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** What documents link to is there. */
class ReadmeTest {
  /** Shows that every file that the README and its neighbours link to is there. */
  @Test
  void links_inside_the_repository_lead_somewhere() {
    for (String name :
        List.of(
            "README.md",
            "ARCHITECTURE.md",
            "CONTRIBUTING.md",
            "STYLE.md",
            "CHANGELOG.md",
            "SECURITY.md",
            "docs/java.md",
            "docs/jta.md",
            "examples/orders/README.md",
            "docs/observability.md",
            "docs/testing.md",
            "docs/decisions/README.md")) {
      Path file = Repository.root().resolve(name);
      assertThat(
              Pattern.compile("]\\((?!http)([^)#]+)")
                  .matcher(Repository.read(file))
                  .results()
                  .map(match -> match.group(1)))
          .as(name)
          .allMatch(target -> Files.exists(file.resolveSibling(target)));
    }
  }
}

package io.quorate.micrometer;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The meters that the page on metrics has in its tables. */
final class DocumentedMeters {
  private static final String PAGE = "docs/observability.md";
  private static final Pattern ROW =
      Pattern.compile("(?m)^\\| `(quorate\\.[a-z.]+)` \\| (timer|counter|gauge)");

  private DocumentedMeters() {}

  /** The names of those that a class has. */
  static Set<String> where(Predicate<String> isOfClass) throws IOException {
    Path at = Path.of("").toAbsolutePath();
    while (!Files.exists(at.resolve(PAGE))) {
      at = Objects.requireNonNull(at.getParent(), "not inside the repository");
    }
    return ROW.matcher(Files.readString(at.resolve(PAGE)))
        .results()
        .map((MatchResult row) -> row.group(1))
        .filter(isOfClass)
        .collect(Collectors.toCollection(TreeSet::new));
  }
}

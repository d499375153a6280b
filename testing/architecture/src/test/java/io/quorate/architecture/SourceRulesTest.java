package io.quorate.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What can be seen in the source text alone. */
class SourceRulesTest {
  /** A class that needs more has more than one responsibility. */
  private static final int MAIN_LINES_MAX = 750;

  private static final int TEST_LINES_MAX = 1_000;

  /** Names that say nothing about what a class does. */
  private static final Pattern EMPTY_NAME =
      Pattern.compile(".*(Manager|Helper|Utils?|Impl)\\.java");

  @Test
  void files_are_short_enough_to_read() {
    assertThat(longerThan("main", MAIN_LINES_MAX)).isEmpty();
    assertThat(longerThan("test", TEST_LINES_MAX)).isEmpty();
  }

  /** Shows that each package says what it owns, what it never does, what holds, where to start. */
  @Test
  void every_package_answers_four_questions() {
    TreeSet<String> offences = new TreeSet<>();
    for (Path folder : packagesOf("main")) {
      Path info = folder.resolve("package-info.java");
      if (!Files.exists(info)) {
        offences.add(folder + " has no package-info.java");
        continue;
      }
      String text = Repository.read(info);
      boolean generated = info.toString().contains("/" + Room.PROTOCOL.folder() + "/");
      if (!generated && !text.contains("@NullMarked")) {
        offences.add(info + " isn't @NullMarked");
      }
      String lower = text.toLowerCase(Locale.ROOT);
      for (String answer : List.of("<b>owns", "<b>never", "<b>invariant", "<b>start")) {
        if (!lower.contains(answer)) {
          offences.add(info + " doesn't say " + answer + "…</b>");
        }
      }
    }
    assertThat(offences).isEmpty();
  }

  @Test
  void names_say_what_a_class_does() {
    assertThat(Repository.javaFiles("main"))
        .filteredOn(file -> EMPTY_NAME.matcher(file.getFileName().toString()).matches())
        .isEmpty();
  }

  /**
   * Shows that what is not done yet is not in the tree either, and that no test is switched off.
   */
  @Test
  void nothing_is_left_for_later() {
    // Put together here, so that this file doesn't find itself.
    Pattern later = Pattern.compile("\\b(TO" + "DO|FIX" + "ME|X" + "XX)\\b|@Dis" + "abled\\b");
    assertThat(Stream.of("main", "test").flatMap(set -> Repository.javaFiles(set).stream()))
        .filteredOn(file -> later.matcher(Repository.read(file)).find())
        .isEmpty();
  }

  /** Shows that only programs talk to a terminal; libraries log. */
  @Test
  void only_programs_write_to_standard_output() {
    assertThat(Repository.javaFiles("main"))
        .filteredOn(file ->
            Stream.of("cli/", "server/server/", "testing/")
                .noneMatch(
                    program -> Repository.root().relativize(file).toString().startsWith(program)))
        .filteredOn(file -> Repository.read(file).matches("(?s).*System\\.(out|err)\\b.*"))
        .isEmpty();
  }

  /** Shows that the tour through the code names what is there. */
  @Test
  void architecture_names_only_classes_that_exist() {
    Set<String> classes =
        Stream.of("main", "test")
            .flatMap(set -> Repository.javaFiles(set).stream())
            .map(file -> file.getFileName().toString().replace(".java", ""))
            .collect(Collectors.toSet());
    assertThat(
            Pattern.compile("`([A-Z][a-z]\\w+)`")
                .matcher(Repository.read(Repository.root().resolve("ARCHITECTURE.md")))
                .results()
                .map(match -> match.group(1)))
        .isNotEmpty()
        .allMatch(classes::contains);
  }

  private static List<String> longerThan(String sourceSet, int lines) {
    return Repository.javaFiles(sourceSet).stream()
        .filter(file -> Repository.read(file).lines().count() > lines)
        .map(file -> file + " is longer than " + lines + " lines")
        .toList();
  }

  private static List<Path> packagesOf(String sourceSet) {
    return Repository.javaFiles(sourceSet).stream().map(Path::getParent).distinct().toList();
  }
}

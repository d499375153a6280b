package io.quorate.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.importer.ClassFileImporter;
import io.quorate.architecture.planted.Offender;
import java.lang.reflect.Method;
import java.net.URI;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** The scan finds what is planted for it, each under its own ban, and nothing where all is well. */
class ScanTest {
  private static final List<Scan.Finding> FINDINGS = Scan.of(plantedClassFiles());

  @Test
  void every_planted_offender_is_found_under_its_ban() {
    TreeSet<String> missed = new TreeSet<>();
    for (Method method : Offender.class.getDeclaredMethods()) {
      expectation(method.getName())
          .filter(ban ->
              FINDINGS.stream()
                  .noneMatch(it -> it.method().equals(method.getName()) && it.ban() == ban))
          .ifPresent(ban -> missed.add(method.getName()));
    }
    assertThat(missed).isEmpty();
  }

  /** Shows that inheriting from a banned class is using it, and that a finalizer is found. */
  @Test
  void nested_offenders_are_found() {
    assertThat(FINDINGS)
        .filteredOn(it -> it.type().contains("$"))
        .extracting(Scan.Finding::ban)
        .contains(Ban.THREADS, Ban.HASH_ORDER, Ban.GARBAGE);
  }

  @Test
  void what_is_fine_is_left_alone() {
    assertThat(FINDINGS).filteredOn(it -> it.method().startsWith("fine")).isEmpty();
  }

  /** Shows that the planted offenders leave no ban untried. */
  @Test
  void every_ban_has_an_offender() {
    assertThat(FINDINGS).extracting(Scan.Finding::ban).contains(Ban.values());
  }

  @Test
  void a_finding_names_place_use_and_remedy() {
    assertThat(FINDINGS)
        .filteredOn(it -> it.method().equals("hash_order_mapOf"))
        .singleElement()
        .asString()
        .contains("Offender.hash_order_mapOf(Offender.java:")
        .contains("java.util.Map.of")
        .contains("HASH_ORDER")
        .contains("TreeMap");
  }

  /** The ban that a planted method's name begins with; none for lambdas and what is fine. */
  private static Optional<Ban> expectation(String method) {
    return Arrays.stream(Ban.values())
        .filter(ban -> method.startsWith(ban.name().toLowerCase(Locale.ROOT) + "_"))
        .findFirst();
  }

  private static List<URI> plantedClassFiles() {
    return new ClassFileImporter()
        .importPackagesOf(Offender.class).stream()
            .flatMap(type -> type.getSource().stream())
            .map(source -> source.getUri())
            .sorted()
            .toList();
  }
}

package io.quorate.architecture;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** The working tree and the compiled classes that the rules are about. */
final class Repository {
  private Repository() {}

  /** The folder with the root pom, wherever the test was started. */
  static Path root() {
    Path at = Path.of("").toAbsolutePath();
    while (!Files.exists(at.resolve("core/base/pom.xml"))) {
      at = at.getParent();
      if (at == null) {
        throw new IllegalStateException(
            "not inside the repository: " + Path.of("").toAbsolutePath());
      }
    }
    return at;
  }

  /** Every class that ships, generated ones included. */
  static JavaClasses shippedClasses() {
    return Shipped.CLASSES;
  }

  /** Java files that people wrote, under {@code src/main} or {@code src/test} of all modules. */
  static List<Path> javaFiles(String sourceSet) {
    try (Stream<Path> files = Files.walk(root())) {
      return files
          .filter(file -> file.toString().endsWith(".java"))
          .filter(file -> file.toString().contains("/src/" + sourceSet + "/java/"))
          .filter(file -> !file.toString().contains("/target/"))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static final class Shipped {
    static final JavaClasses CLASSES =
        new ClassFileImporter()
            .withImportOption(location -> !location.contains("/test-classes/"))
            .importPackages("io.quorate");
  }
}

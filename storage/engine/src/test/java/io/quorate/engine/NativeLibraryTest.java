package io.quorate.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is unpacked to be loaded doesn't stay, however the process ends. */
class NativeLibraryTest {
  @TempDir Path folder;

  /** Loads the library and is killed. */
  static final class Killed {
    public static void main(String[] arguments) {
      NativeLibrary.load();
      Runtime.getRuntime().halt(7);
    }
  }

  @Test
  void a_killed_process_leaves_no_library_behind() throws Exception {
    String classPath =
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-Djava.io.tmpdir=" + folder,
                "-cp",
                classPath,
                Killed.class.getName())
            .inheritIO()
            .start();
    assertThat(process.waitFor()).isEqualTo(7);
    assertThat(left()).isEmpty();
  }

  private List<String> left() throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.filter(Files::isRegularFile).map(Path::toString).toList();
    }
  }
}

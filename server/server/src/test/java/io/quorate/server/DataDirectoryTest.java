package io.quorate.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** CVE-2020-15113: the mode of a directory that was there already went unlooked at. */
class DataDirectoryTest {
  @TempDir private Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"rwxrwxrwx", "rwxr-xr-x", "rwx--x---", "rwx------"})
  void a_directory_that_is_open_to_others_is_closed_to_them(String mode) throws IOException {
    Path directory = Files.createDirectory(folder.resolve("data"));
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString(mode));
    DataDirectory.closeToOthers(directory);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(directory)))
        .isEqualTo("rwx------");
  }
}

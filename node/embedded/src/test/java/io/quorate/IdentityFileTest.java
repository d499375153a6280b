package io.quorate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quorate.IdentityFile.StandsAlone;
import io.quorate.base.QuorateException;
import io.quorate.node.MemberInfo;
import io.quorate.wal.FileDisk;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a directory says of itself. */
class IdentityFileTest {
  private static final IdentityFile IDENTITY =
      new IdentityFile(
          0xFEDCBA9876543210L,
          2,
          -3,
          true,
          StandsAlone.BEGUN,
          List.of(
              new MemberInfo(-3, "a name", List.of("http://a:1", "http://b:2"), List.of(), false),
              new MemberInfo(4, "", List.of("http://c:3"), List.of(), false)));

  @Test
  void what_is_written_is_read_back_and_replaced_as_a_whole(@TempDir Path directory) {
    FileDisk disk = new FileDisk(directory);
    assertThat(IdentityFile.read(disk)).isNull();
    IDENTITY.write(disk);
    assertThat(IdentityFile.read(disk)).isEqualTo(IDENTITY);
    IDENTITY.withStandsAlone(StandsAlone.DONE).write(disk);
    assertThat(IdentityFile.read(disk)).isEqualTo(IDENTITY.withStandsAlone(StandsAlone.DONE));
  }

  /** A change of format is a decision. */
  @Test
  void the_file_is_text_that_a_person_can_read() {
    assertThat(IDENTITY.text())
        .isEqualTo(
            """
            quorate identity 1
            cluster fedcba9876543210
            log-cluster 2
            member fffffffffffffffd
            founding true
            stands-alone BEGUN
            knows fffffffffffffffd http://a:1,http://b:2 a name
            knows 4 http://c:3\s
            check CHECKSUM
            """
                .replace("CHECKSUM", IDENTITY.text().lines().toList().getLast().substring(6)));
  }

  @Test
  void a_damaged_byte_anywhere_is_found(@TempDir Path directory) throws Exception {
    FileDisk disk = new FileDisk(directory);
    IDENTITY.write(disk);
    Path file = directory.resolve("identity");
    byte[] good = Files.readAllBytes(file);
    for (int i = 0; i < good.length; i++) {
      byte[] bad = good.clone();
      bad[i] ^= 4;
      Files.write(file, bad);
      assertThatThrownBy(() -> IdentityFile.read(disk))
          .as("byte %d", i)
          .isInstanceOf(QuorateException.Corrupt.class)
          .hasMessageContaining("identity");
    }
    Files.write(file, new byte[0]);
    assertThatThrownBy(() -> IdentityFile.read(disk)).isInstanceOf(QuorateException.Corrupt.class);
  }
}

package io.quorate.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.quorate.base.Bytes;
import io.quorate.base.RowCursor;
import io.quorate.snapshot.BackupHeader;
import io.quorate.snapshot.BackupWriter;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the commands say that work on files; whether the files are right, others test. */
class SnapshotCommandsTest {
  @TempDir Path folder;
  private Path backup;

  private record Run(int code, String out, String err) {}

  @BeforeEach
  void write() throws IOException {
    backup = folder.resolve("backup.db");
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (BackupWriter writer =
        new BackupWriter(new BackupHeader(1, 2, 3, 4, 1, -1, "test"), new NoRows())) {
      for (Bytes part = writer.next(); part != null; part = writer.next()) {
        bytes.writeBytes(part.toArray());
      }
    }
    Files.write(backup, bytes.toByteArray());
  }

  @Test
  void a_status_is_printed_as_etcdctl_prints_it() {
    assertThat(run("snapshot", "status", backup.toString()).out())
        .matches("[0-9a-f]{1,8}, 1, 0, 544 B\n");
    assertThat(run("snapshot", "status", "-w", "json", backup.toString()).out())
        .matches("\\{\"hash\":\\d+,\"revision\":1,\"totalKey\":0,\"totalSize\":544}\n");
    assertThat(run("snapshot", "status", "-w", "fields", backup.toString()).out())
        .matches("\"Hash\" : \\d+\n\"Revision\" : 1\n\"Keys\" : 0\n\"Size\" : 544\n");
    assertThat(run("snapshot", "status", "-w", "table", backup.toString()).out())
        .contains("|   HASH   | REVISION | TOTAL KEYS | TOTAL SIZE |");
  }

  @Test
  void what_is_wrong_with_a_file_is_said() throws IOException {
    Run none = run("snapshot", "status", folder.resolve("none").toString());
    assertThat(none.code()).isNotZero();
    assertThat(none.err()).startsWith("Error: there is no file ");
    Files.write(backup, new byte[600]);
    Run foreign = run("snapshot", "status", backup.toString());
    assertThat(foreign.code()).isNotZero();
    assertThat(foreign.err()).contains("it is no backup of Quorate's").contains("quorate import");
    assertThat(run("snapshot", "status").code()).isEqualTo(ExitCodes.USAGE);
    assertThat(run("import").code()).isEqualTo(ExitCodes.USAGE);
  }

  @Test
  void flags_that_promise_what_is_not_done_are_refused() {
    for (String[] flags :
        new String[][] {
          {"--skip-hash-check"},
          {"--wal-dir=x"},
          {"--bump-revision=-1"},
          {"--bump-revision=0", "--mark-compacted"}
        }) {
      String[] line = new String[3 + flags.length];
      line[0] = "snapshot";
      line[1] = "restore";
      line[2] = backup.toString();
      System.arraycopy(flags, 0, line, 3, flags.length);
      Run refused = run(line);
      assertThat(refused.code()).as(flags[0]).isEqualTo(ExitCodes.USAGE);
      assertThat(refused.err()).as(flags[0]).contains(flags[flags.length - 1].split("=", 2)[0]);
    }
  }

  /** Without flags it is the one member that a server without flags is. */
  @Test
  void a_restore_without_flags_is_for_a_member_alone() {
    Path data = folder.resolve("data");
    Run restored = run("snapshot", "restore", backup.toString(), "--data-dir", data.toString());
    assertThat(restored.err()).isEmpty();
    assertThat(restored.out())
        .isEqualTo(
            "Restored 0 keys at revision 1000000001 to "
                + data
                + ": member 8e9e05c52164694d of cluster cdf818194e3a8c32\n");
    Run again = run("snapshot", "restore", backup.toString(), "--data-dir", data.toString());
    assertThat(again.err()).contains("not empty");
  }

  private static Run run(String... args) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    int code =
        new Cli(
                new ByteArrayInputStream(new byte[0]),
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8),
                Map.of())
            .run(args);
    return new Run(
        code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
  }

  private static final class NoRows implements RowCursor {
    @Override
    public boolean next() {
      return false;
    }

    @Override
    public byte[] key() {
      throw new IllegalStateException("no rows");
    }

    @Override
    public byte[] value() {
      throw new IllegalStateException("no rows");
    }

    @Override
    public void close() {}
  }
}

package io.quorate.cli;

import io.quorate.offline.BackupFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code snapshot status}: what a backup is; read through, and found whole. */
@Command(
    name = "status",
    description = {
      "Gets backend snapshot status of a given file",
      "Reads all of it, and fails if it isn't whole. No server is needed.",
      "Simple format: hash, revision, number of keys, size."
    },
    footer = {
      "",
      "Examples:",
      "  quorate snapshot status backup.db",
      "  quorate snapshot status -w table backup.db"
    })
final class SnapshotStatusCommand implements Callable<Integer> {
  private final Session session;

  @Parameters(arity = "0..*", paramLabel = "FILE", description = "the backup")
  List<String> args = new ArrayList<>();

  SnapshotStatusCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    Path file = FileNames.one("snapshot status", args);
    BackupFile.Status status = BackupFile.status(file);
    String hash = Long.toHexString(status.hash());
    long revision = status.header().revision();
    String size = Rows.size(status.bytes());
    switch (session.globals().format()) {
      case SIMPLE ->
          session.out().print("%s, %d, %d, %s\n".formatted(hash, revision, status.keys(), size));
      case JSON ->
          session
              .out()
              .print(
                  "{\"hash\":%d,\"revision\":%d,\"totalKey\":%d,\"totalSize\":%d}\n"
                      .formatted(status.hash(), revision, status.keys(), status.bytes()));
      case FIELDS ->
          session
              .out()
              .print(
                  "\"Hash\" : %d\n\"Revision\" : %d\n\"Keys\" : %d\n\"Size\" : %d\n"
                      .formatted(status.hash(), revision, status.keys(), status.bytes()));
      case PROTOBUF -> throw Failure.unsupported("protobuf");
      case TABLE ->
          new TablePrinter(session.out())
              .print(
                  List.of("HASH", "REVISION", "TOTAL KEYS", "TOTAL SIZE"),
                  List.of(
                      List.of(hash, Long.toString(revision), Long.toString(status.keys()), size)));
    }
    return ExitCodes.OK;
  }
}

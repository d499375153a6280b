package io.quorate.cli;

import io.quorate.offline.EtcdImport;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code import}: a real etcd's snapshot becomes a backup. */
@Command(
    name = "import",
    description = {
      "Turns a snapshot of etcd 3.4 to 3.6 into a backup that 'snapshot restore' takes",
      "Reads what 'etcdctl snapshot save' wrote, or the file member/snap/db of an etcd that",
      "doesn't run. Keys come with their revisions, versions and leases; history doesn't."
    },
    footer = {
      "",
      "Examples:",
      "  quorate import etcd.db --out backup.db",
      "  quorate snapshot restore backup.db --data-dir default.quorate"
    })
final class ImportCommand implements Callable<Integer> {
  private final Session session;

  @Parameters(arity = "0..*", paramLabel = "FILE", description = "etcd's snapshot")
  List<String> args = new ArrayList<>();

  @Option(names = "--out", description = "the backup to make; FILE.quorate")
  String out = "";

  ImportCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    Path snapshot = FileNames.one("import", args);
    Path backup = out.isEmpty() ? Path.of(snapshot + ".quorate") : FileNames.path(out);
    EtcdImport.Report report = EtcdImport.run(snapshot, backup);
    if (!report.hashChecked()) {
      session
          .err()
          .print("Warning: " + snapshot + " has no hash at its end; nothing was compared\n");
    }
    if (report.users() + report.roles() > 0) {
      session
          .err()
          .print(
              ("Warning: %d users and %d roles were left out%s: add them after the restore,"
                      + " before clients are let in\n")
                  .formatted(
                      report.users(),
                      report.roles(),
                      report.authEnabled() ? ", and authentication is off" : ""));
    }
    session
        .out()
        .print(
            "Imported %d keys and %d leases at revision %d to %s\n"
                .formatted(report.keys(), report.leases(), report.revision(), backup));
    return ExitCodes.OK;
  }
}

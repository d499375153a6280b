package io.quorate.databases;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * A data directory as a server's own program makes it, kept as one archive: unpacking takes a tenth
 * of the time, and an archive is there or isn't, whatever cleans up the system's temporary files.
 */
final class Template {
  private Template() {}

  /**
   * Makes an account's data directory.
   *
   * @param program the server's; another build of it gets a template of its own
   * @param initialize the command line that makes what is in a data directory
   */
  static synchronized void unpack(
      Path program, Account account, Function<Path, List<String>> initialize, Path data) {
    Path archive = archive(program, initialize);
    try (FileChannel file =
            FileChannel.open(
                Account.home().resolve("lock"),
                StandardOpenOption.CREATE,
                StandardOpenOption.WRITE);
        FileLock _ = file.lock()) { // other JVMs want one too
      if (!Files.exists(archive)) {
        make(account, initialize, archive);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    Command.run(
        data,
        account.runs(List.of("tar", "-xf", archive.toString(), "--directory", data.toString())));
  }

  private static void make(Account account, Function<Path, List<String>> initialize, Path archive)
      throws IOException {
    Path origin = account.directory(Account.home(), "template-");
    try {
      Command.run(origin, account.runs(initialize.apply(origin)));
      Path written = Files.createTempFile(Account.home(), "template-", ".tar");
      Command.run(
          origin, List.of("tar", "-cf", written.toString(), "--directory", origin.toString(), "."));
      Files.setPosixFilePermissions(written, PosixFilePermissions.fromString("rw-r--r--"));
      var _ = Files.move(written, archive, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Command.run(Account.home(), List.of("rm", "-rf", origin.toString()));
    }
  }

  private static Path archive(Path program, Function<Path, List<String>> initialize) {
    try {
      List<Object> facts = new ArrayList<>(initialize.apply(Path.of("data")));
      facts.add(program.toString());
      facts.add(Files.getLastModifiedTime(program).toMillis());
      return Account.home()
          .resolve(program.getFileName() + "-" + Integer.toHexString(facts.hashCode()) + ".tar");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

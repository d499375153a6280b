package io.quorate.databases;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import java.nio.file.attribute.UserPrincipalNotFoundException;
import java.util.ArrayList;
import java.util.List;

/**
 * Whom a server runs as: whoever runs the tests, and where that is root, whom servers refuse, the
 * account that the server's package has made.
 */
final class Account {
  private static final boolean IS_ROOT = "root".equals(System.getProperty("user.name"));

  private final String name;

  private Account(String name) {
    this.name = name;
  }

  /** Takes the account that a package makes. */
  static Account of(String name) {
    return new Account(name);
  }

  /** The command line that runs another one as this account, and kills it with its parent. */
  List<String> runs(List<String> commandLine) {
    List<String> line = new ArrayList<>(List.of("setpriv", "--pdeathsig=KILL"));
    if (IS_ROOT) {
      line.addAll(List.of("--reuid=" + name, "--regid=" + name, "--init-groups"));
    }
    line.addAll(commandLine);
    return line;
  }

  /** Makes a directory below another one that is this account's alone. */
  Path directory(Path parent, String prefix) {
    try {
      Path made = Files.createTempDirectory(parent, prefix);
      if (IS_ROOT) {
        Files.setOwner(made, principal(made));
      }
      return made;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private UserPrincipal principal(Path path) throws IOException {
    try {
      return path.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName(name);
    } catch (UserPrincipalNotFoundException e) {
      throw new IllegalStateException(
          "there is no account " + name + ", which the server's package makes", e);
    }
  }

  /** Where all servers of this user keep their directories; accounts can pass through it. */
  static Path home() {
    Path parent =
        Path.of(System.getProperty("databases.folder", System.getProperty("java.io.tmpdir")));
    Path home =
        parent.toAbsolutePath().resolve("quorate-databases-" + System.getProperty("user.name"));
    try {
      if (!Files.isDirectory(home)) {
        Files.createDirectories(home);
        Files.setPosixFilePermissions(home, PosixFilePermissions.fromString("rwx--x--x"));
      }
      return home;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

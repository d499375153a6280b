package io.quorate.server;

import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.Set;

/** The modes of directories: what a member keeps is for its own user's eyes (CVE-2020-15113). */
final class DataDirectory {
  private static final System.Logger LOG = System.getLogger(DataDirectory.class.getName());
  private static final Set<PosixFilePermission> OWNER =
      PosixFilePermissions.fromString("rwx------");

  private DataDirectory() {}

  /**
   * Takes away from a directory that is there what others may do in it. What the user of the
   * process may do stays; if others' rights can't be taken away, as on a volume that another user
   * owns, it is only said.
   */
  static void closeToOthers(Path directory) {
    if (!Files.isDirectory(directory) || !isPosix(directory)) {
      return;
    }
    try {
      Set<PosixFilePermission> now = Files.getPosixFilePermissions(directory);
      Set<PosixFilePermission> others = EnumSet.noneOf(PosixFilePermission.class);
      others.addAll(now);
      others.removeAll(OWNER);
      if (others.isEmpty()) {
        return;
      }
      String before = PosixFilePermissions.toString(now);
      try {
        Files.setPosixFilePermissions(directory, OWNER);
        LOG.log(
            System.Logger.Level.WARNING,
            "the data directory was open to others mode={0} and is closed to them now path={1}",
            before,
            directory);
      } catch (IOException e) {
        LOG.log(
            System.Logger.Level.WARNING,
            "the data directory is open to others mode={0} and can''t be closed path={1}: {2}",
            before,
            directory,
            e.getMessage());
      }
    } catch (IOException e) {
      throw QuorateException.of(
          ErrorCode.INVALID_REQUEST, "can't look at " + directory + ": " + e.getMessage(), e);
    }
  }

  /** Makes a directory and those above it, for this user alone. */
  static void create(Path directory) throws IOException {
    if (isPosix(directory)) {
      Files.createDirectories(directory, PosixFilePermissions.asFileAttribute(OWNER));
    } else {
      Files.createDirectories(directory);
    }
  }

  private static boolean isPosix(Path path) {
    return path.getFileSystem().supportedFileAttributeViews().contains("posix");
  }
}

package io.quorate.offline;

import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.node.RestoredMember;
import io.quorate.wal.FileDisk;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * A directory whose content appears when it is whole.
 *
 * <p>One that isn't there is made beside its place, and then gets its name. One that is there and
 * empty stays the same one, since it may be a mount point or a symbolic link's target: what comes
 * in is made in a directory within, which no member starts beside, and then moves up. What a crash
 * left of either, the next one removes.
 */
final class NewDirectory implements AutoCloseable {
  /** What a file system makes in its root, which holds nothing of anybody's. */
  private static final String FOUND = "lost+found";

  private final Path target;
  private final boolean there;
  private final Path unfinished;
  private final List<Path> moved = new ArrayList<>();

  /**
   * Begins one.
   *
   * @throws QuorateException.Rejected if there is something under its name already
   */
  NewDirectory(Path directory) {
    target = directory.toAbsolutePath().normalize();
    there = Files.isDirectory(target);
    unfinished =
        there
            ? target.resolve(RestoredMember.UNFINISHED)
            : target.resolveSibling(target.getFileName() + ".unfinished");
    if (Files.isSymbolicLink(target) && !Files.exists(target)) {
      throw refused(directory, "is a symbolic link to nothing: make the directory it names first");
    }
    try {
      if (Files.exists(target) && !isEmpty()) {
        throw refused(
            directory, "not empty or could not be read: a backup is put into a new directory");
      }
      Path parent = target.getParent();
      if (parent != null && !there) {
        Files.createDirectories(parent);
      }
      remove(unfinished);
      new FileDisk(unfinished).createDirectories("");
    } catch (IOException e) {
      throw failed(e);
    }
  }

  /** Where to write for now. */
  Path path() {
    return unfinished;
  }

  /** It is whole: it gets its name. */
  void finish() {
    try {
      if (there) {
        for (Path each : inside(unfinished)) {
          moved.add(
              Files.move(each, target.resolve(each.getFileName()), StandardCopyOption.ATOMIC_MOVE));
        }
        force(target);
        Files.delete(unfinished); // it keeps members from starting, and so is the last to go
        moved.clear();
        force(target);
        return;
      }
      Files.move(unfinished, target, StandardCopyOption.ATOMIC_MOVE);
      Path parent = target.getParent();
      if (parent != null) {
        force(parent);
      }
    } catch (IOException e) {
      throw failed(e);
    }
  }

  /** Leaves nothing, if it isn't finished. */
  @Override
  public void close() {
    try {
      for (Path each : moved) {
        remove(each);
      }
      remove(unfinished);
    } catch (IOException e) {
      throw failed(e);
    }
  }

  private static QuorateException refused(Path directory, String why) {
    return QuorateException.of(ErrorCode.INVALID_REQUEST, "data-dir \"" + directory + "\" " + why);
  }

  private QuorateException failed(IOException e) {
    return QuorateException.of(
        ErrorCode.ENGINE_FAILED,
        target
            + " can't be made: "
            + (e instanceof AccessDeniedException ? "permission denied: " : "")
            + e.getMessage(),
        e);
  }

  private static void force(Path directory) throws IOException {
    try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  private boolean isEmpty() throws IOException {
    if (!there) {
      return false;
    }
    for (Path each : inside(target)) {
      if (!each.equals(unfinished) && !each.endsWith(FOUND)) {
        return false;
      }
    }
    return true;
  }

  private static List<Path> inside(Path directory) throws IOException {
    try (Stream<Path> all = Files.list(directory)) {
      return all.sorted().toList();
    }
  }

  /** With all that is in it. */
  static void remove(Path directory) throws IOException {
    if (!Files.exists(directory)) {
      return;
    }
    List<Path> all;
    try (Stream<Path> inside = Files.walk(directory)) {
      all = inside.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path each : all) {
      Files.delete(each);
    }
  }
}

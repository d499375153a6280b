package io.quorate.offline;

import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * A directory that appears under its name when it is whole. Until then it lies beside it, and is
 * removed if it doesn't come to be; what a crash left of it, the next one removes.
 */
final class NewDirectory implements AutoCloseable {
  private final Path target;
  private final Path unfinished;

  /**
   * Begins one.
   *
   * @throws QuorateException.Rejected if there is something under its name already
   */
  NewDirectory(Path directory) {
    this.target = directory.toAbsolutePath().normalize();
    this.unfinished = target.resolveSibling(target.getFileName() + ".unfinished");
    try {
      if (Files.exists(target) && !isEmpty(target)) {
        throw QuorateException.of(
            ErrorCode.INVALID_REQUEST,
            "data-dir \""
                + directory
                + "\" not empty or could not be read: a backup is put into a new directory");
      }
      Path parent = target.getParent();
      if (parent != null) {
        Files.createDirectories(parent);
      }
      remove(unfinished);
      Files.createDirectory(unfinished);
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
      Files.deleteIfExists(target); // it is empty
      Files.move(unfinished, target, StandardCopyOption.ATOMIC_MOVE);
      Path parent = target.getParent();
      if (parent != null) {
        try (FileChannel directory = FileChannel.open(parent, StandardOpenOption.READ)) {
          directory.force(true);
        }
      }
    } catch (IOException e) {
      throw failed(e);
    }
  }

  @Override
  public void close() {
    try {
      remove(unfinished);
    } catch (IOException e) {
      throw failed(e);
    }
  }

  private QuorateException failed(IOException e) {
    return QuorateException.of(
        ErrorCode.ENGINE_FAILED, target + " can't be made: " + e.getMessage(), e);
  }

  private static boolean isEmpty(Path directory) throws IOException {
    if (!Files.isDirectory(directory)) {
      return false;
    }
    try (Stream<Path> inside = Files.list(directory)) {
      return inside.findAny().isEmpty();
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

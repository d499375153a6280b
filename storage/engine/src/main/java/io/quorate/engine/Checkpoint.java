package io.quorate.engine;

import java.util.List;

/**
 * A copy of an engine's state in a directory of its own, which {@link Engines#open} takes. It stays
 * until its owner removes it, whatever becomes of the engine.
 *
 * @param directory where it is, relative to the root of its {@link Engines}
 * @param mark the last batch that it holds
 * @param files all of its files, by name
 */
public record Checkpoint(String directory, long mark, List<File> files) {
  public Checkpoint {
    files = List.copyOf(files);
  }

  /** Bytes of all files together. */
  public long bytes() {
    long sum = 0;
    for (File file : files) {
      sum += file.bytes();
    }
    return sum;
  }

  /**
   * A file of a checkpoint.
   *
   * @param name within the directory; never a path
   * @param bytes its length
   */
  public record File(String name, long bytes) {}
}

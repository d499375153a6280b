package io.quorate.snapshot;

import io.quorate.base.Bytes;
import java.util.List;

/**
 * What a snapshot is and which files it is made of.
 *
 * @param group the Raft group whose state it is
 * @param index last entry that the state includes
 * @param term that entry's term
 * @param configuration the membership as of that entry, as the consensus core encodes it
 * @param files all files, in the order of their names
 */
public record SnapshotManifest(
    long group, long index, long term, Bytes configuration, List<File> files) {
  public SnapshotManifest {
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
   * A file of a snapshot.
   *
   * @param name within the directory: letters, digits, dot, dash and underscore, never a path
   * @param bytes its length
   * @param hash XXH64 chained over its chunks
   */
  public record File(String name, long bytes, long hash) {}
}

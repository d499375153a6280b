package io.quorate.snapshot;

import io.quorate.base.Bytes;
import io.quorate.base.Checks;
import io.quorate.base.Disk;
import io.quorate.base.DiskFile;
import io.quorate.base.Hash64;
import io.quorate.base.QuorateException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * What a snapshot is and which files it is made of, with the hash of every chunk.
 *
 * <p>A file is cut into chunks of {@link #CHUNK_BYTES}, the last one shorter. Chunks are numbered
 * through all files in the manifest's order, from 0; an empty file has none. A transfer is the
 * chunks in the order of their numbers.
 *
 * @param group the Raft group whose state it is
 * @param index last entry that the state includes
 * @param term that entry's term
 * @param configuration the membership as of that entry, as the consensus core encodes it
 * @param files all files, in the order in which they travel; at most {@link #FILES_MAX}
 */
public record SnapshotManifest(
    long group, long index, long term, Bytes configuration, List<File> files) {
  /** Size of every chunk but a file's last. Part of the format. */
  public static final int CHUNK_BYTES = 256 * 1024;

  /** Most files of a snapshot. */
  public static final int FILES_MAX = 65_536;

  /** Longest encoded membership. */
  public static final int CONFIGURATION_BYTES_MAX = 1 << 20;

  /** Longest encoded manifest: room for 256 GiB of state. */
  public static final int ENCODED_BYTES_MAX = 12 << 20;

  public SnapshotManifest {
    files = List.copyOf(files);
    Checks.that(index >= 0 && term >= 0, "index=%d term=%d", index, term);
    Checks.that(files.size() <= FILES_MAX, "%d files", files.size());
    Checks.that(
        configuration.length() <= CONFIGURATION_BYTES_MAX,
        "a configuration of %d bytes",
        configuration.length());
  }

  /**
   * Reads the files of a directory and describes them. Blocks on the disk, for as long as a read of
   * all of them takes.
   *
   * @param names which files of the directory, in the order in which they are to travel
   * @throws QuorateException if a file can't be read
   */
  public static SnapshotManifest describe(
      Disk disk,
      String directory,
      List<String> names,
      long group,
      long index,
      long term,
      Bytes configuration) {
    List<File> files = new ArrayList<>();
    byte[] chunk = new byte[CHUNK_BYTES];
    for (String name : names) {
      Checks.that(Names.isSafe(name), "a file named %s", name);
      String path = directory + "/" + name;
      try (DiskFile file = disk.open(path)) {
        files.add(describe(file, name, path, chunk));
      } catch (IOException e) {
        throw Failures.of("read", path, e);
      }
    }
    return new SnapshotManifest(group, index, term, configuration, files);
  }

  /** Bytes of all files together. */
  public long bytes() {
    long sum = 0;
    for (File file : files) {
      sum += file.bytes();
    }
    return sum;
  }

  /** Number of chunks of all files together. */
  public int chunks() {
    int sum = 0;
    for (File file : files) {
      sum += file.chunks();
    }
    return sum;
  }

  /** The form that travels and that lies beside received files. */
  public Bytes encode() {
    return ManifestCodec.encode(this);
  }

  /**
   * Reads that form.
   *
   * @throws QuorateException.Corrupt if it is not one, whatever it is
   */
  public static SnapshotManifest decode(Bytes form) {
    return ManifestCodec.decode(form);
  }

  /** Where the chunk of that number lies. */
  Place place(int chunk) {
    int first = 0;
    for (int i = 0; i < files.size(); i++) {
      File file = files.get(i);
      if (chunk - first < file.chunks()) {
        int within = chunk - first;
        long offset = (long) within * CHUNK_BYTES;
        int length = (int) Math.min(CHUNK_BYTES, file.bytes() - offset);
        return new Place(i, offset, length, file.hash(within));
      }
      first += file.chunks();
    }
    throw new IndexOutOfBoundsException("chunk " + chunk + " of " + first);
  }

  /** The hash of a chunk's bytes. Its offset is in it, so that no chunk passes for another. */
  static long hash(byte[] array, int from, int length, long offset) {
    return Hash64.of(array, from, length, offset);
  }

  private static File describe(DiskFile file, String name, String path, byte[] chunk)
      throws IOException {
    long bytes = file.size();
    byte[] hashes = new byte[Math.multiplyExact(File.chunks(bytes), Long.BYTES)];
    ByteBuffer out = ByteBuffer.wrap(hashes);
    for (long offset = 0; offset < bytes; offset += CHUNK_BYTES) {
      int length = (int) Math.min(CHUNK_BYTES, bytes - offset);
      if (file.read(ByteBuffer.wrap(chunk, 0, length), offset) != length) {
        throw Failures.damaged(path, offset, "the file got shorter while it was read");
      }
      out.putLong(hash(chunk, 0, length, offset));
    }
    return new File(name, bytes, Bytes.wrap(hashes));
  }

  /**
   * A file of a snapshot.
   *
   * @param name within the directory: letters, digits, dot, dash and underscore, never a path
   * @param bytes its length
   * @param hashes the hashes of its chunks, 8 bytes each, big endian
   */
  public record File(String name, long bytes, Bytes hashes) {
    public File {
      Checks.that(Names.isSafe(name), "a file named %s", name);
      Checks.that(bytes >= 0, "a file of %d bytes", bytes);
      Checks.that(
          hashes.length() == (long) chunks(bytes) * Long.BYTES,
          "%d bytes of hashes for %d bytes",
          hashes.length(),
          bytes);
    }

    int chunks() {
      return chunks(bytes);
    }

    long hash(int chunk) {
      return hashes.slice(chunk * Long.BYTES, (chunk + 1) * Long.BYTES).asByteBuffer().getLong();
    }

    static int chunks(long bytes) {
      return Math.toIntExact((bytes + CHUNK_BYTES - 1) / CHUNK_BYTES);
    }
  }

  /** A chunk's file, its offset in it, its length and its hash. */
  record Place(int file, long offset, int length, long hash) {}
}

package io.quorate.snapshot;

import io.quorate.base.Bytes;
import io.quorate.base.Checks;
import io.quorate.base.Disk;
import io.quorate.base.DiskFile;
import io.quorate.base.QuorateException;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Reads a snapshot's chunks for sending. What it reads it holds against the manifest first, so that
 * damage on this disk stays here. Used by one thread at a time; it blocks on the disk.
 */
public final class SnapshotSource implements AutoCloseable {
  private final Disk disk;
  private final String directory;
  private final SnapshotManifest manifest;
  private @Nullable DiskFile file;
  private int fileAt = -1;

  /**
   * @param directory holds the files, unchanged since they were described
   * @param manifest what {@link SnapshotManifest#describe} said of them
   */
  public SnapshotSource(Disk disk, String directory, SnapshotManifest manifest) {
    this.disk = disk;
    this.directory = directory;
    this.manifest = manifest;
  }

  /** What is being sent. */
  public SnapshotManifest manifest() {
    return manifest;
  }

  /**
   * The bytes of a chunk; neighbours in order are cheapest.
   *
   * @param chunk from 0 to {@link SnapshotManifest#chunks} - 1
   * @throws QuorateException.Corrupt naming file and offset, if they are not what was described
   */
  public Bytes read(int chunk) {
    Checks.that(chunk >= 0 && chunk < manifest.chunks(), "chunk=%d", chunk);
    SnapshotManifest.Place place = manifest.place(chunk);
    String path = directory + "/" + manifest.files().get(place.file()).name();
    byte[] bytes = new byte[place.length()];
    try {
      if (open(place.file(), path).read(ByteBuffer.wrap(bytes), place.offset()) != bytes.length) {
        throw Failures.damaged(path, place.offset(), "the file is too short");
      }
    } catch (IOException e) {
      throw Failures.of("read", path, e);
    }
    if (SnapshotManifest.hash(bytes, 0, bytes.length, place.offset()) != place.hash()) {
      throw Failures.damaged(path, place.offset(), "it is not what was written");
    }
    return Bytes.wrap(bytes);
  }

  @Override
  public void close() {
    DiskFile open = file;
    file = null;
    fileAt = -1;
    if (open != null) {
      try {
        open.close();
      } catch (IOException e) {
        throw Failures.of("close a file of", directory, e);
      }
    }
  }

  private DiskFile open(int at, String path) throws IOException {
    DiskFile open = file;
    if (open != null && fileAt == at) {
      return open;
    }
    close();
    open = disk.open(path);
    file = open;
    fileAt = at;
    return open;
  }
}

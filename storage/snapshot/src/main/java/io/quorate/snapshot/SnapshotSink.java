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
 * Receives a snapshot into a directory of its own, chunk by chunk, and knows at any moment which
 * chunk it wants {@link #next}.
 *
 * <p>The manifest is written first, under a name that says "not yet"; then the files, in order,
 * each synced when it is whole; then the directory; last the manifest gets its {@link #isReceived
 * final name}. So after a crash or a restart {@link #open} finds out by reading what is there how
 * much of it is sound, and goes on from the first chunk that is not. No record of progress is kept
 * that could disagree with the files.
 *
 * <p>Used by one thread at a time; every call blocks on the disk.
 */
public final class SnapshotSink implements AutoCloseable {
  /** What became of an offered chunk. */
  public enum Outcome {
    /** It was the next one, and is written. */
    TAKEN,
    /** It is there already. */
    DUPLICATE,
    /** An earlier one is missing: send from {@link #next} on. */
    TOO_EARLY,
    /** Its bytes are not those that the manifest promised: send it again. */
    DAMAGED
  }

  /**
   * Written on its way to the disk at once, so that the log's syncs never wait for a whole file.
   */
  private static final int SYNC_BYTES = 1 << 20;

  private final Disk disk;
  private final String directory;
  private final SnapshotManifest manifest;
  private final int chunks;
  private @Nullable DiskFile file;
  private int fileAt = -1;
  private int next;
  private int unsyncedBytes;
  private boolean finished;

  private SnapshotSink(Disk disk, String directory, SnapshotManifest manifest) {
    this.disk = disk;
    this.directory = directory;
    this.manifest = manifest;
    this.chunks = manifest.chunks();
  }

  /**
   * Starts to receive, or goes on where an earlier transfer of the same snapshot into the same
   * directory broke off. Files of another transfer are removed first.
   *
   * @param directory not one that {@link #isReceived} already: that is somebody's state by now
   */
  public static SnapshotSink open(Disk disk, String directory, SnapshotManifest manifest) {
    Checks.that(!isReceived(disk, directory), "%s has been received", directory);
    SnapshotSink sink = new SnapshotSink(disk, directory, manifest);
    try {
      if (!sink.resume()) {
        sink.start();
      }
    } catch (IOException e) {
      throw Failures.of("receive a snapshot into", directory, e);
    }
    return sink;
  }

  /** Whether a directory holds a snapshot that has arrived whole. */
  public static boolean isReceived(Disk disk, String directory) {
    try {
      return disk.exists(directory + "/" + Names.MANIFEST);
    } catch (IOException e) {
      throw Failures.of("look into", directory, e);
    }
  }

  /**
   * The manifest of a directory that has been received.
   *
   * @throws QuorateException.Corrupt if it is damaged
   */
  public static SnapshotManifest received(Disk disk, String directory) {
    try {
      return SnapshotManifest.decode(readAll(disk, directory + "/" + Names.MANIFEST));
    } catch (IOException e) {
      throw Failures.of("read the manifest in", directory, e);
    }
  }

  /** What is being received. */
  public SnapshotManifest manifest() {
    return manifest;
  }

  /** The chunk that it wants next; {@link SnapshotManifest#chunks} if it has all. */
  public int next() {
    return next;
  }

  /** Whether every chunk is there, so that {@link #finish} may be called. */
  public boolean isComplete() {
    return next == chunks;
  }

  /** Takes a chunk, if it is the one that is wanted and what the manifest promised. */
  public Outcome offer(int chunk, Bytes bytes) {
    Checks.that(!finished, "a chunk after the end");
    if (chunk < 0 || chunk > next || chunk >= chunks) {
      return Outcome.TOO_EARLY;
    }
    if (chunk < next) {
      return Outcome.DUPLICATE;
    }
    SnapshotManifest.Place place = manifest.place(chunk);
    if (bytes.length() != place.length()
        || SnapshotManifest.hash(bytes.array(), bytes.arrayOffset(), bytes.length(), place.offset())
            != place.hash()) {
      return Outcome.DAMAGED;
    }
    try {
      DiskFile target = open(place.file());
      target.write(
          ByteBuffer.wrap(bytes.array(), bytes.arrayOffset(), bytes.length()), place.offset());
      next++;
      unsyncedBytes += place.length();
      boolean whole = place.offset() + place.length() == manifest.files().get(place.file()).bytes();
      if (whole || unsyncedBytes >= SYNC_BYTES) {
        target.sync();
        unsyncedBytes = 0;
      }
    } catch (IOException e) {
      throw Failures.of("write", path(place.file()), e);
    }
    return Outcome.TAKEN;
  }

  /** Makes the whole durable and gives it its final name; from then on it {@link #isReceived}. */
  public void finish() {
    Checks.that(isComplete(), "%d chunks of %d", next, chunks);
    Checks.that(!finished, "a second end");
    close();
    try {
      for (int i = 0; i < manifest.files().size(); i++) {
        finishFile(i);
      }
      disk.syncDirectory(directory);
      disk.rename(directory + "/" + Names.MANIFEST_PARTIAL, directory + "/" + Names.MANIFEST);
      disk.syncDirectory(directory);
    } catch (IOException e) {
      throw Failures.of("finish the snapshot in", directory, e);
    }
    finished = true;
  }

  /** Stops receiving; what is there stays, for an {@link #open} to come. */
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

  private void start() throws IOException {
    disk.createDirectories(directory);
    for (String name : disk.list(directory)) {
      disk.delete(directory + "/" + name);
    }
    disk.syncDirectory(directory);
    String path = directory + "/" + Names.MANIFEST_PARTIAL;
    try (DiskFile out = disk.create(path)) {
      out.write(manifest.encode().asByteBuffer(), 0);
      out.sync();
    }
    disk.syncDirectory(directory);
  }

  /** False if what is there, if anything, belongs to another snapshot. */
  private boolean resume() throws IOException {
    String path = directory + "/" + Names.MANIFEST_PARTIAL;
    if (!disk.exists(path)) {
      return false;
    }
    try {
      if (!SnapshotManifest.decode(readAll(disk, path)).equals(manifest)) {
        return false;
      }
    } catch (QuorateException.Corrupt damaged) {
      return false;
    }
    byte[] buffer = new byte[SnapshotManifest.CHUNK_BYTES];
    while (next < chunks && isThere(next, buffer)) {
      next++;
    }
    // The rest may be torn, and a file that is too long would never get its length.
    close();
    for (int i = next < chunks ? manifest.place(next).file() + 1 : manifest.files().size();
        i < manifest.files().size();
        i++) {
      if (disk.exists(path(i))) {
        disk.delete(path(i));
      }
    }
    return true;
  }

  private boolean isThere(int chunk, byte[] buffer) throws IOException {
    SnapshotManifest.Place place = manifest.place(chunk);
    if (fileAt != place.file() && !disk.exists(path(place.file()))) {
      return false;
    }
    ByteBuffer target = ByteBuffer.wrap(buffer, 0, place.length());
    return open(place.file()).read(target, place.offset()) == place.length()
        && SnapshotManifest.hash(buffer, 0, place.length(), place.offset()) == place.hash();
  }

  /** Synced again: after a restart nobody knows whether what was read had been synced. */
  private void finishFile(int at) throws IOException {
    try (DiskFile done = disk.exists(path(at)) ? disk.open(path(at)) : disk.create(path(at))) {
      long expected = manifest.files().get(at).bytes();
      if (done.size() != expected) {
        throw Failures.damaged(path(at), expected, "the file has " + done.size() + " bytes");
      }
      done.sync();
    }
  }

  private DiskFile open(int at) throws IOException {
    DiskFile open = file;
    if (open != null && fileAt == at) {
      return open;
    }
    close();
    String path = path(at);
    open = disk.exists(path) ? disk.open(path) : disk.create(path);
    file = open;
    fileAt = at;
    return open;
  }

  private String path(int file) {
    return directory + "/" + manifest.files().get(file).name();
  }

  private static Bytes readAll(Disk disk, String path) throws IOException {
    try (DiskFile in = disk.open(path)) {
      long bytes = in.size();
      if (bytes > SnapshotManifest.ENCODED_BYTES_MAX) {
        throw Failures.damaged(path, 0, "a manifest of " + bytes + " bytes");
      }
      byte[] all = new byte[(int) bytes];
      if (in.read(ByteBuffer.wrap(all), 0) != all.length) {
        throw Failures.damaged(path, bytes, "the file got shorter while it was read");
      }
      return Bytes.wrap(all);
    }
  }
}

package io.quorate.wal;

import io.quorate.base.Disk;
import io.quorate.base.DiskFile;
import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Whether the log has failed. It fails once and for all: after a failed write or sync the operating
 * system may have marked pages clean that never reached the device, so that trying again would
 * succeed and mean nothing ("Can Applications Recover from fsync Failures?", ATC 2020).
 *
 * <p>A file is left behind, if the disk still lets us, that tells the next start to move the log's
 * tail away from where it was.
 */
final class Failure {
  static final String MARKER = "FAILED";

  private final Disk disk;
  private final String directory;
  private volatile @Nullable QuorateException reason;

  Failure(Disk disk, String directory) {
    this.disk = disk;
    this.directory = directory;
  }

  boolean failed() {
    return reason != null;
  }

  /** Throws if the log has failed. */
  void check() {
    QuorateException first = reason;
    if (first != null) {
      throw QuorateException.of(ErrorCode.LOG_FAILED, String.valueOf(first.getMessage()), first);
    }
  }

  /** The log ends here. The result is to be thrown. */
  QuorateException fail(String what, IOException cause) {
    String message =
        "%s failed: %s. The log in %s takes nothing more; start the member again, and it will verify what the disk holds"
            .formatted(what, cause.getMessage(), directory);
    QuorateException first = QuorateException.of(ErrorCode.LOG_FAILED, message, cause);
    if (reason == null) {
      reason = first;
      leaveMarker(message);
    }
    return first;
  }

  private void leaveMarker(String text) {
    try (DiskFile marker = disk.create(directory + "/" + MARKER)) {
      marker.write(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)), 0);
      marker.sync();
      disk.syncDirectory(directory);
    } catch (IOException unwritten) {
      // The next start reads the tail past the page cache with or without the marker.
    }
  }
}

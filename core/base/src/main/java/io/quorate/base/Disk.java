package io.quorate.base;

import java.io.Closeable;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Files and directories as the log sees them: just what durability is reasoned about, and nothing
 * that a simulator could not take over with torn sectors, lost directory entries and full disks.
 *
 * <p>Paths are relative to a root that the implementation fixes, with {@code /} between their
 * parts. What a call changes in a directory (create, rename, delete) survives a power cut only
 * after {@link #syncDirectory}; what it changes in a file, only after {@link DiskFile#sync}.
 *
 * <p>Every call throws an {@link IOException} if it fails, a {@link DiskFullException} if it fails
 * for want of space. Safe to share between threads; two threads never change the same path.
 */
public interface Disk {
  /** The names within a directory, in the order of their characters. */
  List<String> list(String directory) throws IOException;

  /** Whether there is a file or a directory of this path. */
  boolean exists(String path) throws IOException;

  /** Creates a directory and its parents where they are missing, and syncs what it created. */
  void createDirectories(String directory) throws IOException;

  /** Creates an empty file for reading and writing; fails if the path exists. */
  DiskFile create(String path) throws IOException;

  /** Opens an existing file for reading and writing. */
  DiskFile open(String path) throws IOException;

  /**
   * Opens an existing file for reading what the device holds, past the operating system's cache,
   * where the file system can do that; elsewhere like {@link #open}. After a failed sync the cache
   * may show what never reached the device. Positions, buffer addresses and buffer sizes are
   * multiples of 4,096.
   */
  DiskFile openDirect(String path) throws IOException;

  /** Renames a file, atomically; a file of the target's name is replaced. */
  void rename(String from, String to) throws IOException;

  /** Deletes a file. */
  void delete(String path) throws IOException;

  /** Length of a file in bytes. */
  long size(String path) throws IOException;

  /** Makes everything that was created, renamed and deleted in a directory durable. */
  void syncDirectory(String directory) throws IOException;

  /**
   * Locks a file, created if missing, against every other process and every other holder in this
   * one, until the result is closed or the process ends. Null if somebody holds it.
   */
  @Nullable Closeable tryLock(String path) throws IOException;
}

package io.quorate.wal;

import io.quorate.base.Disk;
import io.quorate.base.DiskFile;
import io.quorate.base.DiskFullException;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The {@link Disk} of real files, below a root directory. What it creates only its user may read.
 *
 * <p>An interrupt closes the channel that the interrupted thread is using: threads that write
 * through this are never interrupted.
 */
public final class FileDisk implements Disk {
  private static final int ZEROS = 1 << 20;
  private static final @Nullable OpenOption DIRECT = direct();

  private final Path root;
  private final boolean posix;

  /** Paths are relative to {@code root}, which need not exist yet. */
  public FileDisk(Path root) {
    this.root = root.toAbsolutePath().normalize();
    this.posix = root.getFileSystem().supportedFileAttributeViews().contains("posix");
  }

  /** The directory that paths are relative to. */
  public Path root() {
    return root;
  }

  @Override
  public List<String> list(String directory) throws IOException {
    List<String> names = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(resolve(directory))) {
      for (Path entry : entries) {
        names.add(entry.getFileName().toString());
      }
    }
    names.sort(null);
    return names;
  }

  @Override
  public boolean exists(String path) {
    return Files.exists(resolve(path));
  }

  @Override
  public void createDirectories(String directory) throws IOException {
    create(resolve(directory));
  }

  private void create(Path directory) throws IOException {
    if (Files.isDirectory(directory)) {
      return;
    }
    Path parent = directory.getParent();
    if (parent != null) {
      create(parent);
    }
    try {
      Files.createDirectory(directory, attributes("rwx------"));
      if (parent != null) {
        sync(parent);
      }
    } catch (IOException failed) {
      throw explain(directory, failed);
    }
  }

  @Override
  public DiskFile create(String path) throws IOException {
    return open(
        path,
        EnumSet.of(
            StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE));
  }

  @Override
  public DiskFile open(String path) throws IOException {
    return open(path, EnumSet.of(StandardOpenOption.READ, StandardOpenOption.WRITE));
  }

  @Override
  public DiskFile openDirect(String path) throws IOException {
    if (DIRECT == null) {
      return open(path);
    }
    Set<OpenOption> options = new LinkedHashSet<>();
    options.add(StandardOpenOption.READ);
    options.add(DIRECT);
    try {
      return open(path, options);
    } catch (IOException | UnsupportedOperationException notHere) {
      return open(path);
    }
  }

  /**
   * The option that goes past the page cache. The JDK exports it, yet its compiler warns of it
   * without a way to say that it is meant; so it is asked for by name.
   */
  private static @Nullable OpenOption direct() {
    try {
      for (Object option :
          Class.forName("com.sun.nio.file.ExtendedOpenOption").getEnumConstants()) {
        if (option instanceof OpenOption found && option.toString().equals("DIRECT")) {
          return found;
        }
      }
    } catch (ClassNotFoundException notInThisRuntime) {
      // Then files are read through the cache.
    }
    return null;
  }

  private DiskFile open(String path, Set<? extends OpenOption> options) throws IOException {
    Path file = resolve(path);
    try {
      return new OpenFile(file, FileChannel.open(file, options, attributes("rw-------")));
    } catch (IOException failed) {
      throw explain(file, failed);
    }
  }

  @Override
  public void rename(String from, String to) throws IOException {
    try {
      Files.move(resolve(from), resolve(to), StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException failed) {
      throw explain(resolve(to), failed);
    }
  }

  @Override
  public void delete(String path) throws IOException {
    Files.delete(resolve(path));
  }

  @Override
  public long size(String path) throws IOException {
    return Files.size(resolve(path));
  }

  @Override
  public void syncDirectory(String directory) throws IOException {
    sync(resolve(directory));
  }

  private void sync(Path directory) throws IOException {
    if (!posix) {
      return; // Elsewhere directories can't be opened, and their entries are written through.
    }
    try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  @Override
  public @Nullable Closeable tryLock(String path) throws IOException {
    Path file = resolve(path);
    FileChannel channel =
        FileChannel.open(
            file,
            EnumSet.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE),
            attributes("rw-------"));
    try {
      FileLock lock = channel.tryLock();
      if (lock != null) {
        return channel;
      }
    } catch (OverlappingFileLockException heldInThisProcess) {
      // As if another process held it.
    } catch (IOException failed) {
      channel.close();
      throw failed;
    }
    channel.close();
    return null;
  }

  private Path resolve(String path) {
    Path resolved = root.resolve(path).normalize();
    if (!resolved.startsWith(root)) {
      throw new IllegalArgumentException("%s is not below %s".formatted(path, root));
    }
    return resolved;
  }

  private FileAttribute<?>[] attributes(String permissions) {
    return posix
        ? new FileAttribute<?>[] {
          PosixFilePermissions.asFileAttribute(
              new TreeSet<>(PosixFilePermissions.fromString(permissions)))
        }
        : new FileAttribute<?>[0];
  }

  private static IOException explain(Path file, IOException failed) {
    String message = String.valueOf(failed.getMessage());
    if (message.contains("No space left on device") || message.contains("Disk quota exceeded")) {
      DiskFullException full = new DiskFullException(file + ": " + message);
      full.addSuppressed(failed);
      return full;
    }
    return failed;
  }

  private record OpenFile(Path path, FileChannel channel) implements DiskFile {
    /** Written from, never to: shared. */
    private static final ByteBuffer NOTHING = ByteBuffer.allocateDirect(ZEROS).asReadOnlyBuffer();

    @Override
    public long size() throws IOException {
      return channel.size();
    }

    @Override
    public int read(ByteBuffer target, long position) throws IOException {
      int total = 0;
      while (target.hasRemaining()) {
        int read = channel.read(target, position + total);
        if (read <= 0) {
          break;
        }
        total += read;
      }
      return total;
    }

    @Override
    public void write(ByteBuffer source, long position) throws IOException {
      try {
        long at = position;
        while (source.hasRemaining()) {
          at += channel.write(source, at);
        }
      } catch (IOException failed) {
        throw explain(path, failed);
      }
    }

    @Override
    public void fillWithZeros(long from, long to) throws IOException {
      for (long at = from; at < to; ) {
        int length = (int) Math.min(ZEROS, to - at);
        write(NOTHING.duplicate().limit(length), at);
        at += length;
      }
    }

    @Override
    public void sync() throws IOException {
      try {
        channel.force(false);
      } catch (IOException failed) {
        throw explain(path, failed);
      }
    }

    @Override
    public void close() throws IOException {
      channel.close();
    }
  }
}

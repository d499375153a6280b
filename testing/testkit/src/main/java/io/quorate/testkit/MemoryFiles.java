package io.quorate.testkit;

import io.quorate.base.Disk;
import io.quorate.base.DiskFile;
import java.io.Closeable;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.FileAlreadyExistsException;
import java.util.Arrays;
import java.util.List;
import java.util.NavigableSet;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * A member's files, in memory: they are still there when its process isn't. As of a process that is
 * killed on a machine that lives on, what was written is kept, synced or not. Used on the world's
 * thread.
 */
final class MemoryFiles implements Disk {
  /** A file; its array may be longer than it, and is zero there. */
  private static final class Content {
    private byte[] bytes = {};
    private int size;

    void grow(long to) {
      int needed = Math.toIntExact(to);
      if (needed > bytes.length) {
        bytes = Arrays.copyOf(bytes, Math.max(needed, 2 * bytes.length));
      }
      size = Math.max(size, needed);
    }
  }

  private final TreeMap<String, Content> files = new TreeMap<>();
  private final TreeSet<String> directories = new TreeSet<>();
  private final TreeSet<String> locks = new TreeSet<>();

  /** The process that had them open is gone, and its locks with it. */
  void processEnded() {
    locks.clear();
  }

  @Override
  public List<String> list(String directory) {
    String prefix = directory.isEmpty() ? "" : directory + "/";
    TreeSet<String> names = new TreeSet<>();
    addNames(names, prefix, files.navigableKeySet());
    addNames(names, prefix, directories);
    return List.copyOf(names);
  }

  private static void addNames(Set<String> names, String prefix, NavigableSet<String> paths) {
    for (String path : paths.tailSet(prefix, false)) {
      if (!path.startsWith(prefix)) {
        break;
      }
      String rest = path.substring(prefix.length());
      int slash = rest.indexOf('/');
      names.add(slash < 0 ? rest : rest.substring(0, slash));
    }
  }

  @Override
  public boolean exists(String path) {
    return files.containsKey(path) || directories.contains(path);
  }

  @Override
  public void createDirectories(String directory) {
    for (int at = directory.indexOf('/'); at >= 0; at = directory.indexOf('/', at + 1)) {
      directories.add(directory.substring(0, at));
    }
    directories.add(directory);
  }

  @Override
  public DiskFile create(String path) throws IOException {
    if (exists(path)) {
      throw new FileAlreadyExistsException(path);
    }
    Content content = new Content();
    files.put(path, content);
    return new OpenFile(content);
  }

  @Override
  public DiskFile open(String path) throws IOException {
    return new OpenFile(content(path));
  }

  @Override
  public DiskFile openDirect(String path) throws IOException {
    return open(path);
  }

  @Override
  public void rename(String from, String to) throws IOException {
    Content content = content(from);
    files.remove(from);
    files.put(to, content);
  }

  @Override
  public void delete(String path) throws IOException {
    content(path);
    files.remove(path);
  }

  @Override
  public long size(String path) throws IOException {
    return content(path).size;
  }

  @Override
  public void syncDirectory(String directory) {}

  @Override
  public @Nullable Closeable tryLock(String path) {
    return locks.add(path) ? () -> locks.remove(path) : null;
  }

  private Content content(String path) throws IOException {
    Content content = files.get(path);
    if (content == null) {
      throw new FileNotFoundException(path);
    }
    return content;
  }

  private record OpenFile(Content content) implements DiskFile {
    @Override
    public long size() {
      return content.size;
    }

    @Override
    public int read(ByteBuffer target, long position) {
      int length = Math.clamp(content.size - position, 0, target.remaining());
      if (length > 0) {
        target.put(content.bytes, (int) position, length);
      }
      return length;
    }

    @Override
    public void write(ByteBuffer source, long position) {
      int length = source.remaining();
      content.grow(position + length);
      source.get(content.bytes, (int) position, length);
    }

    @Override
    public void fillWithZeros(long from, long to) {
      content.grow(to);
      Arrays.fill(content.bytes, (int) from, (int) to, (byte) 0);
    }

    @Override
    public void sync() {}

    @Override
    public void close() {}
  }
}

package io.quorate.engine;

import io.quorate.base.Disk;
import io.quorate.base.DiskFile;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * A disk in memory that forgets, at a crash, what was not synced: content and directory entries.
 */
final class LossyDisk implements Disk {
  private static final class Content {
    private byte[] present = new byte[0];
    private byte[] durable = new byte[0];
  }

  private final TreeSet<String> directories = new TreeSet<>();
  private final TreeMap<String, Content> present = new TreeMap<>();
  private final TreeMap<String, Content> durable = new TreeMap<>();

  /** Loses everything that was not synced. */
  void crash() {
    present.clear();
    present.putAll(durable);
    for (Content content : durable.values()) {
      content.present = content.durable;
    }
  }

  /** A file's bytes, to be damaged. */
  byte[] bytes(String path) {
    Content content = present.get(path);
    if (content == null) {
      throw new AssertionError("no file " + path);
    }
    return content.present.clone();
  }

  /** Replaces a file's bytes behind everybody's back. */
  void overwrite(String path, byte[] bytes) {
    Content content = new Content();
    content.present = bytes;
    content.durable = bytes;
    present.put(path, content);
    durable.put(path, content);
  }

  @Override
  public List<String> list(String directory) {
    List<String> names = new ArrayList<>();
    for (String path : present.tailMap(directory + "/").keySet()) {
      if (path.startsWith(directory + "/")) {
        names.add(path.substring(directory.length() + 1));
      }
    }
    return names;
  }

  @Override
  public boolean exists(String path) {
    return present.containsKey(path) || directories.contains(path);
  }

  @Override
  public void createDirectories(String directory) {
    directories.add(directory);
  }

  @Override
  public DiskFile create(String path) throws IOException {
    if (present.containsKey(path)) {
      throw new FileAlreadyExistsException(path);
    }
    Content content = new Content();
    present.put(path, content);
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
    present.put(to, content(from));
    present.remove(from);
  }

  @Override
  public void delete(String path) throws IOException {
    content(path);
    present.remove(path);
  }

  @Override
  public long size(String path) throws IOException {
    return content(path).present.length;
  }

  @Override
  public void syncDirectory(String directory) {
    durable.keySet().removeIf(path -> path.startsWith(directory + "/"));
    for (String name : list(directory)) {
      String path = directory + "/" + name;
      Content content = present.get(path);
      if (content != null) {
        durable.put(path, content);
      }
    }
  }

  @Override
  public @Nullable Closeable tryLock(String path) {
    return () -> {};
  }

  private Content content(String path) throws IOException {
    Content content = present.get(path);
    if (content == null) {
      throw new NoSuchFileException(path);
    }
    return content;
  }

  private static final class OpenFile implements DiskFile {
    private final Content content;

    private OpenFile(Content content) {
      this.content = content;
    }

    @Override
    public long size() {
      return content.present.length;
    }

    @Override
    public int read(ByteBuffer target, long position) {
      int bytes = (int) Math.max(0, Math.min(target.remaining(), size() - position));
      target.put(content.present, (int) position, bytes);
      return bytes;
    }

    @Override
    public void write(ByteBuffer source, long position) {
      int end = (int) position + source.remaining();
      byte[] bytes = Arrays.copyOf(content.present, Math.max(end, content.present.length));
      source.get(bytes, (int) position, source.remaining());
      content.present = bytes;
    }

    @Override
    public void fillWithZeros(long from, long to) {
      write(ByteBuffer.allocate((int) (to - from)), from);
    }

    @Override
    public void sync() {
      content.durable = content.present;
    }

    @Override
    public void close() {}
  }
}

package io.quorate.node;

import io.quorate.base.Disk;
import io.quorate.base.DiskFile;
import io.quorate.base.DiskFullException;
import java.io.Closeable;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Files in memory; a crash takes them back to what was synced. Directory entries are kept at once.
 */
final class WorldDisk implements Disk {
  private static final class Content {
    byte[] present = new byte[0];
    byte[] synced = new byte[0];
  }

  /** Bytes of a record's header in the log: magic, type, and more. */
  private static final int ENTRY_HEADER = 48;

  private final TreeMap<String, Content> files = new TreeMap<>();
  private final TreeSet<String> directories = new TreeSet<>();
  private final TreeSet<String> locks = new TreeSet<>();

  /** Whether the log finds no room for another file. */
  boolean full;

  /** Whether the states find no room to be flushed. */
  boolean stateFull;

  void crash() {
    for (Content content : files.values()) {
      content.present = content.synced.clone();
    }
    locks.clear();
  }

  /** What is on it now, on another disk. */
  WorldDisk copy() {
    WorldDisk copy = new WorldDisk();
    copy.directories.addAll(directories);
    for (var each : files.entrySet()) {
      Content content = new Content();
      content.present = each.getValue().synced.clone();
      content.synced = content.present.clone();
      copy.files.put(each.getKey(), content);
    }
    return copy;
  }

  /** Damages the last entry that was written to a folder's newest log file. */
  void damageLastEntry(String folder) {
    damage(folder, 48);
  }

  /** Damages its header, and what the log says about it elsewhere. */
  void damageLastEntryHeader(String folder) {
    damage(folder, 24); // its index
    damage(folder, -1);
  }

  private void damage(String folder, int offset) {
    for (var file : files.headMap(folder + "/\uffff", true).descendingMap().entrySet()) {
      byte[] synced = file.getValue().synced;
      for (int at = synced.length - ENTRY_HEADER; at >= 0; at -= 8) {
        if (synced[at] == 'Q' && synced[at + 1] == 'R' && synced[at + 2] == 1) {
          int echo = (at & -4096) + 4096;
          synced[offset < 0 ? echo : at + offset] ^= 1;
          file.getValue().present = synced.clone();
          return;
        }
      }
    }
    throw new IllegalStateException("no entry was written below " + folder);
  }

  @Override
  public List<String> list(String directory) {
    String prefix = directory.isEmpty() ? "" : directory + "/";
    TreeSet<String> names = new TreeSet<>();
    for (TreeSet<String> paths : List.of(new TreeSet<>(files.keySet()), directories)) {
      for (String path : paths) {
        if (path.startsWith(prefix) && path.length() > prefix.length()) {
          String rest = path.substring(prefix.length());
          int slash = rest.indexOf('/');
          names.add(slash < 0 ? rest : rest.substring(0, slash));
        }
      }
    }
    return List.copyOf(names);
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
      throw new IOException(path + " exists");
    }
    if ((full && path.startsWith("log/")) || (stateFull && path.startsWith("state/"))) {
      throw new DiskFullException(path);
    }
    Content content = new Content();
    files.put(path, content);
    return new Open(content);
  }

  @Override
  public DiskFile open(String path) throws IOException {
    return new Open(content(path));
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
    return content(path).present.length;
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

  private static final class Open implements DiskFile {
    private final Content content;

    Open(Content content) {
      this.content = content;
    }

    @Override
    public long size() {
      return content.present.length;
    }

    @Override
    public int read(ByteBuffer target, long position) {
      int length =
          (int) Math.min(target.remaining(), Math.max(0, content.present.length - position));
      if (length > 0) {
        target.put(content.present, (int) position, length);
      }
      return length;
    }

    @Override
    public void write(ByteBuffer source, long position) {
      int length = source.remaining();
      grow(position + length);
      source.get(content.present, (int) position, length);
    }

    @Override
    public void fillWithZeros(long from, long to) {
      grow(to);
      Arrays.fill(content.present, (int) from, (int) to, (byte) 0);
    }

    @Override
    public void sync() {
      content.synced = content.present.clone();
    }

    @Override
    public void close() {}

    private void grow(long size) {
      if (size > content.present.length) {
        content.present = Arrays.copyOf(content.present, (int) size);
      }
    }
  }
}

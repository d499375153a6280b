package io.quorate.wal;

import io.quorate.base.Disk;
import io.quorate.base.DiskFile;
import io.quorate.base.DiskFullException;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * A disk in memory that fails as disks do. Files have a cached and a durable content, sector by
 * sector; directories have cached and durable entries. A crash takes the cached ones away, except
 * what chance had written already: each unsynced sector is old, new, torn or zeros, each prefix of
 * unsynced directory operations may have happened. A failed sync leaves pages clean in the cache
 * that may or may not have reached the device, so that only a direct read tells.
 */
final class MemoryDisk implements Disk {
  static final int SECTOR = 512;

  /** What one call to the disk is about to do; may throw. */
  interface Hook {
    void before(String call, String path) throws IOException;
  }

  private static final class Inode {
    byte[] cached = new byte[0];
    byte[] durable = new byte[0];
    final TreeSet<Integer> dirty = new TreeSet<>();
  }

  private final Random random;
  private TreeMap<String, Inode> cached = new TreeMap<>();
  private TreeMap<String, Inode> durable = new TreeMap<>();

  /** Directory operations since the last directory sync, in order. */
  private final List<Runnable> pending = new ArrayList<>();

  private final TreeSet<String> locks = new TreeSet<>();
  Hook hook = (call, path) -> {};
  int calls;

  /** Raised by a crash, so that handles of the life before do nothing. */
  private int life;

  MemoryDisk(long seed) {
    random = new Random(seed);
  }

  /** The power goes, and comes back. */
  void crash() {
    int happened = random.nextInt(pending.size() + 1);
    for (Runnable operation : pending.subList(0, happened)) {
      operation.run();
    }
    pending.clear();
    cached = new TreeMap<>(durable);
    for (Inode inode : cached.values()) {
      settle(inode);
      inode.cached = inode.durable.clone();
    }
    locks.clear();
    hook = (call, path) -> {};
    life++;
  }

  /** The process dies; the operating system lives on, and loses nothing. */
  void kill() {
    locks.clear();
    hook = (call, path) -> {};
    life++;
  }

  private void settle(Inode inode) {
    if (inode.durable.length < inode.cached.length) {
      inode.durable = Arrays.copyOf(inode.durable, inode.cached.length);
    }
    for (int sector : inode.dirty) {
      int from = sector * SECTOR;
      int to = Math.min(inode.cached.length, from + SECTOR);
      if (from >= to) {
        continue;
      }
      switch (random.nextInt(4)) {
        case 0 -> {
          // Old.
        }
        case 1 -> System.arraycopy(inode.cached, from, inode.durable, from, to - from);
        case 2 ->
            System.arraycopy(
                inode.cached, from, inode.durable, from, random.nextInt(to - from + 1));
        default -> Arrays.fill(inode.durable, from, to, (byte) 0);
      }
    }
    inode.dirty.clear();
  }

  /** The bytes that a reader sees; changing them is damage. */
  byte[] bytes(String path) {
    Inode inode = cached.get(path);
    if (inode == null) {
      throw new AssertionError("no " + path + " in " + cached.keySet());
    }
    return inode.cached;
  }

  /** Flips bits of a byte, in the cache and on the device. */
  void flip(String path, int offset, int bits) {
    Inode inode = cached.get(path);
    if (inode == null) {
      throw new AssertionError("no " + path);
    }
    inode.cached[offset] ^= (byte) bits;
    inode.durable[offset] ^= (byte) bits;
  }

  /** Puts a file there, durable at once. */
  void install(String path, byte[] bytes) {
    Inode inode = new Inode();
    inode.cached = bytes.clone();
    inode.durable = bytes.clone();
    cached.put(path, inode);
    durable.put(path, inode);
  }

  void remove(String path) {
    cached.remove(path);
    durable.remove(path);
  }

  /** Another disk with the same durable content. */
  MemoryDisk copy(long seed) {
    MemoryDisk copy = new MemoryDisk(seed);
    cached.forEach((path, inode) -> copy.install(path, inode.cached));
    return copy;
  }

  private void before(String call, String path) throws IOException {
    calls++;
    hook.before(call, path);
  }

  @Override
  public List<String> list(String directory) throws IOException {
    before("list", directory);
    List<String> names = new ArrayList<>();
    for (String path : cached.keySet()) {
      if (path.startsWith(directory + "/")) {
        names.add(path.substring(directory.length() + 1));
      }
    }
    return names;
  }

  @Override
  public boolean exists(String path) {
    return cached.containsKey(path);
  }

  @Override
  public void createDirectories(String directory) throws IOException {
    before("createDirectories", directory);
  }

  @Override
  public DiskFile create(String path) throws IOException {
    before("create", path);
    if (cached.containsKey(path)) {
      throw new IOException(path + " exists");
    }
    Inode inode = new Inode();
    cached.put(path, inode);
    pending.add(() -> durable.put(path, inode));
    return new Handle(path, inode, false);
  }

  @Override
  public DiskFile open(String path) throws IOException {
    before("open", path);
    return new Handle(path, find(path), false);
  }

  @Override
  public DiskFile openDirect(String path) throws IOException {
    before("openDirect", path);
    return new Handle(path, find(path), true);
  }

  private Inode find(String path) throws IOException {
    Inode inode = cached.get(path);
    if (inode == null) {
      throw new IOException("no " + path);
    }
    return inode;
  }

  @Override
  public void rename(String from, String to) throws IOException {
    before("rename", to);
    Inode inode = find(from);
    cached.remove(from);
    cached.put(to, inode);
    pending.add(() -> {
      durable.remove(from);
      durable.put(to, inode);
    });
  }

  @Override
  public void delete(String path) throws IOException {
    before("delete", path);
    find(path);
    cached.remove(path);
    pending.add(() -> durable.remove(path));
  }

  @Override
  public long size(String path) throws IOException {
    return find(path).cached.length;
  }

  @Override
  public void syncDirectory(String directory) throws IOException {
    before("syncDirectory", directory);
    pending.forEach(Runnable::run);
    pending.clear();
  }

  @Override
  public @Nullable Closeable tryLock(String path) {
    return locks.add(path) ? () -> locks.remove(path) : null;
  }

  Map<String, Integer> sizes() {
    Map<String, Integer> sizes = new TreeMap<>();
    cached.forEach((path, inode) -> sizes.put(path, inode.cached.length));
    return sizes;
  }

  private final class Handle implements DiskFile {
    private final String path;
    private final Inode inode;
    private final boolean direct;
    private final int bornIn = life;

    Handle(String path, Inode inode, boolean direct) {
      this.path = path;
      this.inode = inode;
      this.direct = direct;
    }

    private void alive() throws IOException {
      if (bornIn != life) {
        throw new IOException("a handle from before the crash");
      }
    }

    @Override
    public long size() throws IOException {
      alive();
      return inode.cached.length;
    }

    @Override
    public int read(ByteBuffer target, long position) throws IOException {
      alive();
      before("read", path);
      if (direct) {
        // As Linux does: what is dirty is written back first; what a failed sync left clean isn't.
        for (int sector : inode.dirty) {
          writeBack(sector);
        }
        inode.dirty.clear();
      }
      byte[] from = direct ? inode.durable : inode.cached;
      int length = (int) Math.min(target.remaining(), Math.max(0, from.length - position));
      if (length > 0) {
        target.put(from, (int) position, length);
      }
      return length;
    }

    private void writeBack(int sector) {
      if (inode.durable.length < inode.cached.length) {
        inode.durable = Arrays.copyOf(inode.durable, inode.cached.length);
      }
      int from = sector * SECTOR;
      int to = Math.min(inode.cached.length, from + SECTOR);
      System.arraycopy(inode.cached, from, inode.durable, from, to - from);
    }

    @Override
    public void write(ByteBuffer source, long position) throws IOException {
      alive();
      try {
        before("write", path);
      } catch (IOException failed) {
        // A part of it may have been written before it failed.
        int part = random.nextInt(source.remaining() + 1);
        put(source.slice(source.position(), part), (int) position);
        throw failed;
      }
      put(source, (int) position);
    }

    private void put(ByteBuffer source, int position) {
      int length = source.remaining();
      if (length == 0) {
        return;
      }
      if (inode.cached.length < position + length) {
        inode.cached = Arrays.copyOf(inode.cached, position + length);
      }
      source.get(inode.cached, position, length);
      for (int s = position / SECTOR; s <= (position + length - 1) / SECTOR; s++) {
        inode.dirty.add(s);
      }
    }

    @Override
    public void fillWithZeros(long from, long to) throws IOException {
      write(ByteBuffer.allocate((int) (to - from)), from);
    }

    @Override
    public void sync() throws IOException {
      alive();
      try {
        before("sync", path);
      } catch (DiskFullException full) {
        throw full;
      } catch (IOException failed) {
        // Pages are marked clean; the device has some of them.
        settle(inode);
        throw failed;
      }
      for (int sector : inode.dirty) {
        writeBack(sector);
      }
      if (inode.durable.length < inode.cached.length) {
        inode.durable = Arrays.copyOf(inode.durable, inode.cached.length);
      }
      inode.dirty.clear();
    }

    @Override
    public void close() {}
  }
}

package io.quorate.simulator;

import io.quorate.base.Disk;
import io.quorate.base.DiskFile;
import io.quorate.base.DiskFullException;
import java.io.Closeable;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.FileAlreadyExistsException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * A disk that fails as disks do, in memory.
 *
 * <p>A file has a cached content, which readers see, and a durable one; a directory has cached and
 * durable entries. When the power goes, of what was not synced each sector is old, new, torn or
 * zeros, and of the directory operations some first ones have happened. When only the process goes,
 * the cache stays. After a sync that failed the cache calls its pages clean, whatever reached the
 * device: only a direct read tells.
 *
 * <p>Used by the one thread of its world.
 */
final class SimulatedDisk implements Disk {
  /** What may go wrong with a call. */
  enum Call {
    LIST,
    CREATE_DIRECTORIES,
    CREATE,
    OPEN,
    RENAME,
    DELETE,
    SYNC_DIRECTORY,
    READ,
    WRITE,
    SYNC
  }

  /** Asked before every call; throws what the call shall throw. */
  interface Faults {
    void before(Call call, String path) throws IOException;
  }

  private static final Faults NONE = (call, path) -> {};

  /** A file; its arrays may be longer than it, and are zero there. */
  private static final class Inode {
    private byte[] cached = {};
    private int size;
    private byte[] durable = {};
    private int durableSize;

    /** Sectors whose cached content isn't known to be durable. */
    private final BitSet dirty = new BitSet();

    /** Sectors that the device gives back no more, until they are written. */
    private final BitSet unreadable = new BitSet();

    /** The last sector that came to the device, and which of all syncs brought it. */
    private int newestSector;

    private long newestSync;

    /** What each sector held before it was last written; null where that isn't known. */
    private byte[] @Nullable [] before = {};

    /** The system's cache has what the device has. */
    void reload() {
      cached = Arrays.copyOf(durable, durableSize);
      size = durableSize;
    }

    void grow(int to) {
      if (cached.length < to) {
        cached = Arrays.copyOf(cached, Math.max(to, 2 * cached.length));
      }
      size = Math.max(size, to);
    }

    /** The device's file becomes as long as the system's. */
    void growDurable() {
      if (durable.length < size) {
        durable = Arrays.copyOf(durable, cached.length);
      }
      durableSize = Math.max(durableSize, size);
    }

    void remember(int sector, int sectorBytes) {
      if (sector >= before.length) {
        before = Arrays.copyOf(before, Math.max(sector + 1, 2 * before.length));
      }
      byte[] old = before[sector];
      if (old == null) {
        old = new byte[sectorBytes];
        before[sector] = old;
      }
      int from = sector * sectorBytes;
      int length = Math.min(sectorBytes, durable.length - from);
      System.arraycopy(durable, from, old, 0, length);
      Arrays.fill(old, length, sectorBytes, (byte) 0);
    }

    byte @Nullable [] remembered(int sector) {
      return sector < before.length ? before[sector] : null;
    }
  }

  private final Chance chance;
  private final int sectorBytes;
  private final long capacityBytes;
  private TreeMap<String, Inode> cached = new TreeMap<>();
  private TreeMap<String, Inode> durable = new TreeMap<>();
  private final TreeSet<String> directories = new TreeSet<>();

  /** Directory operations since the directories were last synced, in order. */
  private final List<Runnable> unsyncedOperations = new ArrayList<>();

  private final TreeSet<String> locks = new TreeSet<>();
  private Faults faults = NONE;
  private Faults always = NONE;
  private boolean full;
  private boolean scarce;
  private boolean remembers;

  /** Whether the power went in the middle of a call: until it is back, no call does anything. */
  private boolean off;

  private long usedBytes;
  private long syncs;

  /** Raised whenever its user goes, so that what that one had open does nothing more. */
  private int user;

  SimulatedDisk(Chance chance, int sectorBytes, long capacityBytes) {
    this.chance = chance;
    this.sectorBytes = sectorBytes;
    this.capacityBytes = capacityBytes;
  }

  /** From now on these are asked before every call. */
  void faults(Faults newFaults) {
    faults = newFaults;
  }

  /** These are asked before every call, first, whichever process calls. */
  void always(Faults before) {
    always = before;
  }

  private void ask(Call call, String path) throws IOException {
    if (off) {
      throw new PowerCut();
    }
    try {
      always.before(call, path);
      faults.before(call, path);
    } catch (PowerCut cut) {
      off = true;
      throw cut;
    }
  }

  /** Whether somebody else has taken all room that is left. */
  void full(boolean isFull) {
    full = isFull;
  }

  /** Whether there is room one time, and none the next. */
  void scarce(boolean isScarce) {
    scarce = isScarce;
  }

  private void needRoom(String path) throws IOException {
    if (full || (scarce && chance.oneIn(3))) {
      throw new DiskFullException(path);
    }
  }

  /** What happens to a sector of a device by itself. */
  enum Rot {
    /** A bit has flipped. */
    FLIP,
    /** There are only zeros. */
    ZEROS,
    /** It is what it was some syncs ago: a write was acknowledged, and never happened. */
    STALE,
    /** It is what another one of the file is: a write went to the wrong place. */
    MISPLACED,
    /** It can't be read. */
    UNREADABLE
  }

  /** The files whose names begin so, and their lengths. */
  Map<String, Integer> files(String prefix) {
    TreeMap<String, Integer> found = new TreeMap<>();
    for (var file : durable.tailMap(prefix, true).entrySet()) {
      if (!file.getKey().startsWith(prefix)) {
        break;
      }
      found.put(file.getKey(), file.getValue().durableSize);
    }
    return found;
  }

  /** How long a file is on the device; 0 if it isn't there. */
  int length(String path) {
    Inode inode = durable.get(path);
    return inode == null ? 0 : inode.durableSize;
  }

  /** One sector of a file. */
  record Place(String file, int sector) {}

  /** What came to the device last, of the files of a folder whose names end so. */
  @Nullable Place newest(String folder, String ending) {
    Place found = null;
    long sync = -1;
    for (String file : files(folder).keySet()) {
      Inode inode = durable.get(file);
      if (inode != null && inode.newestSync > sync && file.endsWith(ending)) {
        sync = inode.newestSync;
        found = new Place(file, inode.newestSector);
      }
    }
    return found;
  }

  /** A part of a file as it is on the device; empty if it isn't there. */
  byte[] durable(String path, int from, int to) {
    Inode inode = durable.get(path);
    if (inode == null || from >= inode.durableSize) {
      return new byte[0];
    }
    return Arrays.copyOfRange(inode.durable, from, Math.min(to, inode.durableSize));
  }

  /** Something happens to a sector, if the file has it. The system's cache doesn't know. */
  void rot(String path, int sector, Rot what) {
    Inode inode = durable.get(path);
    int from = sector * sectorBytes;
    if (inode == null || from >= inode.durableSize) {
      return;
    }
    int to = Math.min(inode.durableSize, from + sectorBytes);
    switch (what) {
      case FLIP -> inode.durable[from + chance.below(to - from)] ^= (byte) (1 << chance.below(8));
      case ZEROS -> Arrays.fill(inode.durable, from, to, (byte) 0);
      case STALE -> {
        byte[] before = inode.remembered(sector);
        if (before != null) {
          System.arraycopy(before, 0, inode.durable, from, to - from);
        }
      }
      case MISPLACED -> {
        int other = chance.below(Math.max(1, inode.durableSize / sectorBytes)) * sectorBytes;
        int length = Math.min(to - from, inode.durableSize - other);
        System.arraycopy(inode.durable, other, inode.durable, from, length);
      }
      case UNREADABLE -> inode.unreadable.set(sector);
    }
    int cachedTo = Math.min(to, inode.size);
    if (cachedTo > from) {
      System.arraycopy(inode.durable, from, inode.cached, from, cachedTo - from);
    }
  }

  /** The power goes, and comes back. */
  void crash() {
    int happened = chance.below(unsyncedOperations.size() + 1);
    unsyncedOperations.subList(0, happened).forEach(Runnable::run);
    unsyncedOperations.clear();
    cached = new TreeMap<>(durable);
    usedBytes = 0;
    for (Inode inode : cached.values()) {
      settle(inode);
      inode.reload();
      usedBytes += inode.size;
    }
    processEnded();
  }

  /** The process goes; the operating system stays, and loses nothing. */
  void processEnded() {
    locks.clear();
    faults = NONE;
    off = false;
    user++;
  }

  /** Decides for each unsynced sector of a file what the device has of it. */
  private void settle(Inode inode) {
    inode.growDurable();
    for (int s = inode.dirty.nextSetBit(0); s >= 0; s = inode.dirty.nextSetBit(s + 1)) {
      int from = s * sectorBytes;
      int to = Math.min(inode.size, from + sectorBytes);
      if (from >= to) {
        continue;
      }
      switch (chance.below(4)) {
        case 0 -> {
          // Old.
        }
        case 1 -> System.arraycopy(inode.cached, from, inode.durable, from, to - from);
        case 2 ->
            System.arraycopy(inode.cached, from, inode.durable, from, chance.below(to - from + 1));
        default -> Arrays.fill(inode.durable, from, to, (byte) 0);
      }
    }
    inode.dirty.clear();
  }

  private void writeBack(Inode inode) {
    syncs++;
    inode.growDurable();
    for (int s = inode.dirty.nextSetBit(0); s >= 0; s = inode.dirty.nextSetBit(s + 1)) {
      int from = s * sectorBytes;
      int to = Math.min(inode.size, from + sectorBytes);
      if (from < to) {
        if (remembers) {
          inode.remember(s, sectorBytes);
        }
        inode.unreadable.clear(s);
        inode.newestSector = s;
        inode.newestSync = syncs;
        System.arraycopy(inode.cached, from, inode.durable, from, to - from);
      }
    }
    inode.dirty.clear();
  }

  /** An empty disk of the same kind. */
  SimulatedDisk blank() {
    SimulatedDisk blank = new SimulatedDisk(chance, sectorBytes, capacityBytes);
    blank.remembers = remembers;
    blank.always = always;
    return blank;
  }

  /** Another disk with what this one would have if the power went now and spared all it may. */
  SimulatedDisk copy() {
    SimulatedDisk copy = blank();
    copy.syncs = syncs;
    copy.directories.addAll(directories);
    for (var each : durable.entrySet()) {
      Inode inode = new Inode();
      inode.durableSize = each.getValue().durableSize;
      inode.durable = Arrays.copyOf(each.getValue().durable, inode.durableSize);
      inode.reload();
      inode.unreadable.or(each.getValue().unreadable);
      inode.newestSector = each.getValue().newestSector;
      inode.newestSync = each.getValue().newestSync;
      copy.usedBytes += inode.size;
      copy.durable.put(each.getKey(), inode);
    }
    copy.cached.putAll(copy.durable);
    return copy;
  }

  /** From now on it is remembered what sectors held before: for {@link Rot#STALE}. */
  void remember() {
    remembers = true;
  }

  @Override
  public List<String> list(String directory) throws IOException {
    ask(Call.LIST, directory);
    String prefix = directory.isEmpty() ? "" : directory + "/";
    TreeSet<String> names = new TreeSet<>();
    for (var paths : List.of(cached.navigableKeySet(), directories)) {
      for (String path : paths.tailSet(prefix, false)) {
        if (!path.startsWith(prefix)) {
          break;
        }
        String rest = path.substring(prefix.length());
        int slash = rest.indexOf('/');
        names.add(slash < 0 ? rest : rest.substring(0, slash));
      }
    }
    return List.copyOf(names);
  }

  @Override
  public boolean exists(String path) {
    return cached.containsKey(path) || directories.contains(path);
  }

  @Override
  public void createDirectories(String directory) throws IOException {
    ask(Call.CREATE_DIRECTORIES, directory);
    for (int at = directory.indexOf('/'); at >= 0; at = directory.indexOf('/', at + 1)) {
      directories.add(directory.substring(0, at));
    }
    directories.add(directory);
  }

  @Override
  public DiskFile create(String path) throws IOException {
    ask(Call.CREATE, path);
    if (exists(path)) {
      throw new FileAlreadyExistsException(path);
    }
    needRoom(path);
    Inode inode = new Inode();
    cached.put(path, inode);
    unsyncedOperations.add(() -> durable.put(path, inode));
    return new Handle(path, inode, false);
  }

  @Override
  public DiskFile open(String path) throws IOException {
    ask(Call.OPEN, path);
    return new Handle(path, find(path), false);
  }

  @Override
  public DiskFile openDirect(String path) throws IOException {
    ask(Call.OPEN, path);
    return new Handle(path, find(path), true);
  }

  @Override
  public void rename(String from, String to) throws IOException {
    ask(Call.RENAME, to);
    if (scarce) {
      needRoom(to);
    }
    Inode inode = find(from);
    cached.remove(from);
    Inode replaced = cached.put(to, inode);
    usedBytes -= replaced == null ? 0 : replaced.size;
    unsyncedOperations.add(() -> {
      durable.remove(from);
      durable.put(to, inode);
    });
  }

  @Override
  public void delete(String path) throws IOException {
    ask(Call.DELETE, path);
    usedBytes -= find(path).size;
    cached.remove(path);
    unsyncedOperations.add(() -> durable.remove(path));
  }

  @Override
  public long size(String path) throws IOException {
    return find(path).size;
  }

  @Override
  public void syncDirectory(String directory) throws IOException {
    ask(Call.SYNC_DIRECTORY, directory);
    unsyncedOperations.forEach(Runnable::run);
    unsyncedOperations.clear();
  }

  @Override
  public @Nullable Closeable tryLock(String path) {
    int holder = user;
    if (!locks.add(path)) {
      return null;
    }
    return () -> {
      if (holder == user) {
        locks.remove(path);
      }
    };
  }

  private Inode find(String path) throws IOException {
    Inode inode = cached.get(path);
    if (inode == null) {
      throw new FileNotFoundException(path);
    }
    return inode;
  }

  private final class Handle implements DiskFile {
    private final String path;
    private final Inode inode;
    private final boolean direct;
    private final int openedBy = user;

    Handle(String path, Inode inode, boolean direct) {
      this.path = path;
      this.inode = inode;
      this.direct = direct;
    }

    private void before(Call call) throws IOException {
      if (openedBy != user) {
        throw new IOException(path + ": opened by a process that has ended");
      }
      ask(call, path);
    }

    @Override
    public long size() {
      return inode.size;
    }

    @Override
    public int read(ByteBuffer target, long position) throws IOException {
      before(Call.READ);
      if (direct) {
        // What is dirty is written back first, as Linux does; what a failed sync called clean
        // isn't.
        writeBack(inode);
      }
      byte[] content = direct ? inode.durable : inode.cached;
      int end = direct ? inode.durableSize : inode.size;
      if (!inode.unreadable.isEmpty() && target.hasRemaining()) {
        int first = (int) (position / sectorBytes);
        int bad = inode.unreadable.nextSetBit(first);
        if (bad >= 0 && (long) bad * sectorBytes < position + target.remaining()) {
          throw new IOException(path + ": input/output error reading sector " + bad);
        }
      }
      int length = (int) Math.min(target.remaining(), Math.max(0, end - position));
      if (length > 0) {
        target.put(content, (int) position, length);
      }
      return length;
    }

    @Override
    public void write(ByteBuffer source, long position) throws IOException {
      try {
        before(Call.WRITE);
        long growth = Math.max(0, position + source.remaining() - inode.size);
        if (growth > 0 || scarce) {
          needRoom(path);
        }
        if (usedBytes + growth > capacityBytes) {
          throw new DiskFullException(path);
        }
      } catch (IOException failed) {
        // A part of it may have been written before it failed, within what the file was.
        int room = (int) Math.max(0, inode.size - position);
        int part = chance.below(Math.min(room, source.remaining()) + 1);
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
      usedBytes += Math.max(0, position + length - inode.size);
      inode.grow(position + length);
      source.get(inode.cached, position, length);
      inode.dirty.set(position / sectorBytes, (position + length - 1) / sectorBytes + 1);
    }

    @Override
    public void fillWithZeros(long from, long to) throws IOException {
      write(ByteBuffer.allocate((int) (to - from)), from);
    }

    @Override
    public void sync() throws IOException {
      try {
        before(Call.SYNC);
      } catch (DiskFullException failed) {
        throw failed;
      } catch (IOException failed) {
        settle(inode);
        throw failed;
      }
      writeBack(inode);
    }

    @Override
    public void close() {}
  }
}

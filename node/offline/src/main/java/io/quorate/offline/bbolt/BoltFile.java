package io.quorate.offline.bbolt;

import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A bbolt file, mapped into memory and read in place.
 *
 * <p>The file is pages of one size. The first two are metas: each names the root of the tree as of
 * one transaction, with a checksum, and the newer one that verifies holds. A page begins with its
 * number (8), its kind (2), how many elements it has (2) and how many pages more it takes (4). An
 * element of a branch is where its key begins, how long it is and which page is below it; one of a
 * leaf, its flags, where key and value begin and how long they are. Positions count from the
 * element. Numbers are little-endian, since that is what every machine was that wrote one.
 *
 * <p>Used by one thread, which closes it.
 */
public final class BoltFile implements AutoCloseable {
  static final int BRANCH = 0x01;
  static final int LEAF = 0x02;
  static final int PAGE_HEAD_BYTES = 16;
  static final int ELEMENT_BYTES = 16;

  /** A flag of a leaf's element: its value is a bucket. */
  static final int IS_BUCKET = 0x01;

  /**
   * What a bucket is in its parent: root page (8), a counter (8), and an inline page if no root.
   */
  static final int BUCKET_BYTES = 16;

  private static final int META = 0x04;
  private static final int MAGIC = 0xED0CDAED;
  private static final int VERSION = 2;
  private static final int META_BYTES = 64;
  private static final int PAGE_BYTES_MIN = 512;
  private static final int PAGE_BYTES_MAX = 1 << 20;

  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final String name;
  private final Arena arena;
  private final MemorySegment file;
  private final int pageBytes;
  private final long pages;
  private final long root;

  private BoltFile(String name, Arena arena, MemorySegment file) {
    this.name = name;
    this.arena = arena;
    this.file = file;
    Meta newest = null;
    for (int size = PAGE_BYTES_MIN; size <= PAGE_BYTES_MAX; size *= 2) {
      newest = newer(newest, meta(size));
    }
    newest = newer(newest, meta(0));
    if (newest == null) {
      throw damaged("it is no bbolt file: neither of its first two pages is a meta that verifies");
    }
    this.pageBytes = newest.pageBytes();
    this.pages = Math.min(newest.pages(), file.byteSize() / newest.pageBytes());
    this.root = newest.root();
  }

  private record Meta(int pageBytes, long root, long pages, long transaction) {}

  /**
   * Opens a file.
   *
   * @param bytes how much of it is bbolt's, from the first byte on
   * @throws QuorateException.Corrupt if it is no bbolt file
   */
  @SuppressWarnings("MustBeClosedChecker") // the file closes its arena, and here a failure does
  public static BoltFile open(Path path, long bytes) throws IOException {
    Arena arena = Arena.ofConfined();
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      return new BoltFile(
          path.toString(), arena, channel.map(FileChannel.MapMode.READ_ONLY, 0, bytes, arena));
    } catch (IOException | RuntimeException | Error e) {
      arena.close();
      throw e;
    }
  }

  /** A bucket of the file's root; null if there is none of the name. */
  public @Nullable BoltCursor bucket(byte[] bucket) {
    BoltCursor top = new BoltCursor(this, root, null);
    while (top.next()) {
      if (top.isBucket() && Arrays.equals(top.key(), bucket)) {
        return top.bucket();
      }
    }
    return null;
  }

  @Override
  public void close() {
    arena.close();
  }

  /** A page with all that overflows it; checked to lie in the file. */
  MemorySegment page(long number) {
    if (number < 2 || number >= pages) {
      throw damaged("page " + number + " of " + pages + " is asked for");
    }
    long at = number * pageBytes;
    long told = file.get(LONG, at);
    long overflow = Integer.toUnsignedLong(file.get(INT, at + 12));
    if (told != number || overflow >= pages - number) {
      throw damaged(
          "page " + number + " says that it is page " + told + " and " + overflow + " more");
    }
    return file.asSlice(at, (overflow + 1) * pageBytes);
  }

  /** How many pages there are: no walk meets more. */
  long pages() {
    return pages;
  }

  QuorateException damaged(String what) {
    return QuorateException.of(ErrorCode.DATA_DAMAGED, name + ": " + what);
  }

  static int int32(MemorySegment in, long at) {
    return in.get(INT, at);
  }

  static long int64(MemorySegment in, long at) {
    return in.get(LONG, at);
  }

  static int int16(MemorySegment in, long at) {
    return Short.toUnsignedInt(in.get(SHORT, at));
  }

  private static @Nullable Meta newer(@Nullable Meta a, @Nullable Meta b) {
    return a == null
        ? b
        : b == null || Long.compareUnsigned(a.transaction(), b.transaction()) >= 0 ? a : b;
  }

  /** The meta at an offset, if there is one that verifies. */
  private @Nullable Meta meta(long at) {
    long body = at + PAGE_HEAD_BYTES;
    if (file.byteSize() < body + META_BYTES
        || (int16(file, at + 8) & META) == 0
        || int32(file, body) != MAGIC
        || int32(file, body + 4) != VERSION
        || int64(file, body + 56) != checksum(body)) {
      return null;
    }
    int size = int32(file, body + 8);
    if (size < PAGE_BYTES_MIN
        || size > PAGE_BYTES_MAX
        || Integer.bitCount(size) != 1
        || (at != 0 && at != size)) {
      return null;
    }
    return new Meta(size, int64(file, body + 16), int64(file, body + 40), int64(file, body + 48));
  }

  /** FNV-1a of 64 bits over the meta without its checksum. */
  private long checksum(long body) {
    long hash = 0xcbf29ce484222325L;
    for (int i = 0; i < META_BYTES - Long.BYTES; i++) {
      hash = (hash ^ (file.get(ValueLayout.JAVA_BYTE, body + i) & 0xff)) * 0x100000001b3L;
    }
    return hash;
  }
}

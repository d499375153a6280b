package io.quorate.offline.bbolt;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/** A walk over the elements of one bucket, in the order of their keys. Of its file's thread. */
public final class BoltCursor {
  /** Deeper than any tree of as many pages as a file can have. */
  private static final int DEPTH_MAX = 64;

  private final BoltFile file;
  private final ArrayDeque<Place> path = new ArrayDeque<>();
  private long visited;
  private @Nullable Place leaf;

  /** How far a page has been gone over. */
  private static final class Place {
    final MemorySegment page;
    final boolean branch;
    final int count;
    int at = -1;

    Place(MemorySegment page, boolean branch, int count) {
      this.page = page;
      this.branch = branch;
      this.count = count;
    }

    long element() {
      return BoltFile.PAGE_HEAD_BYTES + (long) at * BoltFile.ELEMENT_BYTES;
    }
  }

  /**
   * @param root page of the bucket
   * @param inline the page itself, if it lies in the bucket's value
   */
  BoltCursor(BoltFile file, long root, @Nullable MemorySegment inline) {
    this.file = file;
    enter(inline == null ? file.page(root) : inline, inline != null);
  }

  /** Goes to the next element; false behind the last. */
  public boolean next() {
    leaf = null;
    while (!path.isEmpty()) {
      Place place = path.getLast();
      if (++place.at >= place.count) {
        path.removeLast();
      } else if (place.branch) {
        enter(file.page(BoltFile.int64(place.page, place.element() + 8)), false);
      } else {
        leaf = place;
        return true;
      }
    }
    return false;
  }

  /** The present element's key. */
  public byte[] key() {
    Place place = place();
    return bytes(
        place,
        position(place),
        Integer.toUnsignedLong(BoltFile.int32(place.page, place.element() + 8)));
  }

  /** The present element's value. */
  public byte[] value() {
    return value(place()).toArray(ValueLayout.JAVA_BYTE);
  }

  /** Whether the present element is a bucket. */
  boolean isBucket() {
    Place place = place();
    return (BoltFile.int32(place.page, place.element()) & BoltFile.IS_BUCKET) != 0;
  }

  /** The bucket that the present element is. */
  BoltCursor bucket() {
    MemorySegment value = value(place());
    if (value.byteSize() < BoltFile.BUCKET_BYTES) {
      throw file.damaged("a bucket of " + value.byteSize() + " bytes");
    }
    long root = BoltFile.int64(value, 0);
    return new BoltCursor(file, root, root == 0 ? value.asSlice(BoltFile.BUCKET_BYTES) : null);
  }

  private Place place() {
    Place present = leaf;
    if (present == null) {
      throw new IllegalStateException("the cursor stands on no element");
    }
    return present;
  }

  private static long position(Place place) {
    return place.element()
        + Integer.toUnsignedLong(BoltFile.int32(place.page, place.element() + 4));
  }

  private MemorySegment value(Place place) {
    long key = Integer.toUnsignedLong(BoltFile.int32(place.page, place.element() + 8));
    long value = Integer.toUnsignedLong(BoltFile.int32(place.page, place.element() + 12));
    return slice(place, position(place) + key, value);
  }

  private byte[] bytes(Place place, long at, long length) {
    return slice(place, at, length).toArray(ValueLayout.JAVA_BYTE);
  }

  private MemorySegment slice(Place place, long at, long length) {
    if (at > place.page.byteSize() || length > place.page.byteSize() - at) {
      throw file.damaged("an element reaches past its page");
    }
    return place.page.asSlice(at, length);
  }

  private void enter(MemorySegment page, boolean inline) {
    if (path.size() == DEPTH_MAX || ++visited > file.pages()) {
      throw file.damaged("its pages lead in a circle");
    }
    if (page.byteSize() < BoltFile.PAGE_HEAD_BYTES) {
      throw file.damaged("a page of " + page.byteSize() + " bytes");
    }
    int flags = BoltFile.int16(page, 8);
    int count = BoltFile.int16(page, 10);
    boolean branch = flags == BoltFile.BRANCH && !inline;
    if (!branch && flags != BoltFile.LEAF) {
      throw file.damaged("a page of a kind that no tree has: " + flags);
    }
    if (BoltFile.PAGE_HEAD_BYTES + (long) count * BoltFile.ELEMENT_BYTES > page.byteSize()) {
      throw file.damaged("a page has " + count + " elements, more than it has room for");
    }
    path.addLast(new Place(page, branch, count));
  }
}

package io.quorate.wal;

import io.quorate.base.Disk;
import io.quorate.base.DiskFile;
import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * What a start makes of a directory.
 *
 * <p>Every segment but the newest is known to its end, which its successor's header names: whatever
 * does not verify below that is damage. In the newest one the first batch that doesn't verify is
 * where the log ends, unless something behind it shows that it had been durable: an intact batch
 * that says so. What can't be decided is whether that last batch was torn while it was written or
 * damaged after it had been acknowledged; that becomes a {@link Hole} of the groups it held. The
 * log then goes on in a new segment, so that the remains are never looked at again.
 *
 * <p>The two newest segments are read past the operating system's cache: after a failed sync it may
 * show what the device does not hold.
 */
final class Recovery {
  private static final int WINDOW = 1 << 20;

  private final Disk disk;
  private final String directory;
  private final WalSettings settings;
  private final WalVisitor visitor;
  private final LogIndex index;
  private final Replay replay;
  private final CRC32C crc = new CRC32C();

  /** Number that the next batch must have; -1 before the first. */
  private long nextNumber = -1;

  private boolean torn;
  private boolean markerFound;
  private final List<String> spares = new ArrayList<>();

  Recovery(Disk disk, String directory, WalSettings settings, WalVisitor visitor, LogIndex index) {
    this.disk = disk;
    this.directory = directory;
    this.settings = settings;
    this.visitor = visitor;
    this.index = index;
    this.replay = new Replay(index);
  }

  /** Whether the newest segment ends in a batch that doesn't verify. */
  boolean torn() {
    return torn;
  }

  /** Whether the log failed in its last life. */
  boolean markerFound() {
    return markerFound;
  }

  /** Number of the next batch to be written. */
  long nextNumber() {
    return Math.max(nextNumber, 1);
  }

  List<String> spares() {
    return spares;
  }

  /**
   * Reads the directory into the index.
   *
   * @return whether there was a log
   */
  boolean run() throws IOException {
    List<Long> sequences = inventory();
    if (sequences.isEmpty()) {
      if (!spares.isEmpty()) {
        throw damage(
            directory, 0, -1, -1, "there are prepared segments, but those in use are gone");
      }
      return false;
    }
    for (int i = 0; i < sequences.size(); i++) {
      long expected = sequences.getFirst() + i;
      if (sequences.get(i) != expected) {
        String path = directory + "/" + Segment.name(expected);
        throw damage(path, 0, -1, -1, "the segment is missing, and there are later ones");
      }
    }
    for (long sequence : sequences) {
      index.segments().add(openSegment(sequence));
    }
    int newest = sequences.size() - 1;
    for (int i = 0; i <= newest; i++) {
      Segment segment = index.segments().get(i);
      int end = i == newest ? -1 : index.segments().get(i + 1).previousEnd;
      try (DiskFile file =
          i >= newest - 1 ? disk.openDirect(segment.path) : disk.open(segment.path)) {
        Window window = new Window(Math.min(WINDOW, segment.size), file, segment.size);
        scan(segment, window, end, i == 0);
      }
    }
    Damage missing = replay.missing(directory);
    if (missing != null) {
      throw refuse(missing, null);
    }
    Damage broken = replay.checkRest(this::recheck);
    if (broken != null) {
      throw refuse(broken, null);
    }
    return true;
  }

  /** Sorts out the names in the directory, and deletes what was never finished. */
  private List<Long> inventory() throws IOException {
    List<Long> sequences = new ArrayList<>();
    for (String name : disk.list(directory)) {
      String path = directory + "/" + name;
      if (Segment.sequence(name) > 0) {
        sequences.add(Segment.sequence(name));
      } else if (name.equals(Failure.MARKER)) {
        markerFound = true;
      } else if (name.startsWith(Spares.UNFINISHED)) {
        disk.delete(path);
      } else if (Spares.number(name) > 0) {
        if (disk.size(path) == settings.segmentBytes()
            && spares.size() < Math.max(1, settings.sparesMax())) {
          spares.add(name);
        } else {
          disk.delete(path);
        }
      }
    }
    sequences.sort(null);
    return sequences;
  }

  private Segment openSegment(long sequence) throws IOException {
    String path = directory + "/" + Segment.name(sequence);
    DiskFile file = disk.open(path);
    try {
      return readHeader(sequence, path, file);
    } catch (IOException | RuntimeException refused) {
      file.close();
      throw refused;
    }
  }

  private Segment readHeader(long sequence, String path, DiskFile file) throws IOException {
    ByteBuffer header = Format.buffer(Format.BLOCK);
    int read = file.read(header, 0);
    if (read < Format.BLOCK || header.getLong(0) != Format.SEGMENT_MAGIC) {
      throw damage(path, 0, -1, -1, "this is no log segment");
    }
    if (header.getInt(12) != Segment.headerCrc(header, crc)) {
      throw damage(path, 0, -1, -1, "the segment's header is damaged");
    }
    int major = Short.toUnsignedInt(header.getShort(8));
    if (major > Format.VERSION_MAJOR) {
      throw QuorateException.of(
          ErrorCode.WRONG_IDENTITY,
          "%s has log format %d, and this version reads up to %d: start a newer version on it"
              .formatted(path, major, Format.VERSION_MAJOR));
    }
    long cluster = header.getLong(16);
    long member = header.getLong(24);
    if (cluster != settings.clusterId() || member != settings.memberId()) {
      throw QuorateException.of(
          ErrorCode.WRONG_IDENTITY,
          "%s belongs to cluster %x, member %x, and was opened for cluster %x, member %x: look at the data directory"
              .formatted(path, cluster, member, settings.clusterId(), settings.memberId()));
    }
    long salt = header.getLong(32);
    int size = header.getInt(48);
    int previousEnd = header.getInt(52);
    if (header.getLong(40) != sequence) {
      throw damage(path, 0, -1, -1, "the header says that it is segment " + header.getLong(40));
    }
    if (size % Format.BLOCK != 0 || size < 2 * Format.BLOCK || file.size() < size) {
      throw damage(
          path, 0, -1, -1, "the file has %d bytes, the segment %d".formatted(file.size(), size));
    }
    return new Segment(sequence, path, salt, size, previousEnd, file, Format.BLOCK);
  }

  /** What is wrong with a batch. {@code outline}: whether all of its headers are intact. */
  private record Fault(int offset, long group, long index, String what, boolean outline) {}

  /**
   * Applies a segment's batches.
   *
   * @param end where it is known to end; -1 if it is the newest
   */
  private void scan(Segment segment, Window window, int end, boolean first) {
    boolean newest = end < 0;
    int at = Format.BLOCK;
    try {
      while (newest ? at + Format.BLOCK <= segment.size : at != end) {
        Fault fault = verify(segment, window, at, newest ? segment.size : end);
        if (fault != null) {
          if (!newest || at == Format.BLOCK) {
            throw damage(segment.path, fault.offset, fault.group, fault.index, fault.what);
          }
          torn = judge(segment, window, at, fault);
          break;
        }
        at += apply(segment, window, at, first, newest);
      }
    } catch (IOException unreadable) {
      throw refuse(
          new Damage(segment.path, at, -1, -1, "can't be read: " + unreadable.getMessage()),
          unreadable);
    }
    segment.end = at;
  }

  /** Looks at a batch without believing it; null if it is whole. */
  private @Nullable Fault verify(Segment segment, Window window, int offset, int limit)
      throws IOException {
    int at = window.at(offset, Format.BATCH_HEADER);
    if (at < 0 || !Format.isBatch(crc, window.buffer(), at, segment.mask(offset))) {
      return new Fault(offset, -1, -1, "there is no intact batch header", false);
    }
    int length = window.buffer().getInt(at + 8);
    int count = window.buffer().getInt(at + 12);
    if (length < Format.BATCH_HEADER || length > limit - offset || count < 0) {
      return new Fault(offset, -1, -1, "the batch claims %d bytes".formatted(length), false);
    }
    at = window.at(offset, length);
    if (at < 0) {
      return new Fault(offset, -1, -1, "the file ends within the batch", false);
    }
    ByteBuffer in = window.buffer();
    Fault fault = null;
    int next = Format.BATCH_HEADER;
    for (int i = 0; i < count; i++) {
      int place = offset + next;
      if (next > length - Format.RECORD_HEADER
          || !Format.isRecord(crc, in, at + next, segment.mask(place))) {
        return new Fault(place, -1, -1, "there is no intact record header", false);
      }
      int payload = in.getInt(at + next + 8);
      if (payload < 0 || payload > length - next - Format.RECORD_HEADER) {
        return new Fault(place, -1, -1, "the record claims %d bytes".formatted(payload), false);
      }
      int from = at + next + Format.RECORD_HEADER;
      if (fault == null && Format.crc(crc, in, from, payload) != in.getInt(at + next + 12)) {
        byte type = in.get(at + next + 2);
        long group = in.getLong(at + next + 16);
        boolean entry = type == Format.ENTRY || type == Format.REWRITTEN;
        long entryIndex = entry ? in.getLong(at + next + 24) : 0;
        fault = new Fault(place, group, entryIndex, "the payload is damaged", true);
      }
      next += Format.recordBytes(payload);
    }
    if (fault == null && next != length) {
      return new Fault(
          offset, -1, -1, "the records end at %d of %d".formatted(next, length), false);
    }
    return fault;
  }

  /** Applies a whole batch; the result is what it takes on the disk. */
  private int apply(Segment segment, Window window, int offset, boolean first, boolean newest)
      throws IOException {
    int at = window.at(offset, Format.BATCH_HEADER);
    int length = window.buffer().getInt(at + 8);
    at = window.at(offset, length);
    ByteBuffer in = window.buffer();
    int count = in.getInt(at + 12);
    int flags = in.getInt(at + 28);
    long number = in.getLong(at + 32);
    if ((flags & Format.FLAG_SEAL) != 0) {
      if (newest) {
        String next = directory + "/" + Segment.name(segment.sequence + 1);
        throw damage(next, 0, -1, -1, "the segment is missing: " + segment.path + " names it");
      }
      throw damage(segment.path, offset, -1, -1, "the segment is sealed before its end");
    }
    if (nextNumber >= 0 && number != nextNumber) {
      throw damage(
          segment.path,
          offset,
          -1,
          -1,
          "batch %d comes where batch %d belongs".formatted(number, nextNumber));
    }
    nextNumber = number + 1;
    boolean states = (flags & Format.FLAG_STATE) != 0;
    if (states != (offset == Format.BLOCK)) {
      throw damage(segment.path, offset, -1, -1, "the groups' states are not where they belong");
    }
    int unmentioned = existing();
    int next = Format.BATCH_HEADER;
    for (int i = 0; i < count; i++) {
      GroupLog known = index.find(in.getLong(at + next + 16));
      unmentioned -= known != null && known.exists ? 1 : 0;
      byte type = in.get(at + next + 2);
      String wrong =
          (type == Format.STATE) != states
              ? "a record of type %d is not where it belongs".formatted(type)
              : replay.apply(in, at + next, segment, offset + next, first);
      if (wrong != null) {
        long group = in.getLong(at + next + 16);
        boolean entry = type == Format.ENTRY || type == Format.REWRITTEN;
        long entryIndex = entry ? in.getLong(at + next + 24) : 0;
        throw damage(segment.path, offset + next, group, entryIndex, wrong);
      }
      next += Format.recordBytes(in.getInt(at + next + 8));
    }
    if (states && !first && unmentioned != 0) {
      throw damage(
          segment.path, offset, -1, -1, "%d groups from before are missing".formatted(unmentioned));
    }
    return Format.roundUp(length);
  }

  private int existing() {
    int count = 0;
    for (GroupLog group : index.groups()) {
      count += group.exists ? 1 : 0;
    }
    return count;
  }

  /**
   * Decides what a batch that doesn't verify is, at the end of the newest segment: the log's plain
   * end (false), a last batch of unknown fate (true; the groups get their holes), or damage.
   */
  private boolean judge(Segment segment, Window window, int end, Fault fault) throws IOException {
    Remains remains = new Remains(index, crc);
    if (!remains.look(segment, window, end)) {
      return false;
    }
    if (remains.durableBehind()) {
      throw damage(
          segment.path,
          fault.offset,
          fault.group,
          fault.index,
          fault.what + ", and a later batch shows that this was durable");
    }
    remains.leaveHoles(fault.outline);
    return true;
  }

  private @Nullable String recheck(
      Segment segment, int offset, int length, GroupLog group, long entry) {
    try {
      int bytes = Format.recordBytes(length);
      Window window = new Window(Format.roundUp(bytes) + Format.BLOCK, segment.file, segment.size);
      int at = window.at(offset, bytes);
      return at < 0
          ? "the file ends within the record"
          : replay.recheck(group, entry, window.buffer(), at, length);
    } catch (IOException unreadable) {
      return "can't be read: " + unreadable.getMessage();
    }
  }

  private QuorateException damage(String file, long offset, long group, long entry, String what) {
    return refuse(new Damage(file, offset, group, entry, what), null);
  }

  private QuorateException refuse(Damage damage, @Nullable IOException cause) {
    visitor.damaged(damage);
    return QuorateException.of(
        ErrorCode.DATA_DAMAGED,
        "The log is damaged: %s. Nothing was changed; restore the directory, or let the member join anew"
            .formatted(damage),
        cause);
  }
}

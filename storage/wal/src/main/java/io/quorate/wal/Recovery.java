package io.quorate.wal;

import io.quorate.base.Disk;
import io.quorate.base.DiskFile;
import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * What a start makes of a directory.
 *
 * <p>What doesn't verify was either torn, when the power went while it was written, or damaged
 * later. Only the newest segment's last batch can have been torn: whatever comes before it was
 * durable before it was begun. So behind everything else that doesn't verify the scan goes on, and
 * {@link Replay} says what is missing. Of a last batch that doesn't verify it can't be decided what
 * it is; of what it held and what can't be read the groups keep a {@link Hole}. The log then goes
 * on in a new segment, so that the remains are never taken for what comes next.
 *
 * <p>Refused is only what leaves too much open: the newest segment, or what its beginning says of
 * the groups, can't be read, or what verifies contradicts itself.
 *
 * <p>The two newest segments are read past the operating system's cache: after a failed sync it may
 * show what the device does not hold.
 */
final class Recovery {
  private static final int WINDOW = 1 << 20;

  /** In the place of a segment's end. */
  private static final int NEWEST = -2;

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
  private boolean damaged;
  private boolean markerFound;

  /** Whether the states at the present segment's beginning have been read. */
  private boolean stated;

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

  /** Whether anything else doesn't verify. */
  boolean damaged() {
    return damaged;
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
    for (long sequence = sequences.getFirst(); sequence <= sequences.getLast(); sequence++) {
      index.segments().add(openSegment(sequence, sequences.contains(sequence)));
    }
    int newest = index.segments().size() - 1;
    if (index.newest().isLost()) {
      throw refuse(
          new Damage(index.newest().path, 0, -1, -1, "nothing tells how the log ends"), null);
    }
    boolean first = true;
    for (int i = 0; i <= newest; i++) {
      Segment segment = index.segments().get(i);
      if (segment.isLost()) {
        replay.gap(nextNumber, Long.MAX_VALUE);
        nextNumber = -1;
        continue;
      }
      int end = i == newest ? NEWEST : index.segments().get(i + 1).previousEnd;
      try (DiskFile file =
          i >= newest - 1 ? disk.openDirect(segment.path) : disk.open(segment.path)) {
        Window window = new Window(Math.min(WINDOW, segment.size), file, segment.size);
        scan(segment, window, end, first);
      }
      first = false;
    }
    Damage broken = replay.checkRest(this::recheck);
    if (broken != null) {
      throw refuse(broken, null);
    }
    Damage missing = replay.missing(directory);
    if (missing != null) {
      damaged(missing);
    }
    replay.leaveHoles();
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

  private Segment openSegment(long sequence, boolean there) throws IOException {
    String path = directory + "/" + Segment.name(sequence);
    if (!there) {
      damaged(new Damage(path, 0, -1, -1, "the segment is missing, and there are later ones"));
      return Segment.lost(sequence, path);
    }
    DiskFile file = disk.open(path);
    try {
      return readHeader(sequence, path, file);
    } catch (IOException | RuntimeException refused) {
      file.close();
      throw refused;
    }
  }

  private Segment readHeader(long sequence, String path, DiskFile file) throws IOException {
    ByteBuffer header = Format.buffer(Format.FIRST_BATCH);
    new Window(Format.FIRST_BATCH, file, Format.FIRST_BATCH).copy(header);
    boolean whole = true;
    int at = 0;
    for (int copy = Format.BLOCK; copy >= 0; copy -= Format.BLOCK) {
      if (isHeader(header.slice(copy, Format.BLOCK).order(header.order()), sequence)) {
        at = copy;
      } else {
        whole = false;
        damaged(new Damage(path, copy, -1, -1, "there is no intact segment header"));
      }
    }
    header = header.slice(at, Format.BLOCK).order(header.order());
    if (!whole && !isHeader(header, sequence)) {
      file.close();
      return Segment.lost(sequence, path);
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
    if (size % Format.BLOCK != 0 || size < Format.FIRST_BATCH) {
      damaged(new Damage(path, 0, -1, -1, "the header says that it has %d bytes".formatted(size)));
      file.close();
      return Segment.lost(sequence, path);
    }
    if (file.size() < size) {
      damaged(new Damage(path, file.size(), -1, -1, "the file should have " + size + " bytes"));
    }
    Segment segment =
        new Segment(sequence, path, salt, size, previousEnd, file, Format.FIRST_BATCH);
    segment.damaged = !whole;
    return segment;
  }

  /** Whether it is this segment's header, and not that of one whose file this was before. */
  private boolean isHeader(ByteBuffer block, long sequence) {
    return block.getLong(0) == Format.SEGMENT_MAGIC
        && block.getInt(12) == Segment.headerCrc(block, crc)
        && block.getLong(40) == sequence;
  }

  /** Of what a batch that isn't whole lacks. */
  private enum Lack {
    /** Payloads of entries: what they were is known. */
    PAYLOADS,
    /** Other payloads: the headers are intact. */
    MORE,
    /** Nobody knows. */
    HEADERS
  }

  /** What is wrong with a batch. */
  private record Fault(int offset, long group, long index, String what, Lack lack) {}

  /**
   * Applies a segment's batches.
   *
   * @param end where it is known to end; -1 if it isn't, {@link #NEWEST} if it is the newest
   */
  private void scan(Segment segment, Window window, int end, boolean first) throws IOException {
    int limit = end < 0 ? segment.size : Math.min(end, segment.size);
    int at = Format.FIRST_BATCH;
    stated = false;
    replay.segmentBegins();
    while (at + Format.BLOCK <= limit) {
      int found = findBatch(segment, window, at, limit);
      if (found >= 0 && isSeal(window, found) && end == NEWEST) {
        String next = directory + "/" + Segment.name(segment.sequence + 1);
        throw damage(next, 0, -1, -1, "the segment is missing: " + segment.path + " names it");
      }
      if (found < 0 || isSeal(window, found)) {
        break;
      }
      long number = number(window, found);
      int length = length(window, found);
      if (found > at || (nextNumber >= 0 && number > nextNumber)) {
        lost(segment, at, -1, -1, "there is no intact batch");
        salvage(segment, window, at, found, number - 1, first);
      }
      Fault fault = verify(segment, window, found);
      if (fault != null && end == NEWEST && findBatch(segment, window, found + length, limit) < 0) {
        at = found;
        break;
      }
      if (fault == null) {
        apply(segment, window, found, first);
      } else {
        lost(segment, fault.offset, fault.group, fault.index, fault.what);
        nextNumber = number;
        salvage(segment, window, found + Format.BATCH_HEADER, found + length, number, first);
      }
      nextNumber = number + 1;
      at = found + Format.roundUp(length);
    }
    if (end == NEWEST) {
      at = tail(segment, window, at, first);
    } else if (at < limit && end >= 0) {
      lost(segment, at, -1, -1, "there is no intact batch");
      salvage(segment, window, at, limit, Long.MAX_VALUE, first);
      nextNumber = -1;
    }
    segment.end = at;
  }

  /** The next place from an offset on where an intact batch begins; -1 if there is none. */
  private int findBatch(Segment segment, Window window, int from, int limit) throws IOException {
    for (int offset = Format.roundUp(from);
        offset + Format.BLOCK <= limit;
        offset += Format.BLOCK) {
      int at = window.at(offset, Format.BATCH_HEADER);
      if (at < 0) {
        return -1;
      }
      ByteBuffer in = window.buffer();
      if (isBatch(in, at, segment.mask(offset), limit - offset)) {
        return offset;
      }
    }
    return -1;
  }

  /** Whether an intact header of a batch that is due is in the buffer. */
  private boolean isBatch(ByteBuffer in, int at, int mask, int room) {
    int length = in.getInt(at + 8);
    boolean seal = (in.getInt(at + 28) & Format.FLAG_SEAL) != 0;
    return Format.isBatch(crc, in, at, mask)
        && length >= Format.BATCH_HEADER
        && length <= room
        && in.getInt(at + 12) >= 0
        && (seal || in.getLong(at + 32) >= nextNumber);
  }

  private static boolean isSeal(Window window, int offset) throws IOException {
    int at = window.at(offset, Format.BATCH_HEADER);
    return (window.buffer().getInt(at + 28) & Format.FLAG_SEAL) != 0;
  }

  private static long number(Window window, int offset) throws IOException {
    int at = window.at(offset, Format.BATCH_HEADER);
    return window.buffer().getLong(at + 32);
  }

  private static int length(Window window, int offset) throws IOException {
    int at = window.at(offset, Format.BATCH_HEADER);
    return window.buffer().getInt(at + 8);
  }

  /** Looks at a batch without believing it; null if it is whole. */
  private @Nullable Fault verify(Segment segment, Window window, int offset) throws IOException {
    int length = length(window, offset);
    int at = window.at(offset, length);
    if (at < 0) {
      return new Fault(offset, -1, -1, "the file ends within the batch", Lack.HEADERS);
    }
    ByteBuffer in = window.buffer();
    int count = in.getInt(at + 12);
    Fault fault = null;
    int next = Format.BATCH_HEADER;
    for (int i = 0; i < count; i++) {
      int place = offset + next;
      if (next > length - Format.RECORD_HEADER
          || !Format.isRecord(crc, in, at + next, mask(segment, in, at, place))) {
        return new Fault(place, -1, -1, "there is no intact record header", Lack.HEADERS);
      }
      int payload = in.getInt(at + next + 8);
      if (payload < 0 || payload > length - next - Format.RECORD_HEADER) {
        return new Fault(
            place, -1, -1, "the record claims %d bytes".formatted(payload), Lack.HEADERS);
      }
      int from = at + next + Format.RECORD_HEADER;
      if (Format.crc(crc, in, from, payload) != in.getInt(at + next + 12)) {
        byte type = in.get(at + next + 2);
        long group = in.getLong(at + next + 16);
        boolean entry = type == Format.ENTRY || type == Format.REWRITTEN;
        Lack lack =
            type == Format.ENTRY && (fault == null || fault.lack == Lack.PAYLOADS)
                ? Lack.PAYLOADS
                : Lack.MORE;
        long entryIndex = entry ? in.getLong(at + next + 24) : 0;
        fault = new Fault(place, group, entryIndex, "the payload is damaged", lack);
      }
      next += Format.recordBytes(payload);
    }
    if (fault == null && next != length) {
      return new Fault(
          offset, -1, -1, "the records end at %d of %d".formatted(next, length), Lack.HEADERS);
    }
    return fault;
  }

  private static int mask(Segment segment, ByteBuffer in, int at, int place) {
    boolean echo = (in.getInt(at + 28) & Format.FLAG_ECHO) != 0;
    return echo ? segment.echoMask(place) : segment.mask(place);
  }

  /** Applies a whole batch. */
  private void apply(Segment segment, Window window, int offset, boolean first) throws IOException {
    int length = length(window, offset);
    int at = window.at(offset, length);
    ByteBuffer in = window.buffer();
    int count = in.getInt(at + 12);
    long number = in.getLong(at + 32);
    boolean states = (in.getInt(at + 28) & Format.FLAG_STATE) != 0;
    if (states ? stated && !isEarly(segment, offset) : !stated && !segment.damaged) {
      throw damage(segment.path, offset, -1, -1, "the groups' states are not where they belong");
    }
    int next = Format.BATCH_HEADER;
    for (int i = 0; i < count; i++) {
      String wrong = replay.apply(in, at + next, segment, offset + next, first && !stated);
      if (wrong != null) {
        throw contradiction(segment, in, at + next, offset + next, wrong);
      }
      next += Format.recordBytes(in.getInt(at + next + 8));
    }
    if (states) {
      String wrong = replay.states(first);
      if (wrong != null) {
        throw damage(segment.path, offset, -1, -1, wrong);
      }
      stated = true;
    } else {
      replay.whole(number);
    }
  }

  /** Whether a second batch of states may be here. */
  private static boolean isEarly(Segment segment, int offset) {
    return offset <= Format.FIRST_BATCH + segment.size / 4;
  }

  private QuorateException contradiction(
      Segment segment, ByteBuffer in, int at, int offset, String what) {
    byte type = in.get(at + 2);
    boolean entry = type == Format.ENTRY || type == Format.REWRITTEN;
    return damage(segment.path, offset, in.getLong(at + 16), entry ? in.getLong(at + 24) : 0, what);
  }

  /**
   * Applies what is intact of a place that isn't.
   *
   * @param number of the last batch that was there; the first is the next one
   */
  private void salvage(Segment segment, Window window, int from, int to, long number, boolean first)
      throws IOException {
    boolean skipped = false;
    int offset = from;
    while (offset < to) {
      int at = window.at(offset, Math.min(Format.RECORD_HEADER, to - offset));
      int payload = -1;
      if (at >= 0
          && to - offset >= Format.RECORD_HEADER
          && Format.isRecord(crc, window.buffer(), at, segment.mask(offset))) {
        payload = window.buffer().getInt(at + 8);
      }
      if (payload < 0 || payload > to - offset - Format.RECORD_HEADER) {
        skipped = true;
        offset += 8;
        continue;
      }
      if (skipped) {
        replay.gap(nextNumber, number);
        skipped = false;
      }
      salvageRecord(segment, window, offset, payload, number, first);
      offset += Format.recordBytes(payload);
    }
    if (skipped) {
      replay.gap(nextNumber, number);
    }
  }

  /** Applies a record whose header is intact, as far as the rest is. */
  private void salvageRecord(
      Segment segment, Window window, int offset, int payload, long number, boolean first)
      throws IOException {
    int at = window.at(offset, Format.RECORD_HEADER + payload);
    ByteBuffer in = window.buffer();
    boolean whole =
        at >= 0 && Format.crc(crc, in, at + Format.RECORD_HEADER, payload) == in.getInt(at + 12);
    String wrong = null;
    if (whole) {
      wrong = replay.apply(in, at, segment, offset, first);
    } else if (at >= 0 && in.get(at + 2) == Format.ENTRY) {
      lost(segment, offset, in.getLong(at + 16), in.getLong(at + 24), "the payload is damaged");
      wrong = replay.lost(in, at);
    } else {
      replay.gap(nextNumber, number);
    }
    if (wrong != null) {
      throw contradiction(segment, in, at, offset, wrong);
    }
  }

  /**
   * Looks behind the newest segment's last whole batch. What is there, if anything, is one batch
   * that was torn or damaged, and perhaps damaged ones before it.
   *
   * @return where the segment ends
   */
  private int tail(Segment segment, Window window, int end, boolean first) throws IOException {
    int echo = findEcho(segment, window, end);
    int at = window.at(end, Format.BATCH_HEADER);
    boolean begun = at >= 0 && isBatch(window.buffer(), at, segment.mask(end), segment.size - end);
    Fault fault = begun ? verify(segment, window, end) : null;
    Map<Long, Long> before = new TreeMap<>();
    for (GroupLog group : index.groups()) {
      before.put(group.group, group.lastMissing());
    }
    int behind = end;
    if (echo >= 0) {
      long number = number(window, echo);
      if (number > nextNumber) {
        lost(segment, end, -1, -1, "there is no intact batch");
      }
      int from = end;
      int to = echo;
      if (fault != null && number == nextNumber) {
        from = end + Format.BATCH_HEADER;
        to = end + length(window, end);
      }
      salvage(segment, window, from, to, number, first);
      applyEcho(segment, window, echo);
      if (number == nextNumber) {
        replay.whole(number + 1);
      }
      nextNumber = number + 1;
      behind = echo;
    } else if (fault != null && fault.lack == Lack.PAYLOADS) {
      int length = length(window, end);
      salvage(segment, window, end + Format.BATCH_HEADER, end + length, nextNumber, first);
      nextNumber++;
      behind = end + Format.roundUp(length);
    } else {
      boolean outline = fault != null && fault.lack != Lack.HEADERS;
      torn = new Remains(index, crc).look(segment, window, end, outline);
      return end;
    }
    torn = true;
    for (GroupLog group : index.groups()) {
      tentative(group, before.getOrDefault(group.group, 0L));
    }
    return behind;
  }

  /** What a group lacks of the last batch may never have been durable. */
  private static void tentative(GroupLog group, long lastBefore) {
    if (group.missing() == 0 || group.lastMissing() <= lastBefore) {
      return;
    }
    long from = group.lastMissing();
    for (long i = from; i > Math.max(lastBefore, group.baseIndex); i--) {
      from = group.has(i) ? from : i;
    }
    Hole old = group.hole;
    group.hole =
        new Hole(
            old == null ? from : Math.min(from, old.from()),
            Math.max(group.lastIndex(), old == null ? 0 : old.to()),
            old != null && old.open(),
            old != null && old.hardState(),
            old == null ? 0 : old.term(),
            old == null ? 0 : old.vote());
  }

  /** The last intact echo of a batch that wasn't whole; -1 if there is none. */
  private int findEcho(Segment segment, Window window, int from) throws IOException {
    int last = -1;
    for (int offset = from; offset + Format.BLOCK <= segment.size; offset += Format.BLOCK) {
      int at = window.at(offset, Format.BATCH_HEADER);
      if (at < 0) {
        break;
      }
      ByteBuffer in = window.buffer();
      if (Format.isBatch(crc, in, at, segment.echoMask(offset))
          && in.getLong(at + 32) >= nextNumber
          && in.getInt(at + 8) >= Format.BATCH_HEADER
          && in.getInt(at + 8) <= segment.size - offset
          && verify(segment, window, offset) == null) {
        last = offset;
      }
    }
    return last;
  }

  private void applyEcho(Segment segment, Window window, int offset) throws IOException {
    int at = window.at(offset, length(window, offset));
    ByteBuffer in = window.buffer();
    int next = Format.BATCH_HEADER;
    for (int i = 0; i < in.getInt(at + 12); i++) {
      String wrong = replay.apply(in, at + next, segment, offset + next, false);
      if (wrong != null) {
        throw contradiction(segment, in, at + next, offset + next, wrong);
      }
      next += Format.recordBytes(in.getInt(at + next + 8));
    }
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

  private void lost(Segment segment, int offset, long group, long entry, String what) {
    segment.damaged = true;
    damaged(new Damage(segment.path, offset, group, entry, what));
  }

  private void damaged(Damage damage) {
    damaged = true;
    visitor.damaged(damage);
  }

  private QuorateException damage(String file, long offset, long group, long entry, String what) {
    return refuse(new Damage(file, offset, group, entry, what), null);
  }

  private QuorateException refuse(Damage damage, @Nullable IOException cause) {
    visitor.damaged(damage);
    return QuorateException.of(
        ErrorCode.DATA_DAMAGED,
        ("The log is damaged: %s. Nothing was changed. If most of the other members work, move the"
                + " data directory away and start this one again: they supply what it lacks. If it is"
                + " alone, put a copy of the directory back")
            .formatted(damage),
        cause);
  }
}

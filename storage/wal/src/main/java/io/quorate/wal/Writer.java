package io.quorate.wal;

import io.quorate.base.Bytes;
import io.quorate.base.Checks;
import io.quorate.base.Disk;
import io.quorate.base.DiskFile;
import io.quorate.base.DiskFullException;
import io.quorate.base.ErrorCode;
import io.quorate.base.Hash64;
import io.quorate.base.QuorateException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Writes batches to the newest segment, turns to the next one, and lets old ones go. The log's
 * thread only.
 *
 * <p>At most one batch is written and not synced at any time, and with it its echo (see {@link
 * Format}), which the next one overwrites and repeats. A segment joins the log in this order: its
 * header and the groups' states are synced under a spare's name; it is renamed; the directory is
 * synced; the old segment gets a seal that says that there is a next one. So a segment that has a
 * segment's name is whole up to its first batch, and a missing one is missed.
 */
final class Writer {
  private final Disk disk;
  private final String directory;
  private final WalSettings settings;
  private final LogIndex index;
  private final Spares spares;
  private final Failure failure;
  private final CRC32C crc;
  private final Batch states;
  private final Batch control;

  /** What the last batch did to groups, for its echo and for the next batch to repeat. */
  private final Batch echo;

  private final List<GroupLog> touched = new ArrayList<>();

  /** Number of the next batch. */
  private long number;

  /** Whether anything was written since the end was last marked as durable. */
  private boolean dirty;

  // Read by any thread, for statistics; written by the log's thread.
  volatile long batches;
  volatile long bytes;
  volatile long entries;
  volatile long syncs;
  volatile long rewritten;
  volatile long recycled;
  private volatile double used;

  Writer(
      Disk disk,
      String directory,
      WalSettings settings,
      LogIndex index,
      Spares spares,
      Failure failure,
      CRC32C crc) {
    this.disk = disk;
    this.directory = directory;
    this.settings = settings;
    this.index = index;
    this.spares = spares;
    this.failure = failure;
    this.crc = crc;
    this.states = new Batch(crc, 4 * Format.BLOCK, Format.FIRST_BATCH);
    this.control = new Batch(crc, Format.BLOCK, 0);
    this.echo = new Batch(crc, Format.BLOCK, 0);
  }

  void startAt(long nextNumber) {
    number = nextNumber;
  }

  /** What the next batch has to begin with. */
  Batch toRepeat() {
    return echo;
  }

  /** What a start has found is to be said again by its first batch. */
  void repeatAll() {
    echo.clear();
    for (GroupLog group : index.groups()) {
      if (group.exists) {
        addState(echo, group, group.state());
      }
    }
  }

  private static void addState(Batch to, GroupLog group, GroupState state) {
    to.add(
        group,
        Format.STATE,
        (byte) 0,
        state.lastIndex(),
        state.lastTerm(),
        state.lastHash(),
        States.encode(state));
  }

  /**
   * Whether a batch of so many bytes fits into the newest segment and leaves so many, and a block
   * each for the mark of a good end and for the seal.
   */
  boolean fits(int batchBytes, int leave) {
    Segment current = index.newest();
    return (long) current.end + batchBytes + 2 * Format.BLOCK + leave <= current.size;
  }

  /** Writes a batch, syncs it, and makes readable what it holds. */
  @SuppressWarnings("NonAtomicVolatileUpdate") // one thread writes
  void write(Batch batch) {
    if (!fits(batch.bytes(), 0)) {
      turn(true);
      Checks.that(fits(batch.bytes(), 0), "a batch of %d fits no segment", batch.bytes());
    }
    Segment current = index.newest();
    listen(batch);
    put(current, batch, 0);
    publish(batch, current);
    current.end += batch.bytes();
    batch.clear();
    used = (double) current.end / current.size;
  }

  /** Marks that all before is durable, if that is not plain already. */
  void writeClose() {
    Segment current = index.newest();
    control.clear();
    control.repeat(echo);
    if (dirty && current.end + control.bytes() + Format.BLOCK <= current.size) {
      echo.clear();
      put(current, control, Format.FLAG_CLOSE);
      current.end += control.bytes();
      dirty = false;
    }
  }

  private static final byte ENTRIES = 1;
  private static final byte MORE = 2;

  /** Makes the echo of a batch. */
  private void listen(Batch batch) {
    for (int i = 0; i < batch.count(); i++) {
      byte does =
          switch (batch.type(i)) {
            case Format.ENTRY -> ENTRIES;
            case Format.STATE, Format.CONFIRM, Format.REWRITTEN, Format.REMOVED -> 0;
            default -> MORE;
          };
      GroupLog group = batch.group(i);
      if (batch.type(i) == Format.REMOVED && touched.remove(group)) {
        group.touched = 0;
      }
      if (does > 0 && group.touched == 0) {
        touched.add(group);
      }
      group.touched = (byte) Math.max(group.touched, does);
    }
    echo.clear();
    for (int i = 0; i < touched.size(); i++) {
      GroupLog group = touched.get(i);
      if (group.touched == MORE) {
        addState(echo, group, group.stagedState());
      } else {
        echo.add(
            group,
            Format.CONFIRM,
            (byte) 0,
            group.stagedLast,
            group.stagedLastTerm,
            group.stagedLastHash,
            Bytes.EMPTY);
      }
      group.touched = 0;
    }
    touched.clear();
  }

  @SuppressWarnings("NonAtomicVolatileUpdate") // one thread writes
  private void put(Segment current, Batch batch, int flags) {
    ByteBuffer out = batch.finish(current, flags, number, current.sequence, current.end);
    int behind = current.end + batch.bytes();
    if (behind + echo.bytes() <= current.size) {
      ByteBuffer said =
          echo.finish(
              ~current.salt, // nothing of it can be taken for a part of the next batch
              current.sequence,
              behind,
              flags | Format.FLAG_ECHO,
              number,
              current.sequence,
              current.end);
      out = batch.followedBy(said);
    }
    String what = "Writing";
    try {
      current.file.write(out, current.end);
      what = "Syncing";
      current.file.sync();
    } catch (IOException failed) {
      throw failure.fail(
          "%s a batch at offset %d of %s".formatted(what, current.end, current.path), failed);
    }
    number++;
    batches++;
    bytes += batch.bytes();
    syncs++;
    dirty = true;
  }

  /** How much of the newest segment is used, from 0 to 1. Any thread. */
  double usedOfNewest() {
    return used;
  }

  /** Begins the log's first segment. */
  void begin() {
    join(spares.fill(settings.firstSegmentBytes()), 1, 0);
  }

  /**
   * Turns to the next segment.
   *
   * @param seal whether the one before is to say so; what it holds behind its end, after a torn
   *     write, is left alone
   */
  void turn(boolean seal) {
    Segment old = index.newest();
    String path = spares.take();
    if (path == null) {
      spares.prepare();
      path = spares.take(); // nobody else takes one
    }
    join(Objects.requireNonNull(path), old.sequence + 1, old.end);
    if (seal) {
      seal(old);
    }
  }

  @SuppressWarnings("NonAtomicVolatileUpdate") // one thread writes
  private void join(String spare, long sequence, int previousEnd) {
    long salt = Hash64.combine(settings.seed(), sequence);
    String path = directory + "/" + Segment.name(sequence);
    int size = size(spare);
    states.clear();
    for (GroupLog group : index.groups()) {
      if (group.exists) {
        addState(states, group, group.state());
      }
    }
    int again = Format.FIRST_BATCH + states.bytes();
    int end = again + states.bytes();
    if ((long) end
                + states.bytes()
                + settings.batchBytesMax()
                + settings.reserveBytes()
                + 2 * Format.BLOCK
            > settings.segmentBytes()
        && sequence > 1) {
      spares.put(spare);
      throw QuorateException.of(
          ErrorCode.INVALID_REQUEST,
          "segmentBytes=%d is too small for the states of the groups in %s, which take %d"
              .formatted(settings.segmentBytes(), directory, states.bytes()));
    }
    Segment.header(states.buffer(), crc, settings, salt, sequence, size, previousEnd);
    ByteBuffer out =
        states.finish(salt, sequence, Format.FIRST_BATCH, Format.FLAG_STATE, number, sequence, end);
    String what = "Writing the header of " + path;
    DiskFile file = null;
    try {
      file = disk.open(spare);
      file.write(out, 0);
      out = states.finish(salt, sequence, again, Format.FLAG_STATE, number + 1, sequence, end);
      file.write(out.position(Format.FIRST_BATCH), again);
      what = "Syncing the header of " + path;
      file.sync();
      syncs++;
      what = "Renaming " + spare + " to " + path;
      disk.rename(spare, path);
      what = "Syncing " + directory;
      disk.syncDirectory(directory);
    } catch (DiskFullException full) {
      close(file);
      if (what.startsWith("Syncing")) {
        throw failure.fail(what, full);
      }
      spares.put(spare);
      throw QuorateException.of(
          ErrorCode.DISK_FULL, what + " found the disk full; nothing acknowledged is lost", full);
    } catch (IOException failed) {
      close(file);
      throw failure.fail(what, failed);
    }
    number += 2;
    Segment segment = new Segment(sequence, path, salt, size, previousEnd, file, end);
    index.lock.lock();
    try {
      index.segments().add(segment);
    } finally {
      index.lock.unlock();
    }
  }

  private int size(String spare) {
    try {
      return Math.toIntExact(disk.size(spare));
    } catch (IOException failed) {
      throw failure.fail("Opening " + spare, failed);
    }
  }

  private static void close(@Nullable DiskFile file) {
    try (file) {
      // Only to be closed.
    } catch (IOException unclosed) {
      // What failed before is what counts.
    }
  }

  @SuppressWarnings("NonAtomicVolatileUpdate") // one thread writes
  private void seal(Segment old) {
    control.clear();
    try {
      old.file.write(control.finish(old, Format.FLAG_SEAL, 0, old.sequence, old.end), old.end);
      old.file.sync();
      syncs++;
    } catch (IOException failed) {
      throw failure.fail("Sealing " + old.path, failed);
    }
  }

  @SuppressWarnings("NonAtomicVolatileUpdate") // one thread writes
  private void publish(Batch batch, Segment segment) {
    int count = batch.count();
    index.lock.lock();
    try {
      for (int i = 0; i < count; i++) {
        publish(batch, i, segment);
      }
    } finally {
      index.lock.unlock();
    }
  }

  @SuppressWarnings("NonAtomicVolatileUpdate") // one thread writes
  private void publish(Batch batch, int i, Segment segment) {
    GroupLog group = batch.group(i);
    Bytes blob = batch.blob(i);
    long at = batch.index(i);
    long term = batch.term(i);
    long hash = batch.hash(i);
    group.exists = true;
    switch (batch.type(i)) {
      case Format.ENTRY -> {
        long place = LogIndex.place(segment.sequence, segment.end + batch.start(i));
        group.append(at, place, batch.payloadBytes(i), term, hash, index);
        group.stagedFrom = Long.MAX_VALUE;
        entries++;
      }
      case Format.REWRITTEN -> {
        long place = LogIndex.place(segment.sequence, segment.end + batch.start(i));
        if (group.move(at, place, batch.payloadBytes(i), term, hash, index)) {
          rewritten++;
        }
      }
      case Format.HARD_STATE -> {
        group.term = term;
        group.vote = at;
        group.blob = blob;
      }
      case Format.CONFIGURATION -> group.configuration = blob;
      case Format.MARK -> {
        group.reset(at, term, hash, index);
        group.generation = States.generation(blob);
        group.configuration = States.configuration(blob);
      }
      case Format.TRIM -> {
        if (at > group.baseIndex) {
          group.trimTo(at, term, hash, index);
        }
      }
      case Format.CUT -> {
        group.truncateFrom(at, index);
        group.hole = group.holeAfterCut(at);
      }
      case Format.STATE, Format.CONFIRM -> {
        // Says what is known.
      }
      case Format.HOLE_RESOLVED -> group.hole = null;
      case Format.REMOVED -> index.remove(group);
      default -> throw Checks.unreachable("record type " + batch.type(i));
    }
  }

  /** Lets the oldest segments go that nobody needs. */
  @SuppressWarnings("NonAtomicVolatileUpdate") // one thread writes
  void recycle() {
    while (index.segments().size() > 1) {
      Segment oldest = index.oldest();
      if (oldest.liveEntries > 0 || pins(oldest) > 0) {
        return;
      }
      boolean reuse = oldest.size == settings.segmentBytes() && !spares.full() && !oldest.damaged;
      try {
        if (reuse) {
          String spare = spares.nextPath();
          disk.rename(oldest.path, spare);
          disk.syncDirectory(directory);
          spares.put(spare);
        } else if (disk.exists(oldest.path)) {
          disk.delete(oldest.path);
          disk.syncDirectory(directory);
        }
        index.lock.lock();
        try {
          index.segments().removeFirst();
        } finally {
          index.lock.unlock();
        }
        oldest.close();
        recycled++;
      } catch (IOException failed) {
        throw failure.fail("Recycling " + oldest.path, failed);
      }
    }
  }

  private int pins(Segment segment) {
    index.lock.lock();
    try {
      return segment.pins;
    } finally {
      index.lock.unlock();
    }
  }
}

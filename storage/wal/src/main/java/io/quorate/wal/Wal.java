package io.quorate.wal;

import io.quorate.base.Bytes;
import io.quorate.base.Checks;
import io.quorate.base.Disk;
import io.quorate.base.DiskFullException;
import io.quorate.base.ErrorCode;
import io.quorate.base.Limits;
import io.quorate.base.QuorateException;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * The log of a member, for all of its groups.
 *
 * <p>Passive and owned by one thread, the node's log thread: it stages what belongs to the groups
 * and makes it durable with one {@link #sync}. Whatever is staged while another sync runs joins the
 * next batch; there is no timer. What may be called from elsewhere says so.
 *
 * <p>Every method throws {@link io.quorate.base.QuorateException}: {@code DISK_FULL} (nothing that
 * was staged or synced is lost, and the call may be repeated when there is room), {@code
 * DATA_DAMAGED} (names the place), or {@code LOG_FAILED} once a write or a sync has failed: what
 * was staged then is neither durable nor surely absent, no retry is made, and nothing but {@link
 * #close} works any more.
 */
public final class Wal implements AutoCloseable {
  private final Disk disk;
  private final String directory;
  private final WalSettings settings;
  private final Closeable directoryLock;
  private final LogIndex index = new LogIndex();
  private final Failure failure;
  private final Spares spares;
  private final Writer writer;
  private final Reads reads;
  private final Cleaner cleaner;
  private final Batch batch;
  private final Mending mending;
  private List<GroupState> recovered = List.of();
  private long preparedInline;

  /** What the groups' states would take at a segment's start, as staged. */
  private long stateBytes;

  private boolean closed;

  private Wal(Disk disk, String directory, WalSettings settings, Closeable directoryLock) {
    this.disk = disk;
    this.directory = directory;
    this.settings = settings;
    this.directoryLock = directoryLock;
    this.failure = new Failure(disk, directory);
    this.spares = new Spares(disk, directory, settings, failure);
    CRC32C crc = new CRC32C();
    this.writer = new Writer(disk, directory, settings, index, spares, failure, crc);
    this.reads = new Reads(disk, index);
    this.batch = new Batch(crc, Math.min(settings.batchBytesMax(), 256 * 1024), 0);
    this.cleaner = new Cleaner(this, settings, index);
    this.mending = new Mending(this, index);
  }

  /**
   * Opens the log in a directory, or begins one, and hands all that it holds to the visitor. When
   * this returns, what was handed over is durable.
   *
   * @throws io.quorate.base.QuorateException {@code DIRECTORY_IN_USE} if another process or member
   *     has it open; {@code WRONG_IDENTITY} if it belongs to another cluster or member or has a
   *     newer format; {@code DATA_DAMAGED} if what was durable is not there
   */
  public static Wal open(Disk disk, String directory, WalSettings settings, WalVisitor visitor) {
    Closeable lock = lock(disk, directory);
    Wal wal = new Wal(disk, directory, settings, lock);
    try {
      wal.recover(visitor);
      return wal;
    } catch (RuntimeException | Error refused) {
      wal.release();
      throw refused;
    }
  }

  private static Closeable lock(Disk disk, String directory) {
    try {
      disk.createDirectories(directory);
      Closeable lock = disk.tryLock(directory + "/LOCK");
      if (lock == null) {
        throw QuorateException.of(
            ErrorCode.DIRECTORY_IN_USE,
            "The directory %s is in use by another process or member".formatted(directory));
      }
      return lock;
    } catch (DiskFullException full) {
      throw QuorateException.of(
          ErrorCode.DISK_FULL, "No room to open the log in " + directory, full);
    } catch (IOException failed) {
      throw QuorateException.of(
          ErrorCode.LOG_FAILED,
          "The log in %s can't be opened: %s".formatted(directory, failed.getMessage()),
          failed);
    }
  }

  private void recover(WalVisitor visitor) {
    Recovery recovery = new Recovery(disk, directory, settings, visitor, index);
    boolean found;
    try {
      found = recovery.run();
    } catch (IOException failed) {
      throw QuorateException.of(
          ErrorCode.LOG_FAILED,
          "The log in %s can't be read: %s".formatted(directory, failed.getMessage()),
          failed);
    }
    spares.adopt(recovery.spares());
    writer.startAt(recovery.nextNumber());
    if (!found) {
      writer.begin();
    } else {
      settle(recovery);
    }
    List<GroupState> states = new ArrayList<>();
    for (GroupLog group : index.groups()) {
      group.stageAsDurable();
      group.stagedStateBytes =
          States.recordBytes(group.blob.length(), group.configuration.length());
      stateBytes += group.stagedStateBytes;
      states.add(group.state());
    }
    writer.repeatAll();
    recovered = List.copyOf(states);
    if (recovery.markerFound()) {
      leaveTail(found);
    }
    for (GroupState state : recovered) {
      visitor.group(state);
      if (visitor.wantsEntries(state)) {
        deliver(state, visitor);
      }
    }
  }

  /** Makes durable what was found: only then is it the log. */
  private void settle(Recovery recovery) {
    Segment newest = index.newest();
    try {
      newest.file.sync();
      disk.syncDirectory(directory);
    } catch (IOException failed) {
      throw failure.fail("Syncing what was found in " + newest.path, failed);
    }
    if (recovery.torn() || recovery.damaged() || recovery.markerFound()) {
      writer.turn(false);
    }
  }

  /** After a failure: moves what is needed of the tail to where no write has failed. */
  private void leaveTail(boolean found) {
    if (found) {
      long tail = index.newest().sequence - 1;
      while (cleaner.rewrite(tail)) {
        sync();
      }
      sync();
    }
    try {
      disk.delete(directory + "/" + Failure.MARKER);
      disk.syncDirectory(directory);
    } catch (IOException failed) {
      throw failure.fail("Deleting the mark of an earlier failure in " + directory, failed);
    }
  }

  /** Hands a group's entries to a visitor, in order. */
  void deliver(GroupState state, WalVisitor visitor) {
    long next = state.baseIndex() + 1;
    while (next <= state.lastIndex()) {
      GroupLog log = index.find(state.group());
      if (log != null && !log.has(next)) {
        visitor.missing(state.group(), next++);
        continue;
      }
      next =
          read(
              state.group(),
              next,
              state.lastIndex() + 1,
              1 << 20,
              (at, term, kind, payload, hash) ->
                  visitor.entry(state.group(), at, term, kind, payload, hash));
    }
  }

  /** The groups as they were found when the log was opened, holes included, by id. */
  public List<GroupState> recovered() {
    return recovered;
  }

  /**
   * Stages an entry. An index at or below the group's last one overrides it and all above it.
   *
   * @param kind what the payload is, to the node
   * @param hash {@link LogHash#next} of the entry before and this one
   * @throws io.quorate.base.QuorateException {@code INVALID_REQUEST} if it is longer than a batch
   *     may be: such an entry has to be refused before it is proposed
   */
  public void append(long group, long entry, long term, byte kind, Bytes payload, long hash) {
    check();
    if (payload.length() > payloadBytesMax()) {
      throw QuorateException.of(
          ErrorCode.INVALID_REQUEST,
          "an entry of %d bytes is longer than the log takes, %d"
              .formatted(payload.length(), payloadBytesMax()));
    }
    GroupLog log = index.findOrCreate(group);
    Checks.that(
        entry > log.stagedBase && entry <= log.stagedLast + 1,
        "append at %d above %d, last is %d",
        entry,
        log.stagedBase,
        log.stagedLast);
    if (entry == log.stagedLast + 1) {
      Checks.that(term >= log.stagedLastTerm, "term %d after %d", term, log.stagedLastTerm);
      if (Checks.deep()) {
        long expected = LogHash.next(log.stagedLastHash, term, kind, payload);
        Checks.that(hash == expected, "hash %x, should be %x", hash, expected);
      }
    }
    if (log.stagedStateBytes == 0) {
      account(log, States.recordBytes(0, 0));
    }
    begin(payload.length(), false);
    batch.add(log, Format.ENTRY, kind, entry, term, hash, payload);
    log.stagedFrom = Math.min(log.stagedFrom, entry);
    log.stagedLast = entry;
    log.stagedLastTerm = term;
    log.stagedLastHash = hash;
  }

  /** Longest payload that {@link #append} takes, in bytes. */
  public int payloadBytesMax() {
    return settings.batchBytesMax() - Format.BATCH_HEADER - Format.RECORD_HEADER;
  }

  /** Stages a group's term, vote and blob. It finds room on a full disk longer than entries do. */
  public void hardState(long group, long term, long vote, Bytes blob) {
    check();
    GroupLog log = index.findOrCreate(group);
    Checks.that(term >= log.stagedTerm, "term %d after %d", term, log.stagedTerm);
    stageState(log, Format.HARD_STATE, vote, term, 0, blob, blob, log.stagedConfiguration);
    log.stagedTerm = term;
    log.stagedVote = vote;
  }

  /** Stages a group's configuration, as of its base or later: what the node wants to find again. */
  public void configuration(long group, Bytes configuration) {
    check();
    GroupLog log = index.findOrCreate(group);
    stageState(log, Format.CONFIGURATION, 0, 0, 0, configuration, log.stagedBlob, configuration);
  }

  /**
   * Stages that a snapshot replaces the group's log: all entries go, below and above, and the next
   * one has index + 1. A barrier: nothing staged before reappears after it.
   *
   * @param hash the rolling hash at that index
   * @param generation of the engine that holds the snapshot
   */
  public void snapshotMark(
      long group, long entry, long term, long hash, Bytes configuration, long generation) {
    check();
    GroupLog log = index.findOrCreate(group);
    Bytes mark = States.encodeMark(generation, configuration);
    stageState(log, Format.MARK, entry, term, hash, mark, log.stagedBlob, configuration);
    log.stagedGeneration = generation;
    log.stagedBase = entry;
    log.stagedBaseTerm = term;
    log.stagedBaseHash = hash;
    log.stagedLast = entry;
    log.stagedLastTerm = term;
    log.stagedLastHash = hash;
  }

  /** Stages that entries up to an index are no longer needed. Below the base it does nothing. */
  public void trim(long group, long entry) {
    check();
    GroupLog log = index.find(group);
    if (log == null || entry <= log.stagedBase || entry <= log.baseIndex) {
      return;
    }
    if (entry >= log.stagedFrom) {
      sync();
    }
    Checks.that(
        log.contains(entry) && entry <= log.stagedLast && log.known(entry),
        "trim to %d, last durable is %d, last staged %d",
        entry,
        log.lastIndex(),
        log.stagedLast);
    stageTrim(log, entry, log.termAt(entry), log.hashAt(entry));
  }

  void stageTrim(GroupLog log, long entry, long term, long hash) {
    begin(0, true);
    batch.add(log, Format.TRIM, (byte) 0, entry, term, hash, Bytes.EMPTY);
    log.stagedBase = entry;
    log.stagedBaseTerm = term;
    log.stagedBaseHash = hash;
  }

  /** Stages that a group's {@link Hole} is settled. Without one it does nothing. */
  public void resolveHole(long group) {
    check();
    GroupLog log = index.find(group);
    if (log != null && log.hole != null) {
      begin(0, true);
      batch.add(log, Format.HOLE_RESOLVED, (byte) 0, 0, 0, 0, Bytes.EMPTY);
      log.stagedHole = null;
    }
  }

  /** Stages that a group is gone from this member, with all that the log holds of it. */
  public void removeGroup(long group) {
    check();
    GroupLog log = index.find(group);
    if (log != null) {
      begin(0, true);
      batch.add(log, Format.REMOVED, (byte) 0, 0, 0, 0, Bytes.EMPTY);
      sync();
      stateBytes -= log.stagedStateBytes;
    }
  }

  /**
   * Makes all that is staged durable: one positional write (more only if it exceeds a batch), one
   * sync of the file's data. Does nothing if nothing is staged.
   */
  public void sync() {
    check();
    if (batch.news() > 0) {
      writer.write(batch);
    }
  }

  /** Bytes staged and not yet synced. */
  public long stagedBytes() {
    return batch.news() == 0 ? 0 : batch.bytes();
  }

  /**
   * Reads durable entries from {@code fromIndex} up to, not including, {@code toIndex}, until their
   * payloads exceed {@code maxBytes}; the first one comes whatever its length. What it reads is the
   * log as it was at one moment during the call.
   *
   * <p>Any thread may call it, while the log's own thread goes on appending: the places of the
   * entries are copied under a lock that is never held during I/O, and a segment that is being read
   * is not used again before the read ends.
   *
   * @return the index after the last entry read; {@code fromIndex} if there was none to read
   * @throws io.quorate.base.QuorateException {@code INVALID_REQUEST} if {@code fromIndex} is not
   *     above the group's base (a snapshot must help) or the group is unknown
   */
  public long read(long group, long fromIndex, long toIndex, long maxBytes, EntryVisitor visitor) {
    check();
    return reads.read(group, fromIndex, toIndex, maxBytes, visitor);
  }

  /** The durable last index of a group; 0 if it is unknown. Any thread. */
  public long lastIndex(long group) {
    index.lock.lock();
    try {
      GroupLog log = index.find(group);
      return log == null ? 0 : log.lastIndex();
    } finally {
      index.lock.unlock();
    }
  }

  /** The durable base index of a group; 0 if it is unknown. Any thread. */
  public long baseIndex(long group) {
    index.lock.lock();
    try {
      GroupLog log = index.find(group);
      return log == null ? 0 : log.baseIndex;
    } finally {
      index.lock.unlock();
    }
  }

  /** The term of a durable entry or of the base; -1 if it isn't known here. Any thread. */
  public long term(long group, long entry) {
    index.lock.lock();
    try {
      GroupLog log = index.find(group);
      return log == null || !log.holds(entry) || !log.known(entry) ? -1 : log.termAt(entry);
    } finally {
      index.lock.unlock();
    }
  }

  /** The rolling hash at a durable index or at the base; 0 if it isn't known here. Any thread. */
  public long hash(long group, long entry) {
    index.lock.lock();
    try {
      GroupLog log = index.find(group);
      return log == null || !log.holds(entry) || !log.known(entry) ? 0 : log.hashAt(entry);
    } finally {
      index.lock.unlock();
    }
  }

  /** How far the next segment is. */
  public enum NextSegment {
    /** It is there; or the log is closed and needs none. */
    READY,
    /** There is more of it than is used of the present one: the rest has time. */
    AHEAD,
    /** The writer may soon have to finish it, and all would wait for that. */
    BEHIND
  }

  /**
   * Goes on with making the next segment ready, unless one is: creates and fills it, so that no
   * writer waits for that. Any thread may call it; once the log is closed it does nothing.
   *
   * @param bytesMax how much to write now: spread over time, the filling takes no one's turn at the
   *     disk
   */
  public NextSegment prepareNextSegment(int bytesMax) {
    if (spares.prepare(bytesMax)) {
      return NextSegment.READY;
    }
    double used = writer.usedOfNewest() * settings.segmentBytes();
    return spares.written() > used + bytesMax ? NextSegment.AHEAD : NextSegment.BEHIND;
  }

  /** Whether {@link #prepareNextSegment} would find something to do. Any thread. */
  public boolean wantsNextSegment() {
    return !failure.failed() && spares.count() == 0;
  }

  /**
   * Uses idle time: lets segments that no group needs be used again, and stages the live entries of
   * the oldest one to be rewritten if a slow group holds up the rest. They move with the next sync.
   *
   * @return whether there is more to do after the next sync
   */
  public boolean maintain() {
    check();
    writer.recycle();
    return cleaner.clean();
  }

  /** The segments, oldest first. Any thread. */
  public List<SegmentInfo> segments() {
    index.lock.lock();
    try {
      return index.segments().stream().map(Segment::info).toList();
    } finally {
      index.lock.unlock();
    }
  }

  /** What the log has done, and its size. Any thread. */
  public WalStatistics statistics() {
    long size = 0;
    long live = 0;
    List<SegmentInfo> segments = segments();
    for (SegmentInfo segment : segments) {
      size += segment.bytes();
      live += segment.liveBytes();
    }
    return new WalStatistics(
        writer.batches,
        writer.bytes,
        writer.entries,
        writer.syncs,
        writer.rewritten,
        segments.size(),
        size,
        live,
        spares.count(),
        preparedInline,
        writer.recycled);
  }

  /**
   * Syncs what is staged, marks the end as durable, so that later damage of it can't be mistaken
   * for a torn write, and lets the directory go. After a failure it only lets go.
   */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    try {
      if (!failure.failed()) {
        sync(); // which may have to turn to another segment, and so to make one
        writer.writeClose();
      }
    } finally {
      abandon();
    }
  }

  /**
   * Lets the directory go and writes nothing more: for who doesn't know any more what is staged,
   * after an error that should never be.
   */
  public void abandon() {
    if (!closed) {
      spares.close();
      release();
    }
  }

  /** Stages a rewritten entry; its group and its place are the cleaner's concern. */
  void rewrite(
      GroupLog log, byte kind, long entry, long term, long hash, ByteBuffer in, int at, int bytes) {
    begin(bytes, false);
    batch.add(log, Format.REWRITTEN, kind, entry, term, hash, in, at, bytes);
  }

  Disk disk() {
    return disk;
  }

  Batch batch() {
    return batch;
  }

  /** What brings a damaged log back to what it was. */
  public Mending mending() {
    return mending;
  }

  void check() {
    if (closed) {
      throw QuorateException.of(ErrorCode.STOPPED, "The log in %s is closed".formatted(directory));
    }
    failure.check();
  }

  private void stageState(
      GroupLog log,
      byte type,
      long entry,
      long term,
      long hash,
      Bytes payload,
      Bytes blob,
      Bytes configuration) {
    int blobBytes = blob.length();
    int configurationBytes = configuration.length();
    if (blobBytes > Limits.LOG_BLOB_BYTES_MAX || configurationBytes > Limits.LOG_BLOB_BYTES_MAX) {
      throw QuorateException.of(
          ErrorCode.INVALID_REQUEST,
          "hard state and configuration of group %d have %d and %d bytes; the log takes %d"
              .formatted(log.group, blobBytes, configurationBytes, Limits.LOG_BLOB_BYTES_MAX));
    }
    int before = log.stagedStateBytes;
    account(log, States.recordBytes(blobBytes, configurationBytes));
    try {
      begin(payload.length(), true);
    } catch (QuorateException refused) {
      account(log, before);
      throw refused;
    }
    batch.add(log, type, (byte) 0, entry, term, hash, payload);
    log.stagedBlob = blob;
    log.stagedConfiguration = configuration;
  }

  /** Counts what a group's state takes, and refuses what no segment's start has room for. */
  private void account(GroupLog log, int bytes) {
    long sum = stateBytes - log.stagedStateBytes + bytes;
    int max = settings.stateBytesMax() - Format.BATCH_HEADER;
    if (sum > max && bytes > log.stagedStateBytes) {
      throw QuorateException.of(
          ErrorCode.INVALID_REQUEST,
          "the states of all groups would take %d bytes, and the log in %s has room for %d"
              .formatted(sum, directory, max));
    }
    stateBytes = sum;
    log.stagedStateBytes = bytes;
  }

  /**
   * Sees to it that another record may be staged: that there is room for it, and that the batch
   * begins with what the one before said.
   *
   * @param reserved whether the record may use the reserve, if there is no space for a segment
   */
  void begin(int payload, boolean reserved) {
    if (batch.news() > 0
        && batch.bytesWith(payload, -batch.repeatedBytes()) > settings.batchBytesMax()) {
      sync();
    }
    if (batch.count() > 0) {
      makeRoom(batch.bytesWith(payload, 0), reserved);
    } else {
      Batch said = writer.toRepeat();
      makeRoom(batch.bytesWith(payload, said.recordBytes()), reserved);
      batch.repeat(said);
    }
  }

  /**
   * Sees to it that a batch finds its place: in the newest segment, or in the next, which is made
   * if it is missing. After this, syncing needs no new space.
   */
  private void makeRoom(int bytes, boolean reserved) {
    if (writer.fits(bytes, settings.reserveBytes()) || spares.count() > 0) {
      return;
    }
    try {
      spares.prepare();
      preparedInline++;
    } catch (QuorateException full) {
      if (full.code() != ErrorCode.DISK_FULL || !reserved || !writer.fits(bytes, 0)) {
        throw full;
      }
    }
  }

  private void release() {
    closed = true;
    for (Segment segment : index.segments()) {
      closeQuietly(segment::close);
    }
    closeQuietly(directoryLock);
  }

  private static void closeQuietly(Closeable what) {
    try {
      what.close();
    } catch (IOException unclosed) {
      // What counted was synced before.
    }
  }
}

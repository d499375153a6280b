package io.quorate.wal;

import io.quorate.base.Checks;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * What the log's thread and its readers share: the groups and the segments, behind one lock that
 * nobody holds during I/O.
 *
 * <p>The log's thread alone changes things, so it reads without the lock.
 */
final class LogIndex {
  final ReentrantLock lock = new ReentrantLock();

  /** Oldest first; their sequences have no gap. */
  private final ArrayList<Segment> segments = new ArrayList<>();

  /** By id. */
  private GroupLog[] groups = new GroupLog[0];

  @Nullable GroupLog find(long group) {
    int low = 0;
    int high = groups.length - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      GroupLog candidate = groups[middle];
      if (candidate.group == group) {
        return candidate;
      }
      if (candidate.group < group) {
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
    return null;
  }

  /** The group of an id, which begins to be known if it was not. */
  GroupLog findOrCreate(long group) {
    GroupLog found = find(group);
    if (found != null) {
      return found;
    }
    GroupLog created = new GroupLog(group);
    int at = 0;
    while (at < groups.length && groups[at].group < group) {
      at++;
    }
    GroupLog[] more = Arrays.copyOf(groups, groups.length + 1);
    System.arraycopy(groups, at, more, at + 1, groups.length - at);
    more[at] = created;
    lock.lock();
    try {
      groups = more;
    } finally {
      lock.unlock();
    }
    return created;
  }

  /** Forgets a group. Under the lock, once the log is open. */
  void remove(GroupLog gone) {
    gone.truncateFrom(gone.baseIndex + 1, this);
    List<GroupLog> left = new ArrayList<>(Arrays.asList(groups));
    left.remove(gone);
    groups = left.toArray(new GroupLog[0]);
  }

  /** All groups, by id, whether or not any of their records is durable. */
  GroupLog[] groups() {
    return groups;
  }

  Segment segment(long sequence) {
    Segment segment = segments.get((int) (sequence - segments.getFirst().sequence));
    Checks.that(
        segment.sequence == sequence, "segment %d in the place of %d", segment.sequence, sequence);
    return segment;
  }

  Segment segmentOf(long place) {
    return segment(place >>> 32);
  }

  Segment oldest() {
    return segments.getFirst();
  }

  Segment newest() {
    return segments.getLast();
  }

  List<Segment> segments() {
    return segments;
  }

  static long place(long sequence, int offset) {
    Checks.that(sequence > 0 && sequence < 1L << 31 && offset > 0, "place %d:%d", sequence, offset);
    return sequence << 32 | offset;
  }

  /** An entry isn't what was thought to be there, or can't be read. Not under the lock. */
  void lose(GroupLog group, long entry, long term, long hash, boolean known) {
    lock.lock();
    try {
      group.lose(entry, term, hash, known, this);
    } finally {
      lock.unlock();
    }
  }

  /** Counts an entry as needed in its segment. */
  void retain(long place, int length) {
    Segment segment = segmentOf(place);
    segment.liveEntries++;
    segment.liveBytes += Format.recordBytes(length);
  }

  /** Counts it as no longer needed there. */
  void release(long place, int length) {
    if (GroupLog.isMissing(place)) {
      return;
    }
    Segment segment = segmentOf(place);
    segment.liveEntries--;
    segment.liveBytes -= Format.recordBytes(length);
    Checks.that(segment.liveEntries >= 0, "segment %d has fewer than no entries", segment.sequence);
  }
}

package io.quorate.node;

import io.quorate.base.Checks;
import io.quorate.base.Limits;
import io.quorate.kv.Event;
import io.quorate.kv.KeyValue;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The events of the last revisions, so that a watcher that is late by a moment needs no row to be
 * read. Bounded in bytes. Used on the loop.
 */
final class RecentRevisions {
  /** What an event takes beside its keys and values, about. */
  private static final int EVENT_BYTES = 160;

  private static final Revision GONE = new Revision(List.of(), 0);

  private record Revision(List<Event> events, long bytes) {}

  /**
   * The first {@link #gone} are dropped already; then they follow each other from {@link #first}.
   */
  private final ArrayList<Revision> revisions = new ArrayList<>();

  private int gone;
  private long first;
  private long last;
  private long bytes;

  /** Begins after a revision, with nothing. */
  void reset(long revision) {
    revisions.clear();
    gone = 0;
    bytes = 0;
    first = revision + 1;
    last = revision;
  }

  void add(long revision, List<Event> events) {
    Checks.that(revision == last + 1, "revision %d after %d", revision, last);
    last = revision;
    long size = 0;
    for (Event event : events) {
      size += bytes(event);
    }
    revisions.add(new Revision(events, size));
    bytes += size;
  }

  /** Drops the oldest until what is left is within its bound. */
  void trim() {
    while (bytes > Limits.RECENT_EVENTS_BYTES_MAX) {
      bytes -= revisions.set(gone, GONE).bytes();
      gone++;
      first++;
    }
    if (gone > revisions.size() / 2) {
      revisions.subList(0, gone).clear();
      gone = 0;
    }
  }

  /** Whether everything from a revision on is here. */
  boolean covers(long revision) {
    return revision >= first;
  }

  long last() {
    return last;
  }

  /** Shows all events of the revisions after one, in order. */
  void forEachAfter(long revision, Consumer<Event> consumer) {
    for (int i = index(revision + 1); i < revisions.size(); i++) {
      revisions.get(i).events().forEach(consumer);
    }
  }

  /** What somebody wants of the revisions from one on, or null if that is nothing. */
  @Nullable EventBatch matching(WatchSpec spec, long from) {
    List<Event> found = new ArrayList<>();
    for (int i = index(from); i < revisions.size(); i++) {
      for (Event event : revisions.get(i).events()) {
        if (spec.matches(event)) {
          found.add(event);
        }
      }
    }
    return found.isEmpty() ? null : new EventBatch(found);
  }

  private int index(long revision) {
    Checks.that(covers(revision), "revision=%d first=%d", revision, first);
    return (int) (revision - first) + gone;
  }

  /** About how much memory an event takes. */
  static long bytes(Event event) {
    KeyValue before = event.prevKv();
    return (long) EVENT_BYTES
        + event.kv().key().length()
        + event.kv().value().length()
        + (before == null ? 0 : before.value().length());
  }
}

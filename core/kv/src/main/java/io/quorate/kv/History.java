package io.quorate.kv;

import io.quorate.base.Bytes;
import io.quorate.base.RowCursor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Reads past revisions in their order, as events: what a watch is told that begins in the past.
 *
 * <p>The changes lie in the order of revisions, so this is one scan, whatever there is in between.
 * A deletion's row says all that its event tells; for a put the version that it wrote is looked up,
 * and only if its key matters.
 *
 * <p>Used by one thread, which closes it.
 */
public final class History implements AutoCloseable {
  private final KvReader reader;
  private final RowCursor changes;

  /** The changes of the present revision. */
  private final List<StoredChange> present = new ArrayList<>();

  /** The first change of the revision after the present one, once it has been met. */
  private @Nullable StoredChange ahead;

  private long revision;

  History(KvReader reader, long from) {
    this.reader = reader;
    this.changes =
        reader
            .rows()
            .scan(RowFormat.changeRow(from, 0), RowFormat.changeRow(reader.revision() + 1, 0));
    this.ahead = read();
  }

  /** Goes to the next revision; false when there is none that the reader has. */
  public boolean next() {
    StoredChange first = ahead;
    if (first == null) {
      return false;
    }
    present.clear();
    revision = first.main();
    for (StoredChange change = first; change != null; change = read()) {
      if (change.main() != revision) {
        ahead = change;
        return true;
      }
      present.add(change);
    }
    ahead = null;
    return true;
  }

  /** The present revision. */
  public long revision() {
    return revision;
  }

  /** How many events the present revision has. */
  public int size() {
    return present.size();
  }

  /** The key of one of the present revision's events. */
  public Bytes key(int index) {
    return present.get(index).key();
  }

  /**
   * The present revision's events, in the order of its steps.
   *
   * @param matters whether events of a key are wanted
   */
  public List<Event> events(Predicate<Bytes> matters) {
    // What a later step of the same revision superseded is found there, and nowhere else.
    TreeMap<Bytes, KeyValue> superseded = new TreeMap<>();
    Event[] events = new Event[present.size()];
    int count = 0;
    for (int i = present.size() - 1; i >= 0; i--) {
      StoredChange change = present.get(i);
      Bytes key = change.key();
      if (!matters.test(key)) {
        continue;
      }
      KeyValue before = change.supersedes() ? change.superseded().toKeyValue(key, true) : null;
      KeyValue now =
          change.deletion()
              ? new KeyValue(key, 0, revision, 0, Bytes.EMPTY, 0)
              : written(key, superseded.get(key));
      if (before != null && present.size() > 1) {
        superseded.put(key, before);
      }
      count++;
      events[events.length - count] =
          new Event(change.deletion(), now, revision > reader.compactedRevision() ? before : null);
    }
    return Arrays.asList(events).subList(events.length - count, events.length);
  }

  @Override
  public void close() {
    changes.close();
  }

  private KeyValue written(Bytes key, @Nullable KeyValue supersededLater) {
    if (supersededLater != null) {
      return supersededLater;
    }
    StoredVersion version = new StoredVersion();
    if (!reader.find(key, revision, version) || version.modRevision() != revision) {
      throw RowFormat.damaged(
          "the version that a change wrote is missing", RowFormat.changeRow(revision, 0));
    }
    return version.toKeyValue(key, true);
  }

  private @Nullable StoredChange read() {
    if (!changes.next()) {
      return null;
    }
    StoredChange change = new StoredChange();
    change.decode(changes.key(), changes.value());
    return change;
  }
}

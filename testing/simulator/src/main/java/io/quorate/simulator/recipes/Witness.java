package io.quorate.simulator.recipes;

import io.quorate.base.Bytes;
import io.quorate.kv.Event;
import io.quorate.kv.KeyRange;
import io.quorate.kv.KeyValue;
import io.quorate.node.EventBatch;
import io.quorate.node.Replica;
import io.quorate.node.WatchSink;
import io.quorate.node.WatchSpec;
import io.quorate.node.Watcher;
import io.quorate.simulator.Timeline;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/**
 * Hears from within a member what the store applies, in its order, without a network between: what
 * is judged by.
 */
public final class Witness implements WatchSink {
  private static final long AGAIN_NANOS = 5_000_000L;

  private final Timeline timeline;
  private final Store store;

  /** What has happened in the present schedule. */
  private final List<Event> events = new ArrayList<>();

  /** What there is, by key. */
  private final TreeMap<Bytes, KeyValue> there = new TreeMap<>();

  /** An empty store is at revision 1. */
  private long heard = 1;

  /** The member that it hears of; −1 if there is none. */
  private int at = -1;

  public Witness(Timeline timeline, Store store) {
    this.timeline = timeline;
    this.store = store;
    store.onEnd(this::memberEnded);
    follow();
  }

  private void memberEnded(int member) {
    if (member == at) {
      at = -1;
      follow();
    }
  }

  /** Begins to hear of what a member that leads applies, as soon as there is one. */
  private void follow() {
    if (at >= 0) {
      return;
    }
    int leader = store.leader();
    Replica replica = leader < 0 ? null : store.replica(leader);
    if (replica == null) {
      timeline.at(timeline.now() + AGAIN_NANOS, null, this::follow);
      return;
    }
    at = leader;
    replica
        .watches()
        .open(this)
        .watch(1, WatchSpec.all(KeyRange.FIRST_KEY, KeyRange.UNBOUNDED), heard + 1);
  }

  /** Forgets what has happened; what there is, is known. */
  public void forget() {
    events.clear();
  }

  public List<Event> events() {
    return events;
  }

  /** What there is below a prefix. */
  public List<KeyValue> below(Bytes prefix) {
    List<KeyValue> found = new ArrayList<>();
    for (KeyValue kv : there.tailMap(prefix, true).values()) {
      if (!kv.key().startsWith(prefix)) {
        break;
      }
      found.add(kv);
    }
    return found;
  }

  /** Whether a key is there. */
  public boolean has(Bytes key) {
    return there.containsKey(key);
  }

  /** The last revision that it has heard of. */
  public long heard() {
    return heard;
  }

  /** Whether it has heard of all that any member has applied. */
  public boolean isThere() {
    for (int i = 0; i < store.size(); i++) {
      Replica replica = store.replica(i);
      if (replica != null && replica.latest().revision() > heard) {
        return false;
      }
    }
    return at >= 0;
  }

  @Override
  public boolean isReady() {
    return true;
  }

  @Override
  public void events(Watcher watcher, long revision, EventBatch batch) {
    for (Event each : batch.events()) {
      events.add(each);
      if (each.delete()) {
        there.remove(each.kv().key());
      } else {
        there.put(each.kv().key(), each.kv());
      }
    }
    heard = batch.lastRevision();
  }

  @Override
  public void compacted(Watcher watcher, long compactedRevision) {
    throw new IllegalStateException(
        "what was compacted at " + compactedRevision + " was not heard of, only " + heard);
  }

  @Override
  public void ended() {
    if (at >= 0) {
      at = -1; // the replica has ended, not the member
      follow();
    }
  }
}

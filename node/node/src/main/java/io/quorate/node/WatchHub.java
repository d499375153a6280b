package io.quorate.node;

import io.quorate.kv.Event;
import io.quorate.kv.RangeIndex;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Tells watchers what is applied.
 *
 * <p>A watcher is <i>live</i>, and is told each batch as it is applied, or it <i>lags</i>, since it
 * began in the past or its client was slow. Live watchers that want the same form an {@link
 * Audience}; the audiences lie in an index of ranges, so an event costs a look into that index and
 * then as much as there are watchers who hear it. Nothing is kept for a watcher that lags, but for
 * how far it has heard: once its client is ready, it is told the rest out of the last revisions if
 * these reach back so far ({@link RecentRevisions}), and then it is live again in the same turn;
 * else it is read for ({@link WatchReads}), a bounded part at a time.
 *
 * <p>So events of a watcher are in order and each told once, since "all below {@link Watcher#next}
 * was told" is true at the end of each step, and a step tells whole revisions. Used on the loop.
 */
public final class WatchHub implements Watches {
  /** Bytes of events that lagging watchers are told in one turn. */
  private static final long SERVED_BYTES_MAX = 4 << 20;

  /** What looking at a revision costs, of that measure. */
  private static final long LOOK_BYTES = 16;

  private final WatchedState state;
  private final RecentRevisions recent = new RecentRevisions();
  private final TreeMap<WatchSpec, Audience> audiences = new TreeMap<>();
  private final RangeIndex<Audience> index = new RangeIndex<>();
  private final List<Audience> touched = new ArrayList<>();
  private final List<Watcher> slow = new ArrayList<>();
  private final ArrayDeque<WatchStream> toServe = new ArrayDeque<>();
  private final List<WatchStream> open = new ArrayList<>();
  private final WatchReads reads;
  private int watchers;
  private int lagging;
  private long eventsSent;
  private boolean closed;

  /** Up to here live watchers have been told. */
  private long told;

  /** A hub without streams, over a state whose changes it is told from now on. */
  public WatchHub(WatchedState state) {
    this.state = state;
    this.reads = new WatchReads(this, state);
  }

  /** The revision up to which live watchers have been told: the store's, between batches. */
  long revision() {
    return state.revision();
  }

  /** Whether live watchers have been told all that is applied: not within a batch. */
  boolean hasToldAll() {
    return recent.last() <= told;
  }

  // ---- what the replica tells ------------------------------------------------------------------

  /** Whether anybody watches. */
  public boolean isWatched() {
    return watchers > 0;
  }

  /** A revision is being applied. */
  public void changed(long revision, List<Event> events) {
    recent.add(revision, events);
  }

  /** The batch is in the engine: tells live watchers what it did, and goes on with the others. */
  public void turn() {
    if (watchers == 0) {
      return;
    }
    if (recent.last() > told) {
      tellLive();
      recent.trim();
    }
    serve();
    reads.begin();
    if (!toServe.isEmpty()) {
      state.again();
    }
  }

  /** Another state took the place of the one before: nobody has heard of what lies between. */
  public void replaced() {
    long revision = revision();
    if (watchers == 0 || revision == told) {
      return;
    }
    for (Audience audience : List.copyOf(audiences.values())) {
      for (Watcher watcher : List.copyOf(audience.watchers)) {
        if (watcher.next <= revision) {
          watcher.next = Math.max(watcher.next, told + 1);
          leave(watcher);
          lag(watcher);
        }
      }
    }
    recent.reset(revision);
    told = revision;
  }

  /**
   * The replica has ended, and with it all streams; one that is opened from now on ends at once.
   */
  public void close() {
    closed = true;
    List.copyOf(open).forEach(WatchHub::end);
  }

  private static void end(WatchStream stream) {
    if (!stream.closed) {
      stream.close();
      stream.sink.ended();
    }
  }

  // ---- what the streams tell -------------------------------------------------------------------

  @Override
  public WatchStream open(WatchSink sink) {
    WatchStream stream = new WatchStream(this, sink);
    open.add(stream);
    if (closed) {
      state.later(0, () -> end(stream)); // whoever opens it doesn't have it yet
    }
    return stream;
  }

  @Override
  public int watchers() {
    return watchers;
  }

  @Override
  public int laggingWatchers() {
    return lagging;
  }

  @Override
  public int streams() {
    return open.size();
  }

  @Override
  public long eventsSent() {
    return eventsSent;
  }

  void added(Watcher watcher) {
    if (watchers++ == 0) {
      told = revision();
      recent.reset(told);
    }
    if (watcher.next == 0) {
      watcher.next = revision() + 1; // also while a batch is applied that isn't told of yet
    }
    if (watcher.next > told) {
      join(watcher);
    } else {
      lag(watcher);
    }
  }

  /** A watcher is to hear nothing more. */
  void removed(Watcher watcher) {
    watcher.closed = true;
    watchers--;
    if (watcher.audience != null) {
      leave(watcher);
    } else {
      lagging--; // if it is being read for, the reader passes over it
      watcher.stream().serveNot(watcher);
    }
    if (watchers == 0) {
      recent.reset(revision());
    }
  }

  void closed(WatchStream stream) {
    open.remove(stream);
  }

  /** A stream is to be served in one of the next turns, if it has whom to serve. */
  void serveSoon(WatchStream stream) {
    if (!stream.queued && !stream.closed && stream.hasLagging()) {
      stream.queued = true;
      toServe.addLast(stream);
      state.again();
    }
  }

  // ---- live ------------------------------------------------------------------------------------

  private void tellLive() {
    recent.forEachAfter(
        told,
        event ->
            index.forEachAt(
                event.kv().key(),
                audience -> {
                  if (audience.gather(event)) {
                    touched.add(audience);
                  }
                }));
    told = recent.last();
    for (Audience audience : touched) {
      EventBatch batch = audience.takeBatch();
      if (batch != null) {
        tell(audience, batch);
      }
    }
    touched.clear();
    for (Watcher watcher : slow) {
      leave(watcher);
      lag(watcher);
    }
    slow.clear();
  }

  private void tell(Audience audience, EventBatch batch) {
    List<Watcher> all = audience.watchers;
    for (int i = 0; i < all.size(); i++) {
      Watcher watcher = all.get(i);
      EventBatch part = batch.from(watcher.next);
      if (part == null) {
        continue; // it waits for a later revision
      }
      if (watcher.stream().sink.isReady()) {
        send(watcher, part);
        watcher.next = told + 1;
      } else {
        watcher.next = part.firstRevision();
        slow.add(watcher);
      }
    }
  }

  private void send(Watcher watcher, EventBatch batch) {
    eventsSent += batch.events().size();
    watcher.stream().sink.events(watcher, told, batch);
  }

  private void join(Watcher watcher) {
    watcher.begun = true;
    Audience audience = audiences.get(watcher.spec());
    if (audience == null) {
      audience = new Audience(watcher.spec());
      audiences.put(audience.spec, audience);
      index.add(audience.spec.key(), audience.spec.rangeEnd(), audience);
    }
    audience.add(watcher);
  }

  private void leave(Watcher watcher) {
    Audience audience = watcher.audience;
    if (audience == null) {
      return;
    }
    audience.remove(watcher);
    if (audience.watchers.isEmpty()) {
      audiences.remove(audience.spec);
      index.remove(audience.spec.key(), audience.spec.rangeEnd(), audience);
    }
  }

  // ---- lagging ---------------------------------------------------------------------------------

  private void lag(Watcher watcher) {
    lagging++;
    watcher.stream().serveLast(watcher);
    serveSoon(watcher.stream());
  }

  private void serve() {
    long budget = SERVED_BYTES_MAX;
    for (int left = toServe.size(); left > 0 && budget > 0; left--) {
      WatchStream stream = toServe.removeFirst();
      stream.queued = false;
      budget = serve(stream, budget);
      if (budget <= 0 && stream.sink.isReady()) {
        serveSoon(stream);
      }
    }
  }

  /** Tells a stream's lagging watchers what is at hand, and has the rest read. */
  private long serve(WatchStream stream, long budget) {
    long left = budget;
    while (left > 0 && !stream.closed && stream.sink.isReady()) {
      Watcher watcher = stream.takeLagging();
      if (watcher == null) {
        break;
      }
      if (!watcher.begun && watcher.next < state.compactedRevision()) {
        compacted(watcher); // though what it asks for may still be at hand, for those who heard
      } else if (recent.covers(watcher.next)) {
        left -= catchUp(watcher);
      } else if (watcher.next < state.compactedRevision()) {
        compacted(watcher);
      } else {
        reads.add(watcher);
      }
    }
    return left;
  }

  /** Tells a watcher all that it has missed; it is live from now on. */
  private long catchUp(Watcher watcher) {
    EventBatch batch = recent.matching(watcher.spec(), watcher.next);
    long cost = LOOK_BYTES * (told + 1 - watcher.next);
    lagging--;
    watcher.next = told + 1;
    join(watcher);
    if (batch != null) {
      send(watcher, batch);
      cost += bytes(batch);
    }
    return Math.max(1, cost);
  }

  private static long bytes(EventBatch batch) {
    long bytes = 0;
    for (Event event : batch.events()) {
      bytes += RecentRevisions.bytes(event);
    }
    return bytes;
  }

  private void compacted(Watcher watcher) {
    watcher.stream().forget(watcher);
    watcher.closed = true;
    watchers--;
    lagging--;
    watcher.stream().sink.compacted(watcher, state.compactedRevision());
  }

  /** Something was read for a watcher: it hears it, and goes on lagging from behind it. */
  void read(Watcher watcher, long upTo, @Nullable EventBatch events) {
    if (watcher.closed) {
      return;
    }
    WatchStream stream = watcher.stream();
    EventBatch batch = events == null ? null : events.from(watcher.next);
    if (batch != null && !stream.sink.isReady()) {
      stream.serveFirst(watcher); // read for once more when there is room
      return;
    }
    if (batch != null) {
      send(watcher, batch);
    }
    watcher.begun = true;
    watcher.next = Math.max(watcher.next, upTo + 1);
    stream.serveLast(watcher);
    serveSoon(stream);
  }

  /** A read failed: its watchers wait for another. */
  void unread(Watcher watcher) {
    if (!watcher.closed) {
      watcher.stream().serveLast(watcher);
    }
  }

  /** Looks after all watchers that lag once more. */
  void serveAll() {
    open.forEach(this::serveSoon);
  }
}

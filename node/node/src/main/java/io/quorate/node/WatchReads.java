package io.quorate.node;

import io.quorate.kv.Event;
import io.quorate.kv.History;
import io.quorate.kv.RangeIndex;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Reads past revisions for watchers that have missed more than is kept at hand: off the loop, one
 * bounded part after the other, for many watchers in one pass.
 *
 * <p>A part begins where the watcher begins that has waited longest; those that want to hear from
 * near there share it. Used on the loop.
 */
final class WatchReads {
  /** Revisions that one part goes through. */
  private static final int REVISIONS_MAX = 10_000;

  /** Revisions of which one part has something; etcd sends no more at once, either. */
  private static final int REVISIONS_FOUND_MAX = 1_000;

  /** Bytes of events in one part, past which it ends. */
  private static final long BYTES_MAX = 2 << 20;

  /** Watchers that share a part. */
  private static final int WATCHERS_MAX = 1_024;

  /** After how long a read that failed is tried again. */
  private static final long RETRY_NANOS = 50_000_000L;

  private final WatchHub hub;
  private final WatchedState state;
  private ArrayDeque<Watcher> waiting = new ArrayDeque<>();
  private boolean reading;

  WatchReads(WatchHub hub, WatchedState state) {
    this.hub = hub;
    this.state = state;
  }

  /** What a part found: the revisions up to {@code upTo} are all looked at. */
  private record Found(long upTo, Map<WatchSpec, List<Event>> events) {}

  /** Has a lagging watcher read for. */
  void add(Watcher watcher) {
    waiting.addLast(watcher);
  }

  /** Begins the next part, unless one is under way or nobody waits. */
  void begin() {
    if (reading) {
      return;
    }
    List<Watcher> chosen = choose();
    if (chosen.isEmpty()) {
      return;
    }
    reading = true;
    long from = Long.MAX_VALUE;
    Map<WatchSpec, List<Event>> specs = new TreeMap<>();
    for (Watcher watcher : chosen) {
      from = Math.min(from, watcher.next);
      specs.put(watcher.spec(), new ArrayList<>());
    }
    long first = from;
    Replica.View view = state.view();
    state.read(
        () -> read(view, first, specs),
        found -> {
          view.close();
          reading = false;
          for (Watcher watcher : chosen) {
            List<Event> events = found.events().get(watcher.spec());
            hub.read(watcher, found.upTo(), events == null ? null : batch(events));
          }
          state.again();
        },
        () -> {
          view.close();
          reading = false;
          for (Watcher watcher : chosen) {
            hub.unread(watcher);
          }
          state.later(RETRY_NANOS, hub::serveAll);
        });
  }

  private static @Nullable EventBatch batch(List<Event> events) {
    return events.isEmpty() ? null : new EventBatch(events);
  }

  /** The watcher that has waited longest, and those that want to hear from near where it does. */
  private List<Watcher> choose() {
    List<Watcher> chosen = new ArrayList<>();
    ArrayDeque<Watcher> others = new ArrayDeque<>();
    for (Watcher watcher : waiting) {
      boolean fits =
          chosen.isEmpty()
              || (chosen.size() < WATCHERS_MAX
                  && Math.abs(watcher.next - chosen.getFirst().next) < REVISIONS_FOUND_MAX);
      if (fits && !watcher.closed) {
        chosen.add(watcher);
      } else if (!watcher.closed) {
        others.addLast(watcher);
      }
    }
    waiting = others;
    return chosen;
  }

  /** On a reader's thread: the specs' lists are filled. */
  private static Found read(Replica.View view, long from, Map<WatchSpec, List<Event>> specs) {
    RangeIndex<WatchSpec> index = new RangeIndex<>();
    for (WatchSpec spec : specs.keySet()) {
      index.add(spec.key(), spec.rangeEnd(), spec);
    }
    long compacted = view.reader().compactedRevision();
    long upTo = from - 1;
    int found = 0;
    long bytes = 0;
    if (from < compacted) {
      return new Found(upTo, specs); // the hub says so to whom it concerns
    }
    try (History history = view.reader().history(from)) {
      for (int seen = 0;
          seen < REVISIONS_MAX && found < REVISIONS_FOUND_MAX && bytes < BYTES_MAX;
          seen++) {
        if (!history.next()) {
          return new Found(view.reader().revision(), specs);
        }
        upTo = history.revision();
        boolean any = false;
        for (Event event : history.events(index::holds)) {
          bytes += RecentRevisions.bytes(event);
          any = true;
          index.forEachAt(
              event.kv().key(),
              spec -> {
                if (spec.wants(event)) {
                  listOf(specs, spec).add(event);
                }
              });
        }
        found += any ? 1 : 0;
      }
    }
    return new Found(upTo, specs);
  }

  private static List<Event> listOf(Map<WatchSpec, List<Event>> specs, WatchSpec spec) {
    List<Event> list = specs.get(spec);
    if (list == null) {
      throw new IllegalStateException("nobody wants " + spec);
    }
    return list;
  }
}
